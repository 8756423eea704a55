# SPDX-License-Identifier: AGPL-3.0-or-later
"""Windows of time that reach back from the newest images until they hold as many as are wanted.

The index of place and time reads what lies in a place and a window without reading what is older. How far a window must
reach is learnt from the one before: what answers there, set against the share of all images that it holds.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dinamis.catalogue.selectors.filters import EVER, NEVER, SearchFilters, span
from dinamis.core.prepared import planned_once

# How many images the first window holds, of one that is wanted: much of what is taken lies in few places.
FIRST = 3
# What answers may have been taken in other years than the rest: few in one window say little about all.
LEAST_GROWTH, MOST_GROWTH = 2.0, 32.0
# A window that holds so much of all is no cheaper than all.
MOST_SHARE = 0.5
# The statistics PostgreSQL keeps of a column (manual, pg_stats): moments between which equally many images lie.
SPREAD = """
    SELECT greatest(c.reltuples, 0)::float8,
           ARRAY(SELECT extract(epoch FROM bound)::float8
                 FROM unnest(s.histogram_bounds::text::timestamptz[]) AS bound ORDER BY 1)
    FROM pg_class c LEFT JOIN pg_stats s ON s.schemaname = c.relnamespace::regnamespace::text
        AND s.tablename = c.relname AND s.attname = 'datetime'
    WHERE c.oid = %s::regclass
"""


@dataclass(frozen=True)
class Spread:
    """About how many images there are, and moments (seconds since 1970, ascending) that part them equally, if known."""

    images: float = 0.0
    moments: tuple[float, ...] = ()

    def since(self, share: float) -> datetime:
        """Return the moment since which about this share of all images was taken; EVER for the whole."""
        steps = len(self.moments) - 1
        if steps < 1 or share >= 1:
            return EVER
        place = (1 - share) * steps
        low = min(int(place), steps - 1)
        before, after = self.moments[low : low + 2]
        return datetime.fromtimestamp(before + (after - before) * (place - low), UTC)

    def share_since(self, moment: datetime) -> float:
        """Return about which share of all images was taken since a moment."""
        if not self.moments:
            return 0.0
        return sum(one >= moment.timestamp() for one in self.moments) / len(self.moments)


@dataclass(frozen=True)
class Window:
    """Some time before `end`: it holds about this `share` of all images. None is asked for before `begin`."""

    spread: Spread
    share: float
    begin: datetime = EVER
    end: datetime = NEVER

    @property
    def since(self) -> datetime:
        """Where the window begins."""
        later = 0.0 if self.end == NEVER else self.spread.share_since(self.end)
        return EVER if self.share > MOST_SHARE else max(self.begin, self.spread.since(self.share + later))

    @property
    def is_last(self) -> bool:
        """Whether nothing that is asked for is older than this window."""
        return self.since <= self.begin

    def wider(self, found: int, wanted: int) -> "Window":
        """Return one that should hold `wanted`, though luck gave this one as many as it `found`."""
        known = max(found, 1)
        growth = wanted / known * (1 + 2 / math.sqrt(known))
        return replace(self, share=self.share * min(max(growth, LEAST_GROWTH), MOST_GROWTH))


def spread_of(table: str = "catalogue_item") -> Spread:
    """Return how the rows of a table are spread over time, as PostgreSQL counted last; one query."""
    images, moments = planned_once(SPREAD, (table,))[0]
    return Spread(images, tuple(moments))


def first_window(spread: Spread, filters: SearchFilters, wanted: int) -> Window:
    """Return the window that holds `wanted` images if a third of all answer `filters`."""
    begin, end = span(filters)
    return Window(spread, FIRST * wanted / spread.images if spread.images else 1.0, begin, end)
