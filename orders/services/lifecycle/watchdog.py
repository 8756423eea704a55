# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every state that is not an end has somebody who looks after it: what no message drives is put back."""

from datetime import datetime
from typing import TypeVar

from django.db.models import Model, QuerySet

from dinamis.core import outbox
from dinamis.core.models import OutboxMessage
from orders.enums import ItemState, ProviderState
from orders.models import Delivery, OrderItem, ProviderOrder
from orders.selectors.fulfilment.pools import waiting_in_pool
from orders.services.fulfilment.delivery import UNDER_WAY, queue_reception
from orders.services.fulfilment.placement import follow

M = TypeVar("M", bound=Model)
BUCKET = "%Y-%m-%dT%H:%M"


def put_back(*, at: datetime) -> int:
    """Queue again what is under way and has no live message; returns how many messages were written.

    The minute is part of the key, so two watchdogs at once write one message.
    """
    bucket = at.strftime(BUCKET)
    lines = _without_message(_to_place(), "orders.place", "item_id")
    for item in lines:
        outbox.put("orders.place", {"item_id": item.pk}, key=f"orders.place:{item.pk}:{bucket}")
    rows = _without_message(_to_follow(), "orders.follow", "provider_order_id")
    for row in rows:
        follow(row, bucket=bucket)
    deliveries = _without_message(Delivery.objects.filter(state__in=UNDER_WAY), "orders.receive", "delivery_id")
    for delivery in deliveries:
        queue_reception(delivery, bucket=bucket)
    return len(lines) + len(rows) + len(deliveries)


def _to_place() -> QuerySet[OrderItem]:
    # A line of a grouping waits for the others: orders.watch_pools looks after it.
    return OrderItem.objects.filter(state=ItemState.APPROVED).exclude(pk__in=waiting_in_pool().values("line"))


def _to_follow() -> QuerySet[ProviderOrder]:
    """Placed orders that have not ended, and completed ones of which no delivery was written yet."""
    placed = ProviderOrder.objects.exclude(provider_id="")
    return placed.exclude(state__in=ProviderOrder.machine.final) | placed.filter(
        state=ProviderState.COMPLETED, deliveries__isnull=True
    )


def _without_message(rows: QuerySet[M], topic: str, member: str) -> list[M]:
    alive = OutboxMessage.objects.filter(topic=topic, done_at__isnull=True, dead_at__isnull=True)
    driven = set(alive.values_list(f"payload__{member}", flat=True))
    return [row for row in rows.distinct() if row.pk not in driven]
