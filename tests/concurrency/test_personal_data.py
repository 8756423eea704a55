# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real threads: the job beside itself does each thing once; of two référents who leave at once one stays."""

from datetime import timedelta

import pytest

from dinamis.accounts.enums import ErasureState, MemberRole
from dinamis.accounts.models import DataExport, Erasure
from dinamis.accounts.selectors.membership import referents
from dinamis.accounts.services.data_export import make_export, request_export
from dinamis.accounts.services.erasure import ask_erasure, carry_out
from dinamis.core import clock, retention
from dinamis.core.exceptions import Invalid
from dinamis.core.models import Event, OutboxMessage
from licensing.models import AcceptanceTrace
from tests.concurrency.test_adhesions import outcome, together
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership
from tests.factories.orders import member_of
from tests.factories.orders import world as order_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def test_four_jobs_at_once_end_each_row_once(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    with clock.at(clock.now() - timedelta(days=500)):
        w = order_world()
        version = w.licence.versions.get()
        for _ in range(9):
            person = member_of(w.organisation, version)
            AcceptanceTrace.objects.create(acceptance=person.acceptances.get(), ip="192.0.2.1")
    won, lost = outcome(together(*[lambda: dict(retention.apply_retention())] * 4))
    assert lost == []
    assert sum(counts["traces of signatures"] for counts in won) == 9
    assert not AcceptanceTrace.objects.exists()


def test_of_two_referents_who_are_erased_at_once_one_stays(settings):
    settings.DINAMIS = {**settings.DINAMIS, "ERASURE_GRACE_DAYS": 0}
    organisation = OrganisationFactory()
    people = [UserFactory(), UserFactory()]
    for person in people:
        active_membership(person, organisation, role=MemberRole.REFERENT)
    asked = [ask_erasure(person=person) for person in people]
    together(*(lambda erasure=erasure: carry_out(erasure) for erasure in asked))
    # One that met a lock for too long is driven again by the outbox.
    for erasure in asked:
        carry_out(erasure)
    assert sorted(Erasure.objects.values_list("state", flat=True)) == [ErasureState.DONE, ErasureState.REFUSED]
    assert referents(organisation).count() == 1


def test_one_copy_of_eight_requests_and_one_archive_of_two_workers(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    person = UserFactory()
    won, lost = outcome(together(*[lambda: request_export(person=person)] * 8))
    assert (len(won), {type(error) for error in lost}) == (1, {Invalid})
    export = DataExport.objects.get()
    together(*[lambda: make_export(export.pk)] * 2)
    assert len(list((tmp_path / "private/exports").iterdir())) == 1
    assert OutboxMessage.objects.filter(payload__template="accounts/mail/export_ready").count() == 1
    assert Event.objects.filter(table_name="accounts_dataexport", operation="update").count() == 1
