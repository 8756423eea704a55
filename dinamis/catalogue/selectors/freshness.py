# SPDX-License-Identifier: AGPL-3.0-or-later
"""How old the newest image is that a person may use, over the whole nation: from what was counted (docs/adr/0044)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from dinamis.catalogue.selectors.tiles import Tile
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.core.clock import PARIS

# Classes of the map, the oldest first and lightest: newer than so many days. Below all of them is class 0.
NEWER_THAN = (1826, 1096, 731, 366, 183)
# Anybody's images: no licence is asked.
BEST = """
SELECT newest.cell_id, max(newest.taken_at) AS taken_at
FROM catalogue_newestimage newest JOIN catalogue_collection collection ON collection.id = newest.collection_id
WHERE (%(licences)s::bigint[] IS NULL OR collection.licence_id = ANY(%(licences)s))
  AND (%(family)s = '' OR collection.family = %(family)s)
  AND newest.fineness <= %(fineness)s AND (newest.stereo OR NOT %(stereo)s)
GROUP BY newest.cell_id
"""
CLASS = """
CASE WHEN taken_at IS NULL THEN NULL {steps} ELSE 0 END
""".format(
    steps=" ".join(
        f"WHEN taken_at > %(at)s - interval '{days} days' THEN {place + 1}"
        for place, days in reversed(list(enumerate(NEWER_THAN)))
    )
)
TILE = f"""
SELECT ST_AsMVT(t, 'cells', 4096, 'geom') FROM (
    SELECT cell.code, cell.code AS title, coalesce(to_char(taken_at, 'YYYY-MM-DD'), '') AS date, {CLASS} AS age,
           ST_AsMVTGeom(ST_Transform(cell.geometry, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, TRUE) AS geom
    FROM catalogue_landcell cell LEFT JOIN ({BEST}) best ON best.cell_id = cell.id
    WHERE cell.geometry && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
) t WHERE geom IS NOT NULL
"""  # noqa: S608  (constants only)
BY_DEPARTEMENT = f"""
SELECT cell.departement, min(place.name), count(*), count(taken_at),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM %(at)s - taken_at)) / 86400,
       {", ".join(f"count(*) FILTER (WHERE age = {place})" for place in range(len(NEWER_THAN) + 1))}
FROM (SELECT cell.id, cell.departement, taken_at, {CLASS} AS age
      FROM catalogue_landcell cell LEFT JOIN ({BEST}) best ON best.cell_id = cell.id) cell
LEFT JOIN catalogue_adminunit place ON place.kind = 'departement' AND place.code = cell.departement
GROUP BY cell.departement ORDER BY cell.departement
"""  # noqa: S608  (constants only)
CELLS = f"""
SELECT cell.code, ST_X(cell.inside), ST_Y(cell.inside), cell.departement, taken_at
FROM catalogue_landcell cell LEFT JOIN ({BEST}) best ON best.cell_id = cell.id ORDER BY cell.code
"""  # noqa: S608  (constants only)


@dataclass(frozen=True)
class Kind:
    """Which images count: product family ("" = all), the coarsest step of FINENESS, stereo pairs alone; those the
    person may use (`mine`), or whoever may use them."""

    family: str = ""
    fineness: int = 99
    stereo: bool = False
    mine: bool = True


@dataclass(frozen=True)
class Part:
    """A class of ages, or a département: how many cells, how many of them with an image, the median age in days."""

    label: str
    cells: int
    seen: int
    median_days: int | None
    classes: tuple[int, ...]
    value: str = ""

    @property
    def newest_first(self) -> tuple[int, ...]:
        """How many cells each class has, the newest first."""
        return self.classes[::-1]

    @property
    def share(self) -> float:
        """The share of its cells that have an image, in percent."""
        return 100 * self.seen / self.cells if self.cells else 0.0


def parameters(kind: Kind, viewer: Viewer) -> dict[str, Any]:
    """Return what the statements above ask."""
    licences = list(viewer.permitted.licence_ids) if kind.mine else None
    return {
        "licences": licences,
        "family": kind.family,
        "fineness": kind.fineness,
        "stereo": kind.stereo,
        "at": viewer.at,
    }


def age_tile(tile: Tile, kind: Kind, viewer: Viewer) -> bytes:
    """Return the layer `cells` (code, title, date, age: the class, 5 = within half a year) of a tile."""
    bounds = dict(zip(("west", "south", "east", "north"), tile.bounds, strict=True))
    place = {"z": tile.z, "x": tile.x, "y": tile.y}
    with connection.cursor() as cursor:
        cursor.execute(TILE, {**parameters(kind, viewer), **bounds, **place})
        return bytes(cursor.fetchone()[0] or b"")


def by_departement(kind: Kind, viewer: Viewer) -> list[Part]:
    """Return a line for each département, by its code; one query."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DEPARTEMENT, parameters(kind, viewer))
        return [
            Part(name or code, cells, seen, None if days is None else round(days), tuple(classes), code)
            for code, name, cells, seen, days, *classes in cursor.fetchall()
        ]


def every_cell(kind: Kind, viewer: Viewer) -> Iterator[tuple[str, float, float, str, datetime | None]]:
    """Yield code, longitude, latitude, département and when the newest image was taken, of every cell."""
    with connection.cursor() as cursor:
        cursor.execute(CELLS, parameters(kind, viewer))
        yield from cursor.fetchall()


def classes(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Return the classes of the legend, the newest first: number, words and how many cells each has."""
    labels = class_labels()
    return [
        {"value": place, "label": labels[place], "count": sum(part.classes[place] for part in parts)}
        for place in reversed(range(len(labels)))
    ]


def class_labels() -> list[str]:
    """Return the words of the classes, the oldest first."""
    return [
        _("older than five years"),
        _("three to five years"),
        _("two to three years"),
        _("one to two years"),
        _("half a year to a year"),
        _("less than half a year"),
    ]


def age_days(taken_at: datetime | None, today: date) -> int | None:
    """Return how many days ago, in Paris, an image was taken."""
    return None if taken_at is None else max((today - taken_at.astimezone(PARIS).date()).days, 0)
