# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the columns of a table of footprints mean: a TOML file beside it, checked before the table is opened."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pyproj import CRS
from pyproj.exceptions import CRSError

from dinamis.catalogue.foreign.document import MAX_ITEM_BYTES
from dinamis.catalogue.foreign.errors import Refused
from dinamis.catalogue.foreign.item import MOMENTS, NUMBERS

# Members that are not STAC properties: what each row is called, where it lies, and its picture.
PLACES = ("geometry", "longitude", "latitude")
SPECIAL = ("id", "quicklook", *PLACES)
TABLES = ("columns", "constants", "dates", "factors", "values")
WORDS = ("crs", "layer", "encoding", "delimiter")
MOMENT_NAMES = frozenset(MOMENTS)
Columns = Mapping[str, str]


@dataclass(frozen=True)
class FootprintMapping:
    """How rows become items. `columns` and the rest go by STAC property; `date_format` is one of strptime, "" ISO 8601.

    `crs` is that of the coordinates, empty = what the file says (EPSG:4326 where it says nothing); `factors` turn what
    a column holds into the unit of STAC.
    """

    columns: Columns
    constants: Mapping[str, Any] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    date_format: str = ""
    zone: str = "UTC"
    crs: str = ""
    layer: str = ""
    encoding: str = "utf-8-sig"
    delimiter: str = ","


def read_mapping(text: str) -> FootprintMapping:
    """Return the mapping of a TOML text. Raises Refused naming the key, the reason and the repair."""
    if len(text) > MAX_ITEM_BYTES:
        raise Refused("mapping", "it is too long", "Name columns only")
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused("mapping", f"this is no TOML ({error})", "See toml.io") from error
    if unknown := sorted(set(told) - {*TABLES, *WORDS}):
        raise Refused(unknown[0], "it is not known", f"Known are {', '.join((*WORDS, *TABLES))}")
    words = {name: _word(told[name], name) for name in WORDS if name in told}
    dates = _table(told, "dates", str)
    found = FootprintMapping(
        columns=_columns(_table(told, "columns", str)),
        constants=_table(told, "constants", object),
        factors={name: _factor(value, name) for name, value in _table(told, "factors", int | float).items()},
        values=_table(told, "values", dict),
        date_format=dates.get("format", ""),
        zone=dates.get("zone", "UTC"),
        **words,
    )
    _check(found, dates)
    return found


def _table(told: Mapping[str, Any], name: str, kind: Any) -> dict[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise Refused(name, "a table is expected", f"Begin it with [{name}]")
    for key, value in table.items():
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not object):
            raise Refused(f"{name}.{key}", f"{value!r} cannot be used here", "See the example in the documentation")
    return table


def _word(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Refused(name, "a text is expected", "Write it in quotes")
    return value


def _columns(columns: dict[str, str]) -> dict[str, str]:
    if "id" not in columns:
        raise Refused("columns.id", "it is missing", "Name the column that tells one image from another")
    for name, column in columns.items():
        if not column:
            raise Refused(f"columns.{name}", "it is empty", "Name a column")
    if ("longitude" in columns) != ("latitude" in columns):
        raise Refused("columns.latitude", "longitude and latitude go together", "Name both, or a column of WKT")
    return columns


def _factor(value: float, name: str) -> float:
    if name not in NUMBERS or not isfinite(value) or not value:
        raise Refused(f"factors.{name}", "it does not multiply", f"Known are {', '.join(NUMBERS)}")
    return float(value)


def _check(found: FootprintMapping, dates: Mapping[str, Any]) -> None:
    if unknown := sorted(set(dates) - {"format", "zone"}):
        raise Refused(f"dates.{unknown[0]}", "it is not known", "Known are format, zone")
    known = {*found.columns, *found.constants}
    if "datetime" not in known and not {"start_datetime", "end_datetime"} <= known:
        raise Refused("columns.datetime", "it is missing", "Name the column of the moment, or of its start and its end")
    if taken := sorted(set(found.columns) & set(found.constants)):
        raise Refused(f"constants.{taken[0]}", "a column gives it too", "Leave one of them out")
    if special := sorted(set(found.constants) & set(SPECIAL)):
        raise Refused(f"constants.{special[0]}", "it differs from row to row", "Name a column")
    if len(found.delimiter) != 1:
        raise Refused("delimiter", "one character is expected", 'Write "," or ";" or "\\t"')
    try:
        ZoneInfo(found.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refused("dates.zone", f"“{found.zone[:60]}” is not known", "Write it as in Europe/Paris") from error
    try:
        "".encode(found.encoding)
    except LookupError as error:
        raise Refused("encoding", f"“{found.encoding[:60]}” is not known", "Write utf-8 or cp1252") from error
    try:
        CRS.from_user_input(found.crs or "EPSG:4326")
    except CRSError as error:
        raise Refused("crs", f"“{found.crs[:60]}” is not known", "Write it as in EPSG:2154") from error


def moment_of(value: Any, mapping: FootprintMapping) -> str:
    """Return a date of a table as STAC writes it. Raises ValueError."""
    if isinstance(value, datetime):
        moment = value
    elif mapping.date_format:
        moment = datetime.strptime(str(value).strip(), mapping.date_format)  # noqa: DTZ007 (its zone is set below)
    else:
        moment = datetime.fromisoformat(str(value).strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(mapping.zone))
    return moment.isoformat()
