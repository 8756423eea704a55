# SPDX-License-Identifier: AGPL-3.0-or-later
"""The last ten square kilometres, wanted by two hundred at once, while connections are killed and code fails between
what is reserved and the end of its transaction: the ledger adds up, and every request has one outcome."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.db.utils import InterfaceError, OperationalError

from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import DomainError, Invalid, QuotaExceeded
from dinamis.core.models import OutboxMessage
from orders.enums import PriceBasis
from orders.models import LedgerEntry, Order, OrderItem
from orders.selectors.money.envelope import Balance, balance
from orders.selectors.money.prices import Price
from orders.selectors.money.statement import adds_up
from orders.services.money import ledger
from orders.services.money.envelopes import confirm_adjustment, propose_adjustment, sum_up
from orders.services.reviewing.review import approve_order
from tests.dinamis.providers.conftest import until
from tests.factories.accounts import ModeratorFactory
from tests.factories.orders import KM2, areas, drafted, envelope, in_review, world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

REQUESTS = 200
CONNECTIONS = 24
GONE = (InterfaceError, OperationalError)


class Crash(Exception):
    """The process dies here: nothing after it runs."""


def orders_of_one_km2(w, count):
    """Orders in review, each of one line of 1 km²."""
    made = [in_review(w) for _ in range(count)]
    OrderItem.objects.filter(order__in=made).update(area_m2=KM2, billed_area_m2=KM2)
    return made


def on_many_connections(act, subjects):
    """Run `act` on each subject in threads that hold CONNECTIONS connections in all; what each gave or raised."""

    def run(subject):
        try:
            return act(subject)
        except (DomainError, Crash, *GONE) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(run, subjects))


def outcome(answer):
    """The one word for what happened to a request."""
    return type(answer).__name__


def check_the_books(*purses):
    """What is granted is what is left and what is held; sums kept are those of the entries; a line is held once."""
    for purse in purses:
        left = balance(purse)
        entries = LedgerEntry.objects.filter(envelope=purse).aggregate(m2=Sum("amount_m2"), tries=Sum("attempts"))
        assert (left.available, left.available_attempts) == (entries["m2"] or 0, entries["tries"] or 0)
        assert left.available >= 0
        assert left.granted == left.available + left.held + left.committed
    for line in OrderItem.objects.all():
        held = -(LedgerEntry.objects.filter(order_item=line, kind="hold").aggregate(m2=Sum("amount_m2"))["m2"] or 0)
        expected = line.billed_area_m2 if line.state == "approved" else 0
        assert (line.pk, held) == (line.pk, expected)


def test_two_hundred_want_the_last_ten_square_kilometres_while_connections_die():
    w = world(budget_km2=10)
    orders = orders_of_one_km2(w, REQUESTS)
    chance = random.Random(5)
    fate = {order.pk: chance.choice(["lives", "lives", "killed", "crashes"]) for order in orders}

    def approve(order):
        with transaction.atomic():
            approve_order(order=order, actor=w.moderator, reason="Besoin établi.")
            if fate[order.pk] == "crashes":
                raise Crash
            if fate[order.pk] == "killed":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return order

    first = on_many_connections(approve, orders)
    seen = Counter(outcome(answer) for answer in first)
    assert set(seen) <= {"Order", "QuotaExceeded", "Crash", "OperationalError", "InterfaceError", "Busy"}
    assert seen["Order"] <= 10
    assert seen["Crash"]
    assert seen["OperationalError"] + seen["InterfaceError"]
    check_the_books(w.envelope)
    assert Order.objects.filter(state="approved").count() == seen["Order"]
    assert OutboxMessage.objects.filter(topic="orders.place").count() == seen["Order"]

    # Whoever got no answer asks again, as a person does: whoever was told an outcome has that one for good.
    fate = dict.fromkeys(fate, "lives")
    told = {order.pk for order, answer in zip(orders, first, strict=True) if isinstance(answer, Order)}
    again = [order for order in orders if order.pk not in told]
    second = on_many_connections(approve, again)
    assert sum(isinstance(answer, Order) for answer in second) == 10 - len(told)
    assert {type(answer) for answer in second} <= {Order, QuotaExceeded}
    check_the_books(w.envelope)
    assert areas(w.envelope) == Balance(10 * KM2, held=10 * KM2)
    approved = {answer.pk for answer in [*first, *second] if isinstance(answer, Order)}
    assert set(Order.objects.filter(state="approved").values_list("pk", flat=True)) == approved
    assert len(approved) == 10


def test_two_hundred_want_the_last_hundred_euros_and_the_database_counts_too():
    w = world(budget_km2=0)
    purse = envelope(1000, owner=w.organisation, euros=100)
    orders = orders_of_one_km2(w, 60)
    OrderItem.objects.update(price_cents=1_000)
    common = {"envelope": purse, "kind": "hold", "amount_m2": -1, "basis": "line", "actor_label": "past the service"}
    line = drafted(w).items.get()

    def take(numbered):
        number, order = numbered
        if number % 3:
            return approve_order(order=order, actor=w.moderator, reason="Besoin établi.")
        try:
            return LedgerEntry.objects.create(order_item=line, amount_cents=-1_000, key=f"raw:{number}", **common)
        except IntegrityError as error:
            return str(error)

    answers = on_many_connections(take, list(enumerate(orders)))
    refused = [answer for answer in answers if isinstance(answer, QuotaExceeded)]
    assert sum(isinstance(answer, Order | LedgerEntry) for answer in answers) == 10
    assert {answer.extra["unit"] for answer in refused} == {"cents"}
    assert all("ceiling" in answer for answer in answers if isinstance(answer, str))
    left = balance(purse)
    assert (left.held_cents, left.available_cents) == (10_000, 0)
    assert adds_up(purse, left)


def test_a_price_that_many_change_at_once_is_one_of_theirs_and_adds_up():
    w = world(budget_km2=100)
    line = orders_of_one_km2(w, 1)[0].items.get()
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)

    def change(number):
        try:
            with transaction.atomic():
                return ledger.reprice(line, Price(1_000 + number, PriceBasis.LINE), actor=SYSTEM)
        except IntegrityError as error:
            return str(error)

    on_many_connections(change, range(24))
    left = balance(w.envelope)
    assert left.held_cents in range(1_000, 1_024)
    assert adds_up(w.envelope, left)


def test_lines_split_over_purses_by_many_at_once_neither_deadlock_nor_overspend():
    w = world(budget_km2=7)
    own = envelope(5, owner=w.organisation, kind="prefinanced", name="Volume préfinancé")
    pot = envelope(9, name="Pot commun")
    orders = orders_of_one_km2(w, 40)
    OrderItem.objects.update(area_m2=3 * KM2 // 2, billed_area_m2=3 * KM2 // 2)

    answers = on_many_connections(
        lambda order: approve_order(order=order, actor=w.moderator, reason="Besoin établi."), orders
    )
    assert Counter(map(outcome, answers)) == {"Order": 14, "QuotaExceeded": 26}
    check_the_books(own, w.envelope, pot)
    assert [balance(purse).available for purse in (own, w.envelope, pot)] == [0, 0, 0]
    refused = next(answer for answer in answers if isinstance(answer, QuotaExceeded))
    assert refused.extra["required"] == 3 * KM2 // 2
    assert refused.extra["available"] < refused.extra["required"]


def test_two_lists_of_purses_in_opposite_orders_do_not_deadlock():
    w = world(budget_km2=1000)
    other = envelope(1000, name="Pot commun")
    lines = [order.items.get() for order in orders_of_one_km2(w, 30)]

    def reserve(numbered):
        number, line = numbered
        purses = [w.envelope, other] if number % 2 else [other, w.envelope]
        with transaction.atomic():
            return ledger.hold(purses=purses, items=[line], actor=SYSTEM)

    answers = on_many_connections(reserve, list(enumerate(lines)))
    assert [outcome(answer) for answer in answers] == ["list"] * 30
    assert balance(w.envelope).held + balance(other).held == 30 * KM2


def test_what_is_given_back_at_once_is_given_back_once_and_waits_for_nobody():
    w = world(budget_km2=100)
    line = orders_of_one_km2(w, 1)[0].items.get()
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    ledger.commit(line, actor=SYSTEM)

    def refund(number):
        with transaction.atomic():
            ledger.refund(line, actor=SYSTEM, words="non acquis", part=ledger.WHOLE / 3, key=f"part-{number}")

    ready, done = threading.Event(), threading.Event()

    def keep_locked():
        try:
            with transaction.atomic():
                ledger.lock_envelopes([w.envelope.pk])
                ready.set()
                done.wait(30)
        finally:
            connection.close()

    holder = threading.Thread(target=keep_locked)
    holder.start()
    ready.wait(10)
    # The envelope is locked meanwhile: giving back does not ask for its lock.
    answers = on_many_connections(refund_or_refusal(refund), range(8))
    done.set()
    holder.join(30)
    assert Counter(map(outcome, answers)) == {"NoneType": 3, "str": 5}
    assert LedgerEntry.objects.filter(kind="refund").aggregate(m2=Sum("amount_m2"))["m2"] == 3 * (KM2 // 3)
    assert areas(w.envelope) == Balance(100 * KM2, committed=KM2 - 3 * (KM2 // 3))


def refund_or_refusal(refund):
    """The refusal of the database or of the service as a word, since both stand for "more than was held"."""

    def act(number):
        try:
            return refund(number)
        except (IntegrityError, Invalid):
            return "refused"

    return act


def test_settled_one_way_however_many_try_both():
    w = world(budget_km2=100)
    line = orders_of_one_km2(w, 1)[0].items.get()
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)

    def settle(number):
        with transaction.atomic():
            (ledger.commit if number % 2 else ledger.release)(line, actor=SYSTEM)

    on_many_connections(settle, range(16))
    assert LedgerEntry.objects.filter(kind__in=["commit", "release"]).count() == 1
    left = areas(w.envelope)
    assert left in {Balance(100 * KM2), Balance(100 * KM2, committed=KM2)}


def test_sums_are_right_while_they_are_summed_up():
    w = world(budget_km2=0)
    wrong = []

    def write_or_sum(number):
        if number % 5 == 0:
            return sum_up()
        ledger.grant(envelope=w.envelope, amount_m2=1, actor=SYSTEM, key=f"{number}")
        return wrong.append(number) if balance(w.envelope).granted < 1 else None

    on_many_connections(write_or_sum, range(400))
    sum_up()
    assert (wrong, balance(w.envelope)) == ([], Balance(granted=320))


def test_an_adjustment_confirmed_by_many_at_once_counts_once():
    w = world(budget_km2=10)
    adjustment = propose_adjustment(envelope=w.envelope, actor=w.moderator, words="Reliquat", amount_m2=-4 * KM2)
    people = [ModeratorFactory() for _ in range(6)]
    answers = on_many_connections(lambda person: confirm_adjustment(adjustment=adjustment, actor=person), people)
    assert Counter(map(outcome, answers)) == {"Adjustment": 1, "IllegalTransition": 5}
    assert areas(w.envelope) == Balance(granted=6 * KM2)


def is_waited_for():
    """Whether somebody waits for the lock of an envelope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return cursor.fetchone()[0]


def test_a_budget_is_cut_while_an_approval_holds_from_it():
    w = world()
    (order,) = orders_of_one_km2(w, 1)
    proposed = propose_adjustment(envelope=w.envelope, actor=w.moderator, words="Moins.", amount_m2=-KM2)
    other = ModeratorFactory()

    def confirm():
        try:
            return confirm_adjustment(adjustment=proposed, actor=other)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ledger.lock_envelopes([w.envelope.pk])
            cut = pool.submit(confirm)
            until(is_waited_for)
            ledger.hold(purses=[w.envelope], items=list(order.items.select_related("order")), actor=SYSTEM)
        assert cut.result().state == "confirmed"
    assert areas(w.envelope).available == (10_000 - 2) * KM2
