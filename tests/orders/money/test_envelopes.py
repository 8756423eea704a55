# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes: adjustments by two people, periods and what they carry, alerts, the account."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, QuotaExceeded
from dinamis.core.models import OutboxMessage
from orders.enums import AdjustmentState
from orders.models import Adjustment, Envelope, LedgerEntry
from orders.selectors.money.envelope import Balance, balance
from orders.selectors.money.periods import next_period, period_label, period_of
from orders.selectors.money.statement import adds_up, burn_down, entries_of, with_balance
from orders.services.money import envelopes, ledger
from orders.services.reviewing.review import approve_order
from orders.tasks import keep_envelopes
from orders.web.money.burn_down import _Frame, _months, drawing
from tests.factories.accounts import ModeratorFactory, active_membership
from tests.factories.orders import KM2, approved, areas, envelope, in_review, world
from tests.orders.money.purses import costly_line, opened, paris, proposed, referent_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(module_rows):
    return world(budget_km2=100)


@pytest.fixture
def line(w):
    return costly_line(w)


# --- adjustments ---------------------------------------------------------------------------------------------------


def test_two_people_change_a_budget(w):
    change = proposed(w, recurs=True)
    assert balance(w.envelope).granted == 100 * KM2
    moved = envelopes.confirm_adjustment(adjustment=change, actor=ModeratorFactory())
    assert moved.state == AdjustmentState.CONFIRMED
    assert balance(w.envelope).granted == 105 * KM2
    entry = LedgerEntry.objects.get(kind="adjust")
    assert str(w.moderator) in entry.words
    assert Envelope.objects.get(pk=w.envelope.pk).renew_m2 == 5 * KM2


def test_the_proposer_and_the_owner_do_not_confirm(w):
    change = proposed(w)
    insider = ModeratorFactory()
    active_membership(insider, w.organisation)
    for person in (w.moderator, insider, w.researcher):
        with pytest.raises(NotPermitted):
            envelopes.confirm_adjustment(adjustment=change, actor=person)
        with pytest.raises(NotPermitted):
            envelopes.refuse_adjustment(adjustment=change, actor=person, words="non")
    assert balance(w.envelope).granted == 100 * KM2
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=change.pk).update(state="confirmed", decided_by=w.moderator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=change.pk).update(state="confirmed")


def test_a_change_is_refused_with_a_reason_or_withdrawn(w):
    first, second = proposed(w), proposed(w)
    with pytest.raises(Invalid):
        envelopes.refuse_adjustment(adjustment=first, actor=ModeratorFactory(), words=" ")
    envelopes.refuse_adjustment(adjustment=first, actor=ModeratorFactory(), words="Déjà au marché.")
    envelopes.withdraw_adjustment(adjustment=second, actor=w.moderator)
    with pytest.raises(IllegalTransition):
        envelopes.confirm_adjustment(adjustment=first, actor=ModeratorFactory())
    assert balance(w.envelope).granted == 100 * KM2


def test_no_more_is_taken_than_is_left(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    change = proposed(w, amount_m2=-41 * KM2)
    with pytest.raises(QuotaExceeded):
        envelopes.confirm_adjustment(adjustment=change, actor=ModeratorFactory())
    change.refresh_from_db()
    assert (change.state, balance(w.envelope).granted) == ("proposed", 100 * KM2)
    envelopes.confirm_adjustment(adjustment=proposed(w, amount_m2=-40 * KM2), actor=ModeratorFactory())
    assert balance(w.envelope).available == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"words": ""}, "words"), ({"amount_m2": 0}, "amount"), ({"attempts": 3}, "attempts")],
)
def test_a_change_that_cannot_be_is_refused(w, changes, pointer):
    with pytest.raises(Invalid) as refused:
        proposed(w, **changes)
    assert refused.value.pointer == pointer
    with pytest.raises(NotPermitted):
        proposed(w, actor=w.researcher)
    assert Adjustment.objects.count() == 0


# --- periods -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "moment", "start", "end", "label"),
    [
        ("pleiades", paris(2026, 11, 26), paris(2026, 10, 1), paris(2027, 1, 1), "2026 T4"),
        ("pleiades", paris(2026, 1, 1), paris(2026, 1, 1), paris(2026, 4, 1), "2026 T1"),
        ("spot-6-7", paris(2026, 12, 31), paris(2026, 1, 1), paris(2027, 1, 1), "2026"),
        ("aster", paris(2026, 3, 1), paris(2026, 1, 1), paris(2027, 1, 1), "2026"),
    ],
)
def test_quarters_and_years_of_paris(family, moment, start, end, label):
    assert period_of(family, moment) == (start, end)
    assert period_label(family, moment) == label


def test_the_next_period_follows_and_ends_with_the_calendar():
    assert next_period("pleiades", paris(2027, 1, 1)) == (paris(2027, 1, 1), paris(2027, 4, 1))
    assert next_period("pleiades", paris(2027, 2, 10)) == (paris(2027, 2, 10), paris(2027, 4, 1))


@pytest.mark.parametrize(
    ("rule", "percent", "carried", "later"), [("none", 0, 0, 0), ("all", 100, 40, 60), ("share", 25, 10, 15)]
)
def test_a_period_ends_the_next_one_opens_and_the_rule_carries(w, line, rule, percent, carried, later):
    quarter = (paris(2026, 10, 1), paris(2027, 1, 1))
    row = envelope(
        100, name="Pléiades 2026 T4", period=quarter, renews=True, renew_m2=30 * KM2, carry=rule, carry_percent=percent
    )
    ledger.hold(purses=[row], items=[line], actor=SYSTEM)
    with clock.at(paris(2026, 12, 20)):
        keep_envelopes()
        assert not Envelope.objects.filter(previous=row).exists()
    with clock.at(paris(2026, 12, 27)):
        keep_envelopes()
        keep_envelopes()
        following = Envelope.objects.get(previous=row)
        assert (following.name, following.period.lower) == ("Pléiades 2027 T1", quarter[1])
        assert balance(following).granted == 30 * KM2
    with clock.at(paris(2027, 1, 2)):
        keep_envelopes()
        keep_envelopes()
        assert balance(following).granted == (30 + carried) * KM2
        assert balance(row).available == (40 - carried) * KM2
        ledger.commit(line, actor=SYSTEM)
        ledger.refund(line, actor=SYSTEM, words="annulé", part=Fraction(1, 3), key="tiers")
        keep_envelopes()
    assert balance(following).granted == (30 + later) * KM2


def test_an_envelope_that_does_not_renew_has_no_next():
    row = envelope(1, period=(paris(2026, 10, 1), paris(2027, 1, 1)))
    with clock.at(paris(2027, 2, 1)):
        assert envelopes.open_periods(at=clock.now()) == 0
    assert not Envelope.objects.filter(previous=row).exists()


# --- alerts --------------------------------------------------------------------------------------------------------


def test_people_are_told_once_for_each_threshold(w):
    referent = referent_of(w.organisation)
    told = OutboxMessage.objects.filter(key__startswith="mail:envelope-low:")
    orders = [in_review(w) for _ in range(3)]
    for order, km2 in zip(orders, (79, 1, 15), strict=True):
        order.items.update(area_m2=1, billed_area_m2=km2 * KM2)
    counts = []
    for order in orders:
        approve_order(order=order, actor=w.moderator, reason="Besoin établi.")
        counts.append(told.count())
    people = set(told.values_list("payload__to", flat=True))
    assert {w.moderator.email, referent.email} <= people
    assert w.researcher.email not in people
    assert counts == [0, len(people), 2 * len(people)]
    ledger.release(orders[2].items.get(), actor=SYSTEM)
    ledger.hold(purses=[w.envelope], items=list(orders[2].items.all()), actor=SYSTEM)
    assert told.count() == counts[-1]


# --- opening -------------------------------------------------------------------------------------------------------


def test_an_envelope_opens_empty_for_whole_days(w):
    row = opened(w)
    assert (row.period.lower, row.period.upper) == (paris(2027, 1, 1), paris(2027, 4, 1))
    assert areas(row) == Balance()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "organisation"}, "owner"),
        ({"kind": "programme"}, "programme"),
        ({"programme": "Littoral"}, "programme"),
        ({"last_day": paris(2026, 12, 31).date()}, "ends"),
        ({"carry": "share"}, "carry_percent"),
    ],
)
def test_an_envelope_that_cannot_be_is_refused(w, changes, pointer):
    before = Envelope.objects.count()
    with pytest.raises(Invalid) as refused:
        opened(w, **changes)
    assert refused.value.pointer == pointer
    with pytest.raises(Invalid):
        opened(w, owner=Organisation.objects.first())
    with pytest.raises(NotPermitted):
        opened(w, actor=w.researcher)
    assert Envelope.objects.count() == before


def test_projects_draw_on_a_programme(w):
    row = opened(w, kind="programme", programme="Littoral")
    envelopes.set_projects(programme=row.programme, projects=[w.project], actor=w.moderator)
    assert list(row.programme.projects.all()) == [w.project]
    with pytest.raises(NotPermitted):
        envelopes.set_projects(programme=row.programme, projects=[], actor=w.researcher)
    assert row.programme.projects.count() == 1


# --- the account, line by line --------------------------------------------------------------------------------------


def test_every_entry_shows_what_was_left_after_it(w):
    approved(w)
    rows = with_balance(w.envelope, list(entries_of(w.envelope)))
    held = w.envelope.entries.get(kind="hold").amount_m2
    assert [row.left_m2 for row in rows] == [100 * KM2, 100 * KM2 + held]
    (last,) = with_balance(w.envelope, list(entries_of(w.envelope))[1:])
    assert last.left_m2 == 100 * KM2 + held
    assert adds_up(w.envelope, balance(w.envelope))
    assert not adds_up(w.envelope, Balance(1))
    assert with_balance(w.envelope, []) == []


def test_the_drawing_steps_down_from_what_was_granted(w):
    at = clock.now() + timedelta(days=3)
    with clock.at(at):
        approved(w)
    points = burn_down(w.envelope, at + timedelta(days=2))
    assert points[0].left_m2 == 100 * KM2
    assert points[-1].left_m2 == balance(w.envelope).available
    drawn = drawing(w.envelope, points, at)
    assert drawn["levels"][-1]["m2"] == 100 * KM2
    assert drawn["path"].count("H") == len(points) - 1
    assert drawing(envelope(0), [], at) is None


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 10, 1), date(2027, 1, 1), ["10 2026", "11", "12", "1 2027"]),
        (date(2026, 1, 1), date(2027, 1, 1), ["1 2026", "4", "7", "10", "1"]),
        (date(2026, 9, 1), date(2027, 1, 1), ["9 2026", "10", "11", "12", "1"]),
        (date(2026, 1, 1), date(2028, 1, 1), ["1 2026", "7", "1 2027", "7", "1"]),
        (date(2026, 7, 1), date(2030, 7, 1), ["2027", "2028", "2029", "2030"]),
    ],
)
def test_the_words_of_the_axis_have_room_on_a_phone(first, last, words):
    months = _months(_Frame(first, last, 1, 1))
    said = [f"{one['day'].month if one['named'] else ''} {one['day'].year if one['year'] else ''}" for one in months]
    assert [one.strip() for one in said] == words
