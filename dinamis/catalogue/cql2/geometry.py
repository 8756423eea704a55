# SPDX-License-Identifier: AGPL-3.0-or-later
"""Geometries of requests: GeoJSON (RFC 7946) and boxes, checked before a database sees them."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from shapely import (
    box,
    get_coordinates,
    get_dimensions,
    get_num_coordinates,
    get_parts,
    is_valid_reason,
    make_valid,
    union_all,
)
from shapely.affinity import translate
from shapely.errors import ShapelyError
from shapely.geometry import GeometryCollection, MultiPolygon, shape
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.cql2.fragments import Kind, Sql
from dinamis.core.areas.union import cross_too_often
from dinamis.core.exceptions import Invalid

GEOMETRY = "ST_GeomFromWKB(%s, 4326)"
# Outlines are drawn on beyond the antimeridian, at most once around.
FURTHEST = 360
KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")


def read_geometry(document: Any, *, pointer: str, limit: int | None = None) -> BaseGeometry:
    """Return the geometry of a GeoJSON object, EPSG:4326. Raises Invalid naming the reason and the repair.

    `limit` is how many positions it may have, `AOI_MAX_VERTICES` unless told. A surface that crosses itself is
    repaired, as the clients that draw them expect; what is drawn on beyond 180 degrees is brought to where it lies. A
    collection comes back as one of points, lines and surfaces, as far as it has any.
    """
    try:
        parts = [shape(one) for one in _plain(document, pointer)]
        geometry = parts[0] if len(parts) == 1 else GeometryCollection(parts)
    except (ShapelyError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        reason = json.dumps(document)[:80]
        raise _invalid(
            _("The geometry cannot be read: %s") % reason, pointer, _("See RFC 7946, section 3.1.")
        ) from error
    return checked(geometry, pointer=pointer, limit=limit)


def _plain(document: Any, pointer: str) -> list[dict[str, Any]]:
    """The geometries of a document that are no collections: those may lie in each other deeper than one can follow."""
    found, waiting = [], [document]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict) or one.get("type") not in KINDS:
            raise _invalid(_("This is no GeoJSON geometry."), pointer, _("Expected one of: %s.") % ", ".join(KINDS))
        if one["type"] != "GeometryCollection":
            found.append(one)
        elif isinstance(members := one.get("geometries"), list):
            waiting += members
        else:
            raise _invalid(_("This is no GeoJSON geometry."), pointer, _("See RFC 7946, section 3.1."))
    return found


def checked(geometry: BaseGeometry, *, pointer: str, limit: int | None = None) -> BaseGeometry:
    """Return a geometry that is not empty, finite, on the Earth, and valid. Raises Invalid."""
    if geometry.is_empty:
        raise _invalid(_("The geometry is empty."), pointer, _("Give at least one position."))
    limit = limit or settings.DINAMIS["AOI_MAX_VERTICES"]
    if int(get_num_coordinates(geometry)) > limit:
        raise _invalid(_("The geometry has more than %d positions.") % limit, pointer, _("Simplify the outline first."))
    if not np.isfinite(get_coordinates(geometry)).all():
        raise _invalid(_("A coordinate is not a number."), pointer, _("Check where it comes from."))
    west, south, east, north = geometry.bounds
    if west < -FURTHEST or east > FURTHEST or east - west > 360 or south < -90 or north > 90:
        raise _invalid(_("A coordinate lies outside the Earth."), pointer, _("Write longitude first, in degrees."))
    if is_valid_reason(geometry) != "Valid Geometry":
        if cross_too_often([geometry]):
            raise _invalid(_("The outlines cross each other too often."), pointer, _("Draw one outline around them."))
        geometry = make_valid(geometry)
    if west < -180 or east > 180:
        geometry = _brought_home(geometry)
    return _by_dimension(geometry) if geometry.geom_type == "GeometryCollection" else geometry


def _brought_home(geometry: BaseGeometry) -> BaseGeometry:
    """The same on longitudes within 180 degrees: cut at the antimeridian, each part where it lies (RFC 7946, 3.1.9)."""
    turns = ((turn, geometry.intersection(box(turn - 180, -90, turn + 180, 90))) for turn in (-360, 0, 360))
    parts = [translate(part, -turn) for turn, part in turns if not part.is_empty]
    return parts[0] if len(parts) == 1 else GeometryCollection(parts)


def _by_dimension(geometry: BaseGeometry) -> BaseGeometry:
    """The points, the lines and the surfaces of a collection, each as one geometry: indexes and plans know these."""
    parts = get_parts(geometry)
    while "GeometryCollection" in {part.geom_type for part in parts}:
        parts = get_parts(parts)
    found = [union_all(parts[get_dimensions(parts) == dimension]) for dimension in range(3)]
    kept = [one for one in found if not one.is_empty]
    return kept[0] if len(kept) == 1 else GeometryCollection(kept)


def read_bbox(values: Sequence[Any], *, pointer: str) -> BaseGeometry:
    """Return the area of a box of 4 or 6 numbers; west beyond east crosses the antimeridian (RFC 7946, 5.2)."""
    if len(values) not in {4, 6}:
        raise _invalid(_("A bbox has 4 or 6 numbers."), pointer, _("Write west,south,east,north in degrees."))
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError) as error:
        raise _invalid(_("A bbox holds numbers only."), pointer, _("Write west,south,east,north.")) from error
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if not np.isfinite(numbers).all() or max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise _invalid(_("The bbox lies outside the Earth."), pointer, _("Longitude within ±180, latitude within ±90."))
    if south > north:
        raise _invalid(_("The south of the bbox lies north of its north."), pointer, _("Write west,south,east,north."))
    if west > east:
        return MultiPolygon([box(west, south, 180, north), box(-180, south, east, north)])
    return box(west, south, east, north)


def as_sql(geometry: BaseGeometry) -> Sql:
    """Return the geometry as a parameter, read once and not for each row."""
    return Sql(f"(SELECT {GEOMETRY})", Kind.GEOMETRY, (bytes(geometry.wkb),))


def _invalid(reason: str, pointer: str, repair: str) -> Invalid:
    return Invalid(reason, pointer=pointer, repair=repair, code="geometry")
