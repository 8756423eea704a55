# SPDX-License-Identifier: AGPL-3.0-or-later
"""GeoJSON geometries (RFC 7946) of many items at a time: checked, measured, and written as PostGIS reads them."""

import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import orjson
import shapely

from dinamis.catalogue.foreign.errors import Refused

SRID = 4326
# EWKB (PostGIS, doc/ZMgeoms.txt): little-endian, a polygon that names its SRID, one ring; the points of it follow.
_POLYGON = struct.Struct("<BIIII")
_ONE_RING = (1, 0x20000003, SRID, 1)


@dataclass(frozen=True, slots=True)
class Shape:
    """A sound geometry: its GeoJSON, its EWKB in two dimensions, its box (west, south, east, north) in degrees."""

    text: bytes
    ewkb: bytes
    box: list[float]


def read_shapes(geometries: Sequence[Mapping[str, Any]]) -> list[Shape | Refused]:
    """Return the shape of each geometry, or why it has none: it cannot be read, is invalid, or is not on the Earth."""
    texts = [_text(geometry) for geometry in geometries]
    rings = [_ring(geometry, text) for geometry, text in zip(geometries, texts, strict=True)]
    shapes = np.empty(len(texts), dtype=object)
    simple = np.array([ring is not None for ring in rings], dtype=bool)
    shapes[simple] = _polygons([ring for ring in rings if ring is not None])
    others = [text.decode() for text, ring in zip(texts, rings, strict=True) if ring is None]
    shapes[~simple] = shapely.from_geojson(others, on_invalid="ignore")
    boxes, valid = shapely.bounds(shapes), shapely.is_valid(shapes)
    with np.errstate(invalid="ignore"):
        on_earth = ((boxes >= (-180, -90, -180, -90)) & (boxes <= (180, 90, 180, 90))).all(axis=1)
    told = zip(texts, rings, shapes, boxes.round(7).tolist(), (valid & on_earth).tolist(), strict=True)
    return [
        Shape(text, _ewkb(ring, shape), box) if good else Refused("geometry", _fault(shape), "Mend it at its source")
        for text, ring, shape, box, good in told
    ]


def _text(geometry: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(geometry)
    except orjson.JSONEncodeError:
        # Collections in collections, hundreds deep.
        return b"null"


def _ring(geometry: Mapping[str, Any], text: bytes) -> "array[float] | None":
    """The numbers of a polygon that is one closed ring of pairs, as nearly all are; None of anything else."""
    rings = geometry.get("coordinates")
    if geometry["type"] != "Polygon" or not isinstance(rings, list) or len(rings) != 1:
        return None
    ring = rings[0]
    if not isinstance(ring, list) or len(ring) < 4 or ring[0] != ring[-1] or b"true" in text or b"false" in text:
        return None
    try:
        numbers = array("d", chain.from_iterable(ring))
        return numbers if set(map(len, ring)) == {2} else None
    except (TypeError, OverflowError):
        return None


def _polygons(rings: Sequence["array[float]"]) -> Any:
    """The geometries of rings, all at once."""
    if not rings:
        return []
    points = np.frombuffer(b"".join(rings)).reshape(-1, 2)
    indices = np.repeat(np.arange(len(rings)), [len(ring) // 2 for ring in rings])
    return shapely.polygons(shapely.linearrings(points, indices=indices))


def _ewkb(ring: "array[float] | None", shape: Any) -> bytes:
    if ring is None:
        written = shapely.to_wkb(shapely.set_srid(shapely.force_2d(shape), SRID), byte_order=1, include_srid=True)
        return bytes(written)
    return _POLYGON.pack(*_ONE_RING, len(ring) // 2) + ring.tobytes()


def _fault(geometry: Any) -> str:
    if geometry is None or geometry.is_empty:
        return "it cannot be read, or is empty"
    west, south, east, north = geometry.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        return "it lies outside the Earth"
    return str(shapely.is_valid_reason(geometry))
