# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's board: every order that was sent, by what happens to it, filtered, page by page (keyset).

Plain SQL over two indexes (state and day of the orders; stage and day due of the open reviews), so that the first page
does not depend on how many orders there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy

from dinamis.core.http import whole_number
from orders.enums import OrderState, ReviewStage, ReviewState
from orders.models import Order, Review
from orders.selectors.reviewing.desk import holder_of
from orders.selectors.reviewing.queue import RANKED, ranked_with

PER_COLUMN = 6
PER_PAGE = 25
ON_MAP = 300
STAGES = tuple(ReviewStage)
# States that are a column; those under review are divided by stage, those that are over have none.
COLUMNS = (
    OrderState.CHANGES_REQUESTED,
    OrderState.APPROVED,
    OrderState.PLACED,
    OrderState.IN_PROGRESS,
    OrderState.PARTLY_DELIVERED,
    OrderState.DELIVERED,
)
FROM = "orders_order o LEFT JOIN orders_review r ON r.order_id = o.id AND r.state = 'open'"
CONDITIONS = {
    "state": "o.state = %(state)s",
    "stage": "r.stage = %(stage)s",
    "family": "o.family = %(family)s",
    "eligibility_class": """o.organisation_id IN (SELECT a.organisation_id FROM licensing_adhesion a
                            WHERE a.state = 'approved' AND a.eligibility_class = %(eligibility_class)s)""",
    "late": "r.due_at < %(at)s",
    "mine": "r.claimed_by_id = %(user)s AND r.claimed_until > %(at)s",
    "text": """(o.reference ILIKE %(like)s OR o.title ILIKE %(like)s OR o.organisation_id IN (
                SELECT g.id FROM accounts_organisation g WHERE g.name ILIKE %(like)s OR g.acronym ILIKE %(like)s))""",
}


@dataclass(frozen=True)
class BoardFilter:
    """What of the board is wanted; empty = all."""

    state: str = ""
    stage: str = ""
    family: str = ""
    eligibility_class: str = ""
    late: bool = False
    mine: bool = False
    text: str = ""


@dataclass(frozen=True)
class Card:
    """One order on the board. `days_left` until its stage is due, negative when late, None when nobody decides; `place`
    in the queue where the board is sorted by it."""

    order: Order
    stage: str
    holder: str
    mine: bool
    may_claim: bool
    days_left: int | None
    place: int | None = None

    @property
    def late(self) -> bool:
        """Whether the stage should be over."""
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True)
class Column:
    """One column: its filter (`name` of the address, `value`), its words, how many there are, and the first cards."""

    name: str
    value: str
    label: Any
    count: int
    cards: Sequence[Card]


@dataclass(frozen=True)
class Page:
    """Cards and where the next page starts ("" = no more)."""

    cards: Sequence[Card]
    following: str


def columns(wanted: BoardFilter, user: Any, at: datetime) -> list[Column]:
    """Return the columns of the board in the order of an order's life; six queries at most, however many orders."""
    counts, ids = _all() if wanted == BoardFilter() else _filtered(wanted, user, at)
    cards = {card.order.pk: card for card in cards_of([pk for found in ids.values() for pk in found], user, at)}
    heads: list[tuple[str, Any]] = [*(("stage", one) for one in STAGES), *(("state", one) for one in COLUMNS)]
    return [
        Column(name, one.value, one.label, counts.get(one.value, 0), [cards[pk] for pk in ids.get(one.value, [])])
        for name, one in heads
    ]


def page(wanted: BoardFilter, user: Any, at: datetime, *, after: str = "", size: int = PER_PAGE) -> Page:
    """Return the orders sent last that fit, `size` at a time; `after` is where the page before ended.

    An `after` that nobody wrote starts from the beginning.
    """
    where, params = _where(wanted, user, at)
    if (edge := _edge(after)) is not None:
        where += " AND (o.submitted_at, o.id) < (%(edge_at)s, %(edge_id)s)"
        params |= {"edge_at": edge[0], "edge_id": edge[1]}
    rows = _rows(
        f"SELECT o.id, o.submitted_at FROM {FROM} WHERE o.submitted_at IS NOT NULL AND {where} "  # noqa: S608
        "ORDER BY o.submitted_at DESC, o.id DESC LIMIT %(limit)s",
        params | {"limit": size + 1},
    )
    shown = rows[:size]
    following = f"{shown[-1][1].isoformat()}_{shown[-1][0]}" if len(rows) > size else ""
    return Page(cards_of([pk for pk, _at in shown], user, at), following)


def page_by_place(wanted: BoardFilter, user: Any, at: datetime, *, after: str = "", size: int = PER_PAGE) -> Page:
    """Return the orders that wait in the queue and fit, by their place in it; `after` is where the page before ended.

    An `after` that is no place starts from the beginning.
    """
    where, params = _where(wanted, user, at)
    edge = whole_number(after) or 0
    # Who wants all of them asks nothing of each.
    fits = f"AND id IN (SELECT o.id FROM {FROM} WHERE {where})" if wanted != BoardFilter() else ""  # noqa: S608
    rows = _rows(
        f"{RANKED} SELECT id, place FROM ranked WHERE place > %(edge)s {fits} ORDER BY place LIMIT %(limit)s",  # noqa: S608
        params | ranked_with(at) | {"edge": edge, "limit": size + 1},
    )
    shown = dict(rows[:size])
    cards = [replace(card, place=shown[card.order.pk]) for card in cards_of(list(shown), user, at)]
    return Page(cards, str(cards[-1].place) if len(rows) > size else "")


def outlines(wanted: BoardFilter, user: Any, at: datetime) -> list[tuple[Order, Any]]:
    """Return the ON_MAP orders sent last that fit, each with its outline as GeoJSON text, simplified to some 100 m."""
    where, params = _where(wanted, user, at)
    rows = _rows(
        f"SELECT o.id, ST_AsGeoJSON(ST_SimplifyPreserveTopology(o.aoi, 0.001), 5) FROM {FROM} "  # noqa: S608
        f"WHERE o.submitted_at IS NOT NULL AND {where} ORDER BY o.submitted_at DESC, o.id DESC LIMIT %(limit)s",
        params | {"limit": ON_MAP},
    )
    named = Order.objects.select_related("organisation").only("reference", "title", "state", "organisation__name")
    known = named.in_bulk([pk for pk, _text in rows])
    return [(known[pk], text) for pk, text in rows]


def cards_of(ids: Sequence[int], user: Any, at: datetime) -> list[Card]:
    """Return the cards of some orders, in their order; three queries."""
    stage = Review.objects.filter(state=ReviewState.OPEN).select_related("claimed_by")
    rows = Order.objects.select_related("organisation").defer("aoi", "justification", "options")
    known = rows.prefetch_related(Prefetch("reviews", queryset=stage, to_attr="open_reviews")).in_bulk(ids)
    mine = set(user.memberships.exclude(state="ended").values_list("organisation_id", flat=True))
    return [_card(known[pk], user, at, mine) for pk in ids]


def _card(order: Any, user: Any, at: datetime, mine: set[int]) -> Card:
    review = next(iter(order.open_reviews), None)
    holder = holder_of(review, at)
    office = review is not None and review.stage not in {ReviewStage.CNES, ReviewStage.AIRBUS}
    involved = order.organisation_id in mine or order.requester_id == user.pk
    return Card(
        order=order,
        stage=str(review.get_stage_display()) if review else "",
        holder=str(holder) if holder else "",
        mine=holder == user,
        may_claim=office and holder is None and not involved,
        days_left=(review.due_at - at).days if review else None,
    )


def _where(wanted: BoardFilter, user: Any, at: datetime) -> tuple[str, dict[str, Any]]:
    """The conditions of a filter (our own words only) and their values."""
    chosen = [CONDITIONS[one.name] for one in fields(wanted) if getattr(wanted, one.name)]
    escaped = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    params = {**values, "user": user.pk, "at": at, "like": f"%{escaped}%"}
    return " AND ".join(["o.state <> 'draft'", *chosen]), params


def _all() -> tuple[dict[str, int], dict[str, list[int]]]:
    """How many orders each column has, and the first of each: at a stage those due soonest, in a state those sent last.

    Two counts and one query, which indexes alone answer.
    """
    counts = dict(_rows("SELECT state, count(*) FROM orders_order WHERE state <> 'draft' GROUP BY state", {}))
    counts |= dict(_rows("SELECT stage, count(*) FROM orders_review WHERE state = 'open' GROUP BY stage", {}))
    stages = [
        f"""(SELECT '{one.value}', order_id, row_number() OVER (ORDER BY due_at, order_id)
             FROM orders_review WHERE state = 'open' AND stage = '{one.value}'
             ORDER BY due_at, order_id LIMIT %(limit)s)"""  # noqa: S608
        for one in STAGES
    ]
    states = [
        f"""(SELECT '{one.value}', id, row_number() OVER (ORDER BY submitted_at DESC, id DESC)
             FROM orders_order WHERE state = '{one.value}' AND submitted_at IS NOT NULL
             ORDER BY submitted_at DESC, id DESC LIMIT %(limit)s)"""  # noqa: S608
        for one in COLUMNS
    ]
    rows = _rows(" UNION ALL ".join([*stages, *states]), {"limit": PER_COLUMN})
    return counts, _gathered(sorted(rows, key=lambda row: row[2]))


def _filtered(wanted: BoardFilter, user: Any, at: datetime) -> tuple[dict[str, int], dict[str, list[int]]]:
    """The same for what fits: each order is looked at once."""
    where, params = _where(wanted, user, at)
    rows = _rows(
        f"""
        SELECT name, id, total FROM (
            SELECT coalesce(r.stage, o.state) AS name, o.id, count(*) OVER (PARTITION BY coalesce(r.stage, o.state))
                AS total, row_number() OVER (PARTITION BY coalesce(r.stage, o.state) ORDER BY r.due_at,
                    CASE WHEN r.id IS NULL THEN o.submitted_at END DESC,
                    CASE WHEN r.id IS NULL THEN -o.id ELSE o.id END) AS place
            FROM {FROM} WHERE {where}) fits
        WHERE place <= %(limit)s ORDER BY name, place""",  # noqa: S608
        params | {"limit": PER_COLUMN},
    )
    return {name: total for name, _pk, total in rows}, _gathered(rows)


def _gathered(rows: Sequence[Any]) -> dict[str, list[int]]:
    shown = {*STAGES, *COLUMNS}
    found: dict[str, list[int]] = {}
    for name, pk, _more in rows:
        if name in shown:
            found.setdefault(name, []).append(pk)
    return found


def _edge(after: str) -> tuple[datetime, int] | None:
    day, _line, number = after.rpartition("_")
    try:
        edge = datetime.fromisoformat(day), int(number)
    except ValueError:
        return None
    return edge if edge[0].tzinfo is not None and 0 < edge[1] < 2**63 else None


def _rows(sql: str, params: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


SORTS = (("", gettext_lazy("sent last first")), ("queue", gettext_lazy("by place in the queue")))
VIEWS = (
    ("kanban", gettext_lazy("Columns")),
    ("table", gettext_lazy("Table")),
    ("map", gettext_lazy("Map")),
)
