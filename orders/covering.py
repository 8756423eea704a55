# SPDX-License-Identifier: AGPL-3.0-or-later
"""Few outlines that cover as much of an area as all of them do. Pure geometry, in degrees."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from dinamis.core.surface import only_surfaces

# How many points of the area are looked at to choose; what they miss is found exactly afterwards.
POINTS = 600
# Of an area, what nobody asks an image for.
NOTHING = 1e-7
# Into how many parts an area is cut, and the waste of a box (a share of the whole box) that is let be.
MOST_PIECES, LITTLE_WASTE = 24, 0.01


@dataclass(frozen=True)
class Cover:
    """Places of the outlines chosen, the ones that bring most first, and what none of all the outlines covers."""

    chosen: tuple[int, ...]
    rest: BaseGeometry


def cover(area: BaseGeometry, shapes: Sequence[BaseGeometry], little: float = 0) -> Cover:
    """Choose few of `shapes` that together cover what all of them cover of `area`; of two alike, the earlier one.

    Greedy over a grid of points, then exact over what the grid did not see: `rest` is right, `chosen` is short. Where
    less than `little` (square degrees) is left, no more is chosen.
    """
    outlines = sound(shapes)
    chosen = _by_points(area, outlines)
    rest = area.difference(shapely.union_all(outlines[chosen])) if chosen else area
    more, rest = _exactly(rest, outlines, set(chosen), max(little, NOTHING * area.area))
    return Cover((*chosen, *more), only_surfaces(rest))


def sound(shapes: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    """Return the outlines as an array, each repaired where it crosses itself."""
    outlines = np.array(shapes, dtype=object)
    broken = ~shapely.is_valid(outlines)
    if broken.any():
        outlines[broken] = shapely.make_valid(outlines[broken])
    return outlines


def pieces(area: BaseGeometry, most: int = MOST_PIECES) -> list[BaseGeometry]:
    """Cut an area into at most `most` parts that fill their boxes, so that an index looks at little that is not it.

    What wastes most of its box is quartered first; a part may be of several polygons, as islands are.
    """
    heap = [_entry(area)] if area.area else []
    while heap and len(heap) <= most - 4 and -heap[0][0] > LITTLE_WASTE * _box(area):
        _waste, _order, widest = heapq.heappop(heap)
        for part in _quarters(widest):
            if part.area:
                heapq.heappush(heap, _entry(part))
    return [part for _waste, _order, part in heap]


def _entry(part: BaseGeometry) -> tuple[float, int, BaseGeometry]:
    return part.area - _box(part), id(part), part


def _box(part: BaseGeometry) -> float:
    west, south, east, north = part.bounds
    return float((east - west) * (north - south))


def _quarters(part: BaseGeometry) -> list[BaseGeometry]:
    west, south, east, north = part.bounds
    middle, centre = (west + east) / 2, (south + north) / 2
    quarters = [
        box(west, south, middle, centre),
        box(middle, south, east, centre),
        box(west, centre, middle, north),
        box(middle, centre, east, north),
    ]
    return [only_surfaces(part.intersection(quarter)) for quarter in quarters]


def _by_points(area: BaseGeometry, outlines: NDArray[np.object_]) -> list[int]:
    points = shapely.points(_grid(area))
    seen = np.zeros((len(outlines), len(points)), dtype=bool)
    if not seen.size:
        return []
    shape_of, point_of = shapely.STRtree(points).query(outlines, predicate="contains")
    seen[shape_of, point_of] = True
    chosen: list[int] = []
    counts = seen.sum(axis=1)
    while counts.max():
        best = int(counts.argmax())
        chosen.append(best)
        seen &= ~seen[best]
        counts = seen.sum(axis=1)
    return chosen


def _grid(area: BaseGeometry) -> NDArray[np.float64]:
    """Points of an area, a few hundred, side by side."""
    west, south, east, north = area.bounds
    step = math.sqrt(area.area / POINTS) or 1.0
    columns = np.arange(west + step / 2, east, step)
    rows = np.arange(south + step / 2, north, step)
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    shapely.prepare(area)
    inside = shapely.contains_xy(area, x, y)
    return np.column_stack((x[inside], y[inside]))


def _exactly(
    rest: BaseGeometry, outlines: NDArray[np.object_], taken: set[int], little: float
) -> tuple[list[int], BaseGeometry]:
    """Take away from `rest` what the other outlines cover, those that cover most of it first.

    Part by part: what is left after the grid is many small ones, of which an outline meets a few.
    """
    shapely.prepare(rest)
    others = [int(place) for place in np.flatnonzero(shapely.intersects(rest, outlines)) if place not in taken]
    shares = shapely.area(shapely.intersection(outlines[others], rest)) if others else np.array([])
    chosen: list[int] = []
    parts, left = shapely.get_parts(only_surfaces(rest)), rest.area
    for _share, place in sorted(zip(-shares, others, strict=True)):
        if left <= little:
            break
        met = shapely.intersects(parts, outlines[place])
        if not met.any():
            continue
        cut = shapely.difference(parts[met], outlines[place])
        gone = float(shapely.area(parts[met]).sum() - shapely.area(cut).sum())
        if gone > 0:
            chosen.append(place)
            left -= gone
            parts = np.concatenate((parts[~met], shapely.get_parts(cut)))
    return chosen, shapely.union_all(parts) if chosen else rest
