# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django.core.management.base import BaseCommand

from dinamis.demo.addresses import write_demo_file


class Command(BaseCommand):
    """Write the addresses and accounts of the demonstration for people and programs."""

    help = "Write demo.json in the folder DINAMIS_VAR (default: var in the checkout)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say where."""
        self.stdout.write(f"{write_demo_file()} written")
