# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was kept long enough goes, once, by an event; what was not, stays. A dry run changes nothing."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from dinamis.accounts.models import Membership
from dinamis.accounts.services.membership import leave, request_membership
from dinamis.core import clock, outbox, retention
from dinamis.core.evidence.sealing import link_events, seal_days
from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.models import Event, EventSalt, OutboxMessage, StateChange
from dinamis.core.periods import months_before
from dinamis.core.tasks import apply_retention
from licensing.enums import EligibilityClass
from licensing.models import Acceptance, AcceptanceTrace, EvidenceFile, SigningLink
from licensing.services.evidence import add_evidence
from licensing.services.filing import withdraw_adhesion
from licensing.services.load_licences import load_licences
from tests.cast import admit, signed_adhesion
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory
from tests.factories.licensing import AdhesionFactory

pytestmark = pytest.mark.django_db
THEN = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path


@pytest.fixture
def signed():
    with clock.at(THEN):
        load_licences()
        filed = signed_adhesion(UserFactory(), "Institut des rivages", 1, EligibilityClass.FRENCH_INSTITUTIONAL)
        return admit(filed, ModeratorFactory())


def carried_out(days, **options):
    """Run the job so many days later; return what it says of each sweep."""
    with clock.at(THEN + timedelta(days=days)):
        return dict(retention.apply_retention(**options))


def counts():
    return AcceptanceTrace.objects.count(), SigningLink.objects.exclude(email="[erased]").count()


def proven(days):
    with clock.at(THEN + timedelta(days=days)):
        link_events()
        seal_days()
        return verify_evidence().findings == []


def test_nothing_goes_before_its_time(signed):
    before = counts()
    gone = carried_out(150)
    assert set(gone.values()) == {0}
    assert counts() == before


def test_a_dry_run_tells_and_changes_nothing(signed):
    before, events = counts(), Event.objects.count()
    out = StringIO()
    with clock.at(THEN + timedelta(days=500)):
        call_command("apply_retention", dry_run=True, stdout=out)
    assert f"traces of signatures: {before[0]} would go" in out.getvalue()
    assert "addresses of signing links: 1 would go" in out.getvalue()
    assert counts() == before
    assert Event.objects.count() == events


def test_traces_and_addresses_go_once_in_batches_and_the_proof_stays(signed, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    traces, _links = counts()
    assert traces > 1
    names = set(Acceptance.objects.values_list("typed_name", flat=True))
    gone, again = carried_out(500), carried_out(500)
    assert (gone["traces of signatures"], gone["addresses of signing links"]) == (traces, 1)
    assert set(again.values()) == {0}
    assert counts() == (0, 0)
    assert set(Acceptance.objects.values_list("typed_name", flat=True)) == names
    event = Event.objects.filter(table_name="licensing_signinglink").latest("id")
    assert (event.operation, event.action) == ("update", "retention.addresses of signing links")
    assert proven(500)


def test_names_under_signatures_outlive_the_right_by_the_time_of_proof_and_no_longer(signed):
    ends = (signed.period.upper - THEN).days
    assert carried_out(ends + 59 * 30)["names under old signatures"] == 0
    assert carried_out(ends + 61 * 31)["names under old signatures"] == Acceptance.objects.count() > 0
    assert set(Acceptance.objects.values_list("typed_name", "email")) == {("[erased]", "[erased]")}
    assert proven(ends + 61 * 31)


def test_the_salt_goes_when_the_time_of_proof_is_over_and_verification_understands(signed):
    carried_out(500)
    salt = EventSalt.objects.get(table_name="licensing_signinglink")
    assert salt.salt
    later = 500 + 61 * 31
    assert carried_out(later)["salts of the past"] >= 1
    salt.refresh_from_db()
    assert salt.salt == ""
    assert proven(later)


def test_a_name_changed_past_the_job_is_still_found(signed):
    carried_out(500)
    acceptance = Acceptance.objects.first()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE licensing_acceptance DISABLE TRIGGER USER")
        cursor.execute("UPDATE licensing_acceptance SET typed_name = '[erased]' WHERE id = %s", [acceptance.pk])
        cursor.execute("ALTER TABLE licensing_acceptance ENABLE TRIGGER USER")
    found = [f for f in verify_evidence().findings if f.table == "licensing_acceptance"]
    assert [(f.object_id, "typed_name differ" in f.what) for f in found] == [(acceptance.pk, True)]


def test_documents_go_with_their_bytes_some_months_after_the_adhesion_closed(
    settings, django_capture_on_commit_callbacks
):
    with clock.at(THEN):
        draft = AdhesionFactory()
        evidence = add_evidence(
            adhesion=draft,
            actor=draft.referent,
            title="Statuts",
            upload=SimpleUploadedFile("statuts.pdf", b"%PDF-1.4\n%%EOF\n"),
        )
    path = settings.FILES_ROOT / evidence.storage_key
    assert path.exists()
    with clock.at(THEN + timedelta(days=400)):
        withdraw_adhesion(adhesion=draft, actor=draft.referent)
    assert carried_out(500)["documents of closed adhesions"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert carried_out(600)["documents of closed adhesions"] == 1
    assert not path.exists()
    assert not EvidenceFile.objects.filter(pk=evidence.pk).exists()
    event = Event.objects.filter(table_name="licensing_evidencefile").latest("id")
    assert event.operation == "delete"
    assert event.before["sha256"] == evidence.sha256


def test_words_of_a_membership_go_here_and_in_its_history():
    with clock.at(THEN):
        member = UserFactory()
        membership = request_membership(
            user=member, organisation=OrganisationFactory(), motivation="Ma thèse sur les dunes"
        )
        leave(membership=membership, actor=member)
    assert carried_out(300)["words of ended memberships"] == 0
    assert carried_out(400)["words of ended memberships"] == 1
    assert Membership.objects.get().motivation == ""
    assert StateChange.objects.get(transition="create").words == "[erased]"
    assert proven(400)


def test_what_done_messages_said_goes_and_waiting_ones_stay():
    with clock.at(THEN):
        done = outbox.put("t", {"to": "a@example.org"})
        outbox.put("t", {"to": "b@example.org"})
        OutboxMessage.objects.filter(pk=done.pk).update(done_at=clock.now())
    assert carried_out(150)["outbox messages"] == 0
    assert carried_out(200)["outbox messages"] == 1
    assert carried_out(200)["outbox messages"] == 0
    assert [message.payload for message in OutboxMessage.objects.order_by("pk")] == [{}, {"to": "b@example.org"}]


def test_a_mail_whose_content_is_forgotten_is_not_sent_again():
    with clock.at(THEN):
        done = outbox.put("t", {"to": "a@example.org"}, key="once")
        OutboxMessage.objects.filter(pk=done.pk).update(done_at=clock.now())
    carried_out(200)
    assert outbox.put("t", {"to": "a@example.org"}, key="once").pk == done.pk
    assert OutboxMessage.objects.get().payload == {}


def test_ended_sign_ins_and_the_office_log_go_by_the_nightly_task():
    Session.objects.create(session_key="over", session_data="", expire_date=THEN)
    Session.objects.create(session_key="open", session_data="", expire_date=THEN + timedelta(days=999))
    LogEntry.objects.create(user=UserFactory(), action_flag=CHANGE, object_repr="x", action_time=THEN)
    with clock.at(THEN + timedelta(days=400)):
        apply_retention()
    assert [s.session_key for s in Session.objects.all()] == ["open"]
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [((2026, 3, 31), 1, (2026, 2, 28)), ((2024, 3, 31), 1, (2024, 2, 29)), ((2026, 1, 5), 12, (2025, 1, 5))],
)
def test_months_are_those_of_the_calendar(moment, months, expected):
    assert months_before(datetime(*moment, tzinfo=UTC), months) == datetime(*expected, tzinfo=UTC)
