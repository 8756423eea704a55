# SPDX-License-Identifier: AGPL-3.0-or-later
"""My orders: narrowed by what the address says, on a map, in a calendar; and what others have under way, blurred."""

import calendar
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import Centroid
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.selectors.places import departements_near
from dinamis.core.clock import PARIS
from dinamis.core.models import StateChange
from dinamis.core.periods import day_start
from orders.enums import OrderKind, OrderState
from orders.models import JoinRequest, Order, OrderItem, OrderMark
from orders.selectors.requests.listing import my_orders

O = OrderState
ON_ME = (O.DRAFT, O.CHANGES_REQUESTED)
RUNNING = (O.SUBMITTED, O.IN_REVIEW, O.CHANGES_REQUESTED, O.APPROVED, O.PLACED, O.IN_PROGRESS, O.PARTLY_DELIVERED)
GROUPS: Mapping[str, tuple[OrderState, ...]] = {
    "on_me": ON_ME,
    "running": RUNNING,
    "delivered": (O.DELIVERED, O.PARTLY_DELIVERED, O.CLOSED),
    "over": (O.REFUSED, O.CANCELLED, O.EXPIRED, O.FAILED),
}
MOST_ON_MAP = 500


@dataclass(frozen=True)
class Event:
    """Something of an order on a day of the calendar."""

    order: Order
    label: str


@dataclass(frozen=True)
class Blurred:
    """A running request of another organisation: a grid cell (west, south, east, north in degrees) and no name."""

    pk: int
    kind: str
    family: str
    state: str
    since: datetime | None
    cell: tuple[float, float, float, float]
    following: bool
    asked: bool
    near: str
    """The département of the middle of the cell, or ""."""


def narrowed(user: Any, asked: Mapping[str, str]) -> QuerySet[Order]:
    """Return the person's orders that the parameters ask for: state, kind, family, who, tag, q. What is unknown narrows
    nothing."""
    orders = my_orders(user)
    if asked.get("state") in GROUPS:
        orders = orders.filter(state__in=GROUPS[asked["state"]])
    for name in ("kind", "family"):
        if asked.get(name):
            orders = orders.filter(**{name: asked[name]})
    if asked.get("who") == "me":
        orders = orders.filter(requester=user)
    marks = OrderMark.objects.filter(order=OuterRef("pk"), person=user)
    if asked.get("who") == "followed":
        orders = orders.filter(Exists(marks.filter(following=True)))
    if asked.get("tag"):
        orders = orders.filter(Exists(marks.filter(tags__contains=[asked["tag"]])))
    if words := asked.get("q", "").strip():
        own = Exists(marks.filter(Q(own_reference__icontains=words) | Q(note__icontains=words)))
        orders = orders.filter(Q(reference__icontains=words) | Q(title__icontains=words) | own)
    return orders


def tags_of(user: Any) -> list[str]:
    """Return the person's tags, sorted; one query."""
    rows = OrderMark.objects.filter(person=user).exclude(tags=[]).values_list("tags", flat=True)
    return sorted({tag for tags in rows for tag in tags})


def events(orders: QuerySet[Order], year: int, month: int) -> dict[date, list[Event]]:
    """Return what happens to the orders on each Paris day of a month: submitted, delivered, windows; three queries."""
    begin = day_start(date(year, month, 1))
    end = day_start(date(year, month, calendar.monthrange(year, month)[1]) + timedelta(days=1))
    known = {order.pk: order for order in orders.prefetch_related(None)}
    found: dict[date, list[Event]] = defaultdict(list)

    def add(moment: datetime | None, pk: int, label: str) -> None:
        if moment is not None and begin <= moment < end:
            found[moment.astimezone(PARIS).date()].append(Event(known[pk], label))

    for order in known.values():
        add(order.submitted_at, order.pk, _("submitted"))
    lines = dict(OrderItem.objects.filter(order__in=known).values_list("pk", "order_id"))
    for line in OrderItem.objects.filter(order__in=known, period__overlap=(begin, end)):
        opens, closes = (getattr(line.period, end_of, None) for end_of in ("lower", "upper"))
        add(opens, line.order_id, _("acquisition window opens"))
        add(closes, line.order_id, _("acquisition window closes"))
    done = StateChange.objects.filter(
        aggregate="orders.orderitem", object_id__in=lines, transition="deliver", at__gte=begin, at__lt=end
    )
    for pk, at in done.values_list("object_id", "at"):
        add(at, lines[pk], _("image delivered"))
    return found


def month_weeks(found: Mapping[date, list[Event]], year: int, month: int) -> list[list[dict[str, Any]]]:
    """Return the weeks of a month, Monday first: each day with its number, whether it is of the month, its events."""
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    return [
        [{"day": day, "inside": day.month == month, "events": found.get(day, [])} for day in week] for week in weeks
    ]


def running_elsewhere(user: Any, *, limit: int = 200) -> list[Blurred]:
    """Return running requests of organisations the person has no part in, the newest first, blurred; three queries.

    A place is named after the middle of the cell, never after the request: nothing more is told than the cell tells.
    """
    mine = Order.objects.filter(organisation__memberships__user=user, organisation__memberships__state="active")
    rows = (
        Order.objects.filter(state__in=RUNNING)
        .exclude(pk__in=mine.values("pk"))
        .exclude(requester=user)
        .annotate(
            centre=Centroid("aoi"),
            followed=Exists(OrderMark.objects.filter(order=OuterRef("pk"), person=user, following=True)),
            wished=Exists(
                JoinRequest.objects.filter(order=OuterRef("pk"), person=user, state__in=["asked", "accepted"])
            ),
        )
        .order_by("-submitted_at", "-pk")
    )
    named = list(rows.values("pk", "kind", "family", "state", "submitted_at", "centre", "followed", "wished")[:limit])
    cells = {row["pk"]: blurred_cell(row["centre"].x, row["centre"].y) for row in named}
    near = departements_near([_middle(cell) for cell in cells.values()])
    return [
        Blurred(
            pk=row["pk"],
            kind=str(OrderKind(row["kind"]).label),
            family=str(ProductFamily(row["family"]).label),
            state=str(OrderState(row["state"]).label),
            since=row["submitted_at"],
            cell=cells[row["pk"]],
            following=row["followed"],
            asked=row["wished"],
            near=near.get(_middle(cells[row["pk"]]), ""),
        )
        for row in named
    ]


def _middle(cell: tuple[float, float, float, float]) -> tuple[float, float]:
    west, south, east, north = cell
    return (west + east) / 2, (south + north) / 2


def blurred_cell(x: float, y: float) -> tuple[float, float, float, float]:
    """Return the cell of the grid of BLUR_DEGREES in which a point (degrees) lies: west, south, east, north."""
    side = float(settings.DINAMIS["BLUR_DEGREES"])
    west, south = x // side * side, y // side * side
    return west, south, west + side, south + side
