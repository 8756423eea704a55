# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polygons of a Shapefile, its parts already unpacked."""

import io
import struct
from typing import Any

import shapefile
from django.utils.translation import gettext as _
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.area import check_count
from dinamis.core.areas.errors import invalid, no_polygon
from dinamis.core.areas.reference import turner
from dinamis.core.areas.union import gathered

PARTS = (".shp", ".shx", ".prj")
POLYGONS = {shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM}


def read_shapefile(parts: dict[str, bytes]) -> list[BaseGeometry]:
    """Return the shapes of the layer whose `parts` are given by suffix. Raises Invalid."""
    if ".prj" not in parts:
        raise invalid(
            "no_prj",
            _("The Shapefile has no .prj: its reference system is unknown."),
            _("Add the .prj file to the archive, or export in WGS 84 (EPSG:4326)."),
        )
    shapes = _records(parts)
    check_count(sum(len(record.points) for record in shapes))
    turn = turner(parts[".prj"].decode("utf-8", "replace"))
    return gathered(turn(shape(record.__geo_interface__)) for record in shapes if record.points)


def _records(parts: dict[str, bytes]) -> list[Any]:
    streams = {part[1:]: io.BytesIO(parts[part]) for part in (".shp", ".shx") if part in parts}
    try:
        with shapefile.Reader(**streams) as reader:
            kind, records = reader.shapeType, list(reader.iterShapes())
    except (shapefile.ShapefileException, struct.error, ValueError, IndexError, OSError, MemoryError) as error:
        # The reader trusts lengths that a damaged file announces.
        raise invalid("not_shapefile", _("The Shapefile cannot be read."), _("Export it again.")) from error
    if kind not in POLYGONS:
        raise no_polygon()
    return records
