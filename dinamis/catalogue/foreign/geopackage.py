# SPDX-License-Identifier: AGPL-3.0-or-later
"""A layer of footprints of a GeoPackage, read as the areas that people send are: nothing in it is trusted."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon

from dinamis.catalogue.foreign.errors import Refused
from dinamis.catalogue.foreign.mapping import FootprintMapping
from dinamis.catalogue.foreign.rows import Row, Rows
from dinamis.core.areas.geopackage import check_table, decoded, opened, system_of
from dinamis.core.exceptions import Invalid

LAYERS = "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns LIMIT 1000"
# Some 20 instructions for a row: tens of millions of rows, and an end.
MOST_TURNS = 10_000


def read_layer(path: Path, mapping: FootprintMapping) -> tuple[str, Rows]:
    """Return the reference system and the rows of the one layer of polygons, or of the one that is named.

    Raises Refused.
    """
    try:
        with closing(opened(path, most_turns=MOST_TURNS)) as database:
            for name in ("gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
                check_table(database, name)
            layer = _layer(database.execute(LAYERS).fetchall(), mapping.layer)
            check_table(database, layer[0])
            system = mapping.crs or system_of(database, layer)
    except sqlite3.Error as error:
        raise Refused(path.name, f"it is no GeoPackage ({error})", "Export it again") from error
    except Invalid as error:
        raise Refused(path.name, str(error), str(error.repair)) from error
    return f"EPSG:{system}" if isinstance(system, int) else system, _rows(path, layer[0], layer[1])


def _layer(layers: list[Any], wanted: str) -> Any:
    names = [str(layer[0]) for layer in layers]
    if not wanted and len(layers) == 1:
        return layers[0]
    if wanted not in names:
        reason = f"“{wanted[:60]}” is not there" if wanted else f"there are {len(names)}"
        raise Refused("layer", reason, f"Name one of {', '.join(names)[:500] or 'its layers'}")
    return layers[names.index(wanted)]


def _rows(path: Path, table: str, column: str) -> Rows:
    with closing(opened(path, most_turns=MOST_TURNS)) as database:
        database.row_factory = sqlite3.Row
        quoted = str(table).replace('"', '""')
        for position, row in enumerate(database.execute(f'SELECT * FROM "{quoted}"'), 1):  # noqa: S608 (quoted)
            columns = {name: row[name] for name in row.keys() if name != column}  # noqa: SIM118 (a Row has no others)
            yield Row(position, columns, _shape(row[column]))


def _shape(blob: Any) -> Any:
    if blob is None:
        return None
    try:
        polygons = list(decoded(blob))
    except Invalid as error:
        return Refused("geometry", str(error), str(error.repair))
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
