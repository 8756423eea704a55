# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON documents of others, before anything is read in them."""

import re
from typing import Any

import orjson

from dinamis.catalogue.foreign.errors import Refused

MAX_ITEM_BYTES = 1024 * 1024
# PostgreSQL keeps no NUL in texts, nor in jsonb; orjson escapes it like this, and a backslash by another one.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def bounded(document: Any) -> Any:
    """Return a parsed document as it is. Raises Refused when it is too long, nested too deeply or holds a NUL."""
    try:
        text = orjson.dumps(document)
    except orjson.JSONEncodeError as error:
        raise Refused("", "it is nested too deeply", "Leave out what is not of STAC") from error
    if len(text) > MAX_ITEM_BYTES:
        raise Refused("", f"it is longer than {MAX_ITEM_BYTES} bytes", "Simplify the geometry, leave out assets")
    if rb"\u0000" in text and NUL.search(text):
        raise Refused("", "a text holds a NUL character", "Leave it out")
    return document


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
