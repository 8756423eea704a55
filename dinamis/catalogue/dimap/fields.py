# SPDX-License-Identifier: AGPL-3.0-or-later
"""Readings that DIMAP V1 and V2 share."""

import math
import posixpath
import re
from datetime import datetime

from dinamis.catalogue.dimap import families
from dinamis.catalogue.dimap.footprint import Point, Ring, RingError, footprint
from dinamis.catalogue.dimap.model import Corner, Source
from dinamis.catalogue.dimap.times import read_moment, read_stamp
from dinamis.catalogue.dimap.xml import Node, shorten

METRES_PER_DEGREE = 111_319.49  # at the equator of WGS 84
_EPSG = re.compile(r"EPSG:(?:[0-9.]*:)?([0-9]{4,6})", re.IGNORECASE)
_ASK = "Ask the supplier for a corrected document"


def read_rings(extent: Node, lon: str, lat: str) -> tuple[Ring, ...]:
    """The footprint of the ``Vertex`` children of ``extent``. Raises DimapError (``bad_ring`` and number codes)."""
    vertices = [_point(vertex, lon, lat) for vertex in extent.children("Vertex")]
    center = extent.child("Center")
    # Some documents end a bounding box with its own centre as one more vertex.
    if center is not None and len(vertices) > 3 and vertices[-1] == _point(center, lon, lat):
        vertices.pop()
    try:
        return footprint(vertices)
    except RingError as error:
        raise extent.error(str(error), _ASK, "bad_ring", "Vertex") from error


def read_corners(extent: Node, prefix: str = "") -> tuple[Corner, ...]:
    """The vertices that say their pixel (``COL`` and ``ROW``, or ``FRAME_COL`` and ``FRAME_ROW`` in V1)."""
    corners: list[Corner] = []
    for vertex in extent.children("Vertex"):
        column, row = vertex.number(f"{prefix}COL"), vertex.number(f"{prefix}ROW")
        lon, lat = _point(vertex, f"{prefix}LON", f"{prefix}LAT")
        if column is not None and row is not None:
            corners.append(Corner(lon=lon, lat=lat, column=column, row=row))
    return tuple(corners)


def _point(vertex: Node, lon: str, lat: str) -> Point:
    return vertex.required_number(lon, -180, 180), vertex.required_number(lat, -90, 90)


def read_source(strip: Node, identifier: str | None) -> Source:
    """A Strip_Source or Scene_Source. The time comes from here: file names carry another one.

    Raises DimapError (``missing``, ``bad_date``).
    """
    return Source(
        identifier=identifier,
        mission=_required_text(strip, "MISSION"),
        mission_index=_required_text(strip, "MISSION_INDEX"),
        instrument=strip.text("INSTRUMENT"),
        acquired=_acquired(strip),
        band_mode=strip.first_text("BAND_MODE", "SENSOR_CODE"),
    )


def _acquired(strip: Node) -> datetime:
    date, time = _required_text(strip, "IMAGING_DATE"), _required_text(strip, "IMAGING_TIME")
    try:
        return read_moment(date, time)
    except ValueError as error:
        reason = f"{shorten(f'{date} {time}')} {_reason(error)}"
        raise strip.error(reason, _ASK, "bad_date", "IMAGING_DATE") from error


def read_date(node: Node, path: str) -> datetime | None:
    """The UTC moment at ``path``; None when absent. Raises DimapError (``bad_date``)."""
    text = node.text(path)
    if text is None:
        return None
    try:
        return read_stamp(text)
    except ValueError as error:
        raise node.error(f"{shorten(text)} {_reason(error)}", _ASK, "bad_date", path) from error


def _reason(error: ValueError) -> str:
    text = str(error)
    return text if text.startswith("is ") else f"is an impossible date ({text})"


def _required_text(node: Node, path: str) -> str:
    value = node.text(path)
    if value is None:
        raise node.error("the element is missing or empty", _ASK, "missing", path)
    return value


def read_satellite(strip: Node, source: Source) -> families.Satellite:
    """The satellite of a source. Raises DimapError (``out_of_range``) for one that is not of the offer."""
    found = families.satellite(source.mission, source.mission_index)
    if found is None:
        reason = f"{shorten(f'{source.mission} {source.mission_index}')} is not a satellite this catalogue knows"
        raise strip.error(reason, "Pléiades, Pléiades Neo and SPOT 1 to 7 are read", "out_of_range", "MISSION")
    return found


def read_epsg(node: Node, *paths: str) -> int | None:
    """The EPSG code of the first of ``paths`` that is filled (``urn:ogc:def:crs:EPSG::32631``, ``EPSG:4326``)."""
    match = _EPSG.search(node.first_text(*paths) or "")
    return int(match[1]) if match else None


def read_transform(root: Node, *, centred: bool) -> tuple[float, float, float, float, float, float] | None:
    """The affine transform of a Geoposition_Insert, pixel corner to CRS; None when absent.

    ``centred``: ULXMAP and ULYMAP are the middle of the first pixel instead of its corner.
    """
    insert = root.child("Geoposition/Geoposition_Insert")
    if insert is None:
        return None
    x, y = insert.required_number("ULXMAP"), insert.required_number("ULYMAP")
    width = abs(insert.required_number("XDIM"))
    height = abs(insert.required_number("YDIM"))
    half = 0.5 if centred else 0.0
    return (width, 0.0, x - half * width, 0.0, -height, y + half * height)


def ground_metres(spacing: float, unit: str | None) -> float:
    """A pixel spacing in metres, whatever the unit says.

    Orthoimages in degrees write the spacing in degrees, some of them with the unit ``m``: no sensor of the
    offer has pixels under a centimetre, so such a value is an angle.
    """
    if (unit or "").lower().startswith(("deg", "°")) or spacing < 0.01:
        return round(spacing * METRES_PER_DEGREE, 2)
    return spacing


def total_angle(along: float, across: float) -> float:
    """The angle from the vertical of a line tilted ``along`` and ``across`` track, all in degrees."""
    slope = math.hypot(math.tan(math.radians(along)), math.tan(math.radians(across)))
    return math.degrees(math.atan(slope))


def safe_href(node: Node, href: str | None) -> str | None:
    """An href that stays inside the delivery. Raises DimapError (``unsafe_path``) for one that may not."""
    if href is None:
        return None
    clean = href.removeprefix("./")
    if clean.startswith(("/", "\\")) or "\\" in clean or ":" in clean or "\x00" in clean:
        raise node.error(f"{shorten(href)} is not a relative path", "Repack the delivery", "unsafe_path")
    # One step up is used between a component folder and the delivery root, never more.
    if posixpath.normpath(clean).startswith("../.."):
        raise node.error(f"{shorten(href)} leaves the delivery", "Repack the delivery", "unsafe_path")
    return clean
