# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits too long: the office gets a ticket and the requester a message, and the state stays what it is.

Both are written once: one open ticket for each subject and cause is a constraint of the table, so two watchdogs at the
same moment open one.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import Invalid
from dinamis.core.transitions import apply_transition, lock, record_creation
from orders import notifications
from orders.enums import TicketCause, TicketState, Who
from orders.models import OfficeTicket, Order, OrderItem, StateDuration
from orders.selectors.lifecycle.durations import measure
from orders.selectors.lifecycle.overdue import Late, overdue
from orders.services.fulfilment.progress import OPEN
from orders.waits import LINE, ORDER, WAITS, Overdue

# A reminder is for what became late not long ago: later ones would come too late to remind of anything.
REMINDED_FOR = timedelta(days=7)
LONGEST_MEMORY = timedelta(days=365)
# Where a provider order, a delivery or a review is late, its line and its order are too: they say nothing more.
SUMMARIES = (LINE, ORDER)


@dataclass(frozen=True)
class Seen:
    """What one round of the watchdog did."""

    opened: int
    resolved: int
    closed: int


def watch(*, at: datetime) -> Seen:
    """Look at every wait at `at`: open and resolve tickets, remind requesters, close what is over."""
    resolved = resolve_moved(at=at)
    opened = closed = 0
    told = _told(at)
    for late in overdue(at=at):
        wait = WAITS[late.aggregate, late.state]
        if wait.overdue is Overdue.CLOSE or _nothing_under_way(late):
            closed += _close(late)
        elif wait.overdue is Overdue.REMIND:
            _remind(late, at=at)
        elif late.aggregate not in SUMMARIES or not _said(late, told, at):
            opened += open_ticket(late, at=at)
            told |= dict.fromkeys(late.orders, at)
    return Seen(opened, resolved, closed)


def open_ticket(late: Late, *, at: datetime) -> bool:
    """Open the ticket of what is late and tell the office and the requesters; False when one is open already."""
    cause = TicketCause.SILENT if WAITS[late.aggregate, late.state].who == Who.PROVIDER else TicketCause.LATE
    try:
        with transaction.atomic():
            ticket = OfficeTicket.objects.create(
                aggregate=late.aggregate,
                object_id=late.object_id,
                subject_state=late.state,
                cause=cause,
                since=late.since,
                expected_by=late.due,
                opened_at=at,
            )
            orders = list(Order.objects.filter(pk__in=late.orders).select_related("requester", "organisation"))
            ticket.orders.set(orders)
            record_creation(ticket, actor=SYSTEM)
            notifications.takes_long(ticket, orders)
    except IntegrityError:
        if _open_ticket(late, cause):
            return False
        raise
    return True


@transaction.atomic
def resolve_ticket(*, ticket: OfficeTicket, actor: Any, words: str, expected_version: int | None = None) -> None:
    """Say what was done about it. The clock of its subject starts again.

    Raises Invalid without words, NotPermitted, IllegalTransition, StaleVersion.
    """
    if not words.strip():
        raise Invalid(_("Say what was done."), pointer="words", repair=_("One sentence that a colleague can read."))
    apply_transition(
        ticket,
        "resolve",
        actor=Actor.person(actor),
        reason=Reason("handled", words.strip()),
        expected_version=expected_version,
        words=words.strip(),
        resolved_at=clock.now(),
    )


def resolve_moved(*, at: datetime) -> int:
    """Resolve the open tickets whose subject has moved on since; returns how many."""
    tickets: dict[str, list[OfficeTicket]] = defaultdict(list)
    for ticket in OfficeTicket.objects.filter(state=TicketState.OPEN):
        tickets[ticket.aggregate].append(ticket)
    count = 0
    for aggregate, group in tickets.items():
        states = dict(
            apps.get_model(aggregate)
            ._base_manager.filter(pk__in=[ticket.object_id for ticket in group])
            .values_list("pk", "state")
        )
        moved = [ticket for ticket in group if states.get(ticket.object_id) != ticket.subject_state]
        count += sum(_resolve_moved(ticket, at) for ticket in moved)
    return count


@transaction.atomic
def learn(*, at: datetime) -> int:
    """Write how long each state lasts, from the histories; returns of how many states something is known."""
    rows = [StateDuration(**asdict(one), learned_at=at) for one in measure(at=at)]
    StateDuration.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["aggregate", "state"],
        update_fields=["count", "p50", "p90", "learned_at"],
    )
    # What nobody has passed through for DURATION_MONTHS is not known any more.
    StateDuration.objects.filter(learned_at__lt=at).delete()
    return len(rows)


@transaction.atomic
def _resolve_moved(ticket: OfficeTicket, at: datetime) -> bool:
    locked = lock(ticket)
    if locked.state != TicketState.OPEN:
        return False
    apply_transition(locked, "resolve", actor=SYSTEM, reason=Reason("moved_on"), resolved_at=at)
    return True


def _told(at: datetime) -> dict[int, datetime]:
    """When the office was last busy with each order: at `at` where a ticket is open, else when one was resolved."""
    tickets = OfficeTicket.objects.filter(orders__isnull=False).values_list("orders", "resolved_at")
    told: dict[int, datetime] = {}
    for order, resolved_at in tickets.filter(Q(state=TicketState.OPEN) | Q(resolved_at__gt=at - LONGEST_MEMORY)):
        told[order] = max(told.get(order, at - LONGEST_MEMORY), resolved_at or at)
    return told


def _said(late: Late, told: dict[int, datetime], at: datetime) -> bool:
    return all(order in told and told[order] + late.limit > at for order in late.orders)


def _open_ticket(late: Late, cause: str) -> bool:
    same = OfficeTicket.objects.filter(aggregate=late.aggregate, object_id=late.object_id, cause=cause)
    return same.filter(state=TicketState.OPEN).exists()


def _nothing_under_way(late: Late) -> bool:
    """Whether this is an order whose lines have all ended: part of it was delivered, the rest will not come."""
    return (
        late.aggregate == ORDER
        and late.state == "partly_delivered"
        and not OrderItem.objects.filter(order=late.object_id, state__in=OPEN).exists()
    )


@transaction.atomic
def _close(late: Late) -> bool:
    order = lock(Order.objects.get(pk=late.object_id))
    if order.state != late.state:
        return False
    apply_transition(order, "close", actor=SYSTEM, reason=Reason("closed_by_time"))
    return True


def _remind(late: Late, *, at: datetime) -> None:
    if at - late.due <= REMINDED_FOR:
        order = Order.objects.select_related("requester", "organisation").get(pk=late.object_id)
        notifications.still_waits(order, since=late.since)
