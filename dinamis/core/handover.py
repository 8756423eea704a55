# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handing over what is protected: files that nginx sends, pages whose address is a secret."""

from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header


def accel_response(storage_key: str, *, file_name: str, media_type: str) -> HttpResponse:
    """Let nginx hand over a protected file as an attachment: what a user sent never opens inside our origin."""
    response = HttpResponse(content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file_name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Accel-Redirect"] = settings.FILES_INTERNAL_PREFIX + quote(storage_key)
    return response


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page that carries a secret in its address out of caches, search engines and referrers.

    Not `no-referrer`: browsers then send `Origin: null` with our own forms (Fetch, 3.2), which the CSRF check refuses.
    """
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "strict-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
