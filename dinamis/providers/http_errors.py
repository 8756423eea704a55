# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an HTTP failure to a ``ProviderError``: only network, 408, 425, 429 and 5xx may be tried again."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from dinamis.providers.base import ErrorCode, ProviderError, RequestRefused, TransientError

CODES = {
    401: ErrorCode.UNAUTHORIZED,
    403: ErrorCode.UNAUTHORIZED,
    404: ErrorCode.NOT_FOUND,
    409: ErrorCode.CONFLICT,
    429: ErrorCode.TOO_MANY_REQUESTS,
    408: ErrorCode.TIMEOUT,
}
# The server did not read the request to its end, or not yet (RFC 9110 §15.5.9, RFC 8470), or has too many.
LATER = {408, 425, 429}


def transport_error(error: httpx.HTTPError) -> TransientError:
    """A connection that failed or a time that ran out."""
    code = ErrorCode.TIMEOUT if isinstance(error, httpx.TimeoutException) else ErrorCode.NETWORK
    return TransientError(f"{type(error).__name__}: {error}", code=code)


def error_from(response: httpx.Response) -> ProviderError:
    """The error an answer of 400 or more stands for; its body must have been read."""
    payload = _payload(response)
    text = _text(payload) or response.reason_phrase
    message = f"{response.status_code} {text}"
    if response.status_code in LATER or response.status_code >= 500:
        code = CODES.get(response.status_code, ErrorCode.SERVER_ERROR)
        return TransientError(message, code=code, retry_after=_retry_after(response), payload=payload)
    code = CODES.get(response.status_code, ErrorCode.INVALID_REQUEST)
    return RequestRefused(message, code=_provider_code(payload) or code, payload=payload)


def _payload(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {"text": response.text[:2000]} if response.text else {}
    return body if isinstance(body, dict) else {"body": body}


def _text(payload: dict[str, Any]) -> str:
    """The words of the four published error shapes (peers.md §2.3)."""
    errors = payload.get("errors")
    listed = ", ".join(str(e.get("code")) for e in errors if isinstance(e, dict)) if isinstance(errors, list) else ""
    return str(payload.get("message") or payload.get("code") or listed or "")


def _provider_code(payload: dict[str, Any]) -> str:
    message = str(payload.get("message", ""))
    return str(payload.get("errorCode") or (message if message.startswith("ERR_") else ""))


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date (RFC 9110 §10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
