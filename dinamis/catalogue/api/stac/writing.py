# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bodies that data centres send (STAC API transaction extension 1.0.0-rc.3, and the bulk form of stac-fastapi)."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from dinamis.catalogue.enums import PublicationKind
from dinamis.catalogue.foreign import Refused, bounded
from dinamis.catalogue.services.transactions import fault_at, refusal
from dinamis.core.api.parsers import bounded_body

# A merge patch has a name of its own (RFC 7396, section 4); pystac and the SDKs send everything as plain JSON.
MEDIA_TYPES = ("application/json", "application/geo+json", "application/merge-patch+json")
METHODS = {"insert": PublicationKind.INSERT, "upsert": PublicationKind.UPSERT}
Documents = dict[str, dict[str, Any]]


class ItemsParser(BaseParser):
    """JSON up to STAC_WRITE_MAX_BYTES."""

    media_type = MEDIA_TYPES[0]

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body. Raises RequestDataTooBig, ParseError."""
        body = bounded_body(stream, settings.DINAMIS["STAC_WRITE_MAX_BYTES"])
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is no JSON: %s") % error) from error


def read_features(body: Any, *, collection: str) -> Documents:
    """Return the items of a Feature or a FeatureCollection by their pointers. Raises ItemsRefused."""
    if isinstance(body, dict) and body.get("type") == "FeatureCollection":
        features = body.get("features")
        if not isinstance(features, list) or not features:
            raise _refused("/features", "a list of items is expected", "Send at least one")
        return _all({f"/features/{index}": one for index, one in enumerate(features)}, collection)
    return _all({"": body}, collection)


def read_bulk(body: Any, *, collection: str) -> tuple[Documents, PublicationKind]:
    """Return the items of `{"items": {id: item}, "method": "insert" | "upsert"}` by their pointers, and the method."""
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, dict) or not items:
        raise _refused("/items", "an object of items by their ids is expected", 'Write {"items": {"id": {…}}}')
    method = body.get("method", "insert")
    if method not in METHODS:
        raise _refused("/method", "“insert” or “upsert” is expected", "Leave it out to insert")
    named = {f"/items/{_escaped(name)}": _named(one, name, f"/items/{_escaped(name)}") for name, one in items.items()}
    return _all(named, collection), METHODS[method]


def read_replacement(body: Any, *, collection: str, stac_id: str) -> dict[str, Any]:
    """Return the item that takes the place of another, under its id. Raises ItemsRefused."""
    return _all({"": _named(body, stac_id, "")}, collection)[""]


def read_patch(body: Any, *, collection: str, stac_id: str) -> dict[str, Any]:
    """Return a merge patch of an item, which keeps its id and its collection. Raises ItemsRefused."""
    if not isinstance(body, dict):
        raise _refused("", "an object is expected", "See RFC 7396")
    for name, value in (("id", stac_id), ("collection", collection)):
        if name in body and body[name] != value:
            raise _refused(f"/{name}", "it does not change", "Delete the item and publish another one")
    return _checked(body, "")


def _all(given: Mapping[str, Any], collection: str) -> Documents:
    found: Documents = {}
    places: dict[str, str] = {}
    for pointer, one in given.items():
        document = _checked(one, pointer)
        if document.setdefault("collection", collection) != collection:
            raise _refused(f"{pointer}/collection", f"it is not “{collection}” as in the address", "Leave it out")
        name = document.get("id")
        if not isinstance(name, str):
            raise _refused(f"{pointer}/id", "a text is expected", "Name the item")
        if name in places:
            raise _refused(f"{pointer}/id", f"the item at {places[name]} has it too", "Send each item once")
        found[pointer], places[name] = document, pointer
    return found


def _checked(one: Any, pointer: str) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise _refused(pointer, "an object is expected", "See the STAC item specification")
    try:
        bounded(one)
    except Refused as fault:
        raise refusal([fault_at(pointer, fault)], 1) from fault
    return one


def _named(one: Any, name: str, pointer: str) -> Any:
    """The item under the name that its address or its key in the body gives it."""
    if isinstance(one, dict) and one.setdefault("id", name) != name:
        raise _refused(f"{pointer}/id", f"it is not “{name[:60]}” as outside the item", "Leave it out")
    return one


def _escaped(name: str) -> str:
    """A member as part of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _refused(pointer: str, reason: str, repair: str) -> Exception:
    return refusal([{"pointer": pointer, "detail": reason, "code": "invalid_item", "repair": repair}], 1)
