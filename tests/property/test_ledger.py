# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger against a plain model: what is granted, held, split, priced, settled, refunded and carried, both agree.

Two purses pay in turn, the second of which has a ceiling in euros. After each step the balances, the entries of each
line and the refusals are those of `Books`, written from the rule with lists and numbers only.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import ceil

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, QuotaExceeded
from orders.enums import PriceBasis
from orders.models import Envelope, LedgerEntry, OrderItem
from orders.selectors.money.envelope import balance
from orders.selectors.money.prices import Price
from orders.selectors.money.statement import adds_up
from orders.services.money import envelopes, ledger
from tests.factories.accounts import ModeratorFactory
from tests.factories.orders import KM2, SceneFactory, drafted, envelope, world

LINES = 4
purse = st.integers(0, 1)
line = st.integers(0, LINES - 1)
area = st.integers(1, 60 * KM2)
money = st.integers(0, 30_000)
part = st.fractions(min_value=Fraction(1, 50), max_value=1, max_denominator=50)


@dataclass
class Account:
    """One purse of the model."""

    granted: int = 0
    held: int = 0
    committed: int = 0
    granted_cents: int = 0
    held_cents: int = 0
    committed_cents: int = 0

    @property
    def left(self):
        return self.granted - self.held - self.committed

    @property
    def left_cents(self):
        return self.granted_cents - self.held_cents - self.committed_cents


@dataclass
class Line:
    """What a line holds: m² and cents by purse, whether it is committed, and what came back."""

    shares: dict = field(default_factory=dict)
    prices: dict = field(default_factory=dict)
    state: str = "free"
    back: dict = field(default_factory=dict)
    back_cents: dict = field(default_factory=dict)


def split(total, weights):
    """Cents in proportion to weights: each rounded down, the largest remainders get one more."""
    if not any(weights):
        weights = [1] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [int(one) for one in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


class Books:
    """The rule, in plain Python."""

    def __init__(self):
        self.accounts = [Account(), Account()]
        self.lines = [Line() for _ in range(LINES)]

    def hold(self, number, cost, price, order):
        """Take from each purse what it has, in order; False and nothing taken when they do not suffice."""
        one = self.lines[number]
        if one.state not in {"free", "released"}:
            return True
        upto, paid, shares = 0, 0, {}
        for p in order:
            to = min(cost, upto + max(self.accounts[p].left, 0))
            if p == 1 and price:
                room = max(self.accounts[p].left_cents, 0)
                # Whole square metres as long as their price, rounded down, is below one cent more than there is.
                to = min(to, ceil(Fraction((paid + room + 1) * cost, price)) - 1) if room else upto
            shares[p] = (to - upto, price * to // cost - paid)
            upto, paid = to, price * to // cost
        if upto < cost:
            return False
        one.shares, one.prices, one.back, one.back_cents, one.state = {}, {}, {}, {}, "held"
        for p, (taken, cents) in shares.items():
            if taken:
                one.shares[p], one.prices[p] = taken, cents
                self.accounts[p].held += taken
                self.accounts[p].held_cents += cents
        return True

    def commit(self, number, price):
        one = self.lines[number]
        if one.state in {"free", "released"}:
            return False
        if one.state == "held":
            for p, taken in one.shares.items():
                self.accounts[p].held -= taken
                self.accounts[p].held_cents -= one.prices[p]
                self.accounts[p].committed += taken
                self.accounts[p].committed_cents += one.prices[p]
            one.state = "committed"
        if price is not None:
            self.reprice(number, price)
        return True

    def reprice(self, number, price):
        """What a line costs now, over its purses as they paid; False when the ceiling leaves no room for it."""
        one = self.lines[number]
        if one.state not in {"held", "committed"}:
            return False
        if any(one.back.values()) or any(one.back_cents.values()):
            return True
        weights = list(one.prices.values()) if any(one.prices.values()) else list(one.shares.values())
        prices = dict(zip(one.prices, split(price, weights), strict=True))
        more = prices.get(1, 0) - one.prices.get(1, 0)
        rises = any(prices[p] > one.prices[p] for p in prices)
        if one.state == "held" and rises and more > max(self.accounts[1].left_cents, 0):
            return False
        for p, cents in prices.items():
            account = self.accounts[p]
            if one.state == "held":
                account.held_cents += cents - one.prices[p]
            else:
                account.committed_cents += cents - one.prices[p]
        one.prices = prices
        return True

    def release(self, number):
        one = self.lines[number]
        if one.state == "committed":
            return False
        if one.state == "held":
            for p, taken in one.shares.items():
                self.accounts[p].held -= taken
                self.accounts[p].held_cents -= one.prices[p]
            one.state = "released"
        return True

    def refund(self, number, share):
        """Give back a part of each purse's share, rounded so that the sum is right; None when it is too much."""
        one = self.lines[number]
        if one.state != "committed":
            return False
        gives, total, before = {}, 0, 0
        for p, taken in one.shares.items():
            total += taken
            rest = taken - one.back.get(p, 0)
            gives[p] = rest if share == 1 else int(total * share) - before
            before = int(total * share)
            if gives[p] > rest:
                return None
        owed = split(int(sum(one.prices.values()) * share), list(one.prices.values()))
        for (p, amount), cents in zip(gives.items(), owed, strict=True):
            rest = one.prices[p] - one.back_cents.get(p, 0)
            given = rest if share == 1 else min(cents, rest)
            one.back[p] = one.back.get(p, 0) + amount
            one.back_cents[p] = one.back_cents.get(p, 0) + given
            self.accounts[p].committed -= amount
            self.accounts[p].committed_cents -= given
        return True


class Ledger(RuleBasedStateMachine):
    """Commands on both sides; `agree` compares."""

    @initialize(first=st.integers(0, 100), second=st.integers(0, 100))
    def begin(self, first, second):
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.now = clock.now()
        self.w = world(budget_km2=0)
        self.purses = [self.w.envelope, envelope(0, name="Pot commun", carry="share", carry_percent=30, euros=0)]
        scenes = [SceneFactory(collection=self.w.collection) for _ in range(LINES)]
        self.items = list(drafted(self.w, scenes=scenes).items.order_by("position"))
        self.books, self.number, self.other = Books(), 0, ModeratorFactory()
        self.carried, self.carried_cents, self.following = 0, 0, None
        for p, amount in enumerate((first, second)):
            if amount:
                self.grant(p, amount * KM2)

    def teardown(self):
        if hasattr(self, "stack"):
            transaction.set_rollback(True)
            self.stack.close()

    def named(self):
        self.number += 1
        return str(self.number)

    def refused(self, kinds, act):
        """Whether the act is refused; a refusal leaves no entry behind."""
        before = LedgerEntry.objects.count()
        try:
            with transaction.atomic():
                act()
        except kinds:
            assert LedgerEntry.objects.count() == before
            return True
        return False

    @rule(p=purse, amount=area)
    def grant(self, p, amount):
        name = self.named()
        for _twice in range(2):
            ledger.grant(envelope=self.purses[p], amount_m2=amount, actor=SYSTEM, key=name)
        self.books.accounts[p].granted += amount

    @rule(amount=st.integers(1, 50_000))
    def raise_the_ceiling(self, amount):
        name = self.named()
        for _twice in range(2):
            ledger.grant(envelope=self.purses[1], amount_cents=amount, actor=SYSTEM, key=name)
        self.books.accounts[1].granted_cents += amount

    @rule(p=purse, amount=st.integers(-40 * KM2, 40 * KM2).filter(bool), confirmed=st.booleans())
    def adjust(self, p, amount, confirmed):
        proposed = envelopes.propose_adjustment(
            envelope=self.purses[p], actor=self.w.moderator, words="Avenant", amount_m2=amount
        )
        if not confirmed:
            envelopes.withdraw_adjustment(adjustment=proposed, actor=self.w.moderator)
            return
        account = self.books.accounts[p]
        no = self.refused(QuotaExceeded, lambda: envelopes.confirm_adjustment(adjustment=proposed, actor=self.other))
        assert no == (-amount > max(account.left, 0))
        if not no:
            account.granted += amount

    @rule(n=line, cost=area, price=money, order=st.permutations([0, 1]), alone=st.booleans())
    def hold(self, n, cost, price, order, alone):
        order = order[:1] if alone else order
        item = self.items[n]
        # What a line costs does not change while it holds something: a person changes lines before approval.
        if self.books.lines[n].state in {"free", "released"}:
            OrderItem.objects.filter(pk=item.pk).update(area_m2=1, billed_area_m2=cost, price_cents=price)
            item.refresh_from_db()
        purses = [self.purses[p] for p in order]
        no = self.refused(QuotaExceeded, lambda: ledger.hold(purses=purses, items=[item], actor=SYSTEM))
        assert no != self.books.hold(n, cost, price, order)

    @rule(n=line, cents=st.none() | money)
    def commit(self, n, cents):
        price = None if cents is None else Price(cents, PriceBasis.LINE)
        no = self.refused(IllegalTransition, lambda: ledger.commit(self.items[n], actor=SYSTEM, price=price))
        assert no != self.books.commit(n, cents)

    @rule(n=line, cents=money)
    def reprice(self, n, cents):
        price = Price(cents, PriceBasis.LINE)
        refusals = (IllegalTransition, QuotaExceeded)
        no = self.refused(refusals, lambda: ledger.reprice(self.items[n], price, actor=SYSTEM))
        assert no != self.books.reprice(n, cents)

    @rule(n=line)
    def release(self, n):
        no = self.refused(IllegalTransition, lambda: ledger.release(self.items[n], actor=SYSTEM))
        assert no != self.books.release(n)

    @rule(n=line, share=part, twice=st.booleans())
    def refund(self, n, share, twice):
        name = "rest" if share == 1 else self.named()

        def act():
            for _time in range(2 if twice else 1):
                ledger.refund(self.items[n], actor=SYSTEM, words="non acquis", part=share, key=name)

        no = self.refused((IllegalTransition, Invalid), act)
        assert no != bool(self.books.refund(n, share))

    @precondition(lambda self: self.following is None)
    @rule()
    def end_the_period(self):
        """The common pot ends; its rule carries thirty percent of what is left, and of what comes back later."""
        pot = self.purses[1]
        Envelope.objects.filter(pk=pot.pk).update(period=(self.now - timedelta(days=90), self.now), renews=True)
        envelopes.open_periods(at=self.now)
        self.following = Envelope.objects.get(previous=pot)

    @precondition(lambda self: self.following is not None)
    @rule()
    def carry(self):
        for _twice in range(2):
            envelopes.carry_over(at=self.now)
        account = self.books.accounts[1]
        moved = max(0, (account.left + self.carried) * 30 // 100 - self.carried)
        self.carried += moved
        account.granted -= moved
        moved = max(0, (account.left_cents + self.carried_cents) * 30 // 100 - self.carried_cents)
        self.carried_cents += moved
        account.granted_cents -= moved

    @rule()
    def sum_up(self):
        envelopes.sum_up()

    @rule(n=line)
    def the_database_refuses_what_no_service_asked(self, n):
        """Straight into the table: a refund beyond what was held, and a second settlement."""
        for held in LedgerEntry.objects.filter(order_item=self.items[n], kind="hold").order_by("-pk")[:1]:
            common = {"envelope": held.envelope, "order_item": held.order_item, "hold": held, "actor_label": "x"}
            with pytest.raises(IntegrityError), transaction.atomic():
                LedgerEntry.objects.create(kind="refund", amount_m2=1 - held.amount_m2, key=self.named(), **common)
            if held.answers.filter(kind__in=["commit", "release"]).exists():
                with pytest.raises(IntegrityError), transaction.atomic():
                    LedgerEntry.objects.create(kind="commit", amount_m2=0, key=self.named(), **common)

    @invariant()
    def agree(self):
        if not hasattr(self, "books"):
            return
        for one, account in zip(self.purses, self.books.accounts, strict=True):
            left = balance(one)
            assert (left.granted, left.held, left.committed) == (account.granted, account.held, account.committed)
            cents = (left.granted_cents, left.held_cents, left.committed_cents)
            assert cents == (account.granted_cents, account.held_cents, account.committed_cents)
            assert left.available >= 0
            assert adds_up(one, left)
        if self.following is not None:
            left = balance(self.following)
            assert (left.granted, left.granted_cents) == (self.carried, self.carried_cents)
        for item, one in zip(self.items, self.books.lines, strict=True):
            sums = LedgerEntry.objects.filter(order_item=item).aggregate(m2=Sum("amount_m2"), cents=Sum("amount_cents"))
            gone = paid = 0
            if one.state in {"held", "committed"}:
                gone = sum(one.shares.values()) - sum(one.back.values())
                paid = sum(one.prices.values()) - sum(one.back_cents.values())
            assert (-(sums["m2"] or 0), -(sums["cents"] or 0)) == (gone, paid)


@pytest.mark.django_db
def test_the_ledger_is_the_books():
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_the_ledger_is_the_books_at_length():
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
