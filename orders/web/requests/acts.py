# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person may do with an order now."""

from typing import Any

from dinamis.core.actors import Actor
from dinamis.core.transitions import can
from orders.enums import DeliveryState
from orders.models import Delivery, Order, OrderMark
from orders.selectors.requests.mine import RUNNING
from orders.services.fulfilment.progress import OPEN
from orders.services.lifecycle import stops
from orders.web.requests.again import again_url


def acts(order: Order, user: Any) -> dict[str, Any]:
    """Return what this person may do with the order now, for its page."""
    actor = Actor.person(user)
    lines = list(order.items.all())
    rows = [line.provider_order_id for line in lines if line.provider_order_id]
    deliveries = Delivery.objects.filter(
        provider_order__in=rows, state__in=[DeliveryState.AVAILABLE, DeliveryState.DISPUTED]
    ).select_related("provider_order", "item")
    mine = user.has_perm("orders.cancel", order)
    return {
        "may_take_back": can(order, "take_back", actor),
        "may_cancel": can(order, "cancel", actor) and not rows,
        "may_stop": mine and bool(rows) and bool(stops.lines_to_stop(order)),
        "may_close": can(order, "close", actor) and not any(line.state in OPEN for line in lines),
        "may_reopen": can(order, "reopen", actor),
        "again": again_url(order),
        "deliveries": [
            {
                "delivery": row,
                "may_dispute": can(row, "dispute", actor),
                "may_settle": row.state == DeliveryState.DISPUTED and can(row, "keep", actor),
            }
            for row in (deliveries if rows else [])
        ],
    }


def kept(order: Order, user: Any) -> dict[str, Any]:
    """Return what the page of an order shows of marks and joining; two queries."""
    found = OrderMark.objects.filter(order=order, person=user).first()
    joins = order.joins.filter(state__in=["asked", "accepted"]).select_related("person", "organisation", "project")
    return {
        "mark": found or OrderMark(order=order, person=user),
        "joins": list(joins),
        "may_follow": order.state in RUNNING,
    }
