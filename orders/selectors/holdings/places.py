# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where nothing may be ordered, and where there is no ground for a product that is laid on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from shapely import STRtree, get_parts, make_valid
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from dinamis.core.exceptions import Invalid

# Levels that are laid on the ground by an elevation model.
GROUND_LEVELS = ("ortho",)
_READING = Lock()


@dataclass(frozen=True)
class Countries:
    """Pieces of countries, each with the ISO 3166-1 number and the name of its country."""

    tree: STRtree
    codes: tuple[str, ...]
    names: tuple[str, ...]

    def over(self, area: BaseGeometry) -> dict[str, str]:
        """Return the countries that an area touches: name by number."""
        found = self.tree.query(area, predicate="intersects")
        return {self.codes[place]: self.names[place] for place in found}

    def near(self, area: BaseGeometry, degrees: float) -> bool:
        """Tell whether any land lies within so many degrees of an area."""
        return bool(len(self.tree.query(area, predicate="dwithin", distance=degrees)))


def check_places(area: BaseGeometry, family: str, *, pointer: str = "aoi") -> None:
    """Raise Invalid when an area touches a country under a deny rule for this family (DENY_RULES)."""
    known = settings.DINAMIS["DENY_RULES"]
    rules = {rule["country"]: rule for rule in known if not rule["families"] or family in rule["families"]}
    if not rules:
        return
    for code, name in countries().over(area).items():
        if code in rules:
            words = rules[code]["fr" if (get_language() or "fr").startswith("fr") else "en"]
            raise Invalid(
                _("Images of %(country)s may not be ordered. %(words)s") % {"country": name, "words": words},
                pointer=pointer,
                repair=_("Draw the area elsewhere, or ask the DINAMIS office."),
                code="denied_place",
            )


def check_ground(area: BaseGeometry, options: Mapping[str, str], *, pointer: str = "aoi") -> None:
    """Raise Invalid when an area lies on the open sea though its product is laid on the ground."""
    if options.get("processing_level") not in GROUND_LEVELS:
        return
    if not countries().near(area, settings.DINAMIS["OPEN_SEA_DEGREES"]):
        raise Invalid(
            _("This area lies on the open sea: an ortho image is laid on the ground."),
            pointer=pointer,
            repair=_("Move the area, or choose the primary level."),
            code="on_the_sea",
        )


def countries() -> Countries:
    """Return the outlines of COUNTRIES_FILE, read once for each process (about 20 MB). Raises OSError without it."""
    # Several first requests at once would read it several times.
    with _READING:
        return _read(settings.DINAMIS["COUNTRIES_FILE"])


@lru_cache(maxsize=1)
def _read(path: Path) -> Countries:
    features = json.loads(Path(path).read_text(encoding="utf-8"))["features"]
    pieces = [(piece, one["properties"]) for one in features for piece in get_parts(make_valid(shape(one["geometry"])))]
    return Countries(
        STRtree([piece for piece, _facts in pieces]),
        tuple(str(facts["code"]) for _piece, facts in pieces),
        tuple(facts["name"] for _piece, facts in pieces),
    )
