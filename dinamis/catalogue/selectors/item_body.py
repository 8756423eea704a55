# SPDX-License-Identifier: AGPL-3.0-or-later
"""An image as a STAC 1.1.0 item, in bytes that are stored once and served as they are.

What depends on the reader, on the collection's texts or on the address of the site is left open (`told`), and `filled`
closes the gaps.
"""

from collections.abc import Mapping
from mimetypes import guess_type
from typing import Any

import orjson
import shapely

from dinamis.catalogue.dimap.stac import used_extensions
from dinamis.catalogue.dimap.times import print_moment
from dinamis.catalogue.links import address
from dinamis.catalogue.models import Asset, DocumentDictionary, Item, ItemDocument
from dinamis.catalogue.packing import Unpacker
from dinamis.catalogue.told import EXTENSIONS, LINKS, SITE, TOLD, Told, body, told_properties
from dinamis.catalogue.words import satellite_name

COLUMNS = (
    "datetime", "start_datetime", "end_datetime", "title", "platform", "instruments", "gsd", "cloud_cover",
    "snow_cover", "incidence_angle", "sun_elevation", "processing_level", "spectral",
)  # fmt: skip
MULTIHASH_SHA256 = "1220"
AUTH_SCHEMES = {
    "apiKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The access key and the secret key of an API key of DINAMIS",
    },
}
NEEDS_KEY = ["apiKey"]
# Where files of ours are handed over (storage extension 2.0.0): the gateway, whose links name a ticket.
STORED_AT = ["dinamis"]
STORAGE = b"".join((
    b',"storage:schemes":{"dinamis":{"type":"dinamis-gateway","platform":"', SITE, b'/d/{token}/{name}",',
    b'"title":"DINAMIS","description":"A gateway that asks for the right at each request",',
    b'"requester_pays":false}}',
))  # fmt: skip
AUTH_EXTENSION = used_extensions({"auth:schemes": AUTH_SCHEMES}, {})[0]


def filled(text: bytes, *, site: bytes, links: bytes, told: bytes, extensions: bytes) -> bytes:
    """Return the item of `body` for one reader.

    `links` are members of an array without its brackets; `told` and `extensions` begin with the comma that parts them
    from what stands before, or are empty.
    """
    # In the order of `body`, so that what stands between the gaps is copied once.
    head, _gap, rest = text.replace(SITE, site).partition(EXTENSIONS)
    if head.endswith(b"["):
        # Nothing stands before: the source names no extension (STAC 1.1.0 does not ask it to).
        extensions = extensions.removeprefix(b",")
    properties, _gap, rest = rest.partition(TOLD)
    assets, _gap, rest = rest.partition(LINKS)
    return b"".join((head, extensions, properties, told, assets, links, rest))


def reader_members(state: str, attribution: str, **more: Any) -> bytes:
    """Return what a reader's copy adds to the properties of an item, for `filled`."""
    members = {**more, "dinamis:state": state, **({"attribution": attribution} if attribution else {})}
    return b"," + orjson.dumps(members)[1:-1]


def stored(item: Item) -> bytes:
    """Return the body of an image with its gaps, made anew from its columns, its document and its files."""
    document = getattr(item, "document", None) or ItemDocument(item=item)
    foreign = orjson.loads(unpacked(document.foreign)) if document.foreign else {}
    files = list(item.assets.all())
    properties = item_properties(item, document.properties)
    if any(not asset.public for asset in files):
        properties["auth:schemes"] = AUTH_SCHEMES
    footprint = shapely.from_wkb(bytes(item.footprint.wkb))
    given = foreign.get("assets", {})
    placed = not _says_where(properties, given) and any(not asset.public for asset in files)
    ours = {asset.key: _described(asset, placed=placed) for asset in files}
    known = {**given, **ours}
    told = Told(
        stac_id=item.stac_id,
        collection=item.collection.slug,
        geometry=shapely.to_geojson(footprint).encode(),
        bbox=[round(value, 7) for value in footprint.bounds],
        properties=properties,
        more=STORAGE if placed else b"",
        assets={key: value for key, value in given.items() if key not in ours},
        own=[*(_own(asset, ours[asset.key]) for asset in files), *_picture(item, known)],
        links=foreign.get("links", ()),
        extensions=_extensions(foreign.get("stac_extensions"), properties, ours, known),
    )
    return body(told)


def unpacked(frame: bytes | memoryview) -> bytes:
    """Return the text of a frame of a document."""
    return _UNPACKER.unpack(bytes(frame))


def _dictionary(number: int) -> bytes:
    return bytes(DocumentDictionary.objects.values_list("content", flat=True).get(pk=number))


_UNPACKER = Unpacker(_dictionary)


def item_properties(item: Item, others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the STAC properties of an image but for what depends on the reader; `others` have no column."""
    columns = {name: getattr(item, name) for name in COLUMNS}
    columns["title"] = columns["title"] or f"{satellite_name(item.platform)} {item.datetime.date()}"
    told = {"license": "other", "created": print_moment(item.created_at), **others, **told_properties(columns)}
    return {key: value for key, value in told.items() if value is not None}


def _extensions(
    given: list[str] | None, properties: Mapping[str, Any], ours: Mapping[str, Any], known: Mapping[str, Any]
) -> list[str]:
    """The schemas that the source names, and those of what is ours; all that are used where there is no source."""
    if given is None:
        return used_extensions(properties, known)
    return [*given, *(one for one in used_extensions({}, ours) if one not in given)]


def _says_where(properties: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the source says where files lie, in one version of the extension or the other: they do not mix."""
    return any(name.startswith("storage:") for holder in (properties, *assets.values()) for name in holder)


def _described(asset: Asset, *, placed: bool) -> dict[str, Any]:
    described = {
        "type": asset.media_type,
        "title": asset.title or asset.file_name,
        "roles": list(asset.roles),
        "file:size": asset.size,
        "file:checksum": f"{MULTIHASH_SHA256}{asset.sha256}",
        **asset.properties,
    }
    if asset.public:
        return described
    return {**described, "auth:refs": NEEDS_KEY, **({"storage:refs": STORED_AT} if placed else {})}


def _own(asset: Asset, described: Mapping[str, Any]) -> bytes:
    """A file of ours. Its address is a page of this site that asks for the right: the site is a gap."""
    if asset.public:
        path = address("catalogue:quicklook", asset.item_id)
    else:
        path = address("orders:download", asset.item_id, asset.key) or address("catalogue:item", asset.item_id)
    return _member(asset.key, path, described)


def _picture(item: Item, known: Mapping[str, Any]) -> list[bytes]:
    """The picture of an image nobody has here, when neither a file nor its source gives one."""
    if not item.quicklook_url or any({"overview", "thumbnail"} & set(one.get("roles", ())) for one in known.values()):
        return []
    media = guess_type(item.quicklook_url)[0] or "image/jpeg"
    path = address("catalogue:quicklook", item.pk)
    return [_member("thumbnail", path, {"type": media, "roles": ["thumbnail"]})]


def _member(key: str, path: str, described: Mapping[str, Any]) -> bytes:
    href = SITE + orjson.dumps(path)[1:-1]
    return b"".join((orjson.dumps(key), b':{"href":"', href, b'",', orjson.dumps(described)[1:]))
