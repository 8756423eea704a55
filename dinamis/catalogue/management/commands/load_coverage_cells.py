# SPDX-License-Identifier: AGPL-3.0-or-later
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dinamis.catalogue.foreign import Refused
from dinamis.catalogue.services.coverage_cells import load_cells
from dinamis.core.exceptions import NotVisible


class Command(BaseCommand):
    """Load the cells of a yearly coverage, and how far each is."""

    help = "Loads cells of a GeoPackage, GeoJSON or CSV into the coverage of a year; what a row does not say stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--collection", required=True, help="slug")
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--new", action="store_true", help="begin the coverage if there is none")
        parser.add_argument("--correct", action="store_true", help="let cells go back to an earlier status")
        parser.add_argument("--dry-run", action="store_true", help="say what would become of the rows; write nothing")
        parser.add_argument("--delimiter", default=",", help="of a CSV")
        parser.add_argument("--crs", default="", help="of the coordinates, unless the file says it")
        parser.add_argument("--layer", default="", help="of a GeoPackage that has several")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        """Load, and say what became of the rows. Raises CommandError when nothing can be read."""
        names = ("collection", "year", "new", "correct", "dry_run", "delimiter", "crs", "layer")
        try:
            report = load_cells(path, **{name: options[name] for name in names})
        except (OSError, Refused, NotVisible) as error:
            raise CommandError(str(error)) from error
        counts = (
            f"{report.created} new, {report.updated} changed, {report.unchanged} as before, {report.refused} refused"
        )
        self.stdout.write(f"{counts}; nothing was written" if options["dry_run"] else counts)
        for one in report.refusals:
            name = f" ({one.identifier})" if one.identifier else ""
            self.stderr.write(f"row {one.position}{name}: {one.reason}")
