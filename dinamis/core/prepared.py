# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements that PostgreSQL plans once for each connection: those that take longer to plan than to run."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_known: "WeakKeyDictionary[Any, set[str]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Prepared:
    """A statement with named parameters; `types` gives the SQL type of each (PostgreSQL manual, PREPARE)."""

    name: str
    sql: str
    types: Mapping[str, str]

    def rows(self, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run the statement; return its rows as dictionaries. One query, and the planning at a connection's first."""
        with connection.cursor() as cursor:
            self._prepare(connection.connection)
            values = [parameters[name] for name in self.types]
            cursor.execute(f"EXECUTE {self.name} ({', '.join(['%s'] * len(values))})", values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _prepare(self, raw: Any) -> None:
        known = _known.setdefault(raw, set())
        if self.name in known:
            return
        numbered = {name: f"${place}" for place, name in enumerate(self.types, start=1)}
        with connection.wrap_database_errors:
            raw.execute(f"PREPARE {self.name} ({', '.join(self.types.values())}) AS {self.sql % numbered}")
        known.add(self.name)


MOST_KEPT = 64
_TYPES: Mapping[type, str] = {
    bool: "boolean",
    bytes: "bytea",
    date: "date",
    datetime: "timestamptz",
    float: "float8",
    int: "bigint",
    list: "text[]",
    str: "text",
    timedelta: "interval",
}
_kept: "WeakKeyDictionary[Any, OrderedDict[str, str]]" = WeakKeyDictionary()


def planned_once(text: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement that is put together from pieces, each time alike but for its values; return its rows.

    `text` has `%s` for each value; lists are of texts, or of whole numbers. A connection keeps the plans of the last
    `MOST_KEPT` texts.
    """
    types = ", ".join(_type_of(value) for value in params)
    with connection.cursor() as cursor:
        connection.ensure_connection()
        name = _name_of(connection.connection, f"({types})" if types else "", text, len(params))
        slots = f" ({', '.join(['%s'] * len(params))})" if params else ""
        cursor.execute(f"EXECUTE {name}{slots}", params)
        return cursor.fetchall()


def _type_of(value: Any) -> str:
    # Of a cast that is written in the statement PostgreSQL would make one for each row.
    if isinstance(value, list) and value and isinstance(value[0], int):
        return "bigint[]"
    return _TYPES.get(type(value), "unknown")


def _name_of(raw: Any, types: str, text: str, count: int) -> str:
    kept = _kept.setdefault(raw, OrderedDict())
    key = types + text
    if key in kept:
        kept.move_to_end(key)
        return kept[key]
    name = f"planned_{hashlib.sha256(key.encode()).hexdigest()[:24]}"
    with connection.wrap_database_errors:
        while len(kept) >= MOST_KEPT:
            raw.execute(f"DEALLOCATE {kept.popitem(last=False)[1]}")
        numbered = text % tuple(f"${place}" for place in range(1, count + 1))
        raw.execute(f"PREPARE {name} {types} AS {numbered}")
    kept[key] = name
    return name
