# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue: every order that waits for the office or to be placed, by the points of the published formula.

One statement ranks all of them, whatever is then shown, under two sets of weights: those in force and others that
somebody tries. What is dear (use of the past, need of others) was counted before, by
`orders/services/reviewing/queue.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from orders.domain.fair_share import FACTORS, MOST_SHARES, NEED, Formula
from orders.enums import OrderState
from orders.models import Order, QueueRule

WAITING = (OrderState.SUBMITTED, OrderState.IN_REVIEW, OrderState.APPROVED)
PER_PAGE = 25

# The factors as `orders/domain/fair_share.py` says them; an order that was not counted yet has the day it was sent
# and no other organisation. The emergency lane is that of activations of CIEST².
_NEED = " ".join(f"WHEN '{purpose!s}' THEN {value}" for purpose, value in NEED.items())
FACTS = """
    SELECT o.id, o.reference, COALESCE(d.sent_at, o.submitted_at, o.created_at) AS since, p.purpose,
           COALESCE(u.used_m2, 0)::float8 AS used_m2, mean.m2 AS mean_m2, COALESCE(d.organisations, 0) AS organisations,
           v.id IS NOT NULL AS lane, d.counted_at
    FROM orders_order o
    JOIN licensing_project p ON p.id = o.project_id
    LEFT JOIN orders_activation v ON v.order_id = o.id
    LEFT JOIN orders_orderdemand d ON d.order_id = o.id
    LEFT JOIN orders_organisationuse u ON u.organisation_id = o.organisation_id
    CROSS JOIN (SELECT COALESCE(avg(used_m2), 0)::float8 AS m2 FROM orders_organisationuse) mean
    WHERE o.state = ANY(%(waiting)s)
"""
VALUES = f"""
    SELECT *, CASE purpose {_NEED} ELSE 0 END::float8 AS need,
           LEAST(1, GREATEST(0, EXTRACT(EPOCH FROM %(at)s - since)::float8 / (86400 * %(age_days)s))) AS age,
           CASE WHEN mean_m2 > 0 THEN power(2::float8, -LEAST(used_m2 / mean_m2, {MOST_SHARES})) ELSE 1 END AS use,
           LEAST(1, organisations::float8 / %(reuse_full)s) AS reuse,
           CASE WHEN lane THEN 1 ELSE 0 END::float8 AS emergency
    FROM facts
"""  # noqa: S608


def _sum(prefix: str) -> str:
    return " + ".join(f"round(100 * %({prefix}_{name})s * {name})::int" for name in FACTORS)


# Each factor is found once, not for every sum it is in.
RANKED = f"""
WITH facts AS ({FACTS}), valued AS MATERIALIZED ({VALUES}),
scored AS (SELECT *, {_sum("now")} AS points, {_sum("tried")} AS tried_points FROM valued),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY points DESC, since, id) AS place,
           row_number() OVER (ORDER BY tried_points DESC, since, id) AS tried_place, count(*) OVER () AS total
    FROM scored)
"""  # noqa: S608
COLUMNS = (
    "id", "reference", "place", "total", "points", "tried_place", "tried_points", "purpose", "since", "used_m2",
    "mean_m2", "organisations", "lane", "counted_at", *FACTORS,
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """What one factor brings: its value between 0 and 1, its weight, and hundredths of a point."""

    name: str
    value: float
    weight: int
    points: int


@dataclass(frozen=True)
class Standing:
    """Where an order stands in the queue, in force and under the weights that are tried.

    Facts as in `fair_share.Facts`; `points` and `tried_points` are hundredths; `counted_at` is None for an order that
    is not counted yet.
    """

    order_id: int
    reference: str
    place: int
    total: int
    points: int
    tried_place: int
    tried_points: int
    purpose: str
    since: datetime
    used_m2: float
    mean_m2: float
    organisations: int
    lane: bool
    counted_at: datetime | None
    parts: tuple[Part, ...]

    @property
    def moved(self) -> int:
        """How many places it gains under the weights that are tried; below zero it loses."""
        return self.place - self.tried_place

    def mostly(self, most: int = 2) -> tuple[Part, ...]:
        """Return what brings the most points, the largest first, without what brings none."""
        return tuple(sorted((part for part in self.parts if part.points), key=lambda part: -part.points)[:most])


def formula_at(at: datetime) -> Formula:
    """Return the formula in force."""
    rule = QueueRule.objects.in_force(at)
    return rule.formula if rule else Formula()


def standing(order: Order, at: datetime, *, tried: Mapping[str, int] | None = None) -> Standing | None:
    """Return where an order stands in the queue; None when it does not wait there. Two queries at most."""
    if order.state not in WAITING:
        return None
    return next(iter(_ranked("WHERE id = %(order)s", at, tried, order=order.pk)), None)


def ranking(
    at: datetime, *, tried: Mapping[str, int] | None = None, after: int = 0, size: int = PER_PAGE
) -> list[Standing]:
    """Return the orders of the places after `after`, under the weights that are tried where some are. Two queries."""
    chosen = "WHERE tried_place > %(after)s ORDER BY tried_place LIMIT %(size)s"
    return _ranked(chosen, at, tried, after=after, size=size)


def places(at: datetime, order_ids: Sequence[int]) -> dict[int, int]:
    """Return the places of those of some orders that wait in the queue. Two queries."""
    return {one.order_id: one.place for one in _ranked("WHERE id = ANY(%(ids)s)", at, None, ids=list(order_ids))}


def _ranked(chosen: str, at: datetime, tried: Mapping[str, int] | None, **more: Any) -> list[Standing]:
    formula = formula_at(at)
    params = {**_parameters(formula, at, tried), **more}
    with connection.cursor() as cursor:
        cursor.execute(f"{RANKED} SELECT {', '.join(COLUMNS)} FROM ranked {chosen}", params)  # noqa: S608
        return [_standing(row, formula) for row in cursor.fetchall()]


def ranked_with(at: datetime) -> dict[str, Any]:
    """Return the parameters of RANKED under the formula in force."""
    return _parameters(formula_at(at), at, None)


def _parameters(formula: Formula, at: datetime, tried: Mapping[str, int] | None) -> dict[str, Any]:
    now = {f"now_{name}": formula.weights[name] for name in FACTORS}
    other = {f"tried_{name}": (tried or formula.weights)[name] for name in FACTORS}
    scales = {"age_days": formula.age_days, "reuse_full": formula.reuse_full}
    return {**now, **other, **scales, "at": at, "waiting": [str(state) for state in WAITING]}


def _standing(row: Sequence[Any], formula: Formula) -> Standing:
    known, values = row[: -len(FACTORS)], row[-len(FACTORS) :]
    parts = tuple(
        Part(name, value, formula.weights[name], round(100 * formula.weights[name] * value))
        for name, value in zip(FACTORS, values, strict=True)
    )
    return Standing(*[*known, parts])
