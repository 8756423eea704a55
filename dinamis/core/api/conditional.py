# SPDX-License-Identifier: AGPL-3.0-or-later
"""ETag, If-None-Match, If-Match (RFC 9110, 13.1)."""

import hashlib
from collections.abc import Collection
from typing import Any

from django.http import HttpResponse
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from dinamis.core.exceptions import PreconditionFailed


def etag_of(data: Any) -> str:
    """Return the strong entity tag of a representation: a fingerprint of its JSON."""
    return quote_etag(hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32])


def etag_of_text(text: bytes) -> str:
    """Return the strong entity tag of a finished text."""
    return quote_etag(hashlib.sha256(text).hexdigest()[:32])


def fresh(request: Any, data: Any, *, max_age: int, ignoring: Collection[str] = ()) -> Response:
    """Return `data` with its entity tag, or 304 when the caller has it already.

    `max_age` is in seconds; members named in `ignoring` (the moment of the answer) make no new state.
    """
    tag = etag_of({name: value for name, value in data.items() if name not in ignoring})
    headers = _headers(tag, max_age)
    return Response(status=304, headers=headers) if _is_known(request, tag) else Response(data, headers=headers)


def fresh_text(request: Any, text: bytes, *, content_type: str, max_age: int) -> HttpResponse:
    """Return a finished `text` as `fresh` returns data."""
    tag = etag_of_text(text)
    headers = _headers(tag, max_age)
    if _is_known(request, tag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(text, content_type=content_type, headers=headers)


def _headers(tag: str, max_age: int) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": f"private, max-age={max_age}" if max_age else "private, no-cache"}


def _is_known(request: Any, tag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or tag in {one.removeprefix("W/") for one in known}


def check_if_match(request: Any, etag: str) -> bool:
    """Tell whether the caller sent If-Match. Raises PreconditionFailed when it names another state than `etag`."""
    header = request.headers.get("If-Match", "")
    if not header:
        return False
    known = parse_etags(header)
    if "*" not in known and etag not in known:
        raise PreconditionFailed(_("This has changed since you read it: read it again."), etag=etag)
    return True
