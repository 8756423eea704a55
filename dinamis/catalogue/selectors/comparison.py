# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two years of one coverage side by side: the same cells, their dates and their pictures."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.models import Asset, Coverage, CoverageCell
from dinamis.catalogue.selectors.coverages import cell_state
from dinamis.catalogue.selectors.viewer import Viewer


@dataclass(frozen=True)
class Side:
    """A cell in one year, with its picture's right to be shown: `pictured` is False while the image is withheld."""

    cell: CoverageCell
    pictured: bool


@dataclass(frozen=True)
class Pair:
    """A cell in two years; a side is None where that year has no such cell."""

    code: str
    left: Side | None
    right: Side | None

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the cell in degrees."""
        side = self.left or self.right
        assert side is not None
        west, south, east, north = side.cell.geometry.extent
        return west, south, east, north


def pairs(left: Coverage, right: Coverage, viewer: Viewer) -> list[Pair]:
    """Return every cell of either year with its two sides, by code; one query."""
    picture = Exists(Asset.objects.filter(item=OuterRef("item_id"), public=True))
    found: Any = CoverageCell.objects.filter(coverage__in=(left, right)).order_by("code")
    cells = found.select_related("item__collection__licence").annotate(state=cell_state(viewer), has_picture=picture)
    sides: dict[str, dict[int, Side]] = {}
    for cell in cells:
        sides.setdefault(cell.code, {})[cell.coverage_id] = Side(cell, _pictured(cell, viewer))
    return [Pair(code, years.get(left.pk), years.get(right.pk)) for code, years in sides.items()]


def _pictured(cell: Any, viewer: Viewer) -> bool:
    image = cell.item if cell.status == CellStatus.DELIVERED else None
    if image is None or image.withdrawn_at is not None:
        return False
    return image.shows_details(viewer.at) and bool(cell.has_picture or image.quicklook_url)
