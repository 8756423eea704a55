# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dinamis.core.retention import apply_retention


class Command(BaseCommand):
    """Erase or minimise what was kept long enough; the beat task does the same each night."""

    help = "Apply the retention rules of docs/personal-data.md."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the dry run."""
        parser.add_argument("--dry-run", action="store_true", help="count what would go and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Print one line per rule."""
        for name, count in apply_retention(dry_run=dry_run):
            self.stdout.write(f"{name}: {count} {'would go' if dry_run else 'gone'}")
