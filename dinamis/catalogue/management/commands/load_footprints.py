# SPDX-License-Identifier: AGPL-3.0-or-later
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dinamis.catalogue.foreign import Refused
from dinamis.catalogue.foreign.mapping import read_mapping
from dinamis.catalogue.services.footprints import load_footprints
from dinamis.core.exceptions import NotVisible


class Command(BaseCommand):
    """Load footprints of a table by a mapping of its columns."""

    help = "Loads footprints of a GeoPackage, GeoJSON or CSV into a collection; again, what is the same stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--mapping", type=Path, required=True, help="TOML file that says what the columns mean")
        parser.add_argument("--collection", required=True, help="slug")
        parser.add_argument("--dry-run", action="store_true", help="say what would become of the rows; write nothing")

    def handle(self, *args: Any, path: Path, mapping: Path, collection: str, **options: Any) -> None:
        """Load, and say what became of the rows. Raises CommandError when nothing can be read."""
        try:
            told = read_mapping(mapping.read_text())
            report = load_footprints(path, told, collection=collection, dry_run=options["dry_run"])
        except (OSError, UnicodeDecodeError, Refused, NotVisible) as error:
            raise CommandError(str(error)) from error
        counts = (
            f"{report.created} new, {report.updated} changed, {report.unchanged} as before, {report.refused} refused"
        )
        self.stdout.write(f"{counts}; nothing was written" if options["dry_run"] else counts)
        for one in report.refusals:
            name = f" ({one.identifier})" if one.identifier else ""
            self.stderr.write(f"row {one.position}{name}: {one.reason}")
        if report.refused > len(report.refusals):
            self.stderr.write(f"… and {report.refused - len(report.refusals)} more")
