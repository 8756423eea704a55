# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the vertices of a DIMAP extent to one well-formed GeoJSON footprint (RFC 7946)."""

from collections.abc import Sequence
from typing import Any

from shapely import LinearRing, LineString, Polygon
from shapely.ops import split

Point = tuple[float, float]
Ring = tuple[Point, ...]

# 7 decimals of a degree are 1 cm on the ground, finer than any georeferencing of the offer.
DECIMALS = 7


class RingError(ValueError):
    """Vertices that draw no footprint; the message says why."""


def footprint(vertices: Sequence[Point]) -> tuple[Ring, ...]:
    """Closed counter-clockwise outer rings in degrees (lon, lat), WGS 84: one, or two across the antimeridian.

    ``vertices`` is a ring in any winding, closed or not, starting anywhere, with repeated vertices:
    the same outline always gives the same rings, starting at the westernmost (then southernmost)
    vertex. A ring whose edge spans more than 180 degrees crosses the antimeridian and is cut there
    (RFC 7946 section 3.1.9). Raises RingError: fewer than three distinct vertices,
    self-crossing or self-touching (vertices on one line are), around a pole.
    """
    points = _distinct(vertices)
    if len(set(points)) < 3:
        raise RingError(f"only {len(set(points))} distinct vertices, a footprint needs three")
    points = _unwrapped(points)
    ring = LinearRing(points)
    if not ring.is_simple:
        # Vertices on one line too: such a ring comes back over itself.
        raise RingError("the outline crosses or touches itself")
    parts = [_canonical(part) for part in _split_at_antimeridian(Polygon(ring))]
    return tuple(sorted(parts, key=lambda part: part[0], reverse=len(parts) > 1))


def bbox(rings: Sequence[Ring]) -> list[float]:
    """[west, south, east, north] in degrees; west > east when the antimeridian is crossed (RFC 7946 section 5.2)."""
    south = min(lat for ring in rings for _, lat in ring)
    north = max(lat for ring in rings for _, lat in ring)
    if len(rings) == 1:
        longitudes = [lon for lon, _ in rings[0]]
        return [min(longitudes), south, max(longitudes), north]
    west = min(lon for ring in rings for lon, _ in ring if lon > 0)
    east = max(lon for ring in rings for lon, _ in ring if lon < 0)
    return [west, south, east, north]


def geometry(rings: Sequence[Ring]) -> dict[str, Any]:
    """The GeoJSON Polygon or MultiPolygon of the rings."""
    polygons = [[[list(point) for point in ring]] for ring in rings]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _rounded(point: Point) -> Point:
    # Adding 0.0 turns -0.0 into 0.0, which would print differently.
    return (round(point[0], DECIMALS) + 0.0, round(point[1], DECIMALS) + 0.0)


def _distinct(vertices: Sequence[Point]) -> list[Point]:
    """The ring open, without consecutive repeats."""
    points: list[Point] = []
    for point in map(_rounded, vertices):
        if not points or points[-1] != point:
            points.append(point)
    while len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return points


def _unwrapped(points: list[Point]) -> list[Point]:
    """Longitudes made continuous along the ring; its west end stays within [-180, 180)."""
    result = [points[0]]
    for lon, lat in points[1:]:
        previous = result[-1][0]
        result.append((round(lon - 360 * round((lon - previous) / 360), DECIMALS), lat))
    if abs(result[-1][0] - result[0][0]) > 180:
        raise RingError("the outline goes around a pole, which a footprint in longitude and latitude cannot draw")
    turns = (min(lon for lon, _ in result) + 180) // 360
    return [(round(lon - 360 * turns, DECIMALS), lat) for lon, lat in result]


def _split_at_antimeridian(polygon: Polygon) -> list[Polygon]:
    if polygon.bounds[2] <= 180:
        return [polygon]
    cut = split(polygon, LineString([(180, -91), (180, 91)]))
    parts = [part for part in cut.geoms if isinstance(part, Polygon)]
    return [_shifted(part) if part.representative_point().x > 180 else part for part in parts]


def _shifted(polygon: Polygon) -> Polygon:
    return Polygon([(lon - 360, lat) for lon, lat in polygon.exterior.coords])


def _canonical(polygon: Polygon) -> Ring:
    points = _distinct([(lon, lat) for lon, lat in polygon.exterior.coords])
    if not LinearRing(points).is_ccw:
        points.reverse()
    first = points.index(min(points))
    points = points[first:] + points[:first]
    return (*points, points[0])
