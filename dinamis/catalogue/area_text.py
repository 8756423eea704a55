# SPDX-License-Identifier: AGPL-3.0-or-later
"""An area short enough for the address of a page."""

from shapely import get_num_coordinates, make_valid, set_precision
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

# Some 20 characters each once escaped; an address of 4,094 characters is all that the web server reads.
MAX_VERTICES = 120
DECIMALS = 5


def short_wkt(geometry: BaseGeometry) -> tuple[str, bool]:
    """Return the area as WKT of at most 120 vertices (1 m grid), and whether its outline had to be simplified."""
    rounded = set_precision(geometry, 10**-DECIMALS)
    tolerance = 2 * 10.0**-DECIMALS
    short = rounded
    while int(get_num_coordinates(short)) > MAX_VERTICES:
        short = _polygonal(make_valid(rounded.simplify(tolerance)))
        if short.is_empty:
            short = geometry.envelope
        tolerance *= 2
    return _wkt(short), short is not rounded


def _polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, the largest forty of them."""
    parts = [part for part in getattr(geometry, "geoms", [geometry]) if isinstance(part, Polygon | MultiPolygon)]
    polygons = [polygon for part in parts for polygon in getattr(part, "geoms", [part])]
    largest = sorted(polygons, key=lambda polygon: polygon.area, reverse=True)[:24]
    return largest[0] if len(largest) == 1 else MultiPolygon(largest)


def _wkt(geometry: BaseGeometry) -> str:
    from shapely import to_wkt

    return str(to_wkt(geometry, rounding_precision=DECIMALS, trim=True)).replace(", ", ",").replace("N (", "N(")
