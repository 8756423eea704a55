# SPDX-License-Identifier: AGPL-3.0-or-later
"""An image as its source would describe it: a STAC item that `load_items` reads back to the same row."""

from typing import Any

import orjson
import shapely

from dinamis.catalogue.dimap.stac import STAC_VERSION, used_extensions
from dinamis.catalogue.dimap.times import print_moment
from dinamis.catalogue.foreign.item import MOMENTS, NUMBERS, TEXTS
from dinamis.catalogue.models import Item, ItemDocument
from dinamis.catalogue.selectors.item_body import unpacked


def source_document(item: Item) -> dict[str, Any]:
    """Return what is kept of an image but for what is ours to say: files that are here, links, the reader's members."""
    document = getattr(item, "document", None) or ItemDocument(item=item)
    foreign = orjson.loads(unpacked(document.foreign)) if document.foreign else {}
    properties = {**document.properties, **_columns(item)}
    assets = foreign.get("assets", {})
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": foreign.get("stac_extensions", used_extensions(properties, assets)),
        "id": item.stac_id,
        "collection": item.collection.slug,
        "geometry": orjson.loads(shapely.to_geojson(shapely.from_wkb(bytes(item.footprint.wkb)))),
        "properties": properties,
        "assets": assets,
        "links": foreign.get("links", []),
    }


def _columns(item: Item) -> dict[str, Any]:
    moments = {name: getattr(item, name) for name in MOMENTS}
    columns = {
        "title": item.title,
        "instruments": list(item.instruments),
        **{name: getattr(item, column) for name, (column, _length) in TEXTS.items()},
        **{name: getattr(item, column) for name, (column, _low, _high) in NUMBERS.items()},
        **{name: print_moment(moment) if moment else None for name, moment in moments.items()},
    }
    return {name: value for name, value in columns.items() if value not in (None, "", [])}
