# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders under contention: real threads, real connections."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

from dinamis.core.exceptions import Busy, DomainError, IllegalTransition, QuotaExceeded
from orders.models import LedgerEntry, OrderItem, ProviderOrder, Review
from orders.selectors.money.envelope import balance
from orders.services.fulfilment.placement import prepare_placement
from orders.services.money.ledger import lock_envelopes
from orders.services.requests.submission import cancel_order
from orders.services.reviewing.review import approve_order, pass_on, refuse_order, step_back
from tests.factories.orders import KM2, approved, in_review, world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at the same moment, each on a connection of its own; what each gave or raised, in order."""
    start = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number, act):
        try:
            start.wait(10)
            answers[number] = act()
        except DomainError as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def approving(w, order):
    return lambda: approve_order(order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope)


def test_approvals_that_race_for_one_envelope_never_overspend():
    w = world(budget_km2=0)
    orders = [in_review(w) for _ in range(6)]
    cost = orders[0].items.get().billed_area_m2
    LedgerEntry.objects.create(envelope=w.envelope, kind="grant", amount_m2=2 * cost + 1, key="two", actor_label="test")
    answers = together(*(approving(w, order) for order in orders))
    assert sum(isinstance(answer, QuotaExceeded) for answer in answers) == 4
    left = balance(w.envelope)
    assert (left.held, left.available) == (2 * cost, 1)
    assert OrderItem.objects.filter(state="approved").count() == 2


def test_an_order_approved_twice_at_once_is_approved_once():
    w = world()
    order = in_review(w)
    answers = together(*[approving(w, order)] * 4)
    assert sum(isinstance(answer, IllegalTransition) for answer in answers) == 3
    assert LedgerEntry.objects.filter(kind="hold").count() == 1


def test_placing_twice_at_once_writes_one_provider_order():
    w = world()
    line = approved(w).items.get()
    answers = together(*[lambda: prepare_placement(item_id=line.pk)] * 4)
    assert len({answer.pk for answer in answers}) == 1
    assert ProviderOrder.objects.count() == 1


def test_cancelling_and_placing_at_once_leave_one_truth():
    w = world()
    order = approved(w)
    line = order.items.get()
    cancelled, placed = together(
        lambda: cancel_order(order=order, actor=w.researcher), lambda: prepare_placement(item_id=line.pk)
    )
    line.refresh_from_db()
    if isinstance(cancelled, DomainError):
        assert (line.state, placed is not None, balance(w.envelope).held) == ("approved", True, line.billed_area_m2)
    else:
        assert (line.state, placed, balance(w.envelope).available) == ("cancelled", None, 10_000 * KM2)


def test_an_envelope_locked_too_long_is_busy(settings):
    settings.DINAMIS = {**settings.DINAMIS, "LOCK_TIMEOUT": "100ms"}
    w = world()
    order = in_review(w)
    with transaction.atomic():
        lock_envelopes([w.envelope.pk])
        (answer,) = together(approving(w, order))
    assert isinstance(answer, Busy)
    order.refresh_from_db()
    assert (order.state, LedgerEntry.objects.filter(kind="hold").count()) == ("in_review", 0)


def test_another_database_error_is_not_called_busy(settings):
    settings.DINAMIS = {**settings.DINAMIS, "LOCK_TIMEOUT": "0"}
    w = world()

    def impatient():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '100ms'")
            try:
                lock_envelopes([w.envelope.pk])
            except OperationalError as error:
                return getattr(error.__cause__, "sqlstate", "")

    with transaction.atomic():
        lock_envelopes([w.envelope.pk])
        assert together(impatient) == ["57014"]


def test_two_reviewers_who_decide_at_once_leave_one_decision():
    w = world()
    order = in_review(w)
    refused, approved_ = together(
        lambda: refuse_order(order=order, actor=w.moderator, reason="Déjà couvert."), approving(w, order)
    )
    assert sum(isinstance(answer, IllegalTransition) for answer in (refused, approved_)) == 1
    order.refresh_from_db()
    line = order.items.get()
    assert order.state == line.state == ("approved" if isinstance(refused, DomainError) else "refused")
    assert balance(w.envelope).held == (line.billed_area_m2 if line.state == "approved" else 0)
    assert Review.objects.get(order=order).state == "decided"


def test_an_order_passed_on_twice_at_once_is_passed_on_once(settings):
    settings.DINAMIS = {**settings.DINAMIS, "ORDER_STAGES": (("cnes", "", "", 0),)}
    w = world()
    order = in_review(w)
    answers = together(*[lambda: pass_on(order=order, actor=w.moderator, reason="Complet.")] * 4)
    assert sum(isinstance(answer, DomainError) for answer in answers) == 3
    assert sorted(Review.objects.filter(order=order).values_list("stage", "state")) == [
        ("cnes", "open"),
        ("secretariat", "decided"),
    ]


def test_who_steps_back_while_deciding_does_one_of_both():
    w = world()
    order = in_review(w)
    decided, _stepped = together(
        lambda: refuse_order(order=order, actor=w.moderator, reason="Déjà couvert."),
        lambda: step_back(order=order, actor=w.moderator, reason_code="personal_interest"),
    )
    order.refresh_from_db()
    assert order.state == ("in_review" if isinstance(decided, DomainError) else "refused")
