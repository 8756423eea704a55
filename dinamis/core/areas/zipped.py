# SPDX-License-Identifier: AGPL-3.0-or-later
"""KMZ, and archives of a Shapefile, KMLs or a GeoPackage. What one announces is checked before it is unpacked."""

import io
import zipfile
import zlib

from django.conf import settings
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.errors import invalid
from dinamis.core.areas.geopackage import read_geopackage
from dinamis.core.areas.markup import read_kmls
from dinamis.core.areas.shapefiles import PARTS, read_shapefile
from dinamis.core.areas.size import check_size

MAX_MEMBERS = 200
MAX_RATIO = 100
RATIO_FLOOR = 2**20

Members = dict[str, zipfile.ZipInfo]


def read_zip(data: bytes) -> list[BaseGeometry]:
    """Return the polygons an archive holds. Raises Invalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _checked_members(archive)
            if kmls := [info for name, info in members.items() if name.endswith(".kml")]:
                return read_kmls(_unpacked(archive, info) for info in kmls)
            if package := next((info for name, info in members.items() if name.endswith(".gpkg")), None):
                return read_geopackage(_unpacked(archive, package))
            parts = _shapefile_parts(archive, members)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise invalid(
            "bad_archive", _("The archive is damaged or locked."), _("Pack it again, without a password.")
        ) from error
    return read_shapefile(parts)


def _checked_members(archive: zipfile.ZipFile) -> Members:
    """Name in small letters → member, after the checks that need no unpacking."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    limit = settings.DINAMIS["AOI_MAX_BYTES"]
    unsafe = any(info.filename.startswith("/") or ".." in info.filename.split("/") for info in infos)
    total, packed = (sum(getattr(info, name) for info in infos) for name in ("file_size", "compress_size"))
    if unsafe or len(infos) > MAX_MEMBERS or (total > RATIO_FLOOR and total > MAX_RATIO * max(packed, 1)):
        raise invalid(
            "unsafe_archive",
            _("The archive is not one that mapping software writes."),
            _("Pack only the files needed."),
        )
    if total > 4 * limit:
        raise invalid(
            "too_large", _("The archive unpacks to more than is read."), _("Pack only the area, and simplify it.")
        )
    return {name: info for info in infos if not (name := info.filename.lower()).startswith("__macosx/")}


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, never more than its header announces."""
    check_size(info.file_size)
    with archive.open(info) as source:
        data = source.read(info.file_size + 1)
    check_size(len(data))
    return data


def _shapefile_parts(archive: zipfile.ZipFile, members: Members) -> dict[str, bytes]:
    shapes = [name for name in members if name.endswith(".shp")]
    if len(shapes) != 1:
        raise invalid(
            "no_shapefile" if not shapes else "several_shapefiles",
            _("The archive must hold one Shapefile, a KML or a GeoPackage."),
            _("Pack the .shp, .shx, .dbf and .prj of one layer."),
        )
    stem = shapes[0].removesuffix(".shp")
    return {part: _unpacked(archive, members[stem + part]) for part in PARTS if members.get(stem + part)}
