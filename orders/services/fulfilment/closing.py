# SPDX-License-Identifier: AGPL-3.0-or-later
"""How lines of acquisition requests end: acquired, acquired in part, or not at all (ADR 0037).

Images come one by one. A line ends as soon as its area is covered; when the provider has ended and everything it
produced is in, what remains ends with what came, and the share that was not acquired goes back to the envelope.
"""

from fractions import Fraction

from django.db import transaction

from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.transitions import apply_transition
from dinamis.providers.base import StatusCode
from orders import notifications
from orders.enums import DeliveryState, ItemState, OrderKind
from orders.models import OrderItem, ProviderOrder
from orders.selectors.fulfilment.acquired import acquired_m2, percent, suffices
from orders.services.fulfilment.lines import end_line, locked_row
from orders.services.fulfilment.progress import OPEN, synchronise
from orders.services.lifecycle import stops
from orders.services.money import ledger

COMING = (DeliveryState.EXPECTED, DeliveryState.RECEIVING, DeliveryState.CHECKING)
ENDED_BADLY = {
    StatusCode.REJECTED: "cancelled_by_provider",
    StatusCode.CANCELLED: "cancelled_by_provider",
    StatusCode.USER_CANCELLED: "cancelled_by_provider",
    StatusCode.FAILED: "fail",
    StatusCode.EXPIRED: "expire",
}
STOPPED = {StatusCode.CANCELLED, StatusCode.USER_CANCELLED}


@transaction.atomic
def settle(*, provider_order_id: int, actor: Actor = SYSTEM) -> None:
    """End the lines of an acquisition whose area is covered and, once nothing more can come, those that remain.

    `actor` is who ended the provider order, when it did. Twice = once; lines of archive orders are left alone.
    """
    row, lines = locked_row(provider_order_id)
    open_lines = [line for line in lines if line.order.kind == OrderKind.ACQUISITION and line.state in OPEN]
    acquired = acquired_m2(open_lines)
    over = _is_over(row)
    for line in open_lines:
        if suffices(line, acquired[line.pk]):
            _deliver(line, Reason("acquired"), SYSTEM)
        elif over and line.product_id:
            _deliver_part(line, acquired[line.pk], actor)
        elif over:
            _end(line, row, actor)


def _is_over(row: ProviderOrder) -> bool:
    """Whether the provider has nothing more to say, and what it announced is in."""
    if row.state not in ProviderOrder.machine.final or row.deliveries.filter(state__in=COMING).exists():
        return False
    return row.state != StatusCode.COMPLETED or row.deliveries.exists()


def _deliver(line: OrderItem, reason: Reason, actor: Actor) -> None:
    if line.state == ItemState.PROPOSED:
        apply_transition(line, "resume", actor=actor)
    stops.overtaken(line)
    apply_transition(line, "deliver", actor=actor, reason=reason)
    synchronise(line.order, actor=actor, reason=reason)


def _deliver_part(line: OrderItem, m2: int, actor: Actor) -> None:
    share = f"{percent(line, m2)} %"
    if line.provider_order is not None and line.provider_order.state in STOPPED:
        stops.agreed(line, actor=actor, reason=Reason("partly_acquired", share))
    _deliver(line, Reason("partly_acquired", share), actor)
    missing = Fraction(max(line.area_m2 - m2, 1), line.area_m2)
    # Of a line for which another party of its grouping pays, nothing is held.
    if ledger.is_committed(line):
        ledger.refund(line, actor=actor, words=share, part=missing, key="not_acquired")
    notifications.partly_acquired(line, share)


def _end(line: OrderItem, row: ProviderOrder, actor: Actor) -> None:
    name = ENDED_BADLY.get(StatusCode(row.state), "expire")
    if line.state == ItemState.PROPOSED:
        apply_transition(line, "resume", actor=actor)
    if line.state not in line.machine.find(name).sources:
        name = "fail"
    end_line(line, name, actor=actor, reason=Reason(row.reason_code or "not_acquired", row.reason_text))
