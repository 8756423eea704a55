# SPDX-License-Identifier: AGPL-3.0-or-later
"""Footprints that partners keep in tables (GeoPackage, GeoJSON, CSV) as STAC items, by a mapping of their columns.

No GDAL: a GeoPackage is read by SQLite alone, opened as what never changes and whose schema is not trusted.
"""

import csv
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from dinamis.catalogue.dimap.stac import STAC_VERSION, used_extensions
from dinamis.catalogue.foreign.errors import Refused
from dinamis.catalogue.foreign.item import NUMBERS
from dinamis.catalogue.foreign.mapping import MOMENT_NAMES, SPECIAL, FootprintMapping, moment_of

MAX_WHOLE_BYTES = 256 * 2**20
MAX_FIELD = 2**20
# A footprint of 4,000 vertices. The library follows nested collections as deep as the bytes say: no deeper than this.
MAX_SHAPE_BYTES = 64 * 2**10
PLAIN_TABLE = "SELECT count(*) FROM sqlite_master WHERE name = ? AND type = 'table' AND sql LIKE 'CREATE TABLE%'"
LAYERS = """
SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.definition
FROM gpkg_geometry_columns g JOIN gpkg_spatial_ref_sys s USING (srs_id)
"""
# Doubles of the envelope of a GeoPackageBinary by its indicator (OGC 12-128r18, 2.1.3.1.1).
ENVELOPES = (0, 4, 6, 6, 8)


@dataclass(frozen=True)
class Row:
    """A row of a table: its number from 1, its columns, and its geometry or what is in its place."""

    position: int
    columns: Mapping[str, Any]
    shape: Any


Rows = Iterator[Row]
Turn = Callable[[Any], Any]


def read_footprints(path: Path, mapping: FootprintMapping) -> Iterator[tuple[int, Any]]:
    """Yield each row's number with its STAC item, or with the Refused that says why it is none.

    Raises Refused when the file cannot be read at all.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Refused(path.name, "this kind of file is not read", f"Give one of {', '.join(READERS)}")
    system, rows = reader(path, mapping)
    turn = _turn(mapping.crs or system)
    for row in rows:
        try:
            yield row.position, _item(row, mapping, turn)
        except Refused as fault:
            yield row.position, fault


# --- a row ---


def _item(row: Row, mapping: FootprintMapping, turn: Turn) -> dict[str, Any]:
    properties = dict(mapping.constants)
    for name, column in mapping.columns.items():
        if name not in SPECIAL:
            value = _value(row, name, column, mapping)
            if value is not None:
                properties[name] = value
    assets = _picture(row, mapping)
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": used_extensions(properties, assets),
        "id": str(_raw(row, mapping.columns["id"], required=True)).strip(),
        "geometry": orjson.loads(shapely.to_geojson(_shape(row, mapping, turn))),
        "properties": properties,
        "assets": assets,
        "links": [],
    }


def _raw(row: Row, column: str, *, required: bool = False) -> Any:
    if column not in row.columns:
        known = ", ".join(str(name) for name in list(row.columns)[:30])
        raise Refused(column, "there is no such column", f"Known are {known}")
    value = row.columns[column]
    if value is None or (isinstance(value, str) and not value.strip()):
        if required:
            raise Refused(column, "it is empty", "Fill it, or leave the row out")
        return None
    return value


def _value(row: Row, name: str, column: str, mapping: FootprintMapping) -> Any:
    value = _raw(row, column)
    if value is None:
        return None
    value = mapping.values.get(name, {}).get(str(value).strip(), value)
    try:
        if name in MOMENT_NAMES:
            return moment_of(value, mapping)
        if name in NUMBERS:
            return float(str(value).strip().replace(",", ".")) * mapping.factors.get(name, 1.0)
    except ValueError as error:
        wanted = f"a date of the form {mapping.date_format or 'ISO 8601'}" if name in MOMENT_NAMES else "a number"
        raise Refused(column, f"{str(value)[:60]!r} is not {wanted}", "Mend it, or change the mapping") from error
    if name == "instruments":
        return value if isinstance(value, list) else [part.strip() for part in str(value).split(",") if part.strip()]
    return value.strip() if isinstance(value, str) else value


def _picture(row: Row, mapping: FootprintMapping) -> dict[str, Any]:
    column = mapping.columns.get("quicklook")
    href = _raw(row, column) if column else None
    return {"thumbnail": {"href": str(href).strip(), "roles": ["thumbnail"]}} if href else {}


def _shape(row: Row, mapping: FootprintMapping, turn: Turn) -> Any:
    try:
        found = row.shape
        if "geometry" in mapping.columns:
            found = _from_text(str(_raw(row, mapping.columns["geometry"], required=True)), mapping.columns["geometry"])
        elif "longitude" in mapping.columns:
            names = (mapping.columns["longitude"], mapping.columns["latitude"])
            found = shapely.Point(*(float(str(_raw(row, name, required=True)).replace(",", ".")) for name in names))
        if found is None or found.is_empty:
            raise Refused("geometry", "the row has none", "Draw it, or leave the row out")
        return turn(shapely.force_2d(found))
    except (shapely.GEOSException, ProjError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("geometry", f"it cannot be read ({str(error)[:80]})", "Mend it at its source") from error


def _from_text(text: str, column: str) -> Any:
    if len(text) > MAX_SHAPE_BYTES:
        raise Refused(column, f"it is longer than {MAX_SHAPE_BYTES} characters", "Simplify the outline")
    return shapely.from_wkt(text)


def _turn(system: str) -> Turn:
    """What brings coordinates of a reference system to longitude and latitude."""
    try:
        crs = CRS.from_user_input(system or "EPSG:4326")
        if crs.to_epsg() == 4326:
            return lambda shape: shape
        to = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
    except (CRSError, ProjError) as error:
        raise Refused("crs", "the reference system of the file is not understood", "Name it in the mapping") from error
    return lambda shape: shapely.transform(
        shape, lambda points: np.column_stack(to.transform(points[:, 0], points[:, 1], errcheck=True))
    )


# --- files ---


def _csv(path: Path, mapping: FootprintMapping) -> tuple[str, Rows]:
    if not {"geometry", "longitude"} & set(mapping.columns):
        raise Refused("columns.geometry", "a CSV has no geometry of its own", "Name a column of WKT, or two of degrees")
    return "", _csv_rows(path, mapping)


def _csv_rows(path: Path, mapping: FootprintMapping) -> Rows:
    csv.field_size_limit(MAX_FIELD)
    try:
        with path.open(encoding=mapping.encoding, newline="") as file:
            for position, columns in enumerate(csv.DictReader(file, delimiter=mapping.delimiter), 1):
                yield Row(position, columns, None)
    except UnicodeDecodeError as error:
        raise Refused(
            "encoding", f"the file is not in {mapping.encoding}", 'Write it as encoding = "cp1252"'
        ) from error
    except csv.Error as error:
        raise Refused(path.name, f"it is no CSV ({error})", "Export it again") from error


def _geojson(path: Path, mapping: FootprintMapping) -> tuple[str, Rows]:
    if path.stat().st_size > MAX_WHOLE_BYTES:
        raise Refused(path.name, f"it is larger than {MAX_WHOLE_BYTES} bytes", "Export it as GeoPackage")
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise Refused(path.name, f"this is no JSON ({error})", "Export it again") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise Refused(path.name, "this is no FeatureCollection", "Export it as GeoJSON")
    # GeoJSON of before RFC 7946 may name another reference system.
    named = document.get("crs")
    name = named.get("properties", {}).get("name", "") if isinstance(named, dict) else ""
    return str(name), (_feature(position, one) for position, one in enumerate(features, 1))


def _feature(position: int, one: Any) -> Row:
    inner = one if isinstance(one, dict) else {}
    columns = inner.get("properties")
    # The library says itself what is wrong with a text: it gives none.
    shape = shapely.from_geojson(orjson.dumps(inner.get("geometry")).decode(), on_invalid="ignore")
    found = columns if isinstance(columns, dict) else {}
    return Row(position, {"id": inner.get("id"), **found}, shape)


def _geopackage(path: Path, mapping: FootprintMapping) -> tuple[str, Rows]:
    try:
        with closing(_opened(path)) as database:
            for name in ("gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
                _check_table(database, name, path.name)
            table, column, organisation, code, definition = _layer(database.execute(LAYERS).fetchall(), mapping)
            _check_table(database, table, path.name)
    except sqlite3.Error as error:
        raise Refused(path.name, f"it is no GeoPackage ({error})", "Export it again") from error
    system = f"{organisation}:{code}" if str(organisation).upper() == "EPSG" else str(definition)
    return system, _geopackage_rows(path, table, column)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0"):
        database.execute(f"PRAGMA {pragma}")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 8 * MAX_FIELD)
    return database


def _check_table(database: sqlite3.Connection, name: str, file: str) -> None:
    """Refuse what is no plain table: a view or a virtual one would run what the file says."""
    if not database.execute(PLAIN_TABLE, [name]).fetchone()[0]:
        raise Refused(file, f"“{str(name)[:60]}” is no plain table in it", "Export the layer to a new GeoPackage")


def _layer(layers: list[Any], mapping: FootprintMapping) -> Any:
    names = [str(layer[0]) for layer in layers]
    if not mapping.layer and len(layers) == 1:
        return layers[0]
    if mapping.layer not in names:
        reason = f"“{mapping.layer[:60]}” is not there" if mapping.layer else f"there are {len(names)}"
        raise Refused("layer", reason, f"Name one of {', '.join(names)[:500] or 'its layers'}")
    return layers[names.index(mapping.layer)]


def _geopackage_rows(path: Path, table: str, column: str) -> Rows:
    with closing(_opened(path)) as database:
        database.row_factory = sqlite3.Row
        quoted = str(table).replace('"', '""')
        for position, row in enumerate(database.execute(f'SELECT * FROM "{quoted}"'), 1):  # noqa: S608 (quoted)
            columns = {name: row[name] for name in row.keys() if name != column}  # noqa: SIM118 (a Row has no others)
            yield Row(position, columns, _geometry(row[column]))


def _geometry(blob: Any) -> Any:
    """The geometry of a GeoPackageBinary; None where there is none, or where it is not one."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP" or len(blob) > MAX_SHAPE_BYTES:
        return None
    envelope = blob[3] >> 1 & 7
    if envelope >= len(ENVELOPES):
        return None
    return shapely.from_wkb(blob[8 + 8 * ENVELOPES[envelope] :], on_invalid="ignore")


READERS: dict[str, Callable[[Path, FootprintMapping], tuple[str, Rows]]] = {
    ".gpkg": _geopackage,
    ".geojson": _geojson,
    ".json": _geojson,
    ".csv": _csv,
}
