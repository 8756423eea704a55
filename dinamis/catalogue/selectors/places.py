# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places found by what people type: names without their accents, codes, coordinates."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.db.models import Max

from dinamis.catalogue.models import AdminUnit

MAX_TYPED = 80
# Fewer letters resemble half of all names.
SHORTEST_WORD = 4
# Each branch reads one index, and the two of names nothing else: what is shown and ordered by travels in them. Larger
# units come first: "Hérault" is the département before the hamlet. Of codes, though, that of a département is what
# people know: 75 is Paris, and Nouvelle-Aquitaine too.
BEGINS = """
SELECT kind, code, name, parent_code FROM (
    SELECT kind, code, name, parent_code, population, plain = %(text)s AS same, FALSE AS named
    FROM catalogue_adminunit WHERE geometry IS NOT NULL AND plain LIKE %(text)s || '%%'
    UNION ALL
    SELECT kind, code, name, parent_code, population, bare = %(text)s, FALSE FROM catalogue_adminunit
    WHERE geometry IS NOT NULL AND bare <> '' AND bare LIKE %(text)s || '%%' AND plain NOT LIKE %(text)s || '%%'
    UNION ALL
    SELECT kind, code, name, parent_code, population, TRUE, TRUE FROM catalogue_adminunit
    WHERE geometry IS NOT NULL AND code = %(code)s
) found
ORDER BY named DESC, named AND kind = 'departement' DESC, same DESC,
         array_position(ARRAY['region', 'departement', 'commune', 'epci'], kind::text), population DESC NULLS LAST, code
LIMIT %(limit)s
"""
# A word typed wrongly shares most of its trigrams with the right one.
RESEMBLES = """
SELECT kind, code, name, parent_code FROM catalogue_adminunit
WHERE geometry IS NOT NULL AND plain %% %(text)s AND plain NOT LIKE %(text)s || '%%'
ORDER BY round(similarity(plain, %(text)s)::numeric, 1) DESC,
         array_position(ARRAY['region', 'departement', 'commune', 'epci'], kind::text), population DESC NULLS LAST, code
LIMIT %(limit)s
"""
# How alike two names are to resemble each other. A long text has trigrams of thousands of names, to look at one by one,
# and more of its own that a wrong letter leaves alone.
ALIKE, ALIKE_LONG, LONG = "0.3", "0.5", 12
ABBREVIATED = {"st": "saint", "ste": "sainte", "sts": "saints"}
# The département that lies nearest to each point, when one is within reach; the boxes of the index are in degrees.
NEAR = """
SELECT point.x, point.y, unit.name FROM unnest(%(x)s::float8[], %(y)s::float8[]) AS point (x, y), LATERAL (
    SELECT name, geometry <-> ST_SetSRID(ST_MakePoint(point.x, point.y), 4326) AS away FROM catalogue_adminunit
    WHERE kind = 'departement' AND geometry IS NOT NULL ORDER BY away LIMIT 1
) AS unit WHERE unit.away <= %(reach)s
"""
# "43.6, 3.88", "43,6 ; 3,88", "43.6° N 3.88° E"; two numbers, the first of them a latitude as people write it.
NUMBER = r"([-+]?\d{1,3}(?:[.,]\d+)?)\s*°?\s*"
LABEL = re.compile(r"^(.+) \(([0-9A-Z]+)\)$")
COORDINATES = re.compile(rf"^\s*{NUMBER}([NS]?)\s*[;,\s]\s*{NUMBER}([EWO]?)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A named place; `reference` is what the address of a search holds."""

    kind: str
    code: str
    name: str
    parent_code: str

    @property
    def reference(self) -> str:
        """Return "kind:code"."""
        return f"{self.kind}:{self.code}"

    @property
    def label(self) -> str:
        """Return "name (code)": what the field of places holds, and what finds the place again."""
        return f"{self.name} ({self.code})"


def labelled_place(label: str) -> Place | None:
    """Return the place whose label this is exactly, or None."""
    found = LABEL.match(label.strip())
    if found is None:
        return None
    name, code = found.groups()
    unit = AdminUnit.objects.filter(name=name, code=code, geometry__isnull=False).first()
    return Place(unit.kind, unit.code, unit.name, unit.parent_code) if unit else None


def only_place(text: str, suggested: list[Place]) -> Place | None:
    """Return the one place that `text` can mean: the only one suggested, or the only one of exactly that name."""
    if len(suggested) == 1:
        return suggested[0]
    same = [place for place in suggested if plain(place.name) == plain(text) or place.code == text.strip().upper()]
    return same[0] if len(same) == 1 else None


def plain(text: str) -> str:
    """Return `text` in small letters without accents, words divided by one space, as the database compares names."""
    split = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    bare = "".join(letter for letter in split if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def suggest_places(text: str, limit: int = 8) -> list[Place]:
    """Return the places whose code `text` is, whose name begins like it, with or without its article, then, when these
    are too few, whose name resembles it; the best first."""
    typed = text.strip()[:MAX_TYPED]
    name = _unabbreviated(plain(typed))
    if len(typed) < 2 or not name:
        return []
    asked: dict[str, str | int] = {"text": name, "code": typed.upper(), "limit": limit}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BEGINS, asked)
        found = [Place(*row) for row in cursor.fetchall()]
        if len(found) < limit and len(name) >= SHORTEST_WORD:
            cursor.execute(f"SET LOCAL pg_trgm.similarity_threshold = {ALIKE_LONG if len(name) >= LONG else ALIKE}")
            cursor.execute(RESEMBLES, asked | {"limit": limit - len(found)})
            found += [Place(*row) for row in cursor.fetchall()]
    return list(dict.fromkeys(found))


def _unabbreviated(text: str) -> str:
    """ "st malo" is how people write Saint-Malo; a word still being typed is left alone."""
    *words, last = text.split(" ")
    return " ".join([*(ABBREVIATED.get(word, word) for word in words), last])


def departements_near(points: Sequence[tuple[float, float]], *, reach: float = 0.5) -> dict[tuple[float, float], str]:
    """Return the name of the département in which each point (longitude, latitude, degrees) lies, or of the nearest
    within `reach` degrees; a point far from all of them is left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(NEAR, {"x": [x for x, _ in points], "y": [y for _, y in points], "reach": reach})
        return {(x, y): name for x, y, name in cursor.fetchall()}


def read_coordinates(text: str) -> Point | None:
    """Return the point that `text` names, latitude first as people copy it, or None.

    A comma stands between the numbers when they have decimal points, and may be the decimal sign when they are
    divided by a space or a semicolon.
    """
    found = COORDINATES.match(text)
    if found is None:
        return None
    lat, south, lon, west = found.groups()
    latitude = float(lat.replace(",", ".")) * (-1 if south.upper() == "S" else 1)
    longitude = float(lon.replace(",", ".")) * (-1 if west.upper() in {"W", "O"} else 1)
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Point(longitude, latitude, srid=4326)


def places_version() -> int:
    """Return a number that changes when places are added: what kept tiles are filed under."""
    return AdminUnit.objects.aggregate(newest=Max("pk"))["newest"] or 0
