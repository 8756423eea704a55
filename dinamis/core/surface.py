# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas that add up: of polygons whose edges are straight in degrees, as maps draw them and PostGIS cuts them.

`geo.area_m2` takes edges for geodesics: right for one outline, but the parts of an area that was cut then no longer
add up to it, by up to 0.1 % where edges are a degree long.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from dinamis.core.geo import GEOD

Numbers = NDArray[np.float64]
SURFACES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def surface_m2(geometry: BaseGeometry) -> float:
    """Return the area of a polygonal geometry (longitude, latitude degrees) on WGS 84, in square metres.

    The integral of the authalic function over each edge (Snyder 1987, Map Projections, eq. 3-12), by Simpson's rule:
    right to 1e-9 for edges of a degree.
    """
    polygons = shapely.get_parts(geometry)
    rings, owners = shapely.get_rings(polygons, return_index=True)
    if not len(rings):
        return 0.0
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    along = ring_of[1:] == ring_of[:-1]
    longitude, latitude = points.T
    at_points, halfway = _authalic(latitude), _authalic((latitude[1:] + latitude[:-1]) / 2)
    mean = (at_points[1:] + 4 * halfway + at_points[:-1]) / 6
    strips = np.where(along, np.radians(np.diff(longitude)) * mean, 0)
    ring_areas = np.abs(np.bincount(ring_of[1:], strips, len(rings)))
    # The first ring of a polygon is its outline, the others are holes.
    outlines = np.concatenate(([True], owners[1:] != owners[:-1]))
    return float(GEOD.a**2 / 2 * np.where(outlines, ring_areas, -ring_areas).sum())


def only_surfaces(geometry: BaseGeometry) -> BaseGeometry:
    """Return the polygons of what an overlay left, which may also hold lines and points where outlines touch."""
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    parts: Any = shapely.get_parts(geometry)
    # A collection holds multi-polygons too.
    parts = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), SURFACES)])
    return MultiPolygon(list(parts))


def _authalic(latitude: Numbers) -> Numbers:
    """Twice the area between the equator and a latitude (degrees), per radian of longitude, for a radius of one."""
    flat, sine = np.sqrt(GEOD.es), np.sin(np.radians(latitude))
    found: Numbers = (1 - GEOD.es) * (sine / (1 - GEOD.es * sine**2) + np.arctanh(flat * sine) / flat)
    return found
