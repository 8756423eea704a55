# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cells of a yearly coverage in a table (GeoPackage, GeoJSON, CSV): where each lies and how far it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.foreign.errors import Refused
from dinamis.catalogue.foreign.footprints import Turn, open_table, shape_of
from dinamis.catalogue.foreign.mapping import FootprintMapping
from dinamis.catalogue.foreign.rows import Row

DATES = ("acquired_on", "produced_on", "delivered_on")
MAX_CODE, MAX_SCENE, MAX_SCENES = 20, 200, 100
GEOMETRY = "geometry"


@dataclass(frozen=True, kw_only=True)
class ToldCell:
    """What a row says of a cell; None where it says nothing, so that what is known stays."""

    code: str
    geometry: Any = None
    status: str | None = None
    item: str | None = None
    scene_ids: list[str] | None = None
    acquired_on: date | None = None
    produced_on: date | None = None
    delivered_on: date | None = None

    @property
    def dates(self) -> dict[str, date]:
        """The days that are told."""
        return {name: day for name in DATES if (day := getattr(self, name)) is not None}


def read_cells(path: Path, *, delimiter: str = ",", crs: str = "", layer: str = "") -> Iterator[tuple[int, Any]]:
    """Yield each row's number with its ToldCell, or with the Refused that says why it is none.

    Columns are `code`, `status` (CellStatus), the three days, `scenes` (parted by spaces or a list), `item` (its STAC
    id) and, of a CSV, `geometry` in WKT; all but `code` may be missing or empty. Raises Refused when the file cannot be
    read at all.
    """
    columns = {"id": "code", **({GEOMETRY: GEOMETRY} if path.suffix.lower() == ".csv" else {})}
    mapping = FootprintMapping(columns=columns, delimiter=delimiter, crs=crs, layer=layer)
    rows, turn = open_table(path, mapping)
    for row in rows:
        try:
            yield row.position, _cell(row, mapping, turn)
        except Refused as fault:
            yield row.position, fault


def _cell(row: Row, mapping: FootprintMapping, turn: Turn) -> ToldCell:
    told = row.columns
    code = _text(told, "code", MAX_CODE)
    if code is None:
        raise Refused("code", "it is missing", "Name the cell")
    status = _text(told, "status", MAX_CODE)
    if status is not None and status not in CellStatus.values:
        raise Refused("status", f"“{status}” is not known", f"Write one of {', '.join(CellStatus.values)}")
    return ToldCell(
        code=code,
        geometry=_surface(row, mapping, turn),
        status=status,
        item=_text(told, "item", MAX_SCENE),
        scene_ids=_scenes(told.get("scenes")),
        **{name: _day(told.get(name), name) for name in DATES},
    )


def _text(columns: Mapping[str, Any], name: str, length: int) -> str | None:
    value = columns.get(name)
    if value is None or not str(value).strip():
        return None
    text = str(value).strip()
    if len(text) > length or not text.isprintable():
        raise Refused(name, f"a text of up to {length} characters is expected", "Shorten it")
    return text


def _day(value: Any, name: str) -> date | None:
    if value is None or not str(value).strip():
        return None
    try:
        return value.date() if isinstance(value, datetime) else date.fromisoformat(str(value).strip()[:10])
    except ValueError as error:
        raise Refused(name, f"{str(value)[:40]!r} is no day", "Write it as in 2026-03-01") from error


def _scenes(value: Any) -> list[str] | None:
    names = value.split() if isinstance(value, str) else value
    if not names:
        return None
    sound = isinstance(names, list) and all(isinstance(one, str) and 0 < len(one) <= MAX_SCENE for one in names)
    if not sound or len(names) > MAX_SCENES:
        raise Refused("scenes", f"up to {MAX_SCENES} names are expected", "Part them by spaces")
    return list(dict.fromkeys(names))


def _surface(row: Row, mapping: FootprintMapping, turn: Turn) -> Any:
    """The place of a cell as a MultiPolygon in degrees, None where the row has none."""
    given = row.columns.get(GEOMETRY) if GEOMETRY in mapping.columns else row.shape
    if given is None or given == "":
        return None
    found = shape_of(row, mapping, turn)
    west, south, east, north = found.bounds
    if found.geom_type not in {"Polygon", "MultiPolygon"} or not found.is_valid:
        raise Refused(GEOMETRY, "a valid polygon is expected", "Mend it at its source")
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise Refused(GEOMETRY, "it lies outside the Earth", "Name the reference system with --crs")
    return shapely.MultiPolygon([found]) if found.geom_type == "Polygon" else found
