# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON documents of others, before anything is read in them."""

import re
from typing import Any

import orjson

from dinamis.catalogue.foreign.errors import Refused

MAX_ITEM_BYTES = 1024 * 1024
# No number gets ten times as long by being written anew.
PLAIN_BYTES = MAX_ITEM_BYTES // 10
# PostgreSQL keeps no NUL in texts, nor in jsonb; orjson escapes it like this, and a backslash by another one.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def too_deep() -> Refused:
    """Return why a document is refused that orjson does not write."""
    return Refused("", "it is nested too deeply", "Leave out what is not of STAC")


def bounded(document: Any) -> Any:
    """Return a parsed document as it is. Raises Refused when it is too long, nested too deeply or holds a NUL."""
    try:
        text = orjson.dumps(document)
    except orjson.JSONEncodeError as error:
        raise too_deep() from error
    if len(text) > MAX_ITEM_BYTES:
        raise Refused("", f"it is longer than {MAX_ITEM_BYTES} bytes", "Simplify the geometry, leave out assets")
    if rb"\u0000" in text and NUL.search(text):
        raise Refused("", "a text holds a NUL character", "Leave it out")
    return document


def parsed(text: bytes | str) -> Any:
    """Return the document of a JSON text. Raises Refused when it is none, is too long or holds a NUL.

    It may still be nested too deeply: who writes it anew is told so by orjson, which spares doing it here to find out.
    """
    if len(text) > MAX_ITEM_BYTES:
        raise Refused("", f"it is longer than {MAX_ITEM_BYTES} bytes", "Send it alone to who can tell why")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused("", f"this is no JSON ({error})", "One item a line") from error
    is_plain = isinstance(text, bytes) and len(text) <= PLAIN_BYTES and rb"\u0000" not in text
    return document if is_plain else bounded(document)


def merged(target: Any, patch: Any) -> Any:
    """Return `target` with a JSON merge patch applied (RFC 7396, section 2); neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
