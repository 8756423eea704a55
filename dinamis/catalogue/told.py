# SPDX-License-Identifier: AGPL-3.0-or-later
"""The text of a STAC 1.1.0 item, put together from texts that are finished. Without Django, so that any process may.

What depends on the reader, on the collection's texts or on the address of the site is left open: gaps are single
control characters, which JSON never holds unescaped (RFC 8259, section 7); `selectors.item_body` closes them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from dinamis.catalogue.dimap.stac import STAC_VERSION, tidy
from dinamis.catalogue.dimap.times import print_moment

SITE, LINKS, TOLD, EXTENSIONS = b"\x01", b"\x02", b"\x03", b"\x04"
_HEAD = b'{"type":"Feature","stac_version":"' + STAC_VERSION.encode() + b'","stac_extensions":['


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a stored item tells. `geometry` is GeoJSON, `bbox` in degrees; `own` are finished members of `assets`, and
    `more` of `properties`, each after its comma.
    """

    stac_id: str
    collection: str
    geometry: bytes
    bbox: Iterable[float]
    properties: Mapping[str, Any]
    more: bytes = b""
    assets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    own: Iterable[bytes] = ()
    links: Iterable[Mapping[str, Any]] = ()
    extensions: Iterable[str] = ()


def body(told: Told) -> bytes:
    """Return the item with its gaps: one for links, one at the end of its properties and one of its extensions."""
    assets = (members(told.assets), *told.own)
    return assembled(
        stac_id=told.stac_id,
        collection=told.collection,
        geometry=told.geometry,
        bbox=list(told.bbox),
        properties=members(told.properties) + told.more,
        assets=b",".join(part for part in assets if part),
        links=members(list(told.links)),
        extensions=members(list(told.extensions)),
    )


def members(holder: Mapping[str, Any] | list[Any]) -> bytes:
    """Return the JSON of an object or an array without its brackets."""
    return orjson.dumps(holder)[1:-1]


def assembled(
    *,
    stac_id: str,
    collection: str,
    geometry: bytes,
    bbox: list[float],
    properties: bytes,
    assets: bytes,
    links: bytes,
    extensions: bytes,
) -> bytes:
    """Return the same of finished texts: a GeoJSON geometry, and `members` of the objects and arrays."""
    parts = (
        _HEAD, extensions, EXTENSIONS,
        b'],"id":', orjson.dumps(stac_id), b',"collection":', orjson.dumps(collection),
        b',"geometry":', geometry, b',"bbox":', orjson.dumps(bbox),
        b',"properties":{', properties, TOLD,
        b'},"assets":{', assets,
        b'},"links":[', LINKS, b"," if links else b"", links, b"]}",
    )  # fmt: skip
    return b"".join(parts)


def told_properties(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the STAC properties that have a column; None where there is no value."""
    first, last = columns["start_datetime"], columns["end_datetime"]
    return {
        "datetime": print_moment(columns["datetime"]),
        "start_datetime": print_moment(first) if first else None,
        "end_datetime": print_moment(last) if last else None,
        "title": columns["title"],
        "platform": columns["platform"] or None,
        "instruments": list(columns["instruments"]) or None,
        "gsd": tidy(columns["gsd"]),
        "eo:cloud_cover": tidy(columns["cloud_cover"], 2),
        "eo:snow_cover": tidy(columns["snow_cover"], 2),
        "view:incidence_angle": tidy(columns["incidence_angle"], 3),
        "view:sun_elevation": tidy(columns["sun_elevation"], 3),
        "processing:level": columns["processing_level"] or None,
        "product:type": columns["spectral"] or None,
    }
