# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which rows stay in a waiting state longer than the watchdog lets them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection

from orders.selectors.lifecycle.durations import expectations
from orders.waits import IN_PERIOD, ORDERS_OF, PERIOD_ENDS

# Since when a row is in its state: the last line of its history, or the last time the office resolved a ticket about
# it, whichever is later. It is due when that lasts too long and no period is under way for it. One pass over the rows
# that wait, with one index lookup each.
OVERDUE_SQL = """
SELECT subject.id, subject.state, since.at, GREATEST(since.at + wait.longest, since.ends)
FROM {table} subject
JOIN unnest(%(states)s::text[], %(limits)s::interval[]) AS wait(state, longest) ON wait.state = subject.state
CROSS JOIN LATERAL (
    SELECT GREATEST(
        (SELECT c.at FROM core_statechange c WHERE c.aggregate = %(aggregate)s AND c.object_id = subject.id
         ORDER BY c.at DESC, c.id DESC LIMIT 1),
        (SELECT max(t.resolved_at) FROM orders_officeticket t
         WHERE t.aggregate = %(aggregate)s AND t.object_id = subject.id)) AS at,
        CASE WHEN subject.state = ANY(%(in_period)s) THEN {ends} END AS ends) since
WHERE GREATEST(since.at + wait.longest, since.ends) < %(at)s
ORDER BY since.at, subject.id
"""


@dataclass(frozen=True)
class Late:
    """One row that waits too long: in its state since when, how long and until when it might have been, its orders."""

    aggregate: str
    object_id: int
    state: str
    since: datetime
    limit: timedelta
    due: datetime
    orders: tuple[int, ...]


def overdue(*, at: datetime) -> Iterator[Late]:
    """Yield what is overdue at `at`: deliveries, provider orders, lines, reviews, then orders; three queries each."""
    limits = {key: expected.limit for key, expected in expectations().items()}
    for aggregate, path in ORDERS_OF.items():
        states = {state: limit for (owner, state), limit in limits.items() if owner == aggregate}
        rows = _late_rows(aggregate, states, at)
        orders = _orders_of(aggregate, path, [pk for pk, *_rest in rows])
        for pk, state, since, due in rows:
            yield Late(aggregate, pk, state, since, states[state], due, tuple(orders[pk]))


def _late_rows(aggregate: str, states: dict[str, timedelta], at: datetime) -> list[tuple[int, str, datetime, datetime]]:
    table = connection.ops.quote_name(apps.get_model(aggregate)._meta.db_table)
    values: dict[str, Any] = {
        "aggregate": aggregate,
        "states": list(states),
        "limits": list(states.values()),
        "in_period": sorted(IN_PERIOD.get(aggregate, ())),
        "at": at,
    }
    ends = PERIOD_ENDS.get(aggregate, "NULL::timestamptz")
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE_SQL.format(table=table, ends=ends), values)
        return cursor.fetchall()


def _orders_of(aggregate: str, path: str, ids: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    pairs = apps.get_model(aggregate)._base_manager.filter(pk__in=ids, **{f"{path}__isnull": False})
    for pk, order in pairs.values_list("pk", path).distinct() if ids else ():
        found[pk].append(order)
    return found
