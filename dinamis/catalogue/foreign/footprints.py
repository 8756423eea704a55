# SPDX-License-Identifier: AGPL-3.0-or-later
"""Footprints that partners keep in tables (GeoPackage, GeoJSON, CSV) as STAC items, by a mapping of their columns.

No GDAL. What cannot be read at all is Refused; what is wrong with a row is Refused in its place.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from dinamis.catalogue.dimap.stac import STAC_VERSION, used_extensions
from dinamis.catalogue.foreign.errors import Refused
from dinamis.catalogue.foreign.geopackage import read_layer
from dinamis.catalogue.foreign.item import NUMBERS
from dinamis.catalogue.foreign.mapping import MOMENT_NAMES, SPECIAL, FootprintMapping, moment_of
from dinamis.catalogue.foreign.rows import Row, Rows

MAX_WHOLE_BYTES = 256 * 2**20
MAX_FIELD = 2**20
# A footprint of 4,000 vertices. The library follows nested collections as deep as the bytes say: no deeper than this.
MAX_SHAPE_BYTES = 64 * 2**10

Turn = Callable[[Any], Any]


def read_footprints(path: Path, mapping: FootprintMapping) -> Iterator[tuple[int, Any]]:
    """Yield each row's number with its STAC item, or with the Refused that says why it is none.

    Raises Refused when the file cannot be read at all.
    """
    rows, turn = open_table(path, mapping)
    for row in rows:
        try:
            yield row.position, _item(row, mapping, turn)
        except Refused as fault:
            yield row.position, fault


def open_table(path: Path, mapping: FootprintMapping) -> tuple[Rows, Turn]:
    """Return the rows of a file, and what brings their shapes to longitude and latitude. Raises Refused."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Refused(path.name, "this kind of file is not read", f"Give one of {', '.join(READERS)}")
    system, rows = reader(path, mapping)
    return rows, _turn(mapping.crs or system)


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
        "geometry": orjson.loads(shapely.to_geojson(shape_of(row, mapping, turn))),
        "properties": properties,
        "assets": assets,
        "links": [],
    }


def _raw(row: Row, column: str, *, required: bool = False) -> Any:
    if column not in row.columns:
        known = ", ".join(str(name) for name in list(row.columns)[:30])
        raise Refused(column, "there is no such column", f"Known are {known}")
    value = row.columns[column]
    if isinstance(value, bytes):
        raise Refused(column, "it holds bytes", "Leave it out of the mapping")
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


def shape_of(row: Row, mapping: FootprintMapping, turn: Turn) -> Any:
    """Return the shape of a row in longitude and latitude. Raises Refused."""
    try:
        found = row.shape
        if isinstance(found, Refused):
            raise found
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


READERS: dict[str, Callable[[Path, FootprintMapping], tuple[str, Rows]]] = {
    ".gpkg": read_layer,
    ".geojson": _geojson,
    ".json": _geojson,
    ".csv": _csv,
}
