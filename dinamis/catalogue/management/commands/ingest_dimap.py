# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dinamis.catalogue.dimap import DimapError, Product, read_dimap, to_stac_item


class Command(BaseCommand):
    """Read a DIMAP delivery and write its images; refused input leaves nothing behind."""

    help = "Reads DIMAP V1 or V2 (a folder, a zip, an XML) into the catalogue, or prints it as STAC."
    # A dry run must work where there is no database.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path, help="folder, zip or XML of a delivery")
        parser.add_argument("--json", action="store_true", help="print the STAC items and nothing else")
        parser.add_argument("--dry-run", action="store_true", help="write nothing; needs no database")
        parser.add_argument("--collection", default="", help="slug of the collection; by default the product's family")

    def handle(self, *args: Any, path: Path, collection: str, **options: Any) -> None:
        """Read, print, write. Raises CommandError (exit code 1) with the file, the element and the reason."""
        try:
            products = read_dimap(path)
            documents = [to_stac_item(product, collection=collection or None) for product in products]
            words = self._summary(products) if options["dry_run"] else self._write(products, collection)
        except DimapError as error:
            raise CommandError(_one_line(str(error))) from error
        if options["json"]:
            printed = documents[0] if len(documents) == 1 else {"type": "FeatureCollection", "features": documents}
            self.stdout.write(json.dumps(printed, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(words))

    @staticmethod
    def _summary(products: Sequence[Product]) -> list[str]:
        return [f"{product.document}: {product.name} ({product.platform}), not written" for product in products]

    @staticmethod
    def _write(products: Sequence[Product], collection: str) -> list[str]:
        from dinamis.catalogue.services.ingest import ingest_products
        from dinamis.core.exceptions import Invalid

        try:
            items = ingest_products(products, collection=collection)
        except Invalid as error:
            raise CommandError(_one_line(f"{error} {error.repair}")) from error
        return [f"{p.document}: {i.collection.slug}/{i.stac_id}" for p, i in zip(products, items, strict=True)]


def _one_line(text: str) -> str:
    return " ".join(text.split())
