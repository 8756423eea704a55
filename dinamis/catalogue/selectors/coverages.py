# SPDX-License-Identifier: AGPL-3.0-or-later
"""Yearly coverages: how far they are, and their cells with what this person may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.gis.db.models import Extent
from django.db import connection
from django.db.models import Case, CharField, OuterRef, Prefetch, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import CellStatus, ItemState
from dinamis.catalogue.models import Asset, Coverage, CoverageCell, Item
from dinamis.catalogue.selectors.viewer import Viewer, with_state

PROGRESS = """
SELECT coverage_id, status, count(*), sum(ST_Area(geometry::geography))
FROM catalogue_coveragecell WHERE %(coverage)s::bigint IS NULL OR coverage_id = %(coverage)s
GROUP BY coverage_id, status
"""


AGES = """
SELECT (extract(month FROM acquired_on)::int - 1) / 2, count(*), sum(ST_Area(geometry::geography))
FROM catalogue_coveragecell WHERE coverage_id = %(coverage)s AND acquired_on IS NOT NULL
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Part:
    """A part of a coverage: what it is called, how many cells, how much area (m²), and the share of it (percent)."""

    value: str
    label: str
    count: int
    area_m2: float
    share: float


@dataclass(frozen=True)
class Progress:
    """How far a coverage is: cells and area (m²) by status."""

    counts: Mapping[str, int] = field(default_factory=dict)
    areas: Mapping[str, float] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """How many cells the coverage has."""
        return sum(self.counts.values())

    @property
    def area_m2(self) -> float:
        """The area of all cells."""
        return sum(self.areas.values())

    @property
    def delivered(self) -> int:
        """How many cells are delivered."""
        return self.counts.get(CellStatus.DELIVERED.value, 0)

    @property
    def delivered_share(self) -> float:
        """The part of the area, in percent, that is delivered."""
        return self._share(CellStatus.DELIVERED.value)

    @property
    def statuses(self) -> list[Part]:
        """Every status, in the order of the work."""
        return [
            Part(value, str(label), self.counts.get(value, 0), self.areas.get(value, 0.0), self._share(value))
            for value, label in CellStatus.choices
        ]

    def _share(self, status: str) -> float:
        return 100 * self.areas.get(status, 0.0) / self.area_m2 if self.area_m2 else 0.0


def progress_of(coverage_id: int | None = None) -> dict[int, Progress]:
    """Return the progress of one coverage or of all, by id; one query."""
    counts: dict[int, dict[str, int]] = {}
    areas: dict[int, dict[str, float]] = {}
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, {"coverage": coverage_id})
        for coverage, status, count, area in cursor.fetchall():
            counts.setdefault(coverage, {})[status] = count
            areas.setdefault(coverage, {})[status] = area
    return {coverage: Progress(counts[coverage], areas[coverage]) for coverage in counts}


def ages_of(coverage_id: int) -> list[Part]:
    """Return the cells by the two months of the year in which their image was taken, "0" to "5"; one query."""
    with connection.cursor() as cursor:
        cursor.execute(AGES, {"coverage": coverage_id})
        rows = cursor.fetchall()
    whole = sum(area for _period, _count, area in rows)
    return [Part(str(period), two_months(period), count, area, 100 * area / whole) for period, count, area in rows]


def two_months(period: int) -> str:
    """Return "January to February" for 0 … "November to December" for 5."""
    first, last = (date_format(date(2000, 2 * period + month, 1), "F") for month in (1, 2))
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def coverages() -> list[tuple[Coverage, Progress]]:
    """Return every coverage with its progress, collections in their order, the newest year first."""
    progress = progress_of()
    nothing = Progress()
    found = Coverage.objects.select_related("collection").order_by("collection__position", "collection", "-year")
    return [(coverage, progress.get(coverage.pk, nothing)) for coverage in found]


def find_coverage(slug: str, year: int) -> Coverage | None:
    """Return the coverage of a collection and year, or None."""
    found = Coverage.objects.select_related("collection__licence")
    return found.filter(collection__slug=slug, year=year).first()


def cell_state(viewer: Viewer) -> Case:
    """The state of a cell for a person: that of its image once it is delivered, else `none` (no image yet)."""
    image = with_state(Item.objects.filter(pk=OuterRef("item_id")), viewer).values("state")[:1]
    return Case(
        When(
            status=CellStatus.DELIVERED, item__isnull=False, then=Coalesce(Subquery(image), Value(ItemState.NONE.value))
        ),
        default=Value(ItemState.NONE.value),
        output_field=CharField(),
    )


def cells(coverage: Coverage, viewer: Viewer, *, status: str = "", state: str = "") -> QuerySet[CoverageCell]:
    """Return the cells of a coverage with `state`, and `item.data_files` of their images; two queries."""
    found: QuerySet[Any, Any] = CoverageCell.objects.filter(coverage=coverage)
    found = found.annotate(state=cell_state(viewer))
    if status:
        found = found.filter(status=status)
    if state:
        found = found.filter(state=state)
    files = Asset.objects.filter(public=False, roles__contains=["data"]).order_by("key")
    images = Prefetch("item__assets", queryset=files, to_attr="data_files")
    return found.select_related("item").prefetch_related(images).order_by("code")


def years_of(collection_id: int) -> list[int]:
    """Return the years a collection has coverages of, the newest first."""
    return list(Coverage.objects.filter(collection_id=collection_id).order_by("-year").values_list("year", flat=True))


def bounds_of(coverage_id: int) -> str:
    """Return "west,south,east,north" of the cells, or an empty text when there are none."""
    extent = CoverageCell.objects.filter(coverage_id=coverage_id).aggregate(extent=Extent("geometry"))["extent"]
    return ",".join(f"{value:.4f}" for value in extent) if extent else ""
