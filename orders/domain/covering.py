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


@dataclass(frozen=True)
class Piece:
    """A part of an area, and the rectangle it was cut out with: no two of them share more than an edge."""

    part: BaseGeometry
    cell: BaseGeometry


def pieces(area: BaseGeometry, most: int = MOST_PIECES) -> list[Piece]:
    """Cut an area into at most `most` parts that fill their boxes, so that an index looks at little that is not it.

    What wastes most of its box is quartered first; a part may be of several polygons, as islands are.
    """
    heap = [_entry(area, box(*area.bounds))] if area.area else []
    while heap and len(heap) <= most - 4 and -heap[0][0] > LITTLE_WASTE * _box(area):
        _waste, _order, widest = heapq.heappop(heap)
        for quarter in _quarters(widest.part):
            part = only_surfaces(widest.part.intersection(quarter))
            if part.area:
                heapq.heappush(heap, _entry(part, quarter))
    return [piece for _waste, _order, piece in heap]


def _entry(part: BaseGeometry, cell: BaseGeometry) -> tuple[float, int, Piece]:
    return part.area - _box(part), id(part), Piece(part, cell)


def _box(part: BaseGeometry) -> float:
    west, south, east, north = part.bounds
    return float((east - west) * (north - south))


def _quarters(part: BaseGeometry) -> list[BaseGeometry]:
    west, south, east, north = part.bounds
    middle, centre = (west + east) / 2, (south + north) / 2
    return [
        box(west, south, middle, centre),
        box(middle, south, east, centre),
        box(west, centre, middle, north),
        box(middle, centre, east, north),
    ]


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
        new = np.flatnonzero(seen[best])
        counts -= seen[:, new].sum(axis=1)
        seen[:, new] = False
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

    What they cover is what the grid did not see, many small parts of which an outline meets a few: only these are cut.
    """
    shapely.prepare(rest)
    others = [int(place) for place in np.flatnonzero(shapely.intersects(rest, outlines)) if place not in taken]
    if not others or rest.area <= little:
        return [], rest
    together = shapely.union_all(outlines[others])
    missed = shapely.get_parts(only_surfaces(rest.intersection(together)))
    left = only_surfaces(rest.difference(together))
    chosen = _over_parts(missed, outlines, others, little - left.area)
    remains = missed[shapely.area(missed) > 0]
    return chosen, shapely.union_all([left, *remains]) if len(remains) else left


def _over_parts(
    parts: NDArray[np.object_], outlines: NDArray[np.object_], places: Sequence[int], little: float
) -> list[int]:
    """Cut outlines off `parts`, in place, until no more than `little` is left of them; return those that took any."""
    met, part_of = shapely.STRtree(parts).query(outlines[list(places)], predicate="intersects")
    shared = shapely.area(shapely.intersection(outlines[list(places)][met], parts[part_of]))
    shares = np.bincount(met, shared, len(places))
    sizes, chosen = shapely.area(parts), list[int]()
    for order in np.argsort(-shares, kind="stable"):
        near = part_of[met == order]
        near = near[sizes[near] > 0]
        if sizes.sum() <= little:
            break
        cut = shapely.difference(parts[near], outlines[places[order]])
        gone = float(sizes[near].sum() - shapely.area(cut).sum())
        if gone > 0:
            chosen.append(places[order])
            parts[near], sizes[near] = cut, shapely.area(cut)
    return chosen
