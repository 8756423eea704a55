# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dinamis.catalogue.services.collections import load_collections
from dinamis.core.exceptions import Invalid


class Command(BaseCommand):
    """Write the collections DINAMIS starts with."""

    help = "Writes the collections, or brings them up to date; the licences they name must be there."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and list them."""
        try:
            saved = load_collections()
        except Invalid as error:
            raise CommandError(f"{error} {error.repair}") from error
        self.stdout.write(", ".join(collection.slug for collection in saved))
