# SPDX-License-Identifier: AGPL-3.0-or-later
"""What its requester does with an order afterwards: take it back, close it, reopen it, dispute what was delivered."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.catalogue.services.withdraw import withdraw
from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition
from dinamis.core.models import StateChange
from dinamis.core.transitions import apply_transition, lock
from orders import notifications
from orders.enums import OrderState
from orders.models import Delivery, Order, OrderItem
from orders.reasons import check_reason
from orders.services.fulfilment import pooling
from orders.services.fulfilment.progress import OPEN, order_state, synchronise
from orders.services.reviewing.review import lapse_review


@transaction.atomic
def take_back(*, order: Order, actor: Any, expected_version: int | None = None) -> Order:
    """Make a draft of an order again that the office has not begun to read; its place in the queue is given up.

    Raises NotPermitted, IllegalTransition once somebody of the office reads it, StaleVersion.
    """
    moved = apply_transition(
        lock(order), "take_back", actor=Actor.person(actor), expected_version=expected_version, submitted_at=None
    )
    lapse_review(moved)
    pooling.announce(moved)
    return moved


@transaction.atomic
def close_order(*, order: Order, actor: Any, expected_version: int | None = None) -> Order:
    """Close an order of which nothing is under way any more.

    Raises NotPermitted, IllegalTransition, StaleVersion.
    """
    locked = lock(order)
    if order_state(_states(locked)) not in {OrderState.DELIVERED, OrderState.PARTLY_DELIVERED} or _under_way(locked):
        raise IllegalTransition(_("Images of this order are still to come: stop it first."), state=locked.state)
    return apply_transition(locked, "close", actor=Actor.person(actor), expected_version=expected_version)


@transaction.atomic
def reopen_order(*, order: Order, actor: Any, code: str, words: str = "", expected_version: int | None = None) -> Order:
    """Reopen a closed order, within REOPEN_DAYS.

    Raises Invalid (no reason of the subject "reopen"), NotPermitted, IllegalTransition, StaleVersion.
    """
    locked = lock(order)
    check_reason("reopen", code, words)
    name = "reopen" if order_state(_states(locked)) == OrderState.DELIVERED else "reopen_part"
    moved = apply_transition(
        locked, name, actor=Actor.person(actor), reason=Reason(code, words), expected_version=expected_version
    )
    days = settings.DINAMIS["REOPEN_DAYS"]
    closed = StateChange.objects.filter(aggregate="orders.order", object_id=moved.pk, to_state=OrderState.CLOSED)
    if closed.filter(at__gte=clock.now() - timedelta(days=days)).first() is None:
        raise IllegalTransition(_("An order may be reopened within %(days)d days.") % {"days": days})
    return moved


@transaction.atomic
def dispute(*, delivery: Delivery, actor: Any, code: str, words: str) -> Delivery:
    """Say that what was delivered is not what was ordered. The image stays where it is until the office has looked.

    Raises Invalid (no reason of the subject "dispute"), NotPermitted, IllegalTransition.
    """
    locked = _locked(delivery)
    check_reason("dispute", code, words)
    moved = apply_transition(locked, "dispute", actor=Actor.person(actor), reason=Reason(code, words))
    for order in _orders(moved):
        notifications.delivery_disputed(moved, order, code=code, words=words)
    return moved


@transaction.atomic
def keep(*, delivery: Delivery, actor: Any, code: str, words: str) -> Delivery:
    """Answer that the delivery is what was ordered.

    Raises Invalid (no reason of the subject "keep"), NotPermitted, IllegalTransition.
    """
    locked = _locked(delivery)
    check_reason("keep", code, words)
    moved = apply_transition(locked, "keep", actor=Actor.person(actor), reason=Reason(code, words))
    for order in _orders(moved):
        notifications.dispute_settled(moved, order, withdrawn=False, words=words)
    return moved


@transaction.atomic
def withdraw_and_ask_again(*, delivery: Delivery, actor: Any, code: str, words: str) -> Delivery:
    """Take a defective image out of the catalogue, and place its lines again, at no cost to any envelope.

    Raises Invalid (no reason of the subject "withdraw"), NotPermitted, IllegalTransition.
    """
    locked = _locked(delivery)
    check_reason("withdraw", code, words)
    person, reason = Actor.person(actor), Reason(code, words)
    moved = apply_transition(locked, "withdraw", actor=person, reason=reason)
    if moved.item is not None:
        withdraw(moved.item)
    orders = _orders(moved)
    lines = OrderItem.objects.filter(provider_order=moved.provider_order_id, state="delivered")
    for line in lines.select_related("order").order_by("pk"):
        if moved.item is not None:
            line.products.remove(moved.item)
        apply_transition(line, "ask_again", actor=person, reason=reason, product=None, provider_order=None)
        outbox.put("orders.place", {"item_id": line.pk}, key=f"orders.place:{line.pk}:again:{moved.pk}")
    for order in orders:
        synchronise(order, actor=SYSTEM, reason=reason)
        notifications.dispute_settled(moved, order, withdrawn=True, words=words)
    return moved


def _locked(delivery: Delivery) -> Delivery:
    """The delivery, with its orders locked first: the same order of locks everywhere."""
    for order in _orders(delivery):
        lock(order)
    return lock(delivery)


def _orders(delivery: Delivery) -> list[Order]:
    rows = Order.objects.filter(items__provider_order=delivery.provider_order_id).order_by("pk").distinct()
    return list(rows.select_related("requester", "organisation"))


def _states(order: Order) -> list[str]:
    return list(order.items.values_list("state", flat=True))


def _under_way(order: Order) -> bool:
    return order.items.filter(state__in=OPEN).exists()
