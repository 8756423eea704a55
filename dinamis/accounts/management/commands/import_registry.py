# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dinamis.accounts.models import RegistryEntry
from dinamis.accounts.services.registry import import_registry


class Command(BaseCommand):
    """Read an extract of a public register."""

    help = "Import an extract of SIRENE (siret), of the UAI register (uai) or of ROR (ror), to fill in forms by number."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the register and the file."""
        parser.add_argument("register", choices=RegistryEntry.Register.values)
        parser.add_argument("file", type=Path, help="CSV with a line of column names, or ROR's JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and count."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file.")
        kept, left = import_registry(options["register"], path)
        self.stdout.write(f"{kept} entries kept, {left} lines left out (no name, a wrong number, or given twice).")
