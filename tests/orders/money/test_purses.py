# SPDX-License-Identifier: AGPL-3.0-or-later
"""Purses in their order: what each pays, attempts, what comes back."""

from datetime import timedelta
from fractions import Fraction

import pytest

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import Invalid, QuotaExceeded
from orders.models import LedgerEntry, Order
from orders.selectors.money.costs import attempts_of
from orders.selectors.money.envelope import Balance, balance
from orders.selectors.money.purses import Need, Part, Purse, TooLarge, share_out
from orders.services.money import ledger
from orders.services.reviewing.review import approve_order
from tests.factories.orders import KM2, areas, drafted, envelope, in_review, world
from tests.orders.money.purses import costly_line

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(module_rows):
    return world(budget_km2=100)


@pytest.fixture
def line(w):
    return costly_line(w)


def test_a_cost_is_shared_out_in_the_order_of_the_purses():
    parts = share_out([Need(7), Need(6)], [Purse(1, 5), Purse(2, 4), Purse(3, 9)])
    assert parts == [[Part(1, 5, 0), Part(2, 2, 0)], [Part(2, 2, 0), Part(3, 4, 0)]]


@pytest.mark.parametrize(
    ("purses", "payer"),
    [
        ([Purse(1, 5, 0), Purse(2, 5, 1)], 2),
        ([Purse(1, 5, 3), Purse(2, 5, 1)], 1),
        ([Purse(1, 0, 0), Purse(2, 5), Purse(3, 0, 1)], 3),
    ],
)
def test_the_attempts_of_a_line_come_out_of_one_purse(purses, payer):
    (parts,) = share_out([Need(5, 1)], purses)
    assert [part.purse for part in parts if part.attempts] == [payer]
    assert sum(part.m2 for part in parts) == 5


def test_where_nobody_counts_attempts_they_are_not_limited():
    assert share_out([Need(1, 9)], [Purse(1, 5)]) == [[Part(1, 1, 0)]]


@pytest.mark.parametrize(
    ("needs", "purses", "said"),
    [
        ([Need(10)], [Purse(1, 4), Purse(2, 5)], (9, 10, "m2")),
        ([Need(1)], [], (0, 1, "m2")),
        ([Need(1, 1), Need(1, 1)], [Purse(1, 9, 1)], (1, 2, "attempts")),
    ],
)
def test_what_is_too_large_is_said_in_its_unit(needs, purses, said):
    with pytest.raises(TooLarge) as refused:
        share_out(needs, purses)
    assert (refused.value.available, refused.value.required, refused.value.unit) == said


def test_an_approval_names_no_envelope_and_the_purses_pay_in_turn(w):
    volume = envelope(20, name="Volume", kind="prefinanced", owner=w.organisation)
    order = in_review(w)
    item = order.items.get()
    moved = approve_order(order=order, actor=w.moderator, reason="Besoin établi.")
    assert moved.envelope == volume
    assert balance(volume).available == 0
    assert balance(w.envelope).held == item.billed_area_m2 - 20 * KM2


def test_without_any_purse_the_refusal_says_so_and_nothing_is_written(w):
    order = in_review(w)
    with clock.at(w.envelope.period.upper + timedelta(days=1)), pytest.raises(QuotaExceeded) as refused:
        ledger.hold(purses=[], items=list(order.items.all()), actor=SYSTEM)
    assert (refused.value.extra["available"], refused.value.extra["resets_at"]) == (0, None)
    assert LedgerEntry.objects.filter(kind="hold").count() == 0


def test_a_split_line_is_refunded_over_its_purses_and_rounded_once(w, line):
    pot = envelope(100, name="Pot commun")
    line.billed_area_m2 = 100 * KM2 + 1
    ledger.hold(purses=[w.envelope, pot], items=[line], actor=SYSTEM)
    ledger.commit(line, actor=SYSTEM)
    ledger.refund(line, actor=SYSTEM, words="non acquis", part=Fraction(1, 3), key="livraison-1")
    ledger.refund(line, actor=SYSTEM, words="non acquis", part=Fraction(1, 3), key="livraison-1")
    given = list(LedgerEntry.objects.filter(kind="refund").order_by("pk").values_list("envelope", "amount_m2"))
    assert given == [(w.envelope.pk, 33_333_333), (pot.pk, 0)][: len(given)]
    assert sum(amount for _pk, amount in given) == (100 * KM2 + 1) // 3
    with pytest.raises(Invalid) as refused:
        ledger.refund(line, actor=SYSTEM, words="non acquis", part=Fraction(9, 10), key="livraison-2")
    assert refused.value.code == "refund_above_hold"
    ledger.refund(line, actor=SYSTEM, words="annulé")
    assert (balance(w.envelope).committed, balance(pot).committed) == (0, 0)


@pytest.mark.parametrize("part", [0, -1, Fraction(3, 2)])
def test_a_part_lies_between_nothing_and_all(w, line, part):
    with pytest.raises(Invalid):
        ledger.refund(line, actor=SYSTEM, words="", part=part)
    assert LedgerEntry.objects.filter(kind="refund").count() == 0


def test_a_released_line_may_be_held_again(w, line):
    for _round in range(2):
        ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
        ledger.release(line, actor=SYSTEM)
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    ledger.commit(line, actor=SYSTEM)
    assert areas(w.envelope) == Balance(100 * KM2, committed=60 * KM2)


def test_attempts_are_held_and_come_back_with_the_whole_only(w, line, settings):
    settings.DINAMIS = {**settings.DINAMIS, "RECEPTION_CIRCLES": {"pleiades": (0, 0, 1)}}
    other = drafted(w).items.get()
    for item in (line, other):
        Order.objects.filter(pk=item.order_id).update(kind="acquisition")
        item.order.refresh_from_db()
    assert attempts_of(line) == 1
    quota = envelope(200, name="Tentatives", attempts=1)
    ledger.hold(purses=[quota], items=[line], actor=SYSTEM)
    assert balance(quota).available_attempts == 0
    with pytest.raises(QuotaExceeded) as refused:
        ledger.hold(purses=[quota], items=[other], actor=SYSTEM)
    assert (refused.value.extra["unit"], refused.value.extra["required"]) == ("attempts", 1)
    ledger.commit(line, actor=SYSTEM)
    ledger.refund(line, actor=SYSTEM, words="", part=Fraction(1, 2), key="half")
    assert balance(quota).committed_attempts == 1
    ledger.refund(line, actor=SYSTEM, words="")
    assert areas(quota) == Balance(200 * KM2, granted_attempts=1)


def test_an_archive_line_takes_no_attempt(line):
    assert attempts_of(line) == 0
