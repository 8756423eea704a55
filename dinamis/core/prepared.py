# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements that PostgreSQL plans once for each connection: those that take longer to plan than to run."""

from collections.abc import Mapping
from dataclasses import dataclass
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
