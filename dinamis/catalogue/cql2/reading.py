# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading a filter. Its grammar is the `cql2` library's; what is too long or too deep is refused before it is read."""

import json
import re
from typing import Any

import cql2
from django.utils.translation import gettext as _

from dinamis.core.exceptions import Invalid

POINTER = "filter"
MAX_CHARACTERS = 100_000
MAX_DEPTH = 40
MAX_NODES = 2_000
_OPENS, _CLOSES = "([{", ")]}"
# What stands between quotes nests nothing; a doubled quote is two strings one after the other.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def read_text(text: str) -> Any:
    """Return the tree of a filter written as CQL2 text, in the shape of CQL2 JSON. Raises Invalid."""
    _check_length(text)
    if _depth(_QUOTED.sub("", text)) > MAX_DEPTH:
        raise too_deep()
    # NOT and a sign nest without a bracket.
    if len(re.findall(r"\bNOT\b|-\s*-", text, re.IGNORECASE)) > MAX_DEPTH:
        raise too_deep()
    try:
        tree = cql2.parse_text(text).to_json()
    except (cql2.ParseError, ValueError) as error:
        raise unreadable(str(error)) from error
    return _checked(tree)


def read_json(document: Any) -> Any:
    """Return the tree of a filter given as CQL2 JSON, checked for size. Raises Invalid."""
    _check_size(document)
    if not isinstance(document, dict | bool):
        raise unreadable(type(document).__name__)
    try:
        tree = cql2.parse_json(json.dumps(document)).to_json()
    except (cql2.ParseError, ValueError) as error:
        raise unreadable(str(error)) from error
    return _checked(tree)


def _check_length(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise Invalid(
            _("The filter is longer than %(limit)d characters.") % {"limit": MAX_CHARACTERS},
            pointer=POINTER,
            repair=_("Simplify it; a large area can be given as “intersects”."),
            code="filter_too_long",
        )


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character in _OPENS:
            depth += 1
            deepest = max(deepest, depth)
        elif character in _CLOSES:
            depth -= 1
    return deepest


def _checked(tree: Any) -> Any:
    _check_size(tree)
    if not isinstance(tree, dict | bool):
        raise unreadable(json.dumps(tree)[:80])
    return tree


def _check_size(tree: Any) -> None:
    """Walk without recursion; coordinates are counted where they are read as a geometry."""
    waiting: list[tuple[Any, int]] = [(tree, 1)]
    nodes = 0
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            raise too_deep()
        if nodes > MAX_NODES:
            raise Invalid(
                _("The filter has more than %(limit)d parts.") % {"limit": MAX_NODES},
                pointer=POINTER,
                repair=_("Split it into several searches."),
                code="filter_too_long",
            )
        if isinstance(node, dict):
            waiting += [(value, depth + 1) for key, value in node.items() if key != "coordinates"]
        elif isinstance(node, list):
            waiting += [(value, depth + 1) for value in node]


def too_deep() -> Invalid:
    """The error of a filter whose parts stand too deep inside each other."""
    return Invalid(
        _("The filter nests more than %(limit)d levels.") % {"limit": MAX_DEPTH},
        pointer=POINTER,
        repair=_("Write it with fewer brackets."),
        code="filter_too_deep",
    )


def unreadable(reason: str) -> Invalid:
    """The error of a text or document that is no CQL2."""
    return Invalid(
        _("The filter is not CQL2: %(reason)s") % {"reason": reason[:300]},
        pointer=POINTER,
        repair=_("Write it as in: \"eo:cloud_cover\" < 10 AND platform = 'PHR1A'"),
        code="filter_unreadable",
    )
