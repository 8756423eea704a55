# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pieces of SQL with their parameters, and what kind of value each gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What an expression gives. ANY is a member of a JSON document, of which only the row knows the type."""

    TEXT = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    GEOMETRY = "geometry"
    ARRAY = "array"
    ANY = "any"


@dataclass(frozen=True)
class Sql:
    """SQL with `%s` for each parameter. `literal` is the value itself where the filter gave one."""

    text: str
    kind: Kind
    params: tuple[Any, ...] = ()
    literal: Any = None


@dataclass(frozen=True)
class Span:
    """An interval of time: two expressions of moments, None where it is open."""

    first: Sql | None
    last: Sql | None


def condition(text: str, *parts: Sql) -> Sql:
    """Return a condition whose SQL takes the texts of its parts at `{}`, in order."""
    filled = text.format(*(part.text for part in parts))
    return Sql(filled, Kind.BOOLEAN, tuple(value for part in parts for value in part.params))


def joined(word: str, parts: Iterable[Sql]) -> Sql:
    """Return the parts with AND or OR between them."""
    many = tuple(parts)
    text = f" {word} ".join(part.text for part in many)
    return Sql(f"({text})", Kind.BOOLEAN, tuple(value for part in many for value in part.params))


def true(value: bool) -> Sql:
    """Return a condition that always or never holds."""
    return Sql("TRUE" if value else "FALSE", Kind.BOOLEAN, literal=value)
