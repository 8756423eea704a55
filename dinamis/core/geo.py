# SPDX-License-Identifier: AGPL-3.0-or-later
"""Geometry of users, parsed and measured without GDAL. Everything is EPSG:4326, longitude first."""

import json
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.utils.translation import gettext as _
from pyproj import Geod
from shapely import force_2d, from_wkb, get_coordinates, get_num_coordinates, union_all, wkt
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon as ShapelyMultiPolygon
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.validation import explain_validity

from dinamis.core.exceptions import Invalid

GEOD = Geod(ellps="WGS84")
POINTER = "aoi"


def area_m2(geometry: BaseGeometry) -> int:
    """Return the geodesic area in whole square metres on WGS 84 (Karney 2013, through pyproj)."""
    return round(abs(GEOD.geometry_area_perimeter(geometry)[0]))


def parse_area(text: str) -> BaseGeometry:
    """Read a drawn or pasted area: GeoJSON (geometry, feature, collection) or WKT.

    Returns a valid Polygon or MultiPolygon in longitude, latitude degrees, RFC 7946 winding. Raises Invalid naming the
    reason and the repair.
    """
    if len(text.encode()) > settings.DINAMIS["AOI_MAX_BYTES"]:
        raise _invalid("too_large", _("The area is larger than this page accepts."), _("Simplify the outline first."))
    stripped = text.strip()
    if not stripped:
        raise _invalid("empty", _("The area is empty."), _("Draw it on the map, or upload a file."))
    return checked_area(_from_json(stripped) if stripped[0] in "{[" else _from_wkt(stripped))


def checked_area(geometry: BaseGeometry) -> BaseGeometry:
    """Check a polygonal geometry: size, finite numbers, range, validity. Raises Invalid."""
    if geometry.is_empty:
        raise _invalid("empty", _("The area is empty."), _("Draw it on the map, or upload a file."))
    if geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        raise _invalid("not_a_surface", _("The area must be a polygon."), _("Points and lines have no surface."))
    limit = settings.DINAMIS["AOI_MAX_VERTICES"]
    if _vertex_count(geometry) > limit:
        raise _invalid(
            "too_many_vertices",
            _("The area has more than %(limit)d vertices.") % {"limit": limit},
            _("Simplify the outline first."),
        )
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


def _from_json(text: str) -> BaseGeometry:
    try:
        document = json.loads(text, parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        raise _invalid("not_json", _("The GeoJSON cannot be read."), _("Check that the file is complete.")) from error
    try:
        parts = [shape(geometry) for geometry in _geometries(document)]
    except (ShapelyError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise _invalid("not_geojson", _("The GeoJSON has no readable geometry."), _("Expected a polygon.")) from error
    if not parts:
        raise _invalid("empty", _("The area is empty."), _("Draw it on the map, or upload a file."))
    if len(parts) == 1:
        return parts[0]
    for part in parts:
        checked_area(part)
    return union_all(parts)


def _not_a_number(word: str) -> None:
    raise _invalid("not_finite", _("A coordinate is not a number."), _("Check the file."))


def _geometries(document: Any) -> list[Any]:
    if not isinstance(document, dict):
        raise TypeError("a GeoJSON object was expected")
    kind = document.get("type")
    if kind == "FeatureCollection":
        return [feature["geometry"] for feature in document["features"] if feature.get("geometry")]
    if kind == "Feature":
        return [document["geometry"]] if document.get("geometry") else []
    if kind == "GeometryCollection":
        return list(document["geometries"])
    return [document]


def _from_wkt(text: str) -> BaseGeometry:
    # The library follows nested collections as deep as the text says, which ends the process.
    if text[:200].lstrip().upper().startswith("GEOMETRYCOLLECTION"):
        raise _invalid("not_a_surface", _("The area must be a polygon."), _("Points and lines have no surface."))
    try:
        return wkt.loads(text)
    except ShapelyError as error:
        raise _invalid("not_wkt", _("The text is neither GeoJSON nor WKT."), _("Expected POLYGON((…)).")) from error


def _vertex_count(geometry: BaseGeometry) -> int:
    return int(get_num_coordinates(geometry))


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
