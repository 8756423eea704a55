# SPDX-License-Identifier: AGPL-3.0-or-later
"""A seal a day, made once, made up for when missed; its time stamp comes from a real authority and is verified."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from dinamis.core import clock
from dinamis.core.evidence import head, timestamp
from dinamis.core.evidence.chain import GENESIS
from dinamis.core.evidence.sealing import link_events, seal_days, timestamp_seals
from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.models import DailySeal, Event, EventLink
from tests.factories.accounts import OrganisationFactory
from tests.tsa import serve

pytestmark = pytest.mark.django_db
# 23:30 in Paris on 28 March 2026: half an hour later the day ends, and in the next night the hour jumps.
LATE = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 29, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_events(db):
    """Nothing is recorded yet: the form revisions that migrations ship leave events of their own."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_event, licensing_formrevision CASCADE")


@pytest.fixture
def authority(settings, tmp_path):
    folder = tmp_path / "tsa"
    folder.mkdir()
    with serve(folder) as (url, running):
        settings.TSA_URL, settings.TSA_ROOTS = url, str(running.roots)
        yield running


def written(moment, many=1):
    with clock.at(moment):
        for _ in range(many):
            OrganisationFactory()
        link_events()


def test_links_have_no_gap_and_come_once():
    written(LATE, 3)
    assert link_events() == 0
    assert link_events(everything=True) == 0
    assert list(EventLink.objects.values_list("position", flat=True)) == [1, 2, 3]
    assert head.read() == head.Head(3, EventLink.objects.get(position=3).chain)


def test_the_head_never_goes_back():
    head.write(head.Head(5, "b"))
    head.write(head.Head(3, "a"))
    assert head.read() == head.Head(5, "b")


def test_days_are_those_of_paris_and_each_is_sealed_once():
    written(LATE, 2)
    written(LATE + timedelta(hours=1), 3)
    with clock.at(LATE + timedelta(hours=1)):
        (first,) = seal_days()
        assert seal_days() == []
    assert (first.day, first.count, first.previous) == (date(2026, 3, 28), 2, GENESIS)
    with clock.at(datetime(2026, 3, 29, 22, 1, tzinfo=UTC)):
        (second,) = seal_days()
        assert verify_evidence().findings == []
    assert (second.day, second.first_position, second.count) == (date(2026, 3, 29), 3, 3)
    assert second.previous == first.sha256


def test_missed_days_are_made_up_for_and_alarm(caplog):
    written(LATE, 2)
    with clock.at(MORNING + timedelta(days=2)):
        seals = seal_days()
        assert verify_evidence().findings == []
    assert [(seal.day.day, seal.count) for seal in seals] == [(28, 2), (29, 0), (30, 0)]
    assert "3 daily seals were missing" in caplog.text


def test_a_seal_is_frozen():
    written(LATE)
    with clock.at(MORNING):
        seal_days()
    with pytest.raises(IntegrityError), transaction.atomic():
        DailySeal.objects.update(root="0" * 64)


def test_a_seal_gets_a_verified_time_stamp(authority):
    written(LATE)
    with clock.at(MORNING):
        seal_days()
        seal = DailySeal.objects.get()
        assert seal.token is not None
        assert abs(seal.token_at - datetime.now(UTC)) < timedelta(minutes=5)
        assert timestamp_seals() == 0
        assert authority.asked == 1
        assert verify_evidence().findings == []
        with pytest.raises(timestamp.NoToken):
            timestamp.verify(bytes(seal.token), b"another message")


def test_a_silent_authority_delays_the_token_and_not_the_seal(authority, caplog):
    authority.broken = True
    written(LATE)
    with clock.at(MORNING):
        seal_days()
        assert DailySeal.objects.get().token is None
        assert "no time stamp" in caplog.text
        authority.broken = False
        assert timestamp_seals() == 1
    assert DailySeal.objects.get().token is not None


def test_a_token_of_an_unknown_authority_is_not_kept(authority, settings, tmp_path):
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    with serve(stranger) as (url, _other):
        settings.TSA_URL = url
        written(LATE)
        with clock.at(MORNING):
            seal_days()
    assert DailySeal.objects.get().token is None


def test_a_token_moved_to_another_seal_is_found(authority):
    written(LATE)
    written(MORNING)
    with clock.at(MORNING + timedelta(days=1)):
        one, two = seal_days()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_dailyseal DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE core_dailyseal SET token = (SELECT token FROM core_dailyseal WHERE id = %s) WHERE id = %s",
                [one.pk, two.pk],
            )
            cursor.execute("ALTER TABLE core_dailyseal ENABLE TRIGGER USER")
        (finding,) = verify_evidence().findings
    assert finding.object_id == two.pk
    assert "does not verify" in finding.what
    assert Event.objects.count() == EventLink.objects.count()
