# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polygons of well-known binary (ISO 13249-3, as OGC 12-128r18 wants it), read here and not by the library.

The library follows nested collections as deep as the bytes say, which ends the process. Here a part of a MultiPolygon
is a polygon or the reading ends, and nothing is allocated for what is announced and not there.
"""

import struct
from collections.abc import Iterator

import numpy as np
from shapely.geometry import Polygon

POLYGON, MULTIPOLYGON = 3, 6
CURVED = {10, 12}
HEAD = 9


class Damaged(ValueError):
    """The bytes are not what they announce."""


class Curved(ValueError):
    """The outline has arcs."""


def read_polygons(data: bytes, at: int = 0) -> Iterator[Polygon]:
    """Yield the polygons of one geometry that begins at byte `at`; none when it is of another kind.

    Z and M are left out. Raises Damaged, Curved, and ValueError or ShapelyError for a ring that is none.
    """
    kind, count, order, dimensions = _head(data, at)
    if kind in CURVED:
        raise Curved
    if kind == POLYGON:
        polygon, _end = _polygon(data, at + HEAD, count, order, dimensions)
        if polygon is not None:
            yield polygon
    elif kind == MULTIPOLYGON:
        at += HEAD
        for _part in range(count):
            inner, rings, order, dimensions = _head(data, at)
            if inner != POLYGON:
                raise Damaged
            polygon, at = _polygon(data, at + HEAD, rings, order, dimensions)
            if polygon is not None:
                yield polygon


def _head(data: bytes, at: int) -> tuple[int, int, str, int]:
    """Return kind, number of what follows, byte order and dimensions."""
    if len(data) < at + HEAD or data[at] not in {0, 1}:
        raise Damaged
    order = "<>"[data[at] == 0]
    code, count = struct.unpack_from(f"{order}II", data, at + 1)
    extra, kind = divmod(code, 1000)
    if extra > 3:
        raise Damaged
    return kind, count, order, (2, 3, 3, 4)[extra]


def _polygon(data: bytes, at: int, rings: int, order: str, dimensions: int) -> tuple[Polygon | None, int]:
    """Return the polygon, None when it is empty, and where the next thing begins."""
    found = []
    for _ring in range(rings):
        if len(data) < at + 4:
            raise Damaged
        (points,) = struct.unpack_from(f"{order}I", data, at)
        at += 4
        if len(data) < at + points * dimensions * 8:
            raise Damaged
        numbers = np.frombuffer(data, dtype=f"{order}f8", count=points * dimensions, offset=at)
        found.append(np.ascontiguousarray(numbers.reshape(points, dimensions)[:, :2], dtype=np.float64))
        at += points * dimensions * 8
    return (Polygon(found[0], found[1:]) if found else None), at
