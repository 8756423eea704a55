# SPDX-License-Identifier: AGPL-3.0-or-later
"""The little HTTP the simulator needs over plain WSGI: request, response, errors in OneAtlas' shape, a router."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

MAX_BODY = 20 * 2**20
_TERM = re.compile(r"([\w.]+):\*?([^\s()*]+(?: [^\s()*:]+)*?)\*?(?=\)|\s+(?:AND|OR)\b|$)")


class ApiError(Exception):
    """An answer that is not a success, in the published ApiError shape."""

    def __init__(self, status: int, message: str, *, hint: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
        self.headers = headers or {}

    def response(self) -> Response:
        """The JSON answer."""
        body = {
            "correlationId": str(uuid.uuid4()),
            "hint": self.hint,
            "internalCode": self.status,
            "message": self.message,
            "timestamp": int(time.time() * 1000),
        }
        return json_response(body, self.status, self.headers)


@dataclass
class Response:
    """Status, headers and the parts of a body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    data = json.dumps(value, ensure_ascii=False).encode()
    base = {"Content-Type": "application/json", "Content-Length": str(len(data)), "Cache-Control": "no-store"}
    return Response(status, base | (headers or {}), [data])


def bytes_response(data: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """A small binary answer."""
    base = {"Content-Type": media_type, "Content-Length": str(len(data))}
    return Response(200, base | (headers or {}), [data])


@dataclass
class Request:
    """What a handler sees of a WSGI environment."""

    method: str
    path: str
    query: dict[str, list[str]]
    environ: dict[str, Any]

    @classmethod
    def of(cls, environ: dict[str, Any]) -> Request:
        """Read the environment; percent-encoding is already undone by the server."""
        path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        return cls(environ["REQUEST_METHOD"], path, query, environ)

    def arg(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return self.query.get(name, [default])[-1]

    def header(self, name: str) -> str:
        """A request header, empty when absent."""
        return str(self.environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    def body(self) -> bytes:
        """The request body. Raises ``ApiError`` 413 beyond ``MAX_BODY`` bytes."""
        length = int(self.environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_BODY:
            raise ApiError(413, "The request body is too large")
        data: bytes = self.environ["wsgi.input"].read(length) if length else b""
        return data

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ``ApiError`` 400."""
        try:
            value = json.loads(self.body() or b"{}")
        except ValueError as error:
            raise ApiError(400, "The request body is not JSON") from error
        if not isinstance(value, dict):
            raise ApiError(400, "The request body is not a JSON object")
        return value

    def form(self) -> dict[str, str]:
        """The body as a URL-encoded form."""
        fields = parse_qs(self.body().decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}


Handler = Callable[..., Response]


class Router:
    """Method and path pattern to handler; ``{name}`` matches one segment."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler, bool]] = []

    def add(self, method: str, pattern: str, handler: Handler, *, open_to_all: bool = False) -> None:
        """Register a route; those ``open_to_all`` need no token."""
        escaped = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
        self._routes.append((method, re.compile(escaped + r"\Z"), handler, open_to_all))

    def find(self, request: Request) -> tuple[Handler, dict[str, str], bool]:
        """The handler and its arguments. Raises ``ApiError`` 404 or 405."""
        allowed = set()
        method = "GET" if request.method == "HEAD" else request.method
        for route_method, pattern, handler, open_to_all in self._routes:
            match = pattern.match(request.path)
            if match and route_method == method:
                return handler, match.groupdict(), open_to_all
            if match:
                allowed.add(route_method)
        if allowed:
            raise ApiError(405, "Method not allowed", headers={"Allow": ", ".join(sorted(allowed))})
        raise ApiError(404, f"No resource at {request.path}")


def status_line(status: int) -> str:
    """``404 Not Found``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def search_terms(body: dict[str, Any]) -> list[tuple[str, str]]:
    """(field, value) pairs of ``criteria.q``: ``(contractId:CTR1) AND (customerReference:*part*)``."""
    found: list[tuple[str, str]] = _TERM.findall(str((body.get("criteria") or {}).get("q", "")))
    return found
