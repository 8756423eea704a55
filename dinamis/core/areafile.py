# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas in files people have: GeoJSON, WKT, KML, KMZ, zipped Shapefile. Pure Python, no GDAL, nothing trusted.

Every refusal is `Invalid` with words and a repair. What comes back went through `geo.checked_area`.
"""

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import shapefile
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings
from django.utils.translation import gettext as _
from numpy import column_stack
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely import get_num_coordinates, transform, union_all
from shapely.errors import ShapelyError
from shapely.geometry import Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from dinamis.core.exceptions import Invalid
from dinamis.core.geo import POINTER, checked_area, parse_area

MAX_MEMBERS = 200
MAX_RATIO = 100
RATIO_FLOOR = 2**20
MAX_PRJ_BYTES = 20_000
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
POLYGONS = {shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM}
ACCEPTED = "GeoJSON, KML, KMZ, WKT, Shapefile (.zip)"
WGS84_NAMES = re.compile(r"CRS:?84|EPSG:+(?:[\d.]*:)?4326", re.IGNORECASE)

# Where an area of a French user most likely lies: west, south, east, north in degrees, each with a margin at sea.
TERRITORIES = (
    (-5.8, 41.0, 10.0, 51.5),  # metropolitan France
    (-63.5, 14.2, -60.6, 18.3),  # Guadeloupe, Martinique, Saint-Martin, Saint-Barthélemy
    (-54.8, 2.0, -51.4, 6.2),  # Guyane
    (55.0, -21.6, 56.0, -20.7),  # La Réunion
    (44.9, -13.2, 45.5, -12.5),  # Mayotte
    (-56.6, 46.6, -56.0, 47.3),  # Saint-Pierre-et-Miquelon
    (163.0, -23.0, 168.5, -19.0),  # Nouvelle-Calédonie
    (-155.0, -28.5, -134.0, -7.5),  # Polynésie française
    (-178.5, -14.6, -176.0, -13.0),  # Wallis-et-Futuna
)


def read_area_file(name: str, data: bytes, *, axes_checked: bool = False) -> BaseGeometry:
    """Read the area of a file called `name`: a valid Polygon or MultiPolygon, EPSG:4326, longitude first.

    Several polygons become their union. `axes_checked` says that a person confirmed the order of the axes of a GeoJSON
    or WKT. Raises Invalid (`pointer` "aoi") with a repair for everything else: unknown kind, too large, unsafe archive,
    no polygon, other reference systems that cannot be converted, outlines that cross themselves.
    """
    check_size(len(data))
    reader = READERS.get(PurePosixPath(name.lower()).suffix, _read_text)
    if zipfile.is_zipfile(io.BytesIO(data)):
        reader = _read_zip
    geometry = reader(data)
    return geometry if axes_checked or reader is not _read_text else with_checked_axes(geometry)


def check_size(size: int) -> None:
    """Raise Invalid when a file of `size` bytes is more than is read; to be asked before it is read."""
    limit = settings.DINAMIS["AOI_MAX_BYTES"]
    if size > limit:
        raise _invalid(
            "too_large",
            _("The file has %(size)d MB; %(limit)d MB at most are read.")
            % {"size": -(-size // 2**20), "limit": limit // 2**20},
            _("Simplify the outline first, or draw the area on the map."),
        )
    if size == 0:
        raise _invalid("empty", _("The file is empty."), _("Check that it was saved."))


def with_checked_axes(geometry: BaseGeometry) -> BaseGeometry:
    """Return `geometry`, or raise Invalid when its axes look exchanged: it lies nowhere near a French territory, and
    would lie in one the other way round."""
    if _in_france(geometry.bounds):
        return geometry
    west, south, east, north = geometry.bounds
    if not _in_france((south, west, north, east)):
        return geometry
    raise _invalid(
        "axes_swapped",
        _("The axes look exchanged: with latitude first, the area would be around %(lat).2f° N, %(lon).2f° E.")
        % {"lat": (west + east) / 2, "lon": (south + north) / 2},
        _("Write longitude first. If the place is right, tick “the axes are right” and send again."),
    )


def _in_france(bounds: Sequence[float]) -> bool:
    area = box(*bounds)
    return any(area.intersects(box(*territory)) for territory in TERRITORIES)


# --- text: GeoJSON and WKT ------------------------------------------------------------------------------------------


def _read_text(data: bytes) -> BaseGeometry:
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise _unknown_kind() from error
    if text.startswith("<"):
        return _read_xml(data)
    if text.startswith("{"):
        _refuse_other_crs(text)
    elif not re.match(r"(SRID=4326;)?\s*(MULTI)?POLYGON", text, re.IGNORECASE):
        raise _unknown_kind()
    return _swap_told(re.sub(r"^SRID=4326;\s*", "", text, flags=re.IGNORECASE))


def _refuse_other_crs(text: str) -> None:
    """GeoJSON of before RFC 7946 may name another reference system."""
    try:
        document = json.loads(text)
        name = str(document.get("crs", {}).get("properties", {}).get("name", "")) if isinstance(document, dict) else ""
    except (ValueError, AttributeError, RecursionError):
        return
    if name and not WGS84_NAMES.search(name):
        raise _invalid(
            "wrong_crs",
            _("The file is in “%(crs)s”; longitudes and latitudes (EPSG:4326) are expected.") % {"crs": name[:60]},
            _("Export it again in WGS 84 (EPSG:4326)."),
        )


def _swap_told(text: str) -> BaseGeometry:
    """Parse; an area out of range that fits the Earth the other way round is told so."""
    try:
        return parse_area(text)
    except Invalid as error:
        if error.code == "out_of_range" and _fits_swapped(text):
            raise _invalid(
                "axes_swapped",
                _("The axes are exchanged: a latitude cannot be more than 90°."),
                _("Write longitude first, latitude second."),
            ) from error
        raise


def _fits_swapped(text: str) -> bool:
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", text)[:40]]
    firsts, seconds = numbers[::2], numbers[1::2]
    return all(abs(n) <= 90 for n in firsts) and all(abs(n) <= 180 for n in seconds)


# --- KML ------------------------------------------------------------------------------------------------------------


def _read_xml(data: bytes) -> BaseGeometry:
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise _invalid(
            "unsafe_xml",
            _("The file declares entities, which are never read."),
            _("Export it again from your mapping software."),
        ) from error
    except (ParseError, ValueError, RecursionError) as error:
        raise _invalid("not_xml", _("The XML of the file cannot be read."), _("Check that it is complete.")) from error
    kind = _local(root)
    if kind == "gpx":
        raise _invalid(
            "gpx",
            _("A GPX file holds tracks and points, which have no surface."),
            _("Draw the area around your track, or export a polygon as GeoJSON or KML."),
        )
    if kind != "kml":
        raise _unknown_kind()
    return _united(_kml_polygons(root))


def _kml_polygons(root: Element) -> Iterator[BaseGeometry]:
    for element in root.iter():
        if _local(element) == "Polygon":
            outer = list(_rings(element, "outerBoundaryIs"))
            if outer:
                yield Polygon(outer[0], list(_rings(element, "innerBoundaryIs")))


def _rings(polygon: Element, boundary: str) -> Iterator[list[tuple[float, float]]]:
    for side in polygon:
        if _local(side) != boundary:
            continue
        for element in side.iter():
            if _local(element) == "coordinates":
                yield _kml_coordinates(element.text or "")


def _kml_coordinates(text: str) -> list[tuple[float, float]]:
    try:
        points = [part.split(",") for part in text.split()]
        return [(float(point[0]), float(point[1])) for point in points]
    except (ValueError, IndexError) as error:
        raise _invalid("not_kml", _("A coordinate of the KML is not a number."), _("Export the file again.")) from error


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


# --- zip: KMZ and Shapefile -----------------------------------------------------------------------------------------


def _read_zip(data: bytes) -> BaseGeometry:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _checked_members(archive)
            if kml := next((info for name, info in members.items() if name.endswith(".kml")), None):
                return _read_xml(_unpacked(archive, kml))
            parts = _shapefile_parts(archive, members)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _invalid(
            "bad_archive", _("The archive is damaged or locked."), _("Pack it again, without a password.")
        ) from error
    return _read_shapefile(parts)


def _checked_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Name in small letters → member, after the checks that need no unpacking."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    limit = settings.DINAMIS["AOI_MAX_BYTES"]
    unsafe = any(info.filename.startswith("/") or ".." in info.filename.split("/") for info in infos)
    total, packed = (sum(getattr(info, name) for info in infos) for name in ("file_size", "compress_size"))
    if unsafe or len(infos) > MAX_MEMBERS or (total > RATIO_FLOOR and total > MAX_RATIO * max(packed, 1)):
        raise _invalid(
            "unsafe_archive",
            _("The archive is not one that mapping software writes."),
            _("Pack only the files needed."),
        )
    if total > 4 * limit:
        raise _invalid(
            "too_large", _("The archive unpacks to more than is read."), _("Pack only the area, and simplify it.")
        )
    return {info.filename.lower(): info for info in infos}


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, never more than its header announces."""
    with archive.open(info) as source:
        data = source.read(info.file_size + 1)
    check_size(len(data))
    return data


def _shapefile_parts(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> dict[str, bytes]:
    shapes = [name for name in members if name.endswith(".shp") and not name.startswith("__macosx/")]
    if len(shapes) != 1:
        raise _invalid(
            "no_shapefile" if not shapes else "several_shapefiles",
            _("The archive must hold one Shapefile, or a KML."),
            _("Pack the .shp, .shx, .dbf and .prj of one layer."),
        )
    stem = shapes[0].removesuffix(".shp")
    return {part: _unpacked(archive, members[stem + part]) for part in SHAPEFILE_PARTS if members.get(stem + part)}


def _read_shapefile(parts: dict[str, bytes]) -> BaseGeometry:
    if ".prj" not in parts:
        raise _invalid(
            "no_prj",
            _("The Shapefile has no .prj: its reference system is unknown."),
            _("Add the .prj file to the archive, or export in WGS 84 (EPSG:4326)."),
        )
    shapes = _records(parts)
    _check_count(sum(len(record.points) for record in shapes))
    turner = _transformer(parts[".prj"])
    polygons = (shape(record.__geo_interface__) for record in shapes if record.points)
    return _united(transform(polygon, lambda points: _turned(turner, points)) for polygon in polygons)


def _records(parts: dict[str, bytes]) -> list[Any]:
    streams = {part[1:]: io.BytesIO(parts[part]) for part in (".shp", ".shx") if part in parts}
    try:
        with shapefile.Reader(**streams) as reader:
            kind, records = reader.shapeType, list(reader.iterShapes())
    except (shapefile.ShapefileException, struct.error, ValueError, IndexError, OSError, MemoryError) as error:
        # The reader trusts lengths that a damaged file announces.
        raise _invalid("not_shapefile", _("The Shapefile cannot be read."), _("Export it again.")) from error
    if kind not in POLYGONS:
        raise _no_polygon()
    return records


READERS = {".kmz": _read_zip, ".zip": _read_zip, ".kml": _read_xml, ".gpx": _read_xml}


def _transformer(prj: bytes) -> Transformer:
    """From the reference system `prj` (WKT) describes to longitude, latitude."""
    try:
        system = CRS.from_wkt(prj[:MAX_PRJ_BYTES].decode("utf-8", "replace").strip())
        return Transformer.from_crs(system, CRS.from_epsg(4326), always_xy=True)
    except (CRSError, ProjError) as error:
        raise _invalid(
            "wrong_crs",
            _("The reference system of the .prj is not understood."),
            _("Export the layer in WGS 84 (EPSG:4326)."),
        ) from error


def _turned(turner: Transformer, points: Any) -> Any:
    return column_stack(turner.transform(points[:, 0], points[:, 1]))


# --- in common ------------------------------------------------------------------------------------------------------


def _united(polygons: Iterator[BaseGeometry]) -> BaseGeometry:
    try:
        parts = list(polygons)
    except (ShapelyError, ValueError) as error:
        raise _invalid("bad_ring", _("An outline has fewer than three points."), _("Check the polygon.")) from error
    if not parts:
        raise _no_polygon()
    _check_count(sum(int(get_num_coordinates(part)) for part in parts))
    if len(parts) == 1:
        return checked_area(parts[0])
    return checked_area(union_all([checked_area(part) for part in parts]))


def _check_count(vertices: int) -> None:
    limit = settings.DINAMIS["AOI_MAX_VERTICES"]
    if vertices > limit:
        raise _invalid(
            "too_many_vertices",
            _("The area has more than %(limit)d vertices.") % {"limit": limit},
            _("Simplify the outline first."),
        )


def _no_polygon() -> Invalid:
    return _invalid("not_a_surface", _("The file holds no polygon."), _("Points and lines have no surface."))


def _unknown_kind() -> Invalid:
    return _invalid(
        "unknown_kind", _("This kind of file is not read."), _("These are read: %(kinds)s.") % {"kinds": ACCEPTED}
    )


def _invalid(code: str, message: str, repair: str) -> Invalid:
    return Invalid(message, pointer=POINTER, repair=repair, code=code)
