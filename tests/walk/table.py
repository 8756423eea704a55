# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every address of the resolver, and the declared answers (tests/architecture/routes.csv, routes_of_keys.csv)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from tests.walk.cells import CELLS
from tests.walk.keys import KEYS
from tests.walk.world import NOBODYS, ROLES, Case

FOLDER = Path(__file__).resolve().parents[1] / "architecture"
HEADER = ("route", "method", "cell", *ROLES)
HEADER_OF_KEYS = ("route", "method", "cell", *KEYS)
# In the table of keys: the answer anybody gets who sends none.
AS_ANONYMOUS = "="
# Where a key is somebody: its addresses have rows of their own in the table of keys.
PROGRAMS = ("api:", "stac:", "previews:")
METHODS = ("GET", "POST")
OBJECT_PAGES = {"change", "delete", "history"}
NO_ROW = "no row"


@dataclass(frozen=True)
class Route:
    """One entry of the resolver."""

    name: str
    pattern: str
    reversible: bool


def routes(resolver: URLResolver | None = None, prefix: str = "", spaces: tuple[str, ...] = ()) -> Iterator[Route]:
    """Every entry of the resolver, with the name it is reversed by."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, pattern, (*spaces, entry.namespace) if entry.namespace else spaces)
        elif isinstance(entry, URLPattern):
            yield Route(":".join((*spaces, entry.name or f"({pattern})")), pattern, bool(entry.name))


ALL = {route.name: route for route in routes()}


Rows = dict[tuple[str, str, str], dict[str, str]]


def declared(file_name: str) -> Rows:
    """The rows of a table."""
    with (FOLDER / file_name).open(encoding="utf-8", newline="") as file:
        return {(row["route"], row["method"], row["cell"]): row for row in csv.DictReader(file)}


DECLARED = declared("routes.csv")
DECLARED_OF_KEYS = declared("routes_of_keys.csv")


def row_of(name: str, method: str, cell: str, rows: Rows = DECLARED) -> dict[str, str] | None:
    """The row of a route: its own or, where it has none at all, that of a name with `*`."""
    if any(key[0] == name for key in rows):
        return rows.get((name, method, cell))
    for key, row in rows.items():
        if "*" in key[0] and all(map(fnmatchcase, (name, method, cell), key)):
            return row
    return None


def row_of_keys(name: str, method: str, cell: str) -> dict[str, str] | None:
    """The row of a route in the table of keys, `=` resolved; an address of the API needs one of its own."""
    row, theirs = row_of(name, method, cell, DECLARED_OF_KEYS), row_of(name, method, cell)
    if row is None or theirs is None or (name.startswith(PROGRAMS) and "*" in row["route"]):
        return None
    return {key: theirs["anonymous"] if row[key] == AS_ANONYMOUS else row[key] for key in KEYS}


def model_of_admin(name: str):
    """The model of an object page of the admin; None for any other address."""
    space, _, rest = name.partition(":")
    *label, page = rest.split("_")
    return apps.get_model(*label) if space == "admin" and page in OBJECT_PAGES and len(label) == 2 else None


def cells_of(name: str):
    """The declared cells or, where nothing is needed, the one of nobody (two in the admin: its table may be empty)."""
    if name in CELLS:
        return CELLS[name]
    names = (NOBODYS, NO_ROW) if model_of_admin(name) else (NOBODYS,)
    return dict.fromkeys(names, lambda w: Case())
