# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a reader may expect of an order that waits: who acts, since and until when, whether the office was told."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max

from dinamis.core.models import StateChange
from dinamis.core.periods import last_day
from orders.enums import TicketState, Who
from orders.models import OfficeTicket, Order
from orders.selectors.lifecycle.durations import Expected, expectations
from orders.selectors.lifecycle.next_step import proposed_to
from orders.waits import IN_PERIOD, ORDER, WAITS, Overdue


@dataclass(frozen=True)
class Outlook:
    """Half of such waits end by `usual`, nine in ten by `late`; `ticket` is what the office was told of, if it was."""

    who: Who
    since: datetime
    expected: Expected
    ticket: OfficeTicket | None
    ends: datetime | None = None
    """When the period is over in which the provider may acquire, if one is under way."""
    answer_by: datetime | None = None
    """When the answer on a proposed image is due, if one waits."""

    @property
    def usual(self) -> datetime:
        """By when half of such waits are over."""
        return self._after(self.expected.p50)

    @property
    def late(self) -> datetime:
        """By when nine in ten of such waits are over."""
        return self._after(self.expected.p90)

    @property
    def last_day(self) -> date | None:
        """The last day of that period."""
        return last_day(self.ends) if self.ends else None

    def _after(self, stay: timedelta) -> datetime:
        return max(self.since + stay, self.ends) if self.ends else self.since + stay


def outlook(order: Order) -> Outlook | None:
    """Return what to expect of the state an order is in; None when nothing waits, or its closing. Four queries, and
    one more when an image is proposed."""
    wait = WAITS.get((ORDER, order.state))
    expected = expectations().get((ORDER, order.state)) if wait else None
    if wait is None or wait.overdue is Overdue.CLOSE or expected is None:
        return None
    history = StateChange.objects.filter(aggregate=ORDER, object_id=order.pk)
    since = history.aggregate(last=Max("at"))["last"] or order.created_at
    ticket = OfficeTicket.objects.filter(orders=order, state=TicketState.OPEN).order_by("opened_at").first()
    if proposal := proposed_to(order):
        return Outlook(Who.REQUESTER, proposal.created_at, expected, ticket, answer_by=proposal.deadline)
    ends = order.items.aggregate(last=Max("period__endswith"))["last"] if order.state in IN_PERIOD[ORDER] else None
    return Outlook(wait.who, since, expected, ticket, ends)
