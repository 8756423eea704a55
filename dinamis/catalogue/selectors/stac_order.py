# SPDX-License-Identifier: AGPL-3.0-or-later
"""The order of what a STAC search finds, and where a page begins in it, as SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dinamis.catalogue.cql2.fragments import Kind, Sql, joined
from dinamis.catalogue.cql2.queryables import QUERYABLES

# Ends every order, so that no two items are equal in it.
ID = "catalogue_item.id"


@dataclass(frozen=True)
class SortKey:
    """A property that orders the answer."""

    name: str
    descending: bool = False

    @property
    def sql(self) -> str:
        """The SQL of the property."""
        return QUERYABLES[self.name].sql

    @property
    def kind(self) -> Kind:
        """What kind of value the property has."""
        return QUERYABLES[self.name].kind

    @property
    def nullable(self) -> bool:
        """Whether an item may have no value; those come last."""
        return QUERYABLES[self.name].nullable


RECENT_FIRST = (SortKey("datetime", descending=True),)


@dataclass(frozen=True)
class Place:
    """Where a page begins: the sort values and the id of the item beside it, and in which direction it lies.

    `matched` is the number that the page before told, as of `count_of`; see `stac_changes`.
    """

    values: tuple[Any, ...]
    pk: int
    backwards: bool
    matched: int | None = None
    count_of: tuple[Any, ...] = ()


def sort_columns(sort: tuple[SortKey, ...]) -> str:
    """Return the value of each key as a column, `sort_0`, `sort_1`, …"""
    return ", ".join(f"{key.sql} AS sort_{number}" for number, key in enumerate(sort))


def ordering(sort: tuple[SortKey, ...], place: Place | None, names: str | Sequence[str]) -> str:
    """Return the order of a page, backwards where the place says so; `names` is a prefix of `sort_N`, or columns."""
    backwards = place is not None and place.backwards
    found = []
    for number, key in enumerate(sort):
        name = f"{names}sort_{number}" if isinstance(names, str) else names[number]
        turn = "DESC" if key.descending != backwards else "ASC"
        nulls = (" NULLS FIRST" if backwards else " NULLS LAST") if key.nullable else ""
        found.append(f"{name} {turn}{nulls}")
    last = f"{names}id" if isinstance(names, str) else ID
    return ", ".join([*found, f"{last} {'DESC' if sort[0].descending != backwards else 'ASC'}"])


def following(sort: tuple[SortKey, ...], place: Place | None, columns: Sequence[str], pk: str) -> Sql:
    """Return what rows that follow a place fulfil: equal in the first keys and beyond in the next, for each in turn."""
    if place is None:
        return Sql("TRUE", Kind.BOOLEAN)
    than = "<" if sort[0].descending != place.backwards else ">"
    if len(sort) == 1 and not sort[0].nullable:
        # An index is entered at this place by a comparison of rows, not by one of two ways.
        return Sql(f"({columns[0]}, {pk}) {than} (%s, %s)", Kind.BOOLEAN, (place.values[0], place.pk))
    ways = []
    equal: list[Sql] = []
    for key, column, value in zip(sort, columns, place.values, strict=True):
        if (step := _step(key, column, value, backwards=place.backwards)) is not None:
            ways.append(joined("AND", [*equal, step]))
        equal.append(Sql(f"{column} IS NOT DISTINCT FROM %s", Kind.BOOLEAN, (value,)))
    ways.append(joined("AND", [*equal, Sql(f"{pk} {than} %s", Kind.BOOLEAN, (place.pk,))]))
    return joined("OR", ways)


def _step(key: SortKey, column: str, value: Any, *, backwards: bool) -> Sql | None:
    """What lies beyond `value` in one key; items without a value come last in either direction of the sort."""
    if value is None:
        return Sql(f"{column} IS NOT NULL", Kind.BOOLEAN) if backwards else None
    than = "<" if key.descending != backwards else ">"
    step = Sql(f"{column} {than} %s", Kind.BOOLEAN, (value,))
    if key.nullable and not backwards:
        return joined("OR", [step, Sql(f"{column} IS NULL", Kind.BOOLEAN)])
    return step
