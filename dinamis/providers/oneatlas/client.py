# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP to OneAtlas: API key to bearer token, time-outs, retries of what may safely be asked twice, errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import stamina

from dinamis.providers.base import ErrorCode, ProviderError, RequestRefused
from dinamis.providers.http_errors import error_from, transport_error

TOKEN_PATH = "/auth/realms/IDP/protocol/openid-connect/token"  # noqa: S105 a path
MARGIN = 60.0
MAX_WAIT = 30.0


class OneAtlasClient:
    """One connection pool and one token, safe to share between threads.

    ``socket`` serves the hosts of the three base URLs through a unix socket. The token is sent to these hosts only,
    whatever a link in an answer says.
    """

    def __init__(
        self,
        *,
        order_url: str,
        auth_url: str,
        search_url: str,
        api_key: str,
        socket: str | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        attempts: int = 4,
        wait_initial: float = 0.2,
    ) -> None:
        self.order_url, self.auth_url, self.search_url = (u.rstrip("/") for u in (order_url, auth_url, search_url))
        self.attempts = attempts
        self._api_key = api_key
        self._wait = wait_initial
        self._own = {_origin(url) for url in (order_url, auth_url, search_url)}
        mounts = None
        if socket:
            transport = httpx.HTTPTransport(uds=socket)
            mounts = {f"{scheme}://{host}": transport for scheme, host in self._own}
        self.http = httpx.Client(timeout=httpx.Timeout(timeout, connect=connect_timeout), mounts=mounts)
        self._token = ""
        self._expires = 0.0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Release the connections."""
        self.http.close()

    def headers(self, url: str) -> dict[str, str]:
        """The bearer token, for our own hosts only."""
        return {"Authorization": f"Bearer {self.token()}"} if _origin(url) in self._own else {}

    def token(self) -> str:
        """A token valid for another minute at least."""
        with self._lock:
            if time.monotonic() >= self._expires:
                self._token, lifetime = self._authenticate()
                self._expires = time.monotonic() + max(lifetime - MARGIN, lifetime / 2)
            return self._token

    def _authenticate(self) -> tuple[str, float]:
        form = {"apikey": self._api_key, "grant_type": "api_key", "client_id": "IDP"}
        answer = self._asked_again(lambda: self._send("POST", f"{self.auth_url}{TOKEN_PATH}", data=form))
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise _unreadable("no access_token in the answer", answer)
        return token, float(answer.get("expires_in") or 600)

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, base: str = "") -> dict[str, Any]:
        """GET, tried again on network, 429 and 5xx."""
        url = f"{base or self.order_url}{path}"
        return self._asked_again(lambda: self._authorised("GET", url, params=params))

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST that changes nothing (a search, a price): tried again as GET is."""
        return self._asked_again(lambda: self._authorised("POST", f"{self.order_url}{path}", json=body))

    def act(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """POST that changes something: never repeated here, except when the token was refused (nothing was done)."""
        return self._authorised("POST", f"{self.order_url}{path}", json=body or {})

    def _asked_again(self, call: Any) -> dict[str, Any]:
        def wanted(error: Exception) -> bool | float:
            if not isinstance(error, ProviderError) or error.permanent:
                return False
            return min(error.retry_after, MAX_WAIT) if error.retry_after is not None else True

        for attempt in stamina.retry_context(
            on=wanted, attempts=self.attempts, timeout=120.0, wait_initial=self._wait, wait_max=10.0
        ):
            with attempt:
                result: dict[str, Any] = call()
        return result

    def _authorised(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self._send(method, url, headers=self.headers(url), **arguments)
        except RequestRefused as error:
            if not error.payload or not error.message.startswith("401"):
                raise
        with self._lock:
            self._expires = 0.0
        return self._send(method, url, headers=self.headers(url), **arguments)

    def _send(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        try:
            response = self.http.request(method, url, **arguments)
        except httpx.HTTPError as error:
            raise transport_error(error) from error
        if response.status_code >= 400:
            raise error_from(response)
        if response.status_code >= 300:
            raise _unreadable(f"unexpected redirection {response.status_code}", {})
        if not response.content:
            return {}
        try:
            body = response.json()
        except ValueError as error:
            raise _unreadable("the answer is not JSON", {"text": response.text[:2000]}) from error
        return body if isinstance(body, dict) else {"items": body}


def _unreadable(message: str, payload: Mapping[str, Any]) -> RequestRefused:
    return RequestRefused(message, code=ErrorCode.UNREADABLE_ANSWER, payload=payload)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
