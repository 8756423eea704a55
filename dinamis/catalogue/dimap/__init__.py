# SPDX-License-Identifier: AGPL-3.0-or-later
"""DIMAP deliveries read into plain values and STAC items. No Django here.

``read_dimap(path)`` for a folder, a zip or an XML; ``parse_document(data, name=…)`` for bytes;
``to_stac_item(product, …)`` for the catalogue; ``DimapError`` for everything refused.
"""

from dinamis.catalogue.dimap.delivery import missing_files, read_dimap
from dinamis.catalogue.dimap.document import parse_document
from dinamis.catalogue.dimap.errors import DimapError
from dinamis.catalogue.dimap.model import Angles, Band, DataFile, OrderReferences, Product, Source
from dinamis.catalogue.dimap.stac import band_objects, default_collection, item_id, to_stac_item
from dinamis.catalogue.dimap.times import print_moment

__all__ = [
    "Angles",
    "Band",
    "DataFile",
    "DimapError",
    "OrderReferences",
    "Product",
    "Source",
    "band_objects",
    "default_collection",
    "item_id",
    "missing_files",
    "parse_document",
    "print_moment",
    "read_dimap",
    "to_stac_item",
]
