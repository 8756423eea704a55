# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """What exists: collections, items, coverages."""

    name = "dinamis.catalogue"
    label = "catalogue"
