# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the STAC API answers: catalogue, collections, items, with absolute links below the address it was asked at."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.catalogue.api.stac.conformance import CONFORMS_TO
from dinamis.catalogue.cql2.queryables import QUERYABLES
from dinamis.catalogue.dimap.stac import STAC_VERSION, used_extensions
from dinamis.catalogue.dimap.times import print_moment
from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.links import address
from dinamis.catalogue.models import Collection, Item
from dinamis.catalogue.selectors.extents import Extents
from dinamis.catalogue.selectors.stac import item_document

JSON, GEOJSON, SCHEMA = "application/json", "application/geo+json", "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
# What the reader may do with an image, in the words of the order extension 1.1.0.
ORDER_STATUS = {ItemState.HELD.value: "succeeded", ItemState.ORDER.value: "orderable"}
AUTH_SCHEMES = {
    "apiKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The access key and the secret key of an API key of DINAMIS",
    },
}
NEEDS_KEY = ["apiKey"]


def absolute(name: str, *args: Any) -> str:
    """Return the whole address of a page of the site, empty where there is none."""
    path = address(name, *args)
    return f"{settings.SITE_URL}{path}" if path else ""


def link(rel: str, href: str, media: str = JSON, **more: Any) -> dict[str, Any]:
    """Return a link of a STAC document."""
    return {"rel": rel, "href": href, "type": media, **more}


def catalog(base: str, collections: Iterable[Collection]) -> dict[str, Any]:
    """Return the landing page (STAC API 1.0.0, core)."""
    search = f"{base}/search"
    return {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "id": "dinamis",
        "title": "DINAMIS",
        "description": _(
            "Very high resolution satellite imagery for everyone entitled to it in France and its partners."
        ),
        "conformsTo": CONFORMS_TO,
        "links": [
            link("self", f"{base}/", title="DINAMIS"),
            link("root", f"{base}/", title="DINAMIS"),
            link("conformance", f"{base}/conformance", title=_("Conformance classes")),
            link("service-desc", f"{base}/api", OPENAPI, title="OpenAPI"),
            link("service-doc", absolute("api:home"), "text/html", title=_("Documentation")),
            link("data", f"{base}/collections", title=_("Collections")),
            link("search", search, GEOJSON, method="GET", title=_("Search")),
            link("search", search, GEOJSON, method="POST", title=_("Search")),
            link(QUERYABLES_REL, f"{base}/queryables", SCHEMA, title=_("Queryables")),
            *(link("child", f"{base}/collections/{one.slug}", title=one.title) for one in collections),
        ],
    }


def collection(base: str, one: Collection, extents: Extents) -> dict[str, Any]:
    """Return a STAC collection. `itemType` is what OGC clients look for."""
    here = f"{base}/collections/{one.slug}"
    interval = [print_moment(moment) if moment else None for moment in (extents.first, extents.last)]
    licence = one.licence
    return {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": one.slug,
        "title": one.title,
        "description": one.description or one.title,
        "keywords": one.keywords or ["DINAMIS", str(one.get_family_display())],
        "license": "other",
        "itemType": "feature",
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "providers": _providers(one),
        "extent": {
            "spatial": {"bbox": [[round(value, 7) for value in extents.bbox]]},
            "temporal": {"interval": [interval]},
        },
        **({"summaries": extents.summaries} if extents.summaries else {}),
        "links": [
            link("self", here, title=one.title),
            link("root", f"{base}/", title="DINAMIS"),
            link("parent", f"{base}/", title="DINAMIS"),
            link("items", f"{here}/items", GEOJSON, title=_("Items")),
            link(QUERYABLES_REL, f"{here}/queryables", SCHEMA, title=_("Queryables")),
            link("license", absolute("licensing:sign", licence.pk), "text/html", title=licence.name),
        ],
    }


def _providers(one: Collection) -> list[dict[str, Any]]:
    return [*one.providers, {"name": "DINAMIS", "roles": ["host"], "url": settings.SITE_URL}]


def item(base: str, one: Item) -> dict[str, Any]:
    """Return an item for its reader: what they may do with it is worked out for them, and so are its links."""
    document = item_document(one, absolute)
    properties = document["properties"]
    if status := ORDER_STATUS.get(one.state):
        properties["order:status"] = status
    closed = {asset.key for asset in one.assets.all() if not asset.public}
    for key in closed & set(document["assets"]):
        document["assets"][key]["auth:refs"] = NEEDS_KEY
    if closed:
        properties["auth:schemes"] = AUTH_SCHEMES
    document["stac_extensions"] = used_extensions(properties, document["assets"])
    document["links"] = _item_links(base, one, document["links"])
    return document


def _item_links(base: str, one: Item, links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    home = f"{base}/collections/{one.collection.slug}"
    title = one.collection.title
    return [
        link("self", f"{home}/items/{quote(one.stac_id, safe='')}", GEOJSON),
        link("root", f"{base}/", title="DINAMIS"),
        link("parent", home, title=title),
        link("collection", home, title=title),
        *(one for one in links if one["rel"] != "self"),
    ]


def queryables(address_: str) -> dict[str, Any]:
    """Return the JSON Schema of what a filter may name; other properties of items may be named too."""
    return {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": address_,
        "type": "object",
        "title": "DINAMIS",
        "properties": {name: dict(one.schema) for name, one in QUERYABLES.items()},
        "additionalProperties": True,
    }
