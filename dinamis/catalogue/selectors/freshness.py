# SPDX-License-Identifier: AGPL-3.0-or-later
"""How old the newest image is that a person may use, over the whole nation: from what was counted (docs/adr/0044)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.gis.db.models import Extent
from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.grid import bbox_of
from dinamis.catalogue.models import AdminUnit, LandCell, NewestImage
from dinamis.catalogue.selectors.tiles import Tile
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.core import clock
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
    SELECT cell.code, coalesce(nullif(cell.commune, ''), cell.code) AS title, cell.departement,
           coalesce(to_char(taken_at, 'YYYY-MM-DD'), '') AS date, {CLASS} AS age,
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
SELECT cell.code, cell.commune, cell.departement, coalesce(place.name, cell.departement),
       ST_X(cell.inside), ST_Y(cell.inside), taken_at, {CLASS}
FROM catalogue_landcell cell LEFT JOIN ({BEST}) best ON best.cell_id = cell.id
LEFT JOIN catalogue_adminunit place ON place.kind = 'departement' AND place.code = cell.departement
WHERE (%(departement)s = '' OR cell.departement = %(departement)s)
"""  # noqa: S608  (constants only)
EVERY = f"{CELLS} ORDER BY cell.code"
# Of the whole nation most cells without an image are nobody's news: they are counted, not listed.
OLDEST = f"""
{CELLS} AND (taken_at IS NOT NULL OR %(departement)s <> '') ORDER BY taken_at NULLS FIRST, cell.code LIMIT %(limit)s
"""


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
    def recent(self) -> float:
        """The share of its cells whose newest image is less than a year old, in percent."""
        return 100 * sum(self.classes[-2:]) / self.cells if self.cells else 0.0

    @property
    def older(self) -> float:
        """The share of its cells whose newest image is older than that, in percent."""
        return self.share - self.recent

    @property
    def missing(self) -> float:
        """The share of its cells without an image, in percent."""
        return 100 - self.share if self.cells else 0.0

    @property
    def median_words(self) -> str:
        """The median age in words, "—" when it has no image."""
        return "—" if self.median_days is None else age_words(self.median_days)

    @property
    def newest_first(self) -> tuple[int, ...]:
        """How many cells each class has, the newest first."""
        return self.classes[::-1]

    @property
    def share(self) -> float:
        """The share of its cells that have an image, in percent."""
        return 100 * self.seen / self.cells if self.cells else 0.0


@dataclass(frozen=True)
class Cell:
    """A cell: where it is, when the newest image that counts was taken, and the class of its age (None: no image)."""

    code: str
    commune: str
    departement: str
    departement_name: str
    longitude: float
    latitude: float
    taken_at: datetime | None
    age: int | None

    @property
    def words(self) -> str:
        """How old its newest image is, in words; empty without one."""
        days = age_days(self.taken_at, clock.today())
        return "" if days is None else age_words(days)

    @property
    def bbox(self) -> str:
        """Its box as the address of a search or a request holds it."""
        return bbox_of(self.code)


def parameters(kind: Kind, viewer: Viewer, *, departement: str = "") -> dict[str, Any]:
    """Return what the statements above ask; an empty département is all of them."""
    licences = list(viewer.permitted.licence_ids) if kind.mine else None
    return {
        "licences": licences,
        "family": kind.family,
        "fineness": kind.fineness,
        "stereo": kind.stereo,
        "at": viewer.at,
        "departement": departement,
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


def together(parts: Sequence[Part]) -> Part:
    """Return the sum of départements; the median of medians is none, and is left out."""
    columns = zip(*(part.classes for part in parts), strict=True)
    return Part("", sum(p.cells for p in parts), sum(p.seen for p in parts), None, tuple(sum(c) for c in columns))


def departements() -> list[tuple[str, str]]:
    """Return code and name of the départements that have cells, by their code; names are as they are loaded."""
    laid = LandCell.objects.order_by("departement").values_list("departement", flat=True).distinct()
    units = AdminUnit.objects.filter(kind=AdminKind.DEPARTEMENT, code__in=laid).order_by("code")
    return [(code, f"{name} ({code})") for code, name in units.values_list("code", "name")]


def every_cell(kind: Kind, viewer: Viewer, *, departement: str = "") -> Iterator[Cell]:
    """Yield every cell, by its code."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY, parameters(kind, viewer, departement=departement))
        for row in cursor:
            yield Cell(*row)


def oldest_cells(kind: Kind, viewer: Viewer, *, departement: str = "", limit: int) -> list[Cell]:
    """Return the cells whose newest image is the oldest; of one département, those without any image first."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, {**parameters(kind, viewer, departement=departement), "limit": limit})
        return [Cell(*row) for row in cursor.fetchall()]


def counted_at() -> datetime | None:
    """Return when the newest images were counted, None while none is."""
    return NewestImage.objects.aggregate(newest=Max("counted_at"))["newest"]


def bounds_of_departement(code: str) -> str:
    """Return the box of the cells of a département, "west,south,east,north"; empty when it has none."""
    box = LandCell.objects.filter(departement=code).aggregate(box=Extent("geometry"))["box"]
    return ",".join(f"{degrees:.2f}" for degrees in box) if box else ""


def classes(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Return the classes of the legend, the newest first: number, words and how many cells each has."""
    labels, counts = class_labels(), together(parts).classes
    return [
        {"value": place, "label": labels[place], "count": counts[place] if counts else 0}
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


def age_words(days: int) -> str:
    """Return an age as people say it: in days below two months, in months below three years, then in years."""
    if days < 61:
        words = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    elif days < 1096:
        months = round(days / 30.44)
        words = ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    else:
        years = int(days / 365.25)
        words = ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return words.replace(" ", "\u00a0")
