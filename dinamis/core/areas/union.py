# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several polygons made one area, in a time that whoever sends them cannot choose."""

from collections.abc import Iterable, Sequence

import numpy as np
from django.utils.translation import gettext as _
from shapely import (
    STRtree,
    get_coordinates,
    get_num_coordinates,
    get_parts,
    get_rings,
    get_type_id,
    is_valid,
    linestrings,
    make_valid,
    union_all,
)
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.area import check_count
from dinamis.core.areas.errors import bad_ring, invalid, no_polygon
from dinamis.core.geo import checked_area
from dinamis.core.surface import only_surfaces

# Each segment meets itself and its neighbours, and those of the outlines that share its border: so many are usual.
USUAL_MEETINGS = 8
MORE_MEETINGS = 100_000
AT_ONCE = 32
# Types of Shapely beyond it are made of parts.
LAST_SIMPLE_TYPE = 3
# Polygon and MultiPolygon.
SURFACES = (3, 6)


def gathered(polygons: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Return the polygons a file holds, counted while they are read. Raises Invalid: none, too many vertices."""
    parts: list[BaseGeometry] = []
    vertices = 0
    try:
        for polygon in polygons:
            vertices += int(get_num_coordinates(polygon))
            check_count(vertices)
            parts.append(polygon)
    except (ShapelyError, ValueError) as error:
        raise bad_ring() from error
    if not parts:
        raise no_polygon()
    return parts


def united(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return the union of polygons, each of them sound. Raises Invalid."""
    if len(parts) == 1:
        return parts[0]
    vertices = int(get_num_coordinates(parts).sum())
    # All at once: there may be ten thousands of parcels. The first that is not sound says why.
    for index in np.flatnonzero(~is_valid(parts) | ~np.isin(get_type_id(parts), SURFACES)):
        checked_area(parts[int(index)], limit=vertices)
    if cross_too_often(parts):
        raise invalid(
            "too_many_crossings",
            _("The outlines cross each other too often."),
            _("Merge the polygons in your mapping software, or draw one outline around them."),
        )
    return union_all(parts)


def repaired(geometry: BaseGeometry) -> BaseGeometry:
    """Return what an outline that crosses itself encloses; the same geometry where nothing can or need be repaired."""
    if geometry.geom_type not in {"Polygon", "MultiPolygon"} or not np.isfinite(get_coordinates(geometry)).all():
        return geometry
    check_count(int(get_num_coordinates(geometry)))
    if geometry.is_valid or cross_too_often([geometry]):
        return geometry
    found = only_surfaces(make_valid(geometry))
    return geometry if found.is_empty else found


def cross_too_often(geometries: Iterable[BaseGeometry]) -> bool:
    """Whether outlines cross so often that no union or repair of them could be made in a time worth waiting for.

    Two combs of some thousand teeth laid across each other have millions of crossings. The boxes of segments are
    compared, a few segments at a time, and the comparison ends as soon as there are too many.
    """
    parts = np.asarray(list(geometries))
    while (get_type_id(parts) > LAST_SIMPLE_TYPE).any():
        parts = get_parts(parts)
    points, ring = get_coordinates(get_rings(parts), return_index=True)
    same = ring[:-1] == ring[1:]
    segments = linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1))
    most = USUAL_MEETINGS * len(segments) + MORE_MEETINGS
    tree, met = STRtree(segments), 0
    for start in range(0, len(segments), AT_ONCE):
        met += tree.query(segments[start : start + AT_ONCE]).shape[1]
        if met > most:
            return True
    return False
