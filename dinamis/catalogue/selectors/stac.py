# SPDX-License-Identifier: AGPL-3.0-or-later
"""An image of the catalogue as the STAC item that its page gives."""

from typing import Any

import orjson
import shapely

from dinamis.catalogue.dimap.stac import STAC_VERSION, used_extensions
from dinamis.catalogue.dimap.times import print_moment
from dinamis.catalogue.links import address
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.item_body import filled, reader_members, stored
from dinamis.catalogue.selectors.reservation import reserved_until, shown_since
from dinamis.catalogue.selectors.versions import Standing, Version
from dinamis.catalogue.words import credit_line, image_title
from dinamis.core import clock


def item_document(item: Item, site: str, place: Standing | None = None) -> dict[str, Any]:
    """Return the STAC item of an image annotated by `with_state`; `site` is the address of the site, without a slash.

    `place` is where it stands among the versions of its product.

    Hrefs of data point at the page that asks for the right and opens the gateway, never at a file. `dinamis:state` is
    what the reader may do with the image (ItemState), as in every list. A withheld image tells its footprint and its
    date.
    """
    if not item.shown:
        return _withheld(item, site)
    more = {"published": print_moment(shown_since(item)), **(place.members if place else {})}
    told = reader_members(item.state, credit_line(item), **_reserved(item), **more)
    versions = place.relations if place else {}
    links = [*_links(item, site), *(_version_link(site, rel, one) for rel, one in versions.items())]
    text = filled(
        stored(item),
        site=site.encode(),
        links=orjson.dumps(links)[1:-1],
        told=told,
        extensions=b"," + orjson.dumps(used_extensions(more, {}))[1:-1],
    )
    document: dict[str, Any] = orjson.loads(text)
    document["properties"]["title"] = image_title(item)
    return document


def _version_link(site: str, rel: str, version: Version) -> dict[str, Any]:
    href = f"{site}{address('catalogue:item_json', version.pk)}"
    return {"rel": rel, "href": href, "type": "application/geo+json", "title": version.stac_id}


def _withheld(item: Item, site: str) -> dict[str, Any]:
    footprint = shapely.from_wkb(bytes(item.footprint.wkb))
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": f"image-{item.pk}",
        "geometry": orjson.loads(shapely.to_geojson(footprint)),
        "bbox": [round(value, 7) for value in footprint.bounds],
        "properties": {"datetime": print_moment(item.datetime), "title": image_title(item), **_reserved(item)},
        "links": _links(item, site),
        "assets": {},
    }


def _reserved(item: Item) -> dict[str, str]:
    until = reserved_until(item, clock.now())
    return {"dinamis:reserved_until": print_moment(until)} if until else {}


def _links(item: Item, site: str) -> list[dict[str, Any]]:
    page = f"{site}{address('catalogue:item', item.pk)}"
    document = f"{site}{address('catalogue:item_json', item.pk)}"
    links = [
        {"rel": "self", "href": document, "type": "application/geo+json"},
        {"rel": "alternate", "href": page, "type": "text/html", "title": image_title(item)},
    ]
    if item.shown:
        if home := address("stac:collection", item.collection.slug):
            links.append({"rel": "collection", "href": f"{site}{home}", "type": "application/json"})
        licence = item.collection.licence
        sign = address("licensing:sign", licence.pk)
        href = f"{site}{sign}" if sign else page
        links.append({"rel": "license", "href": href, "type": "text/html", "title": licence.name})
    return links
