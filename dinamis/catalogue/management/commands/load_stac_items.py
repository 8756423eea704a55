# SPDX-License-Identifier: AGPL-3.0-or-later
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from dinamis.catalogue.services.bulk import load_items
from dinamis.catalogue.services.readers import processors

# A feature collection is read whole; whoever has more sends one item a line.
MAX_WHOLE_BYTES = 256 * 1024 * 1024


class Command(BaseCommand):
    """Load STAC items: one a line, an item, or a feature collection."""

    help = "Loads STAC items (NDJSON, an item, a FeatureCollection) into the catalogue; again, what is the same stays."
    # They would load every page of the site first.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--collection", default="", help="slug that takes the place of what the items name")
        parser.add_argument(
            "--processes", type=int, default=processors(), help="how many read when there are many items (%(default)s)"
        )

    def handle(self, *args: Any, path: Path, collection: str, processes: int, **options: Any) -> None:
        """Load, and say what became of the items. Raises CommandError when the file cannot be read."""
        try:
            report = load_items(_items(path), collection=collection, processes=processes)
        except (OSError, orjson.JSONDecodeError) as error:
            raise CommandError(f"{path}: {error}") from error
        except BrokenProcessPool as error:
            raise CommandError(
                f"{path}: a process that was reading has ended (killed, or out of memory?): nothing was loaded. "
                "Load again, with --processes 1 where memory is short."
            ) from error
        self.stdout.write(
            f"{report.created} new, {report.updated} changed, {report.unchanged} as before, {report.refused} refused"
        )
        for refusal in report.refusals:
            self.stderr.write(f"{refusal.position}: {refusal.identifier or '(no id)'}: {refusal.reason}")
        if report.refused > len(report.refusals):
            self.stderr.write(f"… and {report.refused - len(report.refusals)} more")


def _items(path: Path) -> Iterator[Any]:
    if path.suffix in {".ndjson", ".jsonl"}:
        with path.open("rb") as lines:
            yield from (line for line in lines if line.strip())
        return
    if path.stat().st_size > MAX_WHOLE_BYTES:
        raise CommandError(f"{path} is larger than {MAX_WHOLE_BYTES} bytes: write one item a line into a .ndjson file")
    document = orjson.loads(path.read_bytes())
    features = document.get("features") if isinstance(document, dict) else None
    yield from features if isinstance(features, list) else [document]
