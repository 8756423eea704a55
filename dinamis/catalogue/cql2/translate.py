# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the tree of a filter to one condition of SQL. Every name and value of the caller becomes a parameter."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.translation import gettext as _

from dinamis.catalogue.cql2 import temporal
from dinamis.catalogue.cql2.casts import alike, as_kind, mismatch, of_document, text_of
from dinamis.catalogue.cql2.fragments import Kind, Span, Sql, condition, joined, true
from dinamis.catalogue.cql2.geometry import as_sql, read_bbox, read_geometry
from dinamis.catalogue.cql2.moments import OPEN, read_moment
from dinamis.catalogue.cql2.queryables import MAX_NAME, queryable
from dinamis.catalogue.cql2.reading import POINTER, unreadable
from dinamis.core.exceptions import Invalid

MAX_PATTERN = 500
COMPARISONS = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
SPATIAL = {
    "s_intersects": "ST_Intersects({}, {})",
    "s_contains": "ST_Contains({}, {})",
    "s_within": "ST_Within({}, {})",
    "s_equals": "ST_Equals({}, {})",
    "s_disjoint": "ST_Disjoint({}, {})",
    "s_touches": "ST_Touches({}, {})",
    "s_crosses": "ST_Crosses({}, {})",
    "s_overlaps": "ST_Overlaps({}, {})",
}
ARRAYS = {
    "a_equals": "({0} @> {1} AND {0} <@ {1})",
    "a_contains": "{0} @> {1}",
    "a_containedby": "{0} <@ {1}",
    "a_overlaps": "{0} && {1}",
}
FUNCTIONS = {"casei": "lower({})", "accenti": "unaccent('unaccent', {})"}


def of_item(name: str) -> Sql:
    """Return the SQL of a property of an item."""
    found = queryable(name)
    return of_document(name) if found.kind is Kind.ANY else found.expression()


class Translation:
    """A filter, part by part. `named` gives the SQL of a property by its name: that of an item unless told."""

    def __init__(self, named: Callable[[str], Sql] = of_item) -> None:
        self.named = named

    def condition(self, node: Any) -> Sql:
        """Return the condition a tree stands for. Raises Invalid."""
        if isinstance(node, bool):
            return true(node)
        if isinstance(node, dict) and "op" in node:
            return self._operation(str(node["op"]).lower(), _arguments(node))
        return as_kind(self.value(node), Kind.BOOLEAN)

    def _operation(self, name: str, arguments: list[Any]) -> Sql:
        if name in COMPARISONS:
            return self._comparison(COMPARISONS[name], arguments)
        if name in SPATIAL:
            return self._spatial(SPATIAL[name], arguments)
        if name in ARRAYS:
            return self._arrays(ARRAYS[name], arguments)
        if name in temporal.RELATIONS:
            return self._temporal(name, arguments)
        operations: Mapping[str, Callable[[list[Any]], Sql]] = {
            "and": lambda parts: self._logic("AND", parts),
            "or": lambda parts: self._logic("OR", parts),
            "not": self._negation,
            "isnull": self._is_null,
            "like": self._like,
            "in": self._among,
            "between": self._between,
        }
        if name not in operations:
            raise _unknown(name)
        return operations[name](arguments)

    # --- logic and comparison ---

    def _logic(self, word: str, parts: list[Any]) -> Sql:
        if not parts:
            raise unreadable(word)
        return joined(word, [self.condition(part) for part in parts])

    def _negation(self, parts: list[Any]) -> Sql:
        (inner,) = _exactly(1, "not", parts)
        return condition("(NOT {})", self.condition(inner))

    def _comparison(self, operator: str, parts: list[Any]) -> Sql:
        left, right = alike(*(self.value(part) for part in _exactly(2, operator, parts)))
        if left.kind is Kind.GEOMETRY:
            raise mismatch(left.kind, Kind.TEXT)
        return condition(f"({{}} {operator} {{}})", left, right)

    def _between(self, parts: list[Any]) -> Sql:
        # Drafts of CQL2 wrote the two bounds as one list, and clients still do.
        if len(parts) == 2 and isinstance(parts[1], list):
            parts = [parts[0], *parts[1]]
        value, low, high = _exactly(3, "between", parts)
        return joined("AND", [self._comparison(">=", [value, low]), self._comparison("<=", [value, high])])

    def _is_null(self, parts: list[Any]) -> Sql:
        value = self.value(*_exactly(1, "isNull", parts))
        if value.kind is Kind.ANY:
            return condition("(coalesce(jsonb_typeof({}), 'null') = 'null')", value)
        return condition("({} IS NULL)", value)

    def _among(self, parts: list[Any]) -> Sql:
        value, choices = _exactly(2, "in", parts)
        if not isinstance(choices, list):
            raise unreadable("in")
        if not choices:
            return true(False)
        return joined("OR", [self._comparison("=", [value, choice]) for choice in choices])

    def _like(self, parts: list[Any]) -> Sql:
        asked, wanted = _exactly(2, "like", parts)
        value, pattern = self.value(asked), self.value(_finished(wanted))
        if any(isinstance(one, str) and len(one) > MAX_PATTERN for one in pattern.params):
            raise Invalid(
                _("The pattern is longer than %(limit)d characters.") % {"limit": MAX_PATTERN},
                pointer=POINTER,
                repair=_("Shorten it."),
                code="filter_too_long",
            )
        return condition("({} LIKE {})", as_kind(value, Kind.TEXT), as_kind(pattern, Kind.TEXT))

    # --- space, time, arrays ---

    def _spatial(self, template: str, parts: list[Any]) -> Sql:
        sides = [as_kind(self.value(part), Kind.GEOMETRY) for part in _exactly(2, "s_*", parts)]
        return condition(f"{template}", *sides)

    def _arrays(self, template: str, parts: list[Any]) -> Sql:
        left, right = (as_kind(self.value(part), Kind.ARRAY) for part in _exactly(2, "a_*", parts))
        used = [(left, right)[int(digit)] for digit in re.findall(r"\{(\d)\}", template)]
        return condition(re.sub(r"\{\d\}", "{}", template), *used)

    def _temporal(self, name: str, parts: list[Any]) -> Sql:
        left, right = (self._span(part) for part in _exactly(2, name, parts))
        return temporal.relation(name, left, right)

    def _span(self, node: Any) -> Span:
        if isinstance(node, dict) and "interval" in node:
            ends = node["interval"]
            if not isinstance(ends, list) or len(ends) != 2:
                raise unreadable("interval")
            first, last = (self._end(end) for end in ends)
            return Span(first, last)
        moment = self._moment(node)
        return Span(moment, moment)

    def _end(self, node: Any) -> Sql | None:
        return None if isinstance(node, str) and node in OPEN else self._moment(node)

    def _moment(self, node: Any) -> Sql:
        if isinstance(node, str):
            return _moment_literal(node)
        value = self.value(node)
        if value.kind is not Kind.MOMENT:
            raise mismatch(value.kind, Kind.MOMENT)
        return value

    # --- values ---

    def value(self, node: Any) -> Sql:
        """Return the expression a node stands for. Raises Invalid."""
        if isinstance(node, list):
            return _array(node)
        if isinstance(node, dict):
            return self._object(node)
        return _literal(node)

    def _object(self, node: Mapping[str, Any]) -> Sql:
        if "property" in node:
            return self._property(node["property"])
        if "timestamp" in node:
            return _moment_literal(node["timestamp"])
        if "date" in node:
            return _day_literal(node["date"])
        if "bbox" in node:
            return as_sql(read_bbox(node["bbox"], pointer=POINTER))
        if "type" in node:
            return as_sql(read_geometry(node, pointer=POINTER))
        if "op" in node:
            return self._function(str(node["op"]).lower(), node)
        raise unreadable(", ".join(str(name) for name in node)[:80])

    def _property(self, name: Any) -> Sql:
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or "\0" in name:
            raise unreadable(str(name)[:80])
        return self.named(name.removeprefix("properties."))

    def _function(self, name: str, node: Mapping[str, Any]) -> Sql:
        if name not in FUNCTIONS:
            return self._operation(name, _arguments(node))
        (inner,) = _exactly(1, name, _arguments(node))
        value = as_kind(self.value(inner), Kind.TEXT)
        return Sql(FUNCTIONS[name].format(value.text), Kind.TEXT, value.params)


def _arguments(node: Mapping[str, Any]) -> list[Any]:
    arguments = node.get("args")
    if not isinstance(arguments, list):
        raise unreadable(str(node.get("op"))[:80])
    return arguments


def _exactly(count: int, name: str, parts: list[Any]) -> list[Any]:
    if len(parts) != count:
        raise unreadable(_("“%(name)s” takes %(count)d arguments.") % {"name": name, "count": count})
    return parts


def _finished(pattern: Any) -> Any:
    """A backslash at the end escapes nothing, and PostgreSQL refuses it: it stands for itself."""
    if isinstance(pattern, dict) and isinstance(pattern.get("args"), list):
        return {**pattern, "args": [_finished(part) for part in pattern["args"]]}
    if not isinstance(pattern, str):
        return pattern
    loose = (len(pattern) - len(pattern.rstrip("\\"))) % 2
    return pattern + "\\" * loose


def _literal(value: Any) -> Sql:
    if isinstance(value, bool):
        return true(value)
    if isinstance(value, int | float):
        return Sql("%s::float8", Kind.NUMBER, (float(value),), value)
    if isinstance(value, str) and "\0" not in value:
        return Sql("%s::text", Kind.TEXT, (value,), value)
    raise unreadable(str(value)[:80])


def _array(values: list[Any]) -> Sql:
    if any(isinstance(value, dict | list) or value is None for value in values):
        raise unreadable("[…]")
    return Sql("%s::text[]", Kind.ARRAY, ([text_of(value) for value in values],))


def _moment_literal(text: Any) -> Sql:
    if not isinstance(text, str):
        raise unreadable("timestamp")
    if "T" not in text.upper():
        return _day_literal(text)
    return Sql("%s::timestamptz", Kind.MOMENT, (read_moment(text, pointer=POINTER),))


def _day_literal(text: Any) -> Sql:
    """A day stands for its first moment in UTC (OGC 21-065r2, 7.4: a date has no time)."""
    try:
        day = datetime.combine(date.fromisoformat(str(text)), time.min, UTC)
    except ValueError as error:
        raise unreadable(str(text)[:80]) from error
    return Sql("%s::timestamptz", Kind.MOMENT, (day,))


def _unknown(name: str) -> Invalid:
    return Invalid(
        _("This catalogue does not know the operator or function “%(name)s”.") % {"name": name[:60]},
        pointer=POINTER,
        repair=_("See the conformance classes on the landing page."),
        code="filter_operator",
    )
