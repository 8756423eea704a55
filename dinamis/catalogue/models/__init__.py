# SPDX-License-Identifier: AGPL-3.0-or-later
from dinamis.catalogue.models.area import SearchArea
from dinamis.catalogue.models.arrival import ArrivalMark
from dinamis.catalogue.models.basket import BasketItem
from dinamis.catalogue.models.change import Change
from dinamis.catalogue.models.collection import Collection
from dinamis.catalogue.models.coverage import Coverage, CoverageCell
from dinamis.catalogue.models.crawl import Crawl
from dinamis.catalogue.models.document import DocumentDictionary, ItemDocument
from dinamis.catalogue.models.extent import ExtentNote
from dinamis.catalogue.models.freshness import LandCell, NewestImage
from dinamis.catalogue.models.item import Asset, Item
from dinamis.catalogue.models.place import AdminUnit
from dinamis.catalogue.models.publication import Publication
from dinamis.catalogue.models.publishing_right import PublishingRight
from dinamis.catalogue.models.saved_search import SavedSearch
from dinamis.catalogue.models.sensor import Sensor
from dinamis.catalogue.models.tally import Tally

__all__ = [
    "AdminUnit",
    "ArrivalMark",
    "Asset",
    "BasketItem",
    "Change",
    "Collection",
    "Coverage",
    "CoverageCell",
    "Crawl",
    "DocumentDictionary",
    "ExtentNote",
    "Item",
    "ItemDocument",
    "LandCell",
    "NewestImage",
    "Publication",
    "PublishingRight",
    "SavedSearch",
    "SearchArea",
    "Sensor",
    "Tally",
]
