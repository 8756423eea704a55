# SPDX-License-Identifier: AGPL-3.0-or-later
"""Yearly coverages: how far they are, and their cells with what this person may do."""

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models import Extent
from django.db import connection
from django.db.models import Case, CharField, OuterRef, Prefetch, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from dinamis.catalogue.enums import CellStatus, ItemState
from dinamis.catalogue.models import Asset, Coverage, CoverageCell, Item
from dinamis.catalogue.selectors.viewer import Viewer, with_state

PROGRESS = """
SELECT coverage_id, status, count(*), sum(ST_Area(geometry::geography))
FROM catalogue_coveragecell WHERE %(coverage)s::bigint IS NULL OR coverage_id = %(coverage)s
GROUP BY coverage_id, status
"""


@dataclass(frozen=True)
class Progress:
    """How far a coverage is: cells by status, and the part of the area (percent) that is delivered."""

    counts: dict[str, int]
    delivered_share: float

    @property
    def cells(self) -> int:
        """How many cells the coverage has."""
        return sum(self.counts.values())

    @property
    def delivered(self) -> int:
        """How many cells are delivered."""
        return self.counts.get(CellStatus.DELIVERED.value, 0)

    @property
    def statuses(self) -> list[tuple[str, str, int]]:
        """(value, word, count) of every status, in the order of the work."""
        return [(value, str(label), self.counts.get(value, 0)) for value, label in CellStatus.choices]


def progress_of(coverage_id: int | None = None) -> dict[int, Progress]:
    """Return the progress of one coverage or of all, by id; one query."""
    rows: dict[int, dict[str, tuple[int, float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, {"coverage": coverage_id})
        for coverage, status, count, area in cursor.fetchall():
            rows.setdefault(coverage, {})[status] = (count, area)
    return {coverage: _progress(by_status) for coverage, by_status in rows.items()}


def _progress(by_status: dict[str, tuple[int, float]]) -> Progress:
    whole = sum(area for _count, area in by_status.values())
    delivered = by_status.get(CellStatus.DELIVERED.value, (0, 0.0))[1]
    return Progress(
        {status: count for status, (count, _) in by_status.items()}, 100 * delivered / whole if whole else 0
    )


def coverages() -> list[tuple[Coverage, Progress]]:
    """Return every coverage with its progress, collections in their order, the newest year first."""
    progress = progress_of()
    nothing = Progress({}, 0)
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
