# SPDX-License-Identifier: AGPL-3.0-or-later
"""A table of footprints becomes images of the catalogue: all rows that can be taken, in one transaction."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from django.db import transaction

from dinamis.catalogue.foreign import Refused
from dinamis.catalogue.foreign.footprints import read_footprints
from dinamis.catalogue.foreign.mapping import FootprintMapping
from dinamis.catalogue.services.bulk import Report
from dinamis.catalogue.services.intake import take_items
from dinamis.catalogue.services.reading import Refusal

ROWS_AT_ONCE = 5_000


def load_footprints(path: Path, mapping: FootprintMapping, *, collection: str, dry_run: bool = False) -> Report:
    """Write the rows of a file into `collection` and return the report; a dry run does it all and takes it back.

    The refusals name rows and columns. Raises Refused (the file cannot be read), NotVisible (no such collection).
    """
    total = Report()
    with transaction.atomic():
        rows = iter(read_footprints(path, mapping))
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            _add(total, take_items(collection, batch), mapping)
        transaction.set_rollback(dry_run)
    return total


def _add(total: Report, part: Report, mapping: FootprintMapping) -> None:
    total.created += part.created
    total.updated += part.updated
    total.unchanged += part.unchanged
    refusals: Iterable[Refusal] = sorted(part.refusals, key=lambda one: one.position)
    for one in refusals:
        total.refuse(one.position, one.identifier, by_column(one.fault, mapping))
    total.refused += part.refused - len(part.refusals)


def by_column(fault: Refused, mapping: FootprintMapping) -> Refused:
    """Return the fault of a property as one of the column it came from."""
    property_ = fault.member.removeprefix("properties.")
    name = "quicklook" if property_.startswith("assets.thumbnail") else property_
    column = mapping.columns.get(name)
    return Refused(f"{column} ({property_})", fault.reason, fault.repair) if column else fault
