# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a reader may expect of an order that waits: who acts, since and until when, whether the office was told."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from dinamis.core.models import StateChange
from orders.enums import TicketState, Who
from orders.models import OfficeTicket, Order
from orders.selectors.durations import Expected, expectations
from orders.waits import ORDER, WAITS, Overdue


@dataclass(frozen=True)
class Outlook:
    """Half of such waits end by `usual`, nine in ten by `late`; `ticket` is what the office was told of, if it was."""

    who: Who
    since: datetime
    expected: Expected
    ticket: OfficeTicket | None

    @property
    def usual(self) -> datetime:
        """By when half of such waits are over."""
        return self.since + self.expected.p50

    @property
    def late(self) -> datetime:
        """By when nine in ten of such waits are over."""
        return self.since + self.expected.p90


def outlook(order: Order) -> Outlook | None:
    """Return what to expect of the state an order is in; None when nothing waits, or its closing. Three queries."""
    wait = WAITS.get((ORDER, order.state))
    expected = expectations().get((ORDER, order.state)) if wait else None
    if wait is None or wait.overdue is Overdue.CLOSE or expected is None:
        return None
    history = StateChange.objects.filter(aggregate=ORDER, object_id=order.pk)
    since = history.aggregate(last=Max("at"))["last"] or order.created_at
    ticket = OfficeTicket.objects.filter(orders=order, state=TicketState.OPEN).order_by("opened_at").first()
    return Outlook(wait.who, since, expected, ticket)
