# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far the cells of a yearly coverage are: told by tables of who plans and makes it, one cell at a time or all."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import CellStatus, CollectionKind
from dinamis.catalogue.foreign import Refused
from dinamis.catalogue.foreign.cells import DATES, ToldCell, read_cells
from dinamis.catalogue.models import Collection, Coverage, CoverageCell, Item
from dinamis.catalogue.services.bulk import Report
from dinamis.core import clock
from dinamis.core.exceptions import NotVisible

ORDER = [status.value for status in CellStatus]
# The status that a day tells by itself.
REACHED = {"acquired_on": CellStatus.ACQUIRED, "produced_on": CellStatus.PRODUCED, "delivered_on": CellStatus.DELIVERED}


def load_cells(
    path: Path,
    *,
    collection: str,
    year: int,
    new: bool = False,
    correct: bool = False,
    dry_run: bool = False,
    **form: str,
) -> Report:
    """Write the cells of a table into the coverage of a year and return the report; a dry run takes it all back.

    `new` lets a coverage begin, `correct` lets a cell go back; `form` is for `read_cells`. Rows that cannot be taken
    are told, the others are written together. Raises Refused (the file), NotVisible (no such coverage).
    """
    report = Report()
    with transaction.atomic():
        coverage = _coverage(collection, year, new=new)
        for position, told in read_cells(path, **form):
            try:
                if isinstance(told, Refused):
                    raise told
                outcome = set_cell(coverage, told, correct=correct)
            except Refused as fault:
                report.refuse(position, getattr(told, "code", ""), fault)
            else:
                setattr(report, outcome, getattr(report, outcome) + 1)
        transaction.set_rollback(dry_run)
    return report


def _coverage(slug: str, year: int, *, new: bool) -> Coverage:
    """The coverage, which nobody else writes until the end of the transaction."""
    found = Collection.objects.select_for_update(no_key=True).filter(slug=slug, kind=CollectionKind.COVERAGE).first()
    if found is None:
        raise NotVisible(_("There is no yearly coverage called “%(name)s”.") % {"name": slug[:80]})
    if new:
        return Coverage.objects.get_or_create(collection=found, year=year)[0]
    coverage = Coverage.objects.filter(collection=found, year=year).first()
    if coverage is None:
        raise NotVisible(_("“%(name)s” has no coverage of %(year)d.") % {"name": slug, "year": year})
    return coverage


@transaction.atomic
def set_cell(coverage: Coverage, told: ToldCell, *, correct: bool = False) -> str:
    """Write what is told of one cell: "created", "updated" or "unchanged"; what is not told stays.

    A status that is not told follows from the days. Raises Refused: a new cell without a place, an image that is not
    there, days that lie ahead or in the wrong order, a delivery without an image, a step back unless `correct`.
    """
    cell = CoverageCell.objects.select_for_update().filter(coverage=coverage, code=told.code).first()
    if cell is None and told.geometry is None:
        raise Refused("code", f"there is no cell “{told.code}”", "Give its geometry to add it")
    row = cell or CoverageCell(coverage=coverage, code=told.code)
    values = _values(row, told)
    _check(row, values, correct=correct)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if cell is None:
        row.save(force_insert=True)
        return "created"
    if changed:
        row.save(update_fields=changed)
    return "updated" if changed else "unchanged"


def _values(row: CoverageCell, told: ToldCell) -> dict[str, Any]:
    values: dict[str, Any] = {**told.dates, "status": told.status or _status(row, told)}
    if told.geometry is not None:
        values["geometry"] = GEOSGeometry(memoryview(told.geometry.wkb), srid=4326)
    if told.scene_ids is not None:
        values["scene_ids"] = told.scene_ids
    if told.item is not None:
        items = Item.objects.published().filter(collection=row.coverage.collection_id, stac_id=told.item)
        values["item"] = items.first()
        if values["item"] is None:
            raise Refused("item", f"“{told.item}” is not in the collection", "Publish the image first")
    return values


def _status(row: CoverageCell, told: ToldCell) -> str:
    reached = [row.status, *(REACHED[name].value for name in told.dates)]
    return max(reached, key=ORDER.index)


def _check(row: CoverageCell, values: dict[str, Any], *, correct: bool) -> None:
    days = [(name, day) for name in DATES if (day := values.get(name, getattr(row, name))) is not None]
    if ahead := [name for name, day in days if day > clock.today()]:
        raise Refused(ahead[0], "the day lies ahead", "Tell it when it has come")
    for (before, earlier), (name, later) in pairwise(days):
        if later < earlier:
            raise Refused(name, f"it lies before {before}", "A cell is acquired, then produced, then delivered")
    if values["status"] == CellStatus.DELIVERED and values.get("item", row.item) is None:
        raise Refused("item", "a delivered cell has an image", "Name it by its STAC id")
    if not correct and ORDER.index(values["status"]) < ORDER.index(row.status):
        raise Refused("status", f"the cell is {row.status} already", "Say --correct when that was a mistake")
