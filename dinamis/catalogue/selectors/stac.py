# SPDX-License-Identifier: AGPL-3.0-or-later
"""An image of the catalogue as a STAC 1.1.0 item, in the shape `dimap.to_stac_item` gives to a product."""

import json
from collections.abc import Callable
from mimetypes import guess_type
from typing import Any

from dinamis.catalogue.dimap.stac import STAC_VERSION, tidy, used_extensions
from dinamis.catalogue.dimap.times import print_moment
from dinamis.catalogue.models import Asset, Item
from dinamis.catalogue.words import credit_line, image_title

Address = Callable[..., str]
MULTIHASH_SHA256 = "1220"


def item_document(item: Item, address: Address) -> dict[str, Any]:
    """Return the STAC item of an image annotated by `with_state`.

    `address(name, *args)` gives absolute addresses. Hrefs of data point at the page that asks for the right and opens
    the gateway, never at a file. `dinamis:state` is what the reader may do with the image (ItemState), as in every
    list. A withheld image tells its footprint and its date.
    """
    properties = (
        _properties(item) if item.shown else {"datetime": print_moment(item.datetime), "title": image_title(item)}
    )
    assets = _assets(item, address) if item.shown else {}
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": used_extensions(properties, assets),
        "id": item.stac_id if item.shown else f"image-{item.pk}",
        **({"collection": item.collection.slug} if item.shown else {}),
        "geometry": json.loads(item.footprint.json),
        "bbox": [round(value, 7) for value in item.footprint.extent],
        "properties": properties,
        "links": _links(item, address),
        "assets": assets,
    }


def _properties(item: Item) -> dict[str, Any]:
    columns = {
        "datetime": print_moment(item.datetime),
        "start_datetime": print_moment(item.start_datetime) if item.start_datetime else None,
        "end_datetime": print_moment(item.end_datetime) if item.end_datetime else None,
        "created": print_moment(item.created_at),
        "title": image_title(item),
        "platform": item.platform,
        "instruments": list(item.instruments) or None,
        "gsd": tidy(item.gsd),
        "eo:cloud_cover": tidy(item.cloud_cover, 2),
        "eo:snow_cover": tidy(item.snow_cover, 2),
        "view:incidence_angle": tidy(item.incidence_angle, 2),
        "view:sun_elevation": tidy(item.sun_elevation, 2),
        "processing:level": item.processing_level or None,
        "product:type": item.spectral or None,
        "license": "other",
        "attribution": credit_line(item) or None,
        "dinamis:state": item.state,
    }
    return {key: value for key, value in {**item.properties, **columns}.items() if value is not None}


def _links(item: Item, address: Address) -> list[dict[str, Any]]:
    page = address("catalogue:item", item.pk)
    document = address("catalogue:item_json", item.pk)
    links = [
        {"rel": "self", "href": document, "type": "application/geo+json"},
        {"rel": "alternate", "href": page, "type": "text/html", "title": image_title(item)},
    ]
    if item.shown:
        licence = item.collection.licence
        sign = address("licensing:sign", licence.pk)
        links.append({"rel": "license", "href": sign or page, "type": "text/html", "title": licence.name})
    return links


def _assets(item: Item, address: Address) -> dict[str, Any]:
    files = list(item.assets.all())
    assets = {asset.key: _asset(item, asset, address) for asset in files}
    if item.quicklook_url and not any(asset.public for asset in files):
        media = guess_type(item.quicklook_url)[0] or "image/jpeg"
        assets["thumbnail"] = {"href": address("catalogue:quicklook", item.pk), "type": media, "roles": ["thumbnail"]}
    return assets


def _asset(item: Item, asset: Asset, address: Address) -> dict[str, Any]:
    if asset.public:
        href = address("catalogue:quicklook", item.pk)
    else:
        href = address("orders:download", item.pk, asset.key) or address("catalogue:item", item.pk)
    return {
        "href": href,
        "type": asset.media_type,
        "title": asset.title or asset.file_name,
        "roles": list(asset.roles),
        "file:size": asset.size,
        "file:checksum": f"{MULTIHASH_SHA256}{asset.sha256}",
        **asset.properties,
    }
