# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """What exists: collections, items, coverages."""

    name = "dinamis.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Load what is said of personal data, what an erasure does here, and what ends with time."""
        from dinamis.catalogue import personal  # noqa: F401
        from dinamis.catalogue.services import areas, basket, saved_searches  # noqa: F401
