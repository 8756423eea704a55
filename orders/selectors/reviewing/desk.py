# SPDX-License-Identifier: AGPL-3.0-or-later
"""The inbox of the office: what waits, since when, who works on it, and what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.enums import EnvelopeKind, OrderState, ReviewState
from orders.models import Envelope, Order, Review
from orders.selectors.money.envelope import balances
from orders.selectors.requests.listing import with_lines

WAITING = (OrderState.SUBMITTED, OrderState.IN_REVIEW)

# The share of each order's area that held images of its family cover together; one pass for the whole list.
COVERED_SQL = """
SELECT o.id, 100 * ST_Area(ST_Intersection(o.aoi, h.outline)::geography) / ST_Area(o.aoi::geography)
FROM orders_order o
JOIN LATERAL (
    SELECT ST_UnaryUnion(ST_Collect(i.footprint)) AS outline FROM catalogue_item i
    JOIN catalogue_collection c ON c.id = i.collection_id
    WHERE i.held AND i.withdrawn_at IS NULL AND c.family = o.family AND i.footprint && o.aoi
      AND ST_Intersects(i.footprint, o.aoi)) h ON h.outline IS NOT NULL
WHERE o.id = ANY(%s)
"""


@dataclass(frozen=True)
class OrderRow:
    """One line of the inbox; the members are those of an adhesion's line."""

    url: str
    who: str
    class_label: str
    object: str
    state: str
    state_label: str
    age_days: int
    late: bool
    blocking: str
    holder: str
    mine: bool


def order_rows(user: Any, at: datetime) -> list[OrderRow]:
    """Return the orders that wait for the office at `at`, the longest waiting first; constant number of queries."""
    orders = list(with_lines(Order.objects.filter(state__in=WAITING)).order_by("submitted_at", "pk"))
    ids = [order.pk for order in orders]
    facts = _Facts(
        covered=covered_percents(ids),
        reviews={review.order_id: review for review in _open_reviews(ids)},
        available=_available(orders, at),
        mine=set(user.memberships.exclude(state="ended").values_list("organisation_id", flat=True)),
    )
    return [_row(order, user, at, facts) for order in orders]


def covered_percents(order_ids: Sequence[int]) -> dict[int, float]:
    """Return the share (percent) of each order's area that is held already; orders without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(COVERED_SQL, [list(order_ids)])
        return {pk: float(share) for pk, share in cursor.fetchall()}


def holder_of(review: Review | None, at: datetime) -> Any:
    """Return who works on an order at `at`: a claim is a lease."""
    running = review is not None and review.claimed_until is not None and review.claimed_until > at
    return review.claimed_by if review is not None and running else None


@dataclass(frozen=True)
class _Facts:
    covered: dict[int, float]
    reviews: dict[int, Review]
    available: dict[tuple[str, int | None], int]
    mine: set[int]


def _open_reviews(ids: Sequence[int]) -> list[Review]:
    return list(Review.objects.filter(order__in=ids, state=ReviewState.OPEN).select_related("claimed_by"))


def _available(orders: Sequence[Order], at: datetime) -> dict[tuple[str, int | None], int]:
    """What the envelopes of each (family, owner) could still take together, in m2; those of programmes are left out."""
    current = Envelope.objects.filter(period__contains=at).exclude(kind=EnvelopeKind.PROGRAMME)
    envelopes = list(current) if orders else []
    known = balances(envelope.pk for envelope in envelopes)
    sums: dict[tuple[str, int | None], int] = {}
    for envelope in envelopes:
        key = (envelope.family, envelope.owner_id)
        sums[key] = sums.get(key, 0) + max(known[envelope.pk].available, 0)
    return sums


def _row(order: Order, user: Any, at: datetime, facts: _Facts) -> OrderRow:
    age = max(0, (at - (order.submitted_at or order.created_at)).days)
    stage = facts.reviews.get(order.pk)
    holder = holder_of(stage, at)
    return OrderRow(
        url=reverse("orders:review", args=[order.reference]),
        who=order.organisation.name,
        class_label=str(order.requester),
        object=_("Order %(reference)s") % {"reference": order.reference},
        state=order.state,
        state_label=str(stage.get_stage_display() if stage else order.get_state_display()),
        age_days=age,
        late=stage is not None and stage.due_at < at,
        blocking=_blocking(order, facts),
        holder=str(holder) if holder else "",
        mine=holder == user,
    )


def _blocking(order: Order, facts: _Facts) -> str:
    if order.organisation_id in facts.mine:
        return _("You belong to this organisation: somebody else decides.")
    lines = list(order.items.all())
    family, required = order.family, sum(line.billed_area_m2 for line in lines)
    available = [facts.available.get((family, owner), 0) for owner in (order.organisation_id, None)]
    if required > sum(available):
        return _("No envelope suffices.")
    share = round(facts.covered.get(order.pk, 0))
    return _("%(share)d %% of the area is already held.") % {"share": share} if share else ""
