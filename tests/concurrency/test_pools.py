# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings under contention: real threads, real connections; one outcome, whoever comes first."""

import pytest
from shapely.geometry import box

from dinamis.core import clock
from dinamis.core.exceptions import DomainError
from orders.models import OrderItem, Pool, PoolMember, ProviderOrder
from orders.selectors.money.envelope import balance
from orders.services.fulfilment import pooling
from orders.services.fulfilment.placement import prepare_placement
from orders.services.requests.submission import cancel_order
from tests.concurrency.test_orders import together
from tests.factories.orders import acquisition_approved, acquisition_request, neighbour, world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
HERE, THERE = box(3.7, 43.3, 3.9, 43.4), box(3.8, 43.3, 4.0, 43.4)


def two():
    one = world()
    other = neighbour(one)
    return one, other, acquisition_request(one, areas=[HERE]), acquisition_request(other, areas=[THERE])


def proposed():
    one, other, first, second = two()
    (pool,) = pooling.look_around(first.pk)
    return one, other, first, second, pool


def accepting(pool, w, order):
    return lambda: pooling.accept(pool=pool, line=order.items.get().pk, actor=w.researcher)


def living():
    return PoolMember.objects.filter(left_at__isnull=True).count()


def test_two_passes_at_once_propose_once():
    _one, _other, first, second = two()
    lines = [first.items.get().pk, second.items.get().pk]
    answers = together(
        lambda: pooling.look_around(first.pk),
        lambda: pooling.look_around(second.pk),
        lambda: pooling.propose(lines),
        lambda: pooling.propose(lines[::-1]),
    )
    assert not any(isinstance(answer, DomainError) for answer in answers)
    assert (Pool.objects.count(), living()) == (1, 2)


def test_accepting_and_dissolving_at_once_leave_one_truth():
    one, other, first, second, pool = proposed()
    accepting(pool, one, first)()
    accepted, dissolved = together(
        accepting(pool, other, second),
        lambda: pooling.dissolve(pool=pool, actor=one.moderator, words="Autre plan."),
    )
    # Who accepts first is still followed by the office, which may dissolve what is agreed.
    assert not isinstance(dissolved, DomainError)
    pool.refresh_from_db()
    assert (pool.state, living()) == ("dissolved", 0)
    answered = pool.members.get(line__order=second).answer
    assert answered == ("" if isinstance(accepted, DomainError) else "accepted")


def test_the_last_two_accept_at_once_and_it_is_agreed_once():
    one, other, first, second, pool = proposed()
    answers = together(accepting(pool, one, first), accepting(pool, other, second))
    assert not any(isinstance(answer, DomainError) for answer in answers)
    pool.refresh_from_db()
    assert (pool.state, pool.version) == ("agreed", 1)


def test_placing_both_lines_at_once_places_one_order():
    one, other, first, second, pool = proposed()
    accepting(pool, one, first)(), accepting(pool, other, second)()
    acquisition_approved(one, first), acquisition_approved(other, second)
    lines = list(OrderItem.objects.values_list("pk", flat=True))
    answers = together(*[lambda pk=pk: prepare_placement(item_id=pk) for pk in [*lines, *lines]])
    assert len({answer.pk for answer in answers}) == 1
    assert ProviderOrder.objects.get().lines.count() == 2
    assert balance(one.envelope).held + balance(other.envelope).held == pool.billed_m2


def test_leaving_cancelling_and_placing_at_once():
    one, other, first, second, pool = proposed()
    accepting(pool, one, first)(), accepting(pool, other, second)()
    acquisition_approved(one, first), acquisition_approved(other, second)
    line = first.items.get()
    left, cancelled, placed = together(
        lambda: pooling.decline(pool=pool, line=line.pk, actor=one.researcher),
        lambda: cancel_order(order=second, actor=other.researcher),
        lambda: prepare_placement(item_id=line.pk),
    )
    for order in (first, second):
        pooling.look_around(order.pk)
    pool.refresh_from_db()
    if pool.state == "placed":
        assert isinstance(left, DomainError)
        assert isinstance(cancelled, DomainError)
        assert balance(one.envelope).held + balance(other.envelope).held == pool.billed_m2
    else:
        assert (pool.state, living()) == ("dissolved", 0)
        assert balance(one.envelope).held == line.billed_area_m2
        assert placed is None or placed.lines.count() == 1
        kept = second.items.get().billed_area_m2 if isinstance(cancelled, DomainError) else 0
        assert balance(other.envelope).held == kept


def test_the_round_settles_while_people_answer():
    one, other, first, second, pool = proposed()
    accepting(pool, one, first)()
    answered, _seen = together(accepting(pool, other, second), lambda: pooling.settle(pool.pk, at=pool.deadline))
    pool.refresh_from_db()
    if isinstance(answered, DomainError):
        assert (pool.state, living()) == ("dissolved", 0)
    else:
        assert pool.state in {"agreed", "dissolved"}
    assert clock.now() < pool.deadline
