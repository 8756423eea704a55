# SPDX-License-Identifier: AGPL-3.0-or-later
"""The order's state is a function of its lines; this is the function, and the only caller of its transitions."""

from collections.abc import Iterable

from dinamis.core.actors import Actor, Reason
from dinamis.core.transitions import apply_transition, lock
from orders.enums import ItemState, OrderState
from orders.models import Order, OrderItem
from orders.services.money import quotes

WITH_OFFICE = frozenset({ItemState.PENDING})
WORKING = frozenset({ItemState.IN_PROGRESS, ItemState.PROPOSED, ItemState.PRODUCING})
OPEN = WORKING | {ItemState.APPROVED, ItemState.PLACED}
OVER = frozenset({OrderState.REFUSED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.FAILED})


def order_state(states: Iterable[str], *, begun: bool = False) -> OrderState:
    """Return the state of an approved order from those of its lines (design, section 4).

    While lines are under way: what the furthest of them does, or partly delivered once one is there, or an image of
    one whose area is acquired bit by bit (`begun`). When none is: all the lines that were bought delivered = delivered,
    some = partly delivered, none = the way they ended.
    """
    bought = {ItemState(state) for state in states} - {ItemState.REFUSED}
    if bought & WITH_OFFICE:
        raise ValueError("a line has not been decided: the order is still with the office")
    if bought & OPEN:
        return _under_way(bought, begun)
    return _ended(bought)


def _under_way(states: set[ItemState], begun: bool) -> OrderState:
    if begun or ItemState.DELIVERED in states:
        return OrderState.PARTLY_DELIVERED
    if states & WORKING:
        return OrderState.IN_PROGRESS
    return OrderState.PLACED if ItemState.PLACED in states else OrderState.APPROVED


def _ended(states: set[ItemState]) -> OrderState:
    if ItemState.DELIVERED in states:
        return OrderState.DELIVERED if states == {ItemState.DELIVERED} else OrderState.PARTLY_DELIVERED
    for line, order in (
        (ItemState.FAILED, OrderState.FAILED),
        (ItemState.EXPIRED, OrderState.EXPIRED),
        (ItemState.CANCELLED, OrderState.CANCELLED),
    ):
        if line in states:
            return order
    return OrderState.REFUSED


# An order whose line jumps (from approved to in progress in one status) passes through these first.
STEPS = {OrderState.APPROVED: "place", OrderState.PLACED: "progress"}
FAR = frozenset({OrderState.IN_PROGRESS, OrderState.PARTLY_DELIVERED, OrderState.DELIVERED, OrderState.EXPIRED})


def synchronise(order: Order, *, actor: Actor, reason: Reason | None = None) -> Order:
    """Move the order to the state its lines ask for, never back. Call it in the transaction that moved a line."""
    current = lock(order)
    lines = OrderItem.objects.filter(order=order).values_list("state", "product_id")
    target = order_state((state for state, _image in lines), begun=any(image for _state, image in lines))
    while current.state != target:
        arrow = _towards(current.state, target, actor)
        if arrow is None:
            break
        current = apply_transition(current, arrow, actor=actor, reason=reason)
    if current.state in OVER:
        quotes.end_open(current)
    return current


def _towards(state: str, target: OrderState, actor: Actor) -> str | None:
    arrows = (arrow for arrow in Order.machine.leaving(state) if actor.kind in arrow.by)
    direct = next((arrow.name for arrow in arrows if arrow.target == target), None)
    return direct or (STEPS.get(OrderState(state)) if target in FAR else None)
