# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is owed, seen by several workers at the same moment: asked once, recalled once, sent once."""

from datetime import timedelta

import pytest

from dinamis.core import clock
from dinamis.core.exceptions import DomainError
from dinamis.core.models import OutboxMessage, StateChange
from orders.models import Obligation, ObligationReminder, Publication
from orders.services.duties import obligations
from orders.services.duties.publications import declare_publication
from tests.concurrency.test_orders import together
from tests.factories.orders import held_file, world
from tests.orders.duties.duties import contractor, downloaded, owed_report

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def told(template):
    return OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}").count()


def test_four_workers_ask_once():
    w = world()
    downloaded(w)
    engineer, project, right = contractor(w)
    downloaded(w, person=engineer, project=project, entitlement=right, days_ago=30)
    now = clock.now()
    answers = together(*[lambda at=now + timedelta(seconds=n): obligations.open_due(at=at) for n in range(4)])
    assert sum(answers) == 2
    assert (Obligation.objects.count(), told("obligation_asked")) == (2, 2)


def test_four_workers_recall_once():
    row = owed_report(world())
    at = clock.now() + (row.due_on - clock.today())
    answers = together(*[lambda: obligations.remind(at=at)] * 4)
    assert (sum(answers), ObligationReminder.objects.count(), told("obligation_due")) == (1, 1, 1)


def test_a_report_sent_twice_at_once_is_sent_once():
    row = owed_report(world())

    def send():
        return obligations.send_report(obligation=row, actor=row.person, words="Une carte.")

    answers = together(*[send] * 3)
    assert sum(isinstance(answer, DomainError) for answer in answers) == 2
    assert StateChange.objects.filter(aggregate="orders.obligation", transition="send").count() == 1


def test_the_same_work_declared_twice_at_once_is_one():
    w = world()
    image = held_file(w).item

    def declare():
        said = {"doi": "10.5281/zenodo.12", "title": "Dunes", "year": 2026, "items": [image.pk]}
        return declare_publication(person=w.researcher, organisation=w.organisation, **said)

    answers = together(*[declare] * 4)
    assert sum(isinstance(answer, Publication) for answer in answers) == 1
    assert Publication.objects.count() == 1
