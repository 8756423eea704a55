# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which members of an item an answer holds (STAC API fields extension 1.0.0)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

# What stays whatever is asked: without these an item is no GeoJSON feature that can be found again.
ALWAYS = ("type", "id", "collection", "links")
Path = tuple[str, ...]
# What stands for an empty `include` beside an `exclude` (fields extension 1.0.0, "Include/Exclude Semantics").
DEFAULT: frozenset[Path] = frozenset(
    {("stac_version",), ("geometry",), ("bbox",), ("assets",), ("properties", "datetime")}
    | {(name,) for name in ALWAYS}
)


@dataclass(frozen=True)
class Fields:
    """Members to give and members to leave out, each as a path: ("properties", "eo:cloud_cover")."""

    include: frozenset[Path] = frozenset()
    exclude: frozenset[Path] = frozenset()

    def of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return what is asked for of an item, which is not changed."""
        if not self.include:
            return _without(item, self.exclude)
        wanted = {*self.include, *((name,) for name in ALWAYS)}
        # What is asked for by name is given; of a member and a part of it, the part says more.
        told = self.include | {path[:1] for path in self.include}
        return _without(_only(item, wanted), self.exclude - told)

    def of_text(self, item: bytes) -> bytes:
        """Return what is asked for of a finished item."""
        return orjson.dumps(self.of(orjson.loads(item))) if self.include or self.exclude else item


def path_of(name: str) -> Path:
    """Return the path of a member; a dot leads inside properties, assets and links alone, as names hold dots too."""
    head, _dot, rest = name.partition(".")
    return (head, rest) if rest and head in {"properties", "assets", "links"} else (name,)


def _only(item: dict[str, Any], wanted: Iterable[Path]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for path in sorted(wanted):
        head = path[0]
        if head not in item:
            continue
        inner = item[head]
        if len(path) == 1:
            kept[head] = inner
        elif isinstance(inner, dict):
            part = kept.setdefault(head, {})
            if path[1] in inner:
                part[path[1]] = inner[path[1]]
    return {name: kept[name] for name in item if name in kept}


def _without(item: dict[str, Any], dropped: Iterable[Path]) -> dict[str, Any]:
    left = dict(item)
    for path in dropped:
        if path[0] in ALWAYS or path[0] not in left:
            continue
        if len(path) == 1:
            del left[path[0]]
        elif isinstance(left[path[0]], dict):
            left[path[0]] = {name: value for name, value in left[path[0]].items() if name != path[1]}
    return left
