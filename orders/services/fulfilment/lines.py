# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of orders under lock, always in the same order (orders, lines, the provider order; by id), and their end."""

from django.db.models import QuerySet

from dinamis.core.actors import Actor, Reason
from dinamis.core.statemachine import By
from dinamis.core.transitions import apply_transition, lock
from orders import notifications
from orders.models import Order, OrderItem, ProviderOrder
from orders.sentences import PROVIDER_SAYS
from orders.services.fulfilment.progress import synchronise
from orders.services.lifecycle import stops
from orders.services.money import ledger

RELATED = ("order__requester", "order__acquisition", "scene__collection", "provider_order")


def locked_item(item_id: int) -> OrderItem:
    """Return the line, its order locked first."""
    lock(Order.objects.get(items__pk=item_id))
    return _for_update().get(pk=item_id)


def locked_row(provider_order_id: int) -> tuple[ProviderOrder, list[OrderItem]]:
    """Return the provider order and its lines, their orders locked first, in the order of their ids."""
    for order in Order.objects.filter(items__provider_order=provider_order_id).order_by("pk").distinct():
        lock(order)
    lines = list(_for_update().filter(provider_order=provider_order_id).order_by("pk"))
    return lock(ProviderOrder.objects.get(pk=provider_order_id)), lines


def end_line(item: OrderItem, name: str, *, actor: Actor, reason: Reason) -> None:
    """Move a line to a bad end: its cost goes back to the envelope, people are told. A line that has ended stays."""
    if item.state not in item.machine.find(name).sources:
        return
    apply_transition(item, name, actor=actor, reason=reason)
    stops.overtaken(item)
    words = reason.words
    if words and actor.kind == By.PROVIDER:
        words = PROVIDER_SAYS.keep(words=words)
    ledger.give_back(item, actor=actor, words=words)
    synchronise(item.order, actor=actor, reason=reason)
    notifications.item_failed(item, words)


def _for_update() -> QuerySet[OrderItem]:
    return OrderItem.objects.select_related(*RELATED).select_for_update(of=("self",))
