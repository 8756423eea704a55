# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file of an area, whatever its kind; its first bytes say more than its name."""

import io
import zipfile
from dataclasses import replace

from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.area import Area, each_fitted, fitted
from dinamis.core.areas.axes import with_checked_axes
from dinamis.core.areas.errors import unknown_kind
from dinamis.core.areas.geopackage import is_sqlite, read_geopackage
from dinamis.core.areas.markup import read_xml
from dinamis.core.areas.size import check_size
from dinamis.core.areas.text import read_text_file
from dinamis.core.areas.union import repaired, united
from dinamis.core.areas.zipped import read_zip


def read_area_file(data: bytes, *, axes_checked: bool = False, repair: bool = False) -> Area:
    """Read the area of a file: several polygons become their union, too many vertices are simplified.

    `axes_checked` says that a person confirmed the order of the axes of a GeoJSON or WKT. Raises Invalid (`pointer`
    "aoi") with a repair for everything else: unknown kind, too large, unsafe archive, no polygon, reference systems
    that cannot be converted, outlines that cross themselves. With `repair`, one outline that crosses itself becomes
    what it encloses (`repaired`), unless it does so too often.
    """
    check_size(len(data))
    parts, is_text = _parts(data)
    geometry = united(parts)
    sound = repaired(geometry) if repair else geometry
    area = replace(fitted(sound), repaired=sound is not geometry)
    if is_text and not axes_checked:
        with_checked_axes(area.geometry)
    return area


def read_areas_file(data: bytes) -> list[Area]:
    """Read the areas of a file apart, each feature its own. Raises Invalid as `read_area_file`; what is wrong with one
    of several says which."""
    check_size(len(data))
    parts, is_text = _parts(data)
    areas = each_fitted(parts)
    if is_text:
        for area in areas:
            with_checked_axes(area.geometry)
    return areas


def _parts(data: bytes) -> tuple[list[BaseGeometry], bool]:
    """The geometries, and whether people write its kind by hand and may exchange the axes."""
    if zipfile.is_zipfile(io.BytesIO(data)) or data.startswith(b"PK\x03\x04"):
        return read_zip(data), False
    if is_sqlite(data):
        return read_geopackage(data), False
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return read_xml(data), False
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        # XML may say its own encoding.
        if data.lstrip().startswith(b"<"):
            return read_xml(data), False
        raise unknown_kind() from error
    if text.startswith("<"):
        return read_xml(data), False
    return read_text_file(text), True
