# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long a state lasts: learned from the histories, and stated beforehand while too few are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from orders.models import StateDuration

# Only stays that have ended are measured. Each end of a stay is the next line of the same row's history.
MEASURE_SQL = """
SELECT aggregate, state, count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds)
FROM (
    SELECT aggregate, to_state AS state, EXTRACT(EPOCH FROM lead(at) OVER stays - at)::float8 AS seconds
    FROM core_statechange WHERE aggregate LIKE 'orders.%%' AND at >= %(since)s AND at <= %(at)s
    WINDOW stays AS (PARTITION BY aggregate, object_id ORDER BY at, id)) stay
WHERE seconds >= 0 GROUP BY aggregate, state
"""


@dataclass(frozen=True)
class Expected:
    """Half of the stays end within `p50`, nine in ten within `p90`; `count` stays taught it, 0 = stated beforehand."""

    p50: timedelta
    p90: timedelta
    count: int = 0

    @property
    def learned(self) -> bool:
        """Whether it was learned from what happened."""
        return self.count > 0

    @property
    def limit(self) -> timedelta:
        """After how long the watchdog speaks: p90 times the setting LATE_FACTOR."""
        return self.p90 * float(settings.DINAMIS["LATE_FACTOR"])


@dataclass(frozen=True)
class Measured:
    """What the histories say of one state."""

    aggregate: str
    state: str
    count: int
    p50: timedelta
    p90: timedelta


def measure(*, at: datetime) -> list[Measured]:
    """Read the histories of orders of the DURATION_MONTHS before `at`; one query, for a worker and not for a page."""
    since = at - timedelta(days=30 * int(settings.DINAMIS["DURATION_MONTHS"]))
    with connection.cursor() as cursor:
        cursor.execute(MEASURE_SQL, {"since": since, "at": at})
        return [
            Measured(aggregate, state, count, timedelta(seconds=p50), timedelta(seconds=p90))
            for aggregate, state, count, (p50, p90) in cursor.fetchall()
        ]


def expectations() -> dict[tuple[str, str], Expected]:
    """Return what is expected of every waiting state, by (aggregate, state); one query.

    A state of which fewer than DURATION_MIN_CASES stays are known follows the setting STATE_DAYS.
    """
    fewest = int(settings.DINAMIS["DURATION_MIN_CASES"])
    known = {(row.aggregate, row.state): row for row in StateDuration.objects.filter(count__gte=fewest)}
    stated = {
        (aggregate, state): Expected(timedelta(days=p50), timedelta(days=p90))
        for aggregate, states in _stated().items()
        for state, (p50, p90) in states.items()
    }
    return {
        key: Expected(known[key].p50, known[key].p90, known[key].count) if key in known else prior
        for key, prior in stated.items()
    }


def _stated() -> Mapping[str, Mapping[str, tuple[float, float]]]:
    stated: Mapping[str, Mapping[str, tuple[float, float]]] = settings.DINAMIS["STATE_DAYS"]
    return stated
