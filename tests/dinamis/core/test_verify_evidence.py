# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner of the database, triggers disabled, changes one thing: the command names the row."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.evidence.sealing import link_events, seal_days
from dinamis.core.models import DailySeal, Event, EventLink, EventSalt, StateChange
from licensing.enums import EligibilityClass
from licensing.models import Acceptance, Adhesion, Decision, LicenceVersion
from licensing.services.load_licences import load_licences
from tests.cast import admit, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def story():
    """A real path, linked; the clock stands on the day after."""
    with clock.at(MONDAY):
        load_licences()
        UserFactory(email="alice@example.org")
        UserFactory(email="bob@example.org")
        referent = UserFactory(email="remi@example.org")
        admit(
            signed_adhesion(referent, "Institut des rivages", 1, EligibilityClass.FRENCH_INSTITUTIONAL),
            ModeratorFactory(name="Dora Office"),
        )
        link_events()
    with clock.at(MONDAY + timedelta(days=1)):
        yield


def verify():
    """Run the command; return its exit code and its findings as (table, id, what)."""
    out = StringIO()
    code = 0
    try:
        call_command("verify_evidence", "--json", stdout=out)
    except SystemExit as error:
        code = error.code
    answer = json.loads(out.getvalue())
    assert answer["ok"] == (code == 0)
    return code, [(found["table"], found["object_id"], found["what"]) for found in answer["findings"]]


@contextmanager
def triggers_off(*tables):
    """What only the owner of the tables may do."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            yield cursor
        finally:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def tamper(table, sql, *values):
    with triggers_off(table) as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount == 1


def found(table, object_id):
    """Verify, expect failure, return what is said of the row."""
    code, findings = verify()
    assert code == 1
    said = [what for name, pk, what in findings if (name, pk) == (table, object_id)]
    assert said, findings
    return " ".join(said)


def test_a_path_nobody_touched_is_ok_and_counted(story):
    seal_days()
    out = StringIO()
    call_command("verify_evidence", stdout=out)
    assert out.getvalue().startswith("OK: ")
    assert f"{Event.objects.count()} links" in out.getvalue()
    assert f"{Acceptance.objects.count()} licensing_acceptance" in out.getvalue()
    assert "1 seals" in out.getvalue()


@pytest.mark.parametrize("sealed", [False, True], ids=["before a seal", "after it"])
def test_one_byte_of_an_event(story, sealed):
    if sealed:
        seal_days()
    event = Event.objects.filter(table_name="accounts_organisation").first()
    tamper(
        "core_event",
        "UPDATE core_event SET after = jsonb_set(after, '{name}', '\"Institut des rivagez\"') WHERE id = %s",
        event.pk,
    )
    assert "not what was linked" in found("core_event", event.pk)


def test_one_byte_of_an_event_with_its_own_hash_made_again(story):
    event = Event.objects.filter(table_name="accounts_user").first()
    tamper(
        "core_event",
        "UPDATE core_event SET action = 'x', sha256 = encode(sha256(convert_to(dinamis_event_text("
        "(id, at, xact, role, actor_id, actor_kind, on_behalf, 'x', reason_code, operation, table_name, object_id,"
        " before, after, sha256)::core_event), 'UTF8')), 'hex') WHERE id = %s",
        event.pk,
    )
    assert "not what was linked" in found("core_event", event.pk)


def test_one_byte_of_an_event_too_young_for_the_chain(story):
    User.objects.filter(email="alice@example.org").update(office_role="moderator")
    event = Event.objects.latest("id")
    assert not EventLink.objects.filter(event_id=event.pk).exists()
    tamper("core_event", "UPDATE core_event SET actor_id = 4242 WHERE id = %s", event.pk)
    assert "not what was written" in found("core_event", event.pk)


@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        (Acceptance, "typed_name", "Hélène Martim"),
        (Acceptance, "language", "en"),
        (Acceptance, "sha256", "0" * 64),
        (Decision, "words", "Dossier complet!"),
        (Decision, "verdict", "resume"),
        (LicenceVersion, "text_fr", "Tout est permis."),
        (Adhesion, "state", "refused"),
        (StateChange, "to_state", "refused"),
        (StateChange, "actor_label", "Dora Offica"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_one_byte_of_a_fact(story, model, column, value):
    seal_days()
    row = model.objects.earliest("pk") if model is not LicenceVersion else LicenceVersion.objects.first()
    table = model._meta.db_table
    tamper(table, f"UPDATE {table} SET {column} = %s WHERE id = %s", value, row.pk)
    assert f"{column} differ" in found(table, row.pk)


def test_a_changed_text_also_breaks_the_signatures_under_it(story):
    version = Acceptance.objects.first().licence_version
    with triggers_off("licensing_licenceversion") as cursor:
        cursor.execute(
            "UPDATE licensing_licenceversion SET text_fr = 'x', sha256_fr = encode(sha256('x'), 'hex') WHERE id = %s",
            [version.pk],
        )
    _code, findings = verify()
    signed = {pk for table, pk, what in findings if table == "licensing_acceptance" and "not that of the text" in what}
    assert signed == set(version.acceptances.filter(language="fr").values_list("pk", flat=True))


def test_a_state_moved_by_hand_is_told_from_its_last_change(story):
    adhesion = Adhesion.objects.first()
    tamper("licensing_adhesion", "UPDATE licensing_adhesion SET state = 'suspended' WHERE id = %s", adhesion.pk)
    assert "the last change of state led to “approved”" in found("licensing_adhesion", adhesion.pk)


def test_the_last_event_deleted_before_any_link_or_seal(story):
    User.objects.filter(email="alice@example.org").update(office_role="moderator")
    event = Event.objects.latest("id")
    tamper("core_event", "DELETE FROM core_event WHERE id = %s", event.pk)
    assert "office_role differ" in found("accounts_user", event.object_id)


def test_the_last_event_deleted_before_any_seal(story):
    event = Event.objects.latest("id")
    tamper("core_event", "DELETE FROM core_event WHERE id = %s", event.pk)
    assert DailySeal.objects.count() == 0
    assert "missing" in found("core_event", event.pk)


def test_the_last_event_and_its_link_deleted_before_any_seal(story):
    link = EventLink.objects.latest("position")
    tamper("core_event", "DELETE FROM core_event WHERE id = %s", link.event_id)
    tamper("core_eventlink", "DELETE FROM core_eventlink WHERE position = %s", link.position)
    assert f"had come to position {link.position}" in found("core_eventlink", link.position)


def test_the_last_event_and_its_link_deleted_after_a_seal(story, settings):
    seal_days()
    settings.EVIDENCE_HEAD.unlink()
    link = EventLink.objects.latest("position")
    tamper("core_event", "DELETE FROM core_event WHERE id = %s", link.event_id)
    tamper("core_eventlink", "DELETE FROM core_eventlink WHERE position = %s", link.position)
    assert "missing at the end" in found("core_eventlink", link.position)


def test_the_last_row_of_a_fact_deleted(story):
    acceptance = Acceptance.objects.latest("pk")
    with triggers_off("licensing_acceptance") as cursor:
        cursor.execute("DELETE FROM licensing_acceptancetrace WHERE acceptance_id = %s", [acceptance.pk])
        cursor.execute("DELETE FROM licensing_acceptance WHERE id = %s", [acceptance.pk])
    assert "missing" in found("licensing_acceptance", acceptance.pk)


def test_a_row_written_past_its_trigger(story):
    with triggers_off("accounts_organisation") as cursor:
        cursor.execute(
            "INSERT INTO accounts_organisation (name, acronym, country, siret, uai, ror, sector, city, created_at)"
            " SELECT 'Faux', acronym, country, '', '', '', sector, city, created_at FROM accounts_organisation LIMIT 1"
            " RETURNING id"
        )
        (pk,) = cursor.fetchone()
    assert "no event" in found("accounts_organisation", pk)


def test_two_events_swapped(story):
    first, second = Event.objects.order_by("id")[3:5]
    with triggers_off("core_event") as cursor:
        for source, target in ((first.pk, -1), (second.pk, first.pk), (-1, second.pk)):
            cursor.execute("UPDATE core_event SET id = %s WHERE id = %s", [target, source])
    assert "not what was linked" in found("core_event", first.pk)
    assert "not what was linked" in found("core_event", second.pk)


def test_two_links_swapped(story):
    first, second = EventLink.objects.order_by("position")[3:5]
    with triggers_off("core_eventlink") as cursor:
        for source, target in ((first.pk, -1), (second.pk, first.pk), (-1, second.pk)):
            cursor.execute("UPDATE core_eventlink SET position = %s WHERE position = %s", [target, source])
    assert "does not follow" in found("core_eventlink", first.pk)


def test_a_trigger_left_disabled(story):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE licensing_block DISABLE TRIGGER USER")
        try:
            assert "disabled" in found("licensing_block", None)
        finally:
            cursor.execute("ALTER TABLE licensing_block ENABLE TRIGGER USER")


def test_a_salt_emptied_past_its_trigger(story):
    salt = EventSalt.objects.filter(table_name="licensing_acceptance").first()
    tamper("core_eventsalt", "UPDATE core_eventsalt SET salt = '', erased_at = now() WHERE id = %s", salt.pk)
    assert "without an event" in found("core_eventsalt", salt.pk)


def test_a_seal_altered_deleted_or_overdue(story):
    seal_days()
    (seal,) = DailySeal.objects.all()
    tamper("core_dailyseal", "UPDATE core_dailyseal SET count = count - 1 WHERE id = %s", seal.pk)
    assert "not what was sealed" in found("core_dailyseal", seal.pk)
    tamper("core_dailyseal", "DELETE FROM core_dailyseal WHERE id = %s", seal.pk)
    assert "no day is sealed" in found("core_dailyseal", None)


def test_a_day_that_was_not_sealed_alarms(story):
    seal_days()
    assert verify()[0] == 0
    with clock.at(MONDAY + timedelta(days=2)):
        assert "2026-03-03 is missing" in found("core_dailyseal", None)


def test_a_head_written_by_somebody_else(story, settings):
    settings.EVIDENCE_HEAD.write_text("1:forged")
    assert "not written by this site" in found("core_eventlink", None)


def test_a_transaction_rolled_back_leaves_a_gap_and_no_alarm(story):
    from django.db import transaction

    before = Event.objects.latest("id").pk
    with transaction.atomic():
        User.objects.filter(email="alice@example.org").update(office_role="moderator")
        transaction.set_rollback(True)
    User.objects.filter(email="bob@example.org").update(is_active=False)
    assert Event.objects.latest("id").pk == before + 2
    seal_days()
    assert verify() == (0, [])
