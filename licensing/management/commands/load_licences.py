# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django.core.management.base import BaseCommand

from licensing.services.load_licences import load_licences


class Command(BaseCommand):
    """Create the licences DINAMIS starts with; harmless when they exist."""

    help = "Create the charter and the product licences with their first texts; changes nothing the second time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and name them."""
        for licence in load_licences():
            numbers = ", ".join(f"v{version.number}" for version in licence.versions.all())
            self.stdout.write(f"{licence.code}: {numbers}")
