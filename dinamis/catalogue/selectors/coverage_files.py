# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of a coverage over an area or of named cells: which this person may download, and what of the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import GEOSGeometry

from dinamis.catalogue.enums import CellStatus, ItemState
from dinamis.catalogue.models import Asset, Coverage, CoverageCell
from dinamis.catalogue.selectors.coverages import cells
from dinamis.catalogue.selectors.viewer import Viewer


@dataclass(frozen=True)
class CellFile:
    """A file that may be downloaded, and the code of its cell."""

    code: str
    asset: Asset


@dataclass(frozen=True)
class Choice:
    """What was chosen of a coverage: the files to download, and the cells that give none, by why."""

    files: tuple[CellFile, ...]
    cells: tuple[CoverageCell, ...]
    # Signatures are all that is missing; more is missing or the files are elsewhere; there is no image yet.
    to_sign: int
    closed: int
    unfinished: int

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(one.asset.size for one in self.files)


def choice(
    coverage: Coverage, viewer: Viewer, *, area: GEOSGeometry | None = None, codes: Sequence[str] = ()
) -> Choice:
    """Return what `viewer` may have of the cells that touch `area` and are among `codes`; without either, of all.

    Two queries, the same `state` as on every page.
    """
    found = cells(coverage, viewer).select_related("item__collection__licence")
    if area is not None:
        found = found.filter(geometry__intersects=area)
    if codes:
        found = found.filter(code__in=codes)
    chosen = tuple(found)
    held = [cell for cell in chosen if cell.state == ItemState.HELD]
    delivered = [cell for cell in chosen if cell.status == CellStatus.DELIVERED]
    to_sign = sum(cell.state == ItemState.UNLOCK for cell in chosen)
    return Choice(
        files=tuple(CellFile(cell.code, asset) for cell in held for asset in getattr(cell.item, "data_files", ())),
        cells=chosen,
        to_sign=to_sign,
        closed=len(delivered) - len(held) - to_sign,
        unfinished=len(chosen) - len(delivered),
    )
