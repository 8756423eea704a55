# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is left to buy, made into outlines that a provider takes: one polygon each, without holes, of few vertices and
of its minimum area at least. Pure geometry; everything that is added or lost on the way is told in m2."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from dinamis.core.areas import simplified_to
from dinamis.core.areas.area import METRES_PER_DEGREE
from dinamis.core.surface import only_surfaces, surface_m2

# The search for the width of a buffer ends this near to the minimum, from above, or when it knows it to ten
# centimetres: what is added is paid for.
NEAR_ENOUGH, WIDTH_M = 1.0002, 0.1
# Outlines that share less than this part of their area only touch.
TOUCHING = 1e-6
# With how many of its neighbours a small part is tried together.
NEIGHBOURS = 5
GLOBE = box(-180, -90, 180, 90)
MITRE = {"join_style": "mitre", "mitre_limit": 2.0}


class StepKind(StrEnum):
    """What was done to an outline, in the order in which it is done."""

    REPAIRED = "repaired"
    SLIVERS_DROPPED = "slivers_dropped"
    HOLES_FILLED = "holes_filled"
    HOLES_CUT = "holes_cut"
    SIMPLIFIED = "simplified"
    SPLIT = "split"
    JOINED = "joined"
    GROWN = "grown"


@dataclass(frozen=True)
class Limits:
    """What a provider takes, and what is worth an order: areas in m2, widths in metres, shares in percent."""

    minimum_m2: float
    most_vertices: int = 999
    sliver_m: float = 100
    hole_m2: float = 1e6
    moved_percent: float = 1


@dataclass(frozen=True)
class Step:
    """One thing that was done: to how many outlines, and the m2 it added, lost or moved."""

    kind: StepKind
    number: int
    area_m2: float = 0.0


@dataclass(frozen=True)
class Prepared:
    """Outlines to order. `added_m2` and `lost_m2` compare them, as a whole, with what was asked."""

    outlines: tuple[Polygon, ...]
    asked_m2: float
    added_m2: float
    lost_m2: float
    steps: tuple[Step, ...]

    @property
    def area_m2(self) -> float:
        """The sum of the outlines: what is billed."""
        return sum(surface_m2(one) for one in self.outlines)


def prepared(asked: BaseGeometry, limits: Limits, *, cut: bool = True) -> Prepared:
    """Make an area (longitude, latitude degrees) into outlines that a provider takes.

    `cut` tells that something was taken away from it: only then are there slivers. Nothing is left of an empty area.
    """
    whole, repaired = _repaired(asked)
    steps = [repaired]
    outlines = [part for part in shapely.get_parts(whole) if part.area]
    for act in (_without_slivers if cut else _as_they_are, _without_holes, _joined, _grown, _apart, _short):
        outlines, told = act(outlines, limits)
        steps += told
    together = shapely.union_all(outlines)
    return Prepared(
        tuple(outlines),
        asked_m2=surface_m2(whole),
        added_m2=surface_m2(only_surfaces(together.difference(whole))),
        lost_m2=surface_m2(only_surfaces(whole.difference(together))),
        steps=tuple(step for step in steps if step.number),
    )


Outlines = list[Polygon]
Told = tuple[Outlines, list[Step]]
# An outline behind its area in m2.
Sized = tuple[float, Polygon]


def _repaired(asked: BaseGeometry) -> tuple[BaseGeometry, Step]:
    if asked.is_valid:
        return only_surfaces(asked), Step(StepKind.REPAIRED, 0)
    return only_surfaces(shapely.make_valid(asked)), Step(StepKind.REPAIRED, 1)


def _as_they_are(outlines: Outlines, limits: Limits) -> Told:
    return outlines, []


def without_slivers(area: BaseGeometry, sliver_m: float) -> BaseGeometry:
    """Return an area without the parts that are nowhere wider than `sliver_m` metres."""
    return MultiPolygon([one for one in shapely.get_parts(area) if not _is_sliver(one, sliver_m)])


def _is_sliver(outline: Polygon, sliver_m: float) -> bool:
    """Tell whether an outline vanishes when half the width of a sliver is taken off each side."""
    return bool(outline.is_empty or _in_metres(outline).buffer(-sliver_m / 2).is_empty)


def _without_slivers(outlines: Outlines, limits: Limits) -> Told:
    kept: Outlines = []
    dropped: Outlines = []
    for one in outlines:
        (dropped if _is_sliver(one, limits.sliver_m) else kept).append(one)
    return kept, [Step(StepKind.SLIVERS_DROPPED, len(dropped), sum(map(surface_m2, dropped)))]


def _without_holes(outlines: Outlines, limits: Limits) -> Told:
    """Fill the small holes; cut the outline through the others."""
    filled_m2, filled, cut, found = 0.0, 0, 0, []
    for one in outlines:
        small = [hole for hole in one.interiors if surface_m2(Polygon(hole)) <= limits.hole_m2]
        large = [hole for hole in one.interiors if hole not in small]
        filled, filled_m2 = filled + len(small), filled_m2 + sum(surface_m2(Polygon(hole)) for hole in small)
        cut += len(large)
        found += _cut_through(Polygon(one.exterior, large))
    return found, [Step(StepKind.HOLES_FILLED, filled, filled_m2), Step(StepKind.HOLES_CUT, cut)]


def _cut_through(outline: Polygon) -> Outlines:
    """Cut a polygon through its first hole, across its longer side, until no part has a hole."""
    if not outline.interiors:
        return [outline]
    middle = outline.interiors[0].centroid
    return [part for half in _halves(outline, middle.x, middle.y) for part in _cut_through(half)]


def _halves(outline: Polygon, x: float, y: float) -> Outlines:
    west, south, east, north = outline.bounds
    if east - west > north - south:
        line = LineString([(x, south - 1), (x, north + 1)])
    else:
        line = LineString([(west - 1, y), (east + 1, y)])
    return [part for part in split(outline, line).geoms if part.geom_type == "Polygon" and part.area]


def _joined(outlines: Outlines, limits: Limits) -> Told:
    """Put a part below the minimum together with a neighbour where one outline around both is less to buy than two."""
    waiting, done, joined = sorted(map(_sized, outlines), key=_size, reverse=True), list[Sized](), 0
    while waiting:
        least = waiting.pop()
        around = _best_around(least, [*waiting, *done], limits) if _size(least) < limits.minimum_m2 else None
        if around is None:
            done.append(least)
            continue
        partner, hull = around
        waiting, done = [one for one in waiting if one is not partner], [one for one in done if one is not partner]
        waiting = sorted([*waiting, hull], key=_size, reverse=True)
        joined += 1
    return [outline for _m2, outline in done], [Step(StepKind.JOINED, joined)]


def _sized(outline: Polygon) -> Sized:
    return surface_m2(outline), outline


def _size(sized: Sized) -> float:
    return sized[0]


def _best_around(least: Sized, others: list[Sized], limits: Limits) -> tuple[Sized, Sized] | None:
    """The neighbour and the outline around both, of those that do not make more to buy."""
    near = sorted(others, key=lambda other: least[1].distance(other[1]))[:NEIGHBOURS]
    tried = [(other, _sized(shapely.union(least[1], other[1]).convex_hull)) for other in near]
    bought = [(_bought(hull, limits) - _bought(other, limits), other, hull) for other, hull in tried]
    best = min(bought, key=lambda one: one[0], default=None)
    if best is None or best[0] > _bought(least, limits):
        return None
    return best[1], best[2]


def _bought(sized: Sized, limits: Limits) -> float:
    return max(_size(sized), limits.minimum_m2)


def _grown(outlines: Outlines, limits: Limits) -> Told:
    """Widen what is below the minimum on all sides until it is not."""
    small = [one for one in outlines if surface_m2(one) < limits.minimum_m2]
    large = [one for one in outlines if surface_m2(one) >= limits.minimum_m2]
    widened = [_widened(one, limits.minimum_m2) for one in small]
    added = sum(map(surface_m2, widened)) - sum(map(surface_m2, small))
    return [*large, *widened], [Step(StepKind.GROWN, len(small), added)]


def _widened(outline: Polygon, minimum_m2: float) -> Polygon:
    """The outline at the distance at which it reaches the minimum, or is next above it where bays close at once; at the
    antimeridian it grows away from it.

    Newton's method between two bounds: as a mitred outline moves out, its area grows by its length. The first guess is
    right for a rectangle, of which the area is that of before, its length times the distance, and four corners.
    """
    flat, centre = _in_metres(outline), outline.centroid
    low, high, aim = 0.0, math.sqrt(minimum_m2), (1 + NEAR_ENOUGH) / 2 * minimum_m2
    distance = (math.sqrt(flat.length**2 + 16 * (aim - surface_m2(outline))) - flat.length) / 8
    while high - low > WIDTH_M:
        wider = Polygon(flat.buffer(distance, **MITRE).exterior)
        found = _on_globe(_in_degrees(wider, centre))
        size = surface_m2(found)
        if minimum_m2 <= size <= NEAR_ENOUGH * minimum_m2:
            return found
        low, high = (distance, high) if size < minimum_m2 else (low, distance)
        distance += (aim - size) / wider.length
        if not low < distance < high:
            distance = (low + high) / 2
    return _on_globe(_in_degrees(Polygon(flat.buffer(high, **MITRE).exterior), centre))


def _on_globe(outline: Polygon) -> Polygon:
    return outline if GLOBE.covers(outline) else _outline(outline.intersection(GLOBE))


def _apart(outlines: Outlines, limits: Limits) -> Told:
    """Make one of two that have come to overlap, so that no place is bought twice; those that only touch stay."""
    found, joined = list(outlines), 0
    while (pair := _overlapping(found)) is not None:
        first, second = pair
        around = _around(shapely.union(found[first], found[second]), limits)
        found = [one for place, one in enumerate(found) if place not in pair] + around
        joined += 1
    return found, [Step(StepKind.JOINED, joined)]


def _around(outline: Polygon, limits: Limits) -> Outlines:
    """A polygon that two outlines make: large holes between them are not bought, unless a part would be too small."""
    parts, _told = _without_holes([outline], limits)
    return [Polygon(outline.exterior)] if _too_small(parts, limits) else parts


def _overlapping(outlines: Outlines) -> tuple[int, int] | None:
    left, right = shapely.STRtree(outlines).query(np.array(outlines, dtype=object), predicate="intersects")
    for first, second in zip(left.tolist(), right.tolist(), strict=True):
        if first < second and outlines[first].intersection(outlines[second]).area > TOUCHING * outlines[first].area:
            return first, second
    return None


def _short(outlines: Outlines, limits: Limits) -> Told:
    """Bring every outline within the vertices a provider reads: simplified where that moves little, else divided."""
    found: Outlines = []
    moved, simplified, divided = 0.0, 0, 0
    for one in outlines:
        if int(shapely.get_num_coordinates(one)) <= limits.most_vertices:
            found.append(one)
            continue
        shorter = simplified_to(one, limits.most_vertices)
        parts = _divided(one, limits)
        facts = shorter.simplified
        if facts is not None and (facts.share <= limits.moved_percent or _too_small(parts, limits)):
            found.append(_outline(shorter.geometry))
            moved, simplified = moved + facts.moved_m2, simplified + 1
        else:
            found += parts
            divided += 1
    return found, [Step(StepKind.SIMPLIFIED, simplified, moved), Step(StepKind.SPLIT, divided)]


def _divided(outline: Polygon, limits: Limits) -> Outlines:
    """Cut an outline in halves, across its longer side, until each has few vertices."""
    if int(shapely.get_num_coordinates(outline)) <= limits.most_vertices:
        return [outline]
    west, south, east, north = outline.bounds
    halves = _halves(outline, (west + east) / 2, (south + north) / 2)
    return [part for half in halves for part in _divided(half, limits)]


def _too_small(parts: Sequence[Polygon], limits: Limits) -> bool:
    return any(surface_m2(part) < limits.minimum_m2 for part in parts)


def _outline(geometry: BaseGeometry) -> Polygon:
    """The largest polygon of a simplified outline: it is one, unless a thin neck was lost."""
    largest: Polygon = max(shapely.get_parts(geometry), key=lambda part: part.area)
    return Polygon(largest.exterior)


def _in_metres(outline: Polygon) -> BaseGeometry:
    """A small outline around its own centre, in metres, near enough for distances."""
    centre = outline.centroid
    moved = affinity.translate(outline, -centre.x, -centre.y)
    return affinity.scale(moved, _per_degree(centre.y), METRES_PER_DEGREE, origin=(0, 0))


def _in_degrees(outline: Polygon, centre: BaseGeometry) -> Polygon:
    x, y = shapely.get_coordinates(centre)[0]
    scaled = affinity.scale(outline, 1 / _per_degree(y), 1 / METRES_PER_DEGREE, origin=(0, 0))
    moved: Polygon = affinity.translate(scaled, x, y)
    return moved


def _per_degree(latitude: float) -> float:
    return METRES_PER_DEGREE * max(math.cos(math.radians(latitude)), 0.01)
