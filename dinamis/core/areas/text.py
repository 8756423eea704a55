# SPDX-License-Identifier: AGPL-3.0-or-later
"""GeoJSON and WKT, as a file or pasted."""

import json
import re
from typing import Any

from django.utils.translation import gettext as _
from shapely import wkt
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.area import Area, each_fitted, fitted
from dinamis.core.areas.errors import invalid, unknown_kind
from dinamis.core.areas.size import check_size
from dinamis.core.areas.union import gathered, united
from dinamis.core.exceptions import Invalid

WGS84_NAMES = re.compile(r"CRS:?84|EPSG:+(?:[\d.]*:)?4326", re.IGNORECASE)
SRID = re.compile(r"^SRID=4326;\s*", re.IGNORECASE)


def read_area(text: str) -> Area:
    """Read a drawn or pasted area: GeoJSON (geometry, feature, collection) or WKT, RFC 7946 winding in the answer.

    Raises Invalid naming the reason and the repair.
    """
    stripped = text.strip()
    check_size(len(stripped.encode()))
    return fitted(united(_parts(stripped)))


def read_areas(text: str) -> list[Area]:
    """Read drawn or pasted areas apart: each feature of a collection, else each polygon.

    Raises Invalid as `read_area`; what is wrong with one of several says which.
    """
    stripped = text.strip()
    check_size(len(stripped.encode()))
    return each_fitted(_parts(stripped))


def _parts(text: str) -> list[BaseGeometry]:
    return _from_json(text) if text[0] in "{[" else [_from_wkt(text)]


def read_text_file(text: str) -> list[BaseGeometry]:
    """Return the geometries of a file of text, not yet fitted; what is exchanged or in another system is told."""
    if text.startswith("{"):
        _refuse_other_crs(text)
    elif not re.match(r"(SRID=4326;)?\s*(MULTI)?POLYGON", text, re.IGNORECASE):
        raise unknown_kind()
    plain = SRID.sub("", text)
    parts = _parts(plain)
    for part in parts:
        _tell_swapped(part)
    return parts


def _refuse_other_crs(text: str) -> None:
    """GeoJSON of before RFC 7946 may name another reference system."""
    try:
        document = json.loads(text)
        name = str(document.get("crs", {}).get("properties", {}).get("name", "")) if isinstance(document, dict) else ""
    except (ValueError, AttributeError, RecursionError):
        return
    if name and not WGS84_NAMES.search(name):
        raise invalid(
            "wrong_crs",
            _("The file is in “%(crs)s”; longitudes and latitudes (EPSG:4326) are expected.") % {"crs": name[:60]},
            _("Export it again in WGS 84 (EPSG:4326)."),
        )


def _tell_swapped(geometry: BaseGeometry) -> None:
    """An area out of range that fits the Earth the other way round is told so."""
    if geometry.is_empty:
        return
    west, south, east, north = geometry.bounds
    if (south < -90 or north > 90) and max(abs(west), abs(east)) <= 90 and max(abs(south), abs(north)) <= 180:
        raise invalid(
            "axes_swapped",
            _("The axes are exchanged: a latitude cannot be more than 90°."),
            _("Write longitude first, latitude second."),
        )


def _from_json(text: str) -> list[BaseGeometry]:
    try:
        document = json.loads(text, parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        raise invalid("not_json", _("The GeoJSON cannot be read."), _("Check that the file is complete.")) from error
    try:
        parts = [shape(geometry) for geometry in _geometries(document)]
    except Invalid:
        raise
    except (ShapelyError, TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise invalid("not_geojson", _("The GeoJSON has no readable geometry."), _("Expected a polygon.")) from error
    if not parts:
        raise invalid("empty", _("The area is empty."), _("Draw it on the map, or upload a file."))
    return gathered(parts)


def _not_a_number(word: str) -> None:
    raise invalid("not_finite", _("A coordinate is not a number."), _("Check the file."))


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
        raise invalid("not_a_surface", _("The area must be a polygon."), _("Points and lines have no surface."))
    try:
        return wkt.loads(text)
    except ShapelyError as error:
        raise invalid("not_wkt", _("The text is neither GeoJSON nor WKT."), _("Expected POLYGON((…)).")) from error
