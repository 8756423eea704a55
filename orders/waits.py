# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every state in which something waits: on whom, and what happens when it takes too long.

A state that is not an end stands either in `WAITS`, and then has an expected duration in the setting STATE_DAYS and a
watchdog, or in `RESTS`, with the reason why nobody waits there. `tests/orders/lifecycle/test_waits.py` reads all
machines.
"""

from dataclasses import dataclass
from enum import StrEnum

from orders.enums import ActivationState, HoldBackState, JoinState, ObligationState, StopState, TicketState, Who
from orders.enums import DeliveryState as D
from orders.enums import ItemState as I
from orders.enums import OrderState as O
from orders.enums import PoolState as G
from orders.enums import ProposalState as V
from orders.enums import ProviderState as P
from orders.enums import QuoteState as Q
from orders.enums import ReviewState as R

ORDER, LINE, REVIEW = "orders.order", "orders.orderitem", "orders.review"
PROVIDER_ORDER, DELIVERY, STOP = "orders.providerorder", "orders.delivery", "orders.stoprequest"
PROPOSAL, QUOTE = "orders.proposal", "orders.quote"
JOINED = "orders.joinrequest"


class Overdue(StrEnum):
    """What the watchdog does when a state lasts too long; it never changes that state, save that it closes."""

    TICKET = "ticket"
    """A ticket for the office, a message to the requester."""
    REMIND = "remind"
    """A message to the requester, on whom it waits."""
    CLOSE = "close"
    """The order is over: it is closed."""


@dataclass(frozen=True)
class Wait:
    """On whom a state waits, and what too long a wait brings."""

    who: Who
    overdue: Overdue = Overdue.TICKET


_OFFICE, _PROVIDER, _DINAMIS = Wait(Who.OFFICE), Wait(Who.PROVIDER), Wait(Who.DINAMIS)

WAITS: dict[tuple[str, str], Wait] = {
    (ORDER, O.DRAFT): Wait(Who.REQUESTER, Overdue.REMIND),
    (ORDER, O.SUBMITTED): _OFFICE,
    (ORDER, O.IN_REVIEW): _OFFICE,
    (ORDER, O.CHANGES_REQUESTED): Wait(Who.REQUESTER, Overdue.REMIND),
    (ORDER, O.APPROVED): _DINAMIS,
    (ORDER, O.PLACED): _PROVIDER,
    (ORDER, O.IN_PROGRESS): _PROVIDER,
    (ORDER, O.PARTLY_DELIVERED): _PROVIDER,
    (ORDER, O.DELIVERED): Wait(Who.REQUESTER, Overdue.CLOSE),
    (LINE, I.PENDING): _OFFICE,
    (LINE, I.APPROVED): _DINAMIS,
    (LINE, I.PLACED): _PROVIDER,
    (LINE, I.IN_PROGRESS): _PROVIDER,
    (LINE, I.PROPOSED): Wait(Who.REQUESTER),
    (LINE, I.PRODUCING): _PROVIDER,
    (REVIEW, R.OPEN): _OFFICE,
    **dict.fromkeys(
        (
            (PROVIDER_ORDER, state)
            for state in (P.RECEIVED, P.ACCEPTED, P.SCHEDULED, P.HELD, P.RESERVED, P.TASKED, P.PROCESSING)
        ),
        _PROVIDER,
    ),
    (PROPOSAL, V.PROPOSED): Wait(Who.REQUESTER),
    (QUOTE, Q.DRAFT): _PROVIDER,
    (QUOTE, Q.OFFERED): Wait(Who.REQUESTER),
    (DELIVERY, D.EXPECTED): _DINAMIS,
    (DELIVERY, D.RECEIVING): _DINAMIS,
    (DELIVERY, D.CHECKING): _DINAMIS,
    (DELIVERY, D.DISPUTED): _OFFICE,
    (STOP, StopState.ASKED): _PROVIDER,
    (JOINED, JoinState.ASKED): Wait(Who.REQUESTER),
}

RESTS: dict[tuple[str, str], str] = {
    ("orders.committeesession", "planned"): "it has a day, and its members are reminded of it",
    ("orders.committeesession", "open"): "people sit together; each order of its agenda waits under its own review",
    (QUOTE, Q.ACCEPTED): "the price is agreed; the order goes on",
    (DELIVERY, D.AVAILABLE): "the image is there",
    (LINE, I.DELIVERED): "the image is there",
    (ORDER, O.CLOSED): "nothing is due; it may be reopened",
    (JOINED, JoinState.ACCEPTED): "the organisation is a party; it may leave",
    ("orders.holdback", HoldBackState.ASKED): "it is decided with its order",
    **dict.fromkeys(
        (("orders.holdback", state) for state in (HoldBackState.GRANTED, HoldBackState.EXTENDED)),
        "the day it ends is known: orders.release_hold_backs tells of it",
    ),
    ("orders.obligation", ObligationState.DUE): "it has a day of its own, reminders and a list of the office",
    ("orders.adjustment", "proposed"): "two people of the office change a budget; no order waits for it",
    ("orders.yearclosing", "proposed"): "a second person of the office closes the year; no order waits for it",
    ("orders.providerinvoice", "recorded"): "a second person of the office looks at it; no order waits for it",
    **dict.fromkeys(
        (("orders.pool", state) for state in (G.PROPOSED, G.AGREED)),
        "it has a deadline of its own, at which orders.watch_pools ends it",
    ),
    ("orders.pool", G.PLACED): "its provider order waits",
    ("orders.activation", ActivationState.ACTIVE): "its last day ends it; its lines wait",
    ("orders.officeticket", TicketState.OPEN): "it is itself what the office is told",
}

# What the provider was given a period for is not late before the period is over, however long the state lasts: when
# that is, in SQL, for a row that is named `subject`. A line of an archive order has no period.
PERIOD_ENDS: dict[str, str] = {
    ORDER: "(SELECT max(upper(i.period)) FROM orders_orderitem i WHERE i.order_id = subject.id)",
    LINE: "upper(subject.period)",
    PROVIDER_ORDER: "(SELECT max(upper(i.period)) FROM orders_orderitem i WHERE i.provider_order_id = subject.id)",
}
IN_PERIOD: dict[str, frozenset[str]] = {
    ORDER: frozenset({O.PLACED, O.IN_PROGRESS, O.PARTLY_DELIVERED}),
    LINE: frozenset({I.PLACED, I.IN_PROGRESS}),
    PROVIDER_ORDER: frozenset({P.SCHEDULED, P.TASKED}),
}

# The path from a row to its orders; what is most precise comes first, since the office is told of it first.
ORDERS_OF: dict[str, str] = {
    PROPOSAL: "provider_order__lines__order",
    QUOTE: "order",
    DELIVERY: "provider_order__lines__order",
    STOP: "line__order",
    JOINED: "order",
    PROVIDER_ORDER: "lines__order",
    REVIEW: "order",
    LINE: "order",
    ORDER: "pk",
}
