# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where what is wanted is not held: read from what was counted; numbers of organisations, never their names."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dinamis.catalogue.selectors.tiles import Tile
from orders.models import Need

# Classes of the map, the fewest organisations first and lightest: from so many on. Below all of them is class 0.
FROM = (5, 8, 12, 20, 40)
CLASS = " ".join(f"WHEN organisations >= {n} THEN {place}" for place, n in reversed(list(enumerate(FROM, 1))))
SHOWN = """
FROM catalogue_landcell cell JOIN orders_need need ON need.cell_id = cell.id
WHERE need.organisations >= %(fewest)s
  AND (%(before)s::timestamptz IS NULL OR need.newest_at IS NULL OR need.newest_at < %(before)s)
"""
TILE = f"""
SELECT ST_AsMVT(t, 'cells', 4096, 'geom') FROM (
    SELECT cell.code, need.organisations::text AS title, '' AS date, CASE {CLASS} ELSE 0 END AS age,
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


def parameters(*, gap: bool, at: datetime) -> dict[str, Any]:
    """Return what the statements ask: all that is wanted, or (`gap`) only where nothing newer than GAP_DAYS is held."""
    known = settings.DINAMIS
    before = at - timedelta(days=known["GAP_DAYS"]) if gap else None
    return {"before": before, "fewest": known["PUBLIC_MIN_ORGANISATIONS"]}


def need_tile(tile: Tile, *, gap: bool, at: datetime) -> bytes:
    """Return the layer `cells` (code, title: how many organisations, age: the class) of a tile."""
    bounds = dict(zip(("west", "south", "east", "north"), tile.bounds, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(TILE, {**parameters(gap=gap, at=at), **bounds, "z": tile.z, "x": tile.x, "y": tile.y})
        return bytes(cursor.fetchone()[0] or b"")


def by_departement(*, gap: bool, at: datetime) -> list[Line]:
    """Return a line for each département where images are wanted, the most wanted first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DEPARTEMENT, parameters(gap=gap, at=at))
        return [Line(code, name or code, *numbers) for code, name, *numbers in cursor.fetchall()]


def every_cell(*, gap: bool, at: datetime) -> QuerySet[Need]:
    """Return the cells where images are wanted, the most wanted first."""
    asked = parameters(gap=gap, at=at)
    rows = Need.objects.filter(organisations__gte=asked["fewest"]).select_related("cell")
    if asked["before"] is None:
        return rows
    return rows.filter(Q(newest_at__isnull=True) | Q(newest_at__lt=asked["before"]))


def counted_at() -> datetime | None:
    """Return when the needs were counted, None when there are none to show."""
    return Need.objects.order_by("-counted_at").values_list("counted_at", flat=True).first()


def classes() -> list[dict[str, Any]]:
    """Return the classes of the legend, the most organisations first."""
    edges = [settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"], *FROM]
    found = [
        {"value": place, "label": _("%(first)d to %(last)d organisations") % {"first": first, "last": after - 1}}
        for place, (first, after) in enumerate(zip(edges, FROM, strict=False))
    ]
    found.append({"value": len(FROM), "label": _("%(first)d organisations and more") % {"first": FROM[-1]}})
    return found[::-1]
