# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where what is wanted is not held: read from what was counted; numbers of organisations, never their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dinamis.catalogue.grid import bbox_of, bounds_of
from dinamis.catalogue.selectors.tiles import Tile
from orders.models import Need

# Classes of the map, the fewest organisations first and lightest: from so many on. Below all of them is class 0.
FROM = (5, 8, 12, 20, 40)
CLASS = f"""
CASE {" ".join(f"WHEN organisations >= {n} THEN {place}" for place, n in reversed(list(enumerate(FROM, 1))))} ELSE 0 END
"""
# Degrees: the mainland and Corsica with a margin; more is overseas.
MAINLAND = 20
SHOWN = """
FROM catalogue_landcell cell JOIN orders_need need ON need.cell_id = cell.id
WHERE need.family = %(family)s AND need.organisations >= %(fewest)s
  AND (%(departement)s = '' OR cell.departement = %(departement)s)
  AND (%(before)s::timestamptz IS NULL OR need.newest_at IS NULL OR need.newest_at < %(before)s)
"""
TILE = f"""
SELECT ST_AsMVT(t, 'cells', 4096, 'geom') FROM (
    SELECT cell.code, coalesce(nullif(cell.commune, ''), cell.code) AS title, cell.departement, {CLASS} AS age,
           need.organisations AS wanted, coalesce(to_char(need.newest_at, 'YYYY-MM-DD'), '') AS date,
           ST_AsMVTGeom(ST_Transform(cell.geometry, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, TRUE) AS geom
    {SHOWN} AND cell.geometry && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
) t WHERE geom IS NOT NULL
"""  # noqa: S608  (constants only)
BY_DEPARTEMENT = f"""
SELECT cell.departement, min(place.name), count(*), max(organisations), max(requests), max(searches), max(unmet),
       count(*) FILTER (WHERE newest_at IS NULL)
FROM (SELECT cell.departement, need.* {SHOWN}) cell
LEFT JOIN catalogue_adminunit place ON place.kind = 'departement' AND place.code = cell.departement
GROUP BY cell.departement ORDER BY max(organisations) DESC, cell.departement
"""  # noqa: S608  (constants only)
CELLS = f"""
SELECT wanted.code, wanted.commune, wanted.departement, coalesce(place.name, wanted.departement),
       ST_X(inside), ST_Y(inside), organisations, requests, searches, unmet, newest_at, {CLASS}
FROM (SELECT cell.*, organisations, requests, searches, unmet, newest_at {SHOWN}) wanted
LEFT JOIN catalogue_adminunit place ON place.kind = 'departement' AND place.code = wanted.departement
ORDER BY organisations DESC, newest_at NULLS FIRST, wanted.code LIMIT %(limit)s
"""  # noqa: S608  (constants only)


@dataclass(frozen=True)
class Asked:
    """What is shown: of one product family ("" = whatever is wanted); where nothing newer than GAP_DAYS is held
    (`gap`) or everywhere; from so many organisations on; in one département ("" = all)."""

    family: str = ""
    gap: bool = True
    at_least: int = 0
    departement: str = ""


@dataclass(frozen=True)
class Line:
    """A département: how many of its cells are wanted, by how many organisations at most in one cell, in which ways,
    and how many of those cells have no image at all."""

    code: str
    name: str
    cells: int
    organisations: int
    requests: int | None
    searches: int | None
    unmet: int | None
    nothing: int


@dataclass(frozen=True)
class Cell:
    """A cell: where it is, how many organisations want it, in which ways (None: too few to tell), when the newest
    image that is held was taken, and its class on the map."""

    code: str
    commune: str
    departement: str
    departement_name: str
    longitude: float
    latitude: float
    organisations: int
    requests: int | None
    searches: int | None
    unmet: int | None
    newest_at: datetime | None
    place: int

    @property
    def words(self) -> str:
        """How many organisations want it, in words."""
        return organisations_words(self.organisations)

    @property
    def bbox(self) -> str:
        """Its box as the address of a search or a request holds it."""
        return bbox_of(self.code)


def parameters(asked: Asked, *, at: datetime) -> dict[str, Any]:
    """Return what the statements ask. Of fewer organisations than may be shown nothing is, whatever is asked."""
    known = settings.DINAMIS
    return {
        "family": asked.family,
        "departement": asked.departement,
        "before": at - timedelta(days=known["GAP_DAYS"]) if asked.gap else None,
        "fewest": max(asked.at_least, known["PUBLIC_MIN_ORGANISATIONS"]),
    }


def need_tile(tile: Tile, asked: Asked, *, at: datetime) -> bytes:
    """Return the layer `cells` (code, title, departement, wanted: how many organisations, date: of the newest image,
    age: the class) of a tile."""
    bounds = dict(zip(("west", "south", "east", "north"), tile.bounds, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(TILE, {**parameters(asked, at=at), **bounds, "z": tile.z, "x": tile.x, "y": tile.y})
        return bytes(cursor.fetchone()[0] or b"")


def by_departement(asked: Asked, *, at: datetime) -> list[Line]:
    """Return a line for each département where images are wanted, the most wanted first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DEPARTEMENT, parameters(asked, at=at))
        return [Line(code, name or code, *numbers) for code, name, *numbers in cursor.fetchall()]


def most_wanted(asked: Asked, *, at: datetime, limit: int | None = None) -> list[Cell]:
    """Return the cells where images are wanted, the most wanted first; no limit is all of them."""
    with connection.cursor() as cursor:
        cursor.execute(CELLS, {**parameters(asked, at=at), "limit": limit})
        return [Cell(*row) for row in cursor.fetchall()]


def frame(cells: Sequence[Cell]) -> str:
    """Return what the map looks at first, "west,south,east,north": the cells with a degree around them where they lie
    near one another; empty, the whole of France, where one is overseas or there is none."""
    if not cells:
        return ""
    wests, souths, easts, norths = zip(*(bounds_of(cell.code) for cell in cells), strict=True)
    west, south, east, north = min(wests) - 1, min(souths) - 1, max(easts) + 1, max(norths) + 1
    return f"{west:.1f},{south:.1f},{east:.1f},{north:.1f}" if max(east - west, north - south) < MAINLAND else ""


def counted_at() -> datetime | None:
    """Return when the needs were counted, None when there are none to show."""
    return Need.objects.order_by("-counted_at").values_list("counted_at", flat=True).first()


def classes() -> list[dict[str, Any]]:
    """Return the classes of the legend, the most organisations first: number, least, words."""
    edges = [settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"], *FROM]
    found = [
        {"value": place, "least": first, "label": _("%(first)d to %(last)d") % {"first": first, "last": after - 1}}
        for place, (first, after) in enumerate(zip(edges, FROM, strict=False))
    ]
    found.append({"value": len(FROM), "least": FROM[-1], "label": _("%(first)d and more") % {"first": FROM[-1]}})
    return found[::-1]


def organisations_words(number: int) -> str:
    """Return "3 organisations" in the language of the reader."""
    return (ngettext("%(n)d organisation", "%(n)d organisations", number) % {"n": number}).replace(" ", "\u00a0")
