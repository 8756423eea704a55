# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the STAC API answers: catalogue, collections, items, with absolute links below the address it was asked at."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

import orjson
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dinamis.catalogue.api.stac.conformance import CONFORMS_TO
from dinamis.catalogue.cql2.queryables import QUERYABLES
from dinamis.catalogue.dimap.stac import STAC_VERSION, used_extensions
from dinamis.catalogue.dimap.times import print_moment
from dinamis.catalogue.enums import ItemState, ProductFamily
from dinamis.catalogue.links import address
from dinamis.catalogue.models import Collection
from dinamis.catalogue.selectors.extents import Extents
from dinamis.catalogue.selectors.item_body import filled, reader_members
from dinamis.catalogue.selectors.right_ends import right_ends
from dinamis.catalogue.selectors.shelves import Shelf
from dinamis.catalogue.selectors.stac_search import Row
from dinamis.catalogue.selectors.versions import Standing, standing
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.catalogue.selectors.works import MOST_WORKS, Work
from dinamis.catalogue.words import credit_in, credit_of
from licensing.models.licence import in_language

JSON, GEOJSON, SCHEMA = "application/json", "application/geo+json", "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
# What the reader may do with an image, in the words of the order extension 1.1.0.
ORDER_STATUS = {ItemState.HELD.value: "succeeded", ItemState.ORDER.value: "orderable"}
# What `link` makes of an item's own two links, put together from parts: a page has hundreds.
OWN_LINKS = (
    b'{"rel":"self","href":"%b","type":"application/geo+json","title":%b},'
    b'{"rel":"alternate","href":"%b/catalogue/items/%d/","type":"text/html","title":%b},'
)
TIMESTAMPS, VERSION, ORDER = (
    b"," + orjson.dumps(used_extensions({member: ""}, {}))[1:-1] for member in ("published", "version", "order:status")
)


def absolute(name: str, *args: Any) -> str:
    """Return the whole address of a page of the site, empty where there is none."""
    path = address(name, *args)
    return f"{settings.SITE_URL}{path}" if path else ""


def link(rel: str, href: str, media: str = JSON, **more: Any) -> dict[str, Any]:
    """Return a link of a STAC document."""
    return {"rel": rel, "href": href, "type": media, **more}


def item_address(base: str, collection: str, item: str) -> str:
    """Return the address of an item; its name may hold anything."""
    return f"{base}/collections/{collection}/items/{quote(item, safe='')}"


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


def collection(base: str, one: Collection, extents: Extents, works: Sequence[Work] = ()) -> dict[str, Any]:
    """Return a STAC collection; `works` are those in which its images were used. `itemType` is for OGC clients."""
    here = f"{base}/collections/{one.slug}"
    interval = [print_moment(moment) if moment else None for moment in (extents.first, extents.last)]
    licence = one.licence
    science = _science(one, here, extents, works)
    return {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": used_extensions(science, {}),
        "id": one.slug,
        "title": one.title,
        "description": one.description or one.title,
        "keywords": one.keywords or ["DINAMIS", str(one.get_family_display())],
        "license": "other",
        "itemType": "feature",
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "providers": _providers(one),
        **science,
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


def _science(one: Collection, here: str, extents: Extents, works: Sequence[Work]) -> dict[str, Any]:
    """How the collection is cited, with the mention its licence asks for, and who used it (scientific extension)."""
    years = sorted({moment.year for moment in (extents.first, extents.last) if moment})
    credit = credit_in(one.licence.credit_line, "-".join(map(str, years)), str(one.get_family_display()))
    cited = [{"doi": work.doi, "citation": f"{work.title} ({work.year})"} for work in works[:MOST_WORKS]]
    return {
        **({"sci:citation": f"{one.title}. {credit}. DINAMIS, {here}"} if credit and years else {}),
        **({"sci:publications": cited} if cited else {}),
    }


def _providers(one: Collection) -> list[dict[str, Any]]:
    return [*one.providers, {"name": "DINAMIS", "roles": ["host"], "url": settings.SITE_URL}]


class Items:
    """Items below one address, for one reader: their links, and what the reader may do with each."""

    def __init__(self, base: str, viewer: Viewer) -> None:
        self.base = base
        self.viewer = viewer
        self.site = settings.SITE_URL.encode()
        # What is the same for many items of an answer is made once.
        self._links: dict[str, bytes] = {}
        self._sensors: dict[str, str] = {}
        self._told: dict[tuple[str, str, int], bytes] = {}

    def item(self, row: Row) -> bytes:
        """Return one item."""
        told = b'%s,"published":"%s"%s' % (self._reader_members(row), _moment(row.published), self._expiry(row))
        links = self._own_links(row) + self._collection_links(row.shelf)
        extensions = TIMESTAMPS + ORDER if row.state in ORDER_STATUS else TIMESTAMPS
        if row.versions and (place := standing(row.versions, row.pk)):
            told += b"," + orjson.dumps(place.members)[1:-1]
            links += b"," + orjson.dumps(self._version_links(row.shelf, place))[1:-1]
            extensions += VERSION
        return filled(row.body, site=self.site, links=links, told=told, extensions=extensions)

    def _own_links(self, row: Row) -> bytes:
        # An address has no character that JSON escapes.
        here = item_address(self.base, row.shelf.slug, row.stac_id).encode()
        title = orjson.dumps(row.stac_id)
        return OWN_LINKS % (here, title, self.site, row.pk, title)

    def _version_links(self, shelf: Shelf, place: Standing) -> list[dict[str, Any]]:
        return [
            link(rel, item_address(self.base, shelf.slug, version.stac_id), GEOJSON, title=version.stac_id)
            for rel, version in place.relations.items()
        ]

    def _expiry(self, row: Row) -> bytes:
        """Until when the reader may download, at the latest. A right to what is withheld is not every right to it."""
        if row.state != ItemState.HELD or row.published > self.viewer.at:
            return b""
        ends = self._right_ends.get(row.shelf.licence_id)
        return b',"expires":"%s"' % _moment(ends) if ends else b""

    @cached_property
    def _right_ends(self) -> dict[int, datetime]:
        return right_ends(self.viewer.permitted)

    def _sensor(self, family: str) -> str:
        if family not in self._sensors:
            self._sensors[family] = str(ProductFamily(family).label)
        return self._sensors[family]

    def _collection_links(self, shelf: Shelf) -> bytes:
        if shelf.slug not in self._links:
            self._links[shelf.slug] = collection_links(self.base, shelf, get_language() or "")
        return self._links[shelf.slug]

    def _reader_members(self, row: Row) -> bytes:
        key = (row.state, row.shelf.slug, row.datetime.year)
        if key not in self._told:
            status = ORDER_STATUS.get(row.state)
            credit = credit_of(row.shelf.credit_line, row.datetime, self._sensor(row.shelf.family))
            self._told[key] = reader_members(row.state, credit, **({"order:status": status} if status else {}))
        return self._told[key]


@lru_cache(256)
def collection_links(base: str, shelf: Shelf, language: str) -> bytes:
    """Return what leads from an item to its collection and licence, as members of its links in the active language."""
    home, title = f"{base}/collections/{shelf.slug}", in_language(shelf.title_fr, shelf.title_en)
    sign = absolute("licensing:sign", shelf.licence_id) or absolute("catalogue:search")
    links = [
        link("root", f"{base}/", title="DINAMIS"),
        link("parent", home, title=title),
        link("collection", home, title=title),
        link("license", sign, "text/html", title=in_language(shelf.licence_fr, shelf.licence_en)),
    ]
    return orjson.dumps(links)[1:-1]


def _moment(moment: datetime) -> bytes:
    return print_moment(moment).encode()


def feature_collection(features: Sequence[bytes], links: Sequence[Mapping[str, Any]], matched: int | None) -> bytes:
    """Return a page of finished items with its links; `matched` is told where it was counted."""
    # Joined once: half a megabyte is not copied twice.
    members = [part for feature in features for part in (b",", feature)][1:]
    numbers = b',"numberReturned":%d' % len(features)
    if matched is not None:
        numbers += b',"numberMatched":%d' % matched
    opening = b'{"type":"FeatureCollection","features":['
    return b"".join((opening, *members, b'],"links":', orjson.dumps(links), numbers, b"}"))


def queryables(address_: str) -> dict[str, Any]:
    """Return the JSON Schema of what a filter may name; other properties of items may be named too."""
    return _schema(address_, {name: dict(one.schema) for name, one in QUERYABLES.items()})


def collection_queryables(address_: str) -> dict[str, Any]:
    """Return the JSON Schema of what a filter of collections may name, which is every member of their documents."""
    texts = {"id": "Collection identifier", "title": "Title", "description": "Description", "license": "Licence"}
    keywords = {"title": "Keywords", "type": "array", "items": {"type": "string"}}
    told = {name: {"title": title, "type": "string"} for name, title in texts.items()}
    return _schema(address_, {**told, "keywords": keywords})


def _schema(address_: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": address_,
        "type": "object",
        "title": "DINAMIS",
        "properties": properties,
        "additionalProperties": True,
    }
