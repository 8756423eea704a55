# SPDX-License-Identifier: AGPL-3.0-or-later
"""RFC 9457 problem details."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from dinamis.core.exceptions import DomainError

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Authentication required",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    429: "Too many requests",
    500: "Internal error",
    503: "Busy",
}


def problem(status: int, code: str, detail: str, **extra: Any) -> JsonResponse:
    """Return a problem+json answer; `type` is a URN of ours, `extra` are RFC 9457 extension members."""
    body = {"type": f"urn:dinamis:problem:{code}", "title": TITLES[status], "status": status, "detail": detail, **extra}
    # Read by people too, in a terminal: accents stay letters.
    response = JsonResponse(body, status=status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="dinamis"'
    if status == 503:
        response["Retry-After"] = "3"
    return response


def problem_from(error: DomainError) -> JsonResponse:
    """Return the answer for a domain error."""
    return problem(error.status, error.code, str(error), **error.extra)


def wants_problem(request: HttpRequest) -> bool:
    """Tell whether the caller is a program: API paths, downloads, or JSON asked and no HTML."""
    if request.path.startswith(("/api/", "/d/", "/stac", "/tiles/", "/signing/")):
        return True
    accept = request.headers.get("Accept", "")
    return "json" in accept and "text/html" not in accept
