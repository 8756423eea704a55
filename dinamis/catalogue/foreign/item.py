# SPDX-License-Identifier: AGPL-3.0-or-later
"""A STAC item (1.0.0 or 1.1.0) of somebody else, checked member by member."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from dinamis.catalogue.foreign.errors import Refused

MAX_ID, MAX_TITLE, MAX_SOURCE_LINKS = 200, 200, 50
MAX_ASSETS = 200
# RFC 3339, section 5.6; a STAC moment is in UTC or says how far it is from it.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:[.]\d{1,12})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
REAL = (int, float)
GEOMETRIES = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)
# What depends on the reader, or on when and where it is here, is ours to say, whatever the source says.
OURS = frozenset(("dinamis:state", "order:status", "attribution", "published", "expires"))
OUR_EXTENSIONS = ("/order/", "/timestamps/")
OUR_LINKS = frozenset(("self", "root", "parent", "collection", "items", "alternate", "license", "next", "prev"))
SCHEMES = ("https://", "http://", "s3://", "gs://", "az://", "ftp://")
# STAC property -> (column, length of a text; 0 for a number)
TEXTS = {"platform": ("platform", 40), "processing:level": ("processing_level", 10), "product:type": ("spectral", 30)}
NUMBERS = {
    "gsd": ("gsd", 0.0, 1e6),
    "eo:cloud_cover": ("cloud_cover", 0.0, 100.0),
    "eo:snow_cover": ("snow_cover", 0.0, 100.0),
    "view:incidence_angle": ("incidence_angle", -90.0, 90.0),
    "view:sun_elevation": ("sun_elevation", -90.0, 90.0),
}
MOMENTS = ("datetime", "start_datetime", "end_datetime")
COLUMNS = frozenset((*TEXTS, *NUMBERS, *MOMENTS, "title", "instruments"))
# What `ForeignItem.properties` do without.
APART = COLUMNS | OURS


@dataclass(frozen=True, slots=True)
class ForeignItem:
    """An item taken apart. `columns` hold what the catalogue has a column for, `properties` everything else.

    `geometry` is the GeoJSON object as it came: whether it is valid is for who has a geometry library.
    """

    stac_id: str
    collection: str
    geometry: Mapping[str, Any]
    columns: dict[str, Any]
    properties: dict[str, Any]
    assets: dict[str, Any]
    links: list[Any]
    extensions: list[str]


def read_item(document: Any, *, collection: str = "") -> ForeignItem:
    """Return the item of a GeoJSON feature; `collection` overrides the one it names. Raises Refused."""
    if not isinstance(document, dict) or document.get("type") != "Feature":
        raise Refused("type", "this is no GeoJSON feature", "Send STAC items")
    properties = document.get("properties")
    if not isinstance(properties, dict):
        raise Refused("properties", "an object is expected", "See the STAC item specification")
    columns = _columns(properties)
    others = {key: value for key, value in properties.items() if key not in APART}
    return ForeignItem(
        _identifier(document.get("id")),
        collection or _collection(document.get("collection")),
        _geometry(document.get("geometry")),
        columns,
        others,
        _assets(document.get("assets")),
        _links(document.get("links")),
        [name for name in document.get("stac_extensions") or () if isinstance(name, str) and not _is_ours(name)],
    )


def _is_ours(extension: str) -> bool:
    order, timestamps = OUR_EXTENSIONS
    return order in extension or timestamps in extension


def _has_control(text: str) -> bool:
    # What is printable needs no closer look; nearly all is.
    return not text.isprintable() and CONTROL.search(text) is not None


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID or _has_control(value):
        raise Refused("id", f"a text of 1 to {MAX_ID} characters is expected", "Name the item")
    return value


def _collection(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Refused("collection", "it is missing", "Name the collection of the item")
    return value


def _geometry(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or value.get("type") not in GEOMETRIES:
        raise Refused("geometry", "a GeoJSON geometry is expected", "See RFC 7946, section 3.1")
    return value


def _columns(properties: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict(_moments(properties))
    for name, (column, length) in TEXTS.items():
        found[column] = _text(properties.get(name), name, length)
    for name, (column, low, high) in NUMBERS.items():
        found[column] = _number(properties.get(name), name, low, high)
    found["title"] = _text(properties.get("title"), "title", MAX_TITLE)
    instruments = properties.get("instruments") or []
    if not isinstance(instruments, list) or not all(isinstance(one, str) and len(one) <= 40 for one in instruments):
        raise Refused("properties.instruments", "a list of short names is expected", "See STAC common metadata")
    found["instruments"] = instruments
    found["stereo_count"] = int(_number(properties.get("stereo-img:count"), "stereo-img:count", 1, 99) or 1)
    return found


def _moments(properties: Mapping[str, Any]) -> dict[str, datetime | None]:
    when, first, last = (_moment(properties.get(name), name) for name in MOMENTS)
    if when is None and (first is None or last is None):
        raise Refused("properties.datetime", "it is missing", "Give it, or start_datetime and end_datetime")
    if (first is None) != (last is None) or (first is not None and last is not None and first > last):
        raise Refused("properties.end_datetime", "it must follow start_datetime", "Give both, the earlier one first")
    return {"datetime": when or first, "start_datetime": first, "end_datetime": last}


def _moment(value: Any, name: str) -> datetime | None:
    if value is None:
        return None
    try:
        if isinstance(value, str) and MOMENT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise Refused(f"properties.{name}", f"{str(value)[:40]!r} is no moment", "Write it as in 2026-03-01T10:30:00Z")


def _text(value: Any, name: str, length: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > length or _has_control(value):
        raise Refused(f"properties.{name}", f"a text of up to {length} characters is expected", "Shorten it")
    return value


def _number(value: Any, name: str, low: float, high: float) -> float | None:
    if value is None or (type(value) is float and low <= value <= high):
        return value
    if isinstance(value, bool) or not isinstance(value, REAL) or not isfinite(value) or not low <= value <= high:
        raise Refused(f"properties.{name}", f"a number from {low:g} to {high:g} is expected", "Leave it out if unknown")
    return float(value)


def _assets(value: Any) -> dict[str, Any]:
    assets = value or {}
    if not isinstance(assets, dict) or len(assets) > MAX_ASSETS:
        raise Refused("assets", f"an object of up to {MAX_ASSETS} assets is expected", "See the STAC specification")
    for key, asset in assets.items():
        href = asset.get("href") if isinstance(asset, dict) else None
        if not isinstance(href, str) or not href.startswith(SCHEMES) or _has_control(href):
            raise Refused(f"assets.{key[:60]}.href", "an absolute address is expected", "Write it with its scheme")
    return assets


def _links(value: Any) -> list[Any]:
    links = value or []
    if not isinstance(links, list) or not all(
        isinstance(one, dict) and isinstance(one.get("href"), str) for one in links
    ):
        raise Refused("links", "a list of links with “href” is expected", "See the STAC specification")
    kept = [one for one in links if one.get("rel") not in OUR_LINKS and one["href"].startswith(SCHEMES)]
    return kept[:MAX_SOURCE_LINKS]
