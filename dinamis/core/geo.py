# SPDX-License-Identifier: AGPL-3.0-or-later
"""Geometry of users, checked and measured without GDAL. Everything is EPSG:4326, longitude first."""

from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.utils.translation import gettext as _
from pyproj import Geod
from shapely import force_2d, from_wkb, get_coordinates, get_num_coordinates, transform, unary_union
from shapely.affinity import translate
from shapely.geometry import MultiPolygon as ShapelyMultiPolygon
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.validation import explain_validity

from dinamis.core.exceptions import Invalid

GEOD = Geod(ellps="WGS84")
POINTER = "aoi"


def area_m2(geometry: BaseGeometry) -> int:
    """Return the geodesic area in whole square metres on WGS 84 (Karney 2013, through pyproj)."""
    return round(abs(GEOD.geometry_area_perimeter(geometry)[0]))


def checked_area(geometry: BaseGeometry, *, limit: int | None = None) -> BaseGeometry:
    """Check a polygonal geometry: size (`AOI_MAX_VERTICES` unless told), finite numbers, range, validity.

    Returns it flat, wound as RFC 7946 says. Raises Invalid naming the reason and the repair.
    """
    if geometry.is_empty:
        raise _invalid("empty", _("The area is empty."), _("Draw it on the map, or upload a file."))
    if geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        raise _invalid("not_a_surface", _("The area must be a polygon."), _("Points and lines have no surface."))
    most = settings.DINAMIS["AOI_MAX_VERTICES"] if limit is None else limit
    check_vertices(int(get_num_coordinates(geometry)), most)
    _check_range(geometry)
    if not geometry.is_valid:
        raise _invalid(
            "self_intersecting",
            _("The outline crosses itself: %(where)s.") % {"where": explain_validity(geometry)},
            _("Move the vertices so that the outline does not cross itself."),
        )
    if area_m2(geometry) < 1:
        raise _invalid("empty", _("The area has no surface."), _("Draw a larger area."))
    return _wound(geometry)


def check_vertices(count: int, limit: int) -> None:
    """Raise Invalid when an outline has more than `limit` vertices."""
    if count > limit:
        raise _invalid(
            "too_many_vertices",
            _("The area has more than %(limit)d vertices.") % {"limit": limit},
            _("Simplify the outline first."),
        )


def _check_range(geometry: BaseGeometry) -> None:
    # Bounds skip NaN, so every coordinate is looked at.
    if not np.isfinite(get_coordinates(geometry)).all():
        raise _invalid("not_finite", _("A coordinate is not a number."), _("Check the file."))
    west, south, east, north = geometry.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise _invalid(
            "out_of_range",
            _("A coordinate lies outside the Earth: longitude must be within ±180 and latitude within ±90."),
            _("Write longitude first, latitude second, in degrees (EPSG:4326)."),
        )


def _wound(geometry: BaseGeometry) -> BaseGeometry:
    flat = force_2d(geometry)
    if flat.geom_type == "Polygon":
        return orient(flat)
    return ShapelyMultiPolygon([orient(part) for part in flat.geoms])


def turned(geometry: BaseGeometry) -> BaseGeometry:
    """Return a geometry in longitudes from 0 to 360, as ST_ShiftLongitude of PostGIS: what crosses the antimeridian is
    in one piece then, and what crosses Greenwich is not."""
    return transform(geometry, lambda at: np.column_stack((np.where(at[:, 0] < 0, at[:, 0] + 360, at[:, 0]), at[:, 1])))


def is_one_outline(geometry: BaseGeometry) -> bool:
    """Tell whether an area is one outline on the globe: one polygon, or several that meet at the antimeridian, where
    RFC 7946 (3.1.9) cuts what crosses it."""
    parts = getattr(geometry, "geoms", [geometry])
    joined = unary_union([translate(part, 360) if part.bounds[0] == -180 else part for part in parts])
    return bool(joined.geom_type == "Polygon" and not joined.is_empty)


def to_multipolygon(geometry: BaseGeometry) -> MultiPolygon:
    """Return the GEOS MultiPolygon (SRID 4326) that the models store."""
    geos = GEOSGeometry(memoryview(geometry.wkb), srid=4326)
    return geos if isinstance(geos, MultiPolygon) else MultiPolygon(geos, srid=4326)


def to_shapely(geometry: GEOSGeometry) -> BaseGeometry:
    """Return the Shapely twin of a stored geometry."""
    return from_wkb(bytes(geometry.wkb))


def to_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """Return a plain GeoJSON geometry mapping."""
    return dict(mapping(geometry))


def _invalid(code: str, message: str, repair: str) -> Invalid:
    return Invalid(message, pointer=POINTER, repair=repair, code=code)
