# SPDX-License-Identifier: AGPL-3.0-or-later
"""A DIMAP document on disk becomes an image of the catalogue, without its files."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.catalogue.dimap import Product, default_collection
from dinamis.catalogue.models import Collection, Item
from dinamis.catalogue.services.publish import NewAsset, publish_product
from dinamis.core.exceptions import Invalid


def ingest_product(
    product: Product, *, collection: str = "", source_id: str = "", files: Sequence[NewAsset] = ()
) -> Item:
    """Write one product and return its image; `held` when `files` are given. Again: nothing changes.

    `collection` is a slug, by default the product's family. Raises Invalid when there is no such collection.
    """
    target = _collection(collection or default_collection(product))
    return publish_product(product=product, collection=target, files=files, source_id=source_id, held=bool(files))


def ingest_products(products: Sequence[Product], *, collection: str = "") -> list[Item]:
    """Write all products of a delivery or none of them. Raises Invalid, DimapError."""
    with transaction.atomic():
        return [ingest_product(product, collection=collection) for product in products]


def _collection(slug: str) -> Collection:
    found = Collection.objects.filter(slug=slug).first()
    if found is None:
        raise Invalid(
            _("There is no collection “%(slug)s”.") % {"slug": slug},
            pointer="collection",
            repair=_("Run manage.py load_collections, or name another one with --collection."),
        )
    return found
