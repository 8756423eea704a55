# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many plain images of each kind touch a box, most of them counted from an index alone (decision 56).

Along each axis an image starts and ends somewhere. When it lies between the sides of the box along one of them, and
starts or ends between its sides along the other, the image has a point in the box: the one where it starts or ends.
The others are looked at closely: those over a corner, those that cross the box, and those that end so near to a side
that the columns, which are rounded, do not tell.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection

from dinamis.catalogue.models.counted import BANDS_OF_SIZE, FAR, SIZES, UNITS

# How near to a side, in units, is too near to tell.
NEAR = 2
_UNSURE = ("band", "west_from", "west_to", "east_from", "east_to", "south_from", "south_to", "north_from", "north_to")
COUNT = f"""
    SELECT kind, count(*) FROM (
        SELECT kind FROM unnest(%(bands)s::smallint[], %(starts)s::smallint[]) asked (band, start)
        CROSS JOIN LATERAL (
            SELECT kind FROM catalogue_item
            WHERE kind IS NOT NULL AND band = asked.band AND west BETWEEN asked.start AND %(east)s
              AND east >= %(west)s AND south <= %(north)s AND north >= %(south)s
              AND (south >= %(in_south)s AND north <= %(in_north)s AND west <= %(in_east)s AND east >= %(in_west)s
                   AND (west >= %(in_west)s OR east <= %(in_east)s)
                OR west >= %(in_west)s AND east <= %(in_east)s AND south <= %(in_north)s AND north >= %(in_south)s
                   AND (south >= %(in_south)s OR north <= %(in_north)s))
            OFFSET 0
        ) sure
        UNION ALL
        SELECT kind FROM unnest({", ".join(f"%({name})s::smallint[]" for name in _UNSURE)}) asked ({", ".join(_UNSURE)})
        CROSS JOIN LATERAL (
            SELECT kind, footprint FROM catalogue_item
            WHERE kind IS NOT NULL AND band = asked.band
              AND west BETWEEN west_from AND west_to AND east BETWEEN east_from AND east_to
              AND south BETWEEN south_from AND south_to AND north BETWEEN north_from AND north_to
            OFFSET 0
        ) unsure
        WHERE ST_Intersects(footprint, %(area)s::geometry)
    ) touching GROUP BY kind
"""  # noqa: S608  (constants only)


@dataclass(frozen=True)
class _Range:
    """Where images start and end along an axis: both bounds included, in units."""

    start: tuple[int, int]
    end: tuple[int, int]

    def among(self, starts: tuple[int, int], length: int) -> "_Range":
        """The same for images that start there and are so long at most."""
        first, last = max(self.start[0], starts[0]), min(self.start[1], starts[1])
        end = max(self.end[0], first), min(self.end[1], last + length)
        return _Range((max(first, end[0] - length), min(last, end[1])), end)

    def __bool__(self) -> bool:
        return self.start[0] <= self.start[1] and self.end[0] <= self.end[1]


@dataclass(frozen=True)
class _Axis:
    """The sides of a box along an axis, in units, rounded outwards; and what surely lies between them."""

    low: int
    high: int

    @property
    def inner(self) -> tuple[int, int]:
        return self.low + 2 * NEAR, self.high - 2 * NEAR

    @property
    def inside(self) -> _Range:
        low, high = self.inner
        return _Range((low, FAR), (-FAR, high))

    @property
    def over_a_side(self) -> tuple[_Range, _Range]:
        """Images that are not inside, by the side they start before or end behind."""
        low, high = self.inner
        return _Range((-FAR, low - 1), (self.low, FAR)), _Range((low, self.high), (high + 1, FAR))

    @property
    def not_telling(self) -> tuple[_Range, ...]:
        """Images over both sides, and those that hardly reach the box, if they do."""
        low, high = self.inner
        return (
            _Range((-FAR, low - 1), (high + 1, FAR)),
            _Range((-FAR, low - 1), (self.low, low - 1)),
            _Range((high + 1, self.high), (high + 1, FAR)),
        )


def is_countable(area: GEOSGeometry) -> bool:
    """Tell whether an area is a box near the Earth that is not too small for the columns."""
    west, south, east, north = area.extent
    large = min(east - west, north - south) * UNITS > 8 * NEAR
    return large and max(map(abs, area.extent)) <= 180 and bool(area.equals(area.envelope))


def kinds_in_box(box: GEOSGeometry) -> list[tuple[int, int]]:
    """Return the kinds of the plain images that touch a box, each with its number; `is_countable` must hold."""
    west, south, east, north = (bound * UNITS for bound in box.extent)
    x = _Axis(math.floor(west) - NEAR, math.ceil(east) + NEAR)
    y = _Axis(math.floor(south) - NEAR, math.ceil(north) + NEAR)
    bands = [*_bands(y)]
    unsure = [*_unsure(x, y, bands)]
    asked: dict[str, Any] = {
        **dict(zip(("in_west", "in_east", "in_south", "in_north"), x.inner + y.inner, strict=True)),
        "west": x.low,
        "east": x.high,
        "south": y.low,
        "north": y.high,
        "area": box.hexewkb.decode(),
        "bands": [band for band, _length, _starts in bands],
        "starts": [max(-FAR, x.low - length) for _band, length, _starts in bands],
        **dict(zip(_UNSURE, map(list, zip(*unsure, strict=True)), strict=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, asked)
        found: list[tuple[int, int]] = cursor.fetchall()
    return found


def _bands(y: _Axis) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """The bands of images that may touch, each with their greatest length, and where they may start from the south."""
    pole, last = 90 * UNITS, BANDS_OF_SIZE - 1
    for size in SIZES:
        length = 2**size
        first_strip, last_strip = ((bound + pole) // length for bound in (y.low - length, y.high))
        for strip in range(max(0, first_strip), min(last, last_strip) + 1):
            start = strip * length - pole
            starts = start if strip else -FAR, start + length - 1 if strip < last else FAR
            yield BANDS_OF_SIZE * size + strip, length, starts


def _unsure(x: _Axis, y: _Axis, bands: list[tuple[int, int, tuple[int, int]]]) -> Iterator[tuple[Any, ...]]:
    """Where the images lie that must be looked at, as bounds of `_UNSURE`; each image in one of them at most."""
    pairs = [(one, other) for one in x.over_a_side for other in y.over_a_side]
    pairs += [(one, y.inside) for one in x.not_telling] + [(x.inside, other) for other in y.not_telling]
    for band, length, starts in bands:
        for across, along in pairs:
            one, other = across.among((-FAR, FAR), length), along.among(starts, length)
            if one and other:
                yield (band, *one.start, *one.end, *other.start, *other.end)
