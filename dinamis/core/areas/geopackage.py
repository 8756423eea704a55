# SPDX-License-Identifier: AGPL-3.0-or-later
"""The polygons of a GeoPackage (OGC 12-128r18), by SQLite alone.

The file is a database somebody else made, so it is opened to be read only, as one that never changes, and its schema
is not trusted: no function it names is called, no extension loaded, no view followed, and work and lengths are limited.
Triggers are inert, since nothing is ever written: every file of QGIS and GDAL has those of its spatial index.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.utils.translation import gettext as _
from shapely.errors import ShapelyError
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas import wkb
from dinamis.core.areas.errors import bad_ring, invalid, no_polygon
from dinamis.core.areas.reference import MAX_WKT, turner
from dinamis.core.areas.union import gathered
from dinamis.core.exceptions import Invalid

SQLITE = b"SQLite format 3\0"
# Instructions of the virtual machine: some 20 for a row, and a file of 8 MB has less than a million.
STEPS_AT_ONCE, MOST_TURNS = 100_000, 300
MAX_SQL, MAX_DEPTH = 200_000, 20
# Tables of other kinds (POINT, LINESTRING…) hold no polygon.
LAYERS = """
SELECT g.table_name, g.column_name, g.srs_id FROM gpkg_geometry_columns g
JOIN gpkg_contents c ON c.table_name = g.table_name
WHERE c.data_type = 'features' AND g.geometry_type_name COLLATE NOCASE IN ('POLYGON', 'MULTIPOLYGON', 'GEOMETRY',
    'GEOMETRYCOLLECTION', 'SURFACE', 'CURVEPOLYGON', 'MULTISURFACE')
LIMIT 50
"""
SYSTEM = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?"
SCHEMA = "SELECT type, sql FROM sqlite_master WHERE name = ? COLLATE NOCASE"
# Doubles of the envelope by its indicator (2.1.3.1.1).
ENVELOPES = (0, 4, 6, 6, 8)
EXTENDED, EMPTY = 0x20, 0x10
HEADER = 8

Layer = tuple[str, str, int]


def is_sqlite(data: bytes) -> bool:
    """Whether the bytes are a database of SQLite 3."""
    return data.startswith(SQLITE)


def read_geopackage(data: bytes) -> list[BaseGeometry]:
    """Return the polygons of the one layer of polygons a GeoPackage holds, in degrees. Raises Invalid.

    Several layers with polygons are refused by name: which of them is meant is not ours to guess.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "area.gpkg"
        path.write_bytes(data)
        try:
            with closing(opened(path)) as database:
                return _area(database)
        except sqlite3.Error as error:
            raise _damaged() from error


def opened(path: Path, *, most_turns: int = MOST_TURNS) -> sqlite3.Connection:
    """Return a database of somebody else, to be read and nothing else, with so much work and no more."""
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0"):
        database.execute(f"PRAGMA {pragma}")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, settings.DINAMIS["AOI_MAX_BYTES"])
    database.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_SQL)
    database.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, MAX_DEPTH)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    turns = iter(range(most_turns))
    database.set_progress_handler(lambda: next(turns, None) is None, STEPS_AT_ONCE)
    database.set_authorizer(_authorized)
    return database


def _authorized(action: int, *names: str | None) -> int:
    """Reading and nothing else: no function, no pragma, nothing by way of a view (the last of the names)."""
    reads = action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ} and names[-1] is None
    return sqlite3.SQLITE_OK if reads else sqlite3.SQLITE_DENY


def _area(database: sqlite3.Connection) -> list[BaseGeometry]:
    for name in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
        check_table(database, name)
    layers: list[Layer] = database.execute(LAYERS).fetchall()
    filled = [layer for layer in layers if _holds_polygon(database, layer)]
    if not filled:
        raise no_polygon()
    if len(filled) > 1:
        names = ", ".join(f"“{str(name)[:60]}”" for name, *_rest in filled[:5])
        raise invalid(
            "several_layers",
            _("The GeoPackage holds several layers of polygons: %(names)s.") % {"names": names},
            _("Export the one that is your area to a file of its own."),
        )
    turn = turner(system_of(database, filled[0]))
    return gathered(turn(polygon) for polygon in _polygons(database, filled[0]))


def check_table(database: sqlite3.Connection, name: str) -> None:
    """Raise Invalid for what is no plain table: a view or a virtual one would make SQLite run what the file says."""
    found = database.execute(SCHEMA, [name]).fetchall()
    if not found:
        raise invalid("not_geopackage", _("The database is no GeoPackage."), _("Export it as GeoPackage."))
    if any(kind != "table" or not str(sql).upper().startswith("CREATE TABLE") for kind, sql in found):
        raise invalid(
            "view_layer",
            _("“%(name)s” is a view, which is never read.") % {"name": name[:60]},
            _("Export the layer to a new GeoPackage, which makes it a table."),
        )


def _holds_polygon(database: sqlite3.Connection, layer: Layer) -> bool:
    check_table(database, layer[0])
    return next(_polygons(database, layer), None) is not None


def system_of(database: sqlite3.Connection, layer: Layer) -> str | int:
    """Return the reference system of a layer, as EPSG code or WKT (table 2 of the standard; −1 and 0 are undefined).

    Raises Invalid when the file does not say it.
    """
    found = database.execute(SYSTEM, [layer[2]]).fetchone()
    if found is None or layer[2] in {-1, 0}:
        raise invalid(
            "no_crs",
            _("The layer does not say its reference system."),
            _("Give the layer its reference system, or export it in WGS 84 (EPSG:4326)."),
        )
    organisation, code, definition = found
    if str(organisation).upper() == "EPSG" and isinstance(code, int):
        return code
    return str(definition)[:MAX_WKT]


def _polygons(database: sqlite3.Connection, layer: Layer) -> Iterator[Polygon]:
    table, column = ('"' + str(name).replace('"', '""') + '"' for name in layer[:2])
    for (blob,) in database.execute(f"SELECT {column} FROM {table}"):  # noqa: S608 - quoted, and authorized
        if blob is not None:
            yield from decoded(blob)


def decoded(blob: object) -> Iterator[Polygon]:
    """Yield the polygons of a GeoPackageBinary: "GP", version, flags, srs_id, envelope, geometry (2.1.3.1.1).

    Raises Invalid when it is none, or has arcs.
    """
    if not isinstance(blob, bytes) or len(blob) < HEADER or blob[:3] != b"GP\0":
        raise _damaged()
    flags = blob[3]
    envelope = flags >> 1 & 7
    if flags & EXTENDED or envelope >= len(ENVELOPES):
        raise _damaged()
    if flags & EMPTY:
        return
    try:
        yield from wkb.read_polygons(blob, HEADER + 8 * ENVELOPES[envelope])
    except wkb.Curved as error:
        raise invalid(
            "curved", _("The outline has arcs, which are not read."), _("Export it with straight segments.")
        ) from error
    except wkb.Damaged as error:
        raise _damaged() from error
    except (ShapelyError, ValueError) as error:
        raise bad_ring() from error


def _damaged() -> Invalid:
    return invalid("not_geopackage", _("The GeoPackage cannot be read."), _("Export it again."))
