# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON of other servers, within bounds: where from, how much, how long, how often."""

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx
import orjson
import stamina

from dinamis.providers.base import ErrorCode, ProviderError, RequestRefused
from dinamis.providers.http_errors import error_from, transport_error

JSON = "application/geo+json, application/json"
REDIRECTS = 5
ERROR_BYTES = 16 * 2**10
MAX_WAIT = 120.0


@dataclass(frozen=True)
class Bounds:
    """How far a server is trusted: bytes and seconds of an answer, attempts, whether it may be our neighbour."""

    max_bytes: int = 64 * 2**20
    seconds: float = 120.0
    attempts: int = 6
    wait_initial: float = 1.0
    private: bool = False


@dataclass
class Fetcher:
    """A client of other servers; close it. Environment proxies are not asked: they would resolve names unseen."""

    bounds: Bounds = field(default_factory=Bounds)

    def __post_init__(self) -> None:
        transport = httpx.HTTPTransport(trust_env=False)
        # httpx offers no place for it: what is connected to must be what was looked at, after redirects too.
        transport._pool._network_backend = _Guard(private=self.bounds.private)  # type: ignore[attr-defined]
        timeout = httpx.Timeout(min(30.0, self.bounds.seconds))
        self._http = httpx.Client(
            transport=transport, timeout=timeout, follow_redirects=True, max_redirects=REDIRECTS, trust_env=False
        )

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def json(
        self, method: str, url: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[Any, str]:
        """Return the JSON of an answer and the address it came from at last. Asked again on network, 429 and 5xx.

        Raises ProviderError: refused, too long, too slow, no JSON, or an address that is not asked.
        """

        def wanted(error: Exception) -> bool | float:
            if not isinstance(error, ProviderError) or error.permanent:
                return False
            return min(error.retry_after, MAX_WAIT) if error.retry_after is not None else True

        for attempt in stamina.retry_context(
            on=wanted,
            attempts=self.bounds.attempts,
            timeout=None,
            wait_initial=self.bounds.wait_initial,
            wait_max=MAX_WAIT,
        ):
            with attempt:
                text, final = self._once(method, url, body, {"Accept": JSON, **(headers or {})})
        try:
            return orjson.loads(text), final
        except orjson.JSONDecodeError as error:
            raise _refused(f"{url} answers no JSON ({error})", ErrorCode.UNREADABLE_ANSWER) from error

    def _once(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> tuple[bytes, str]:
        end = time.monotonic() + self.bounds.seconds
        try:
            with self._http.stream(method, url, json=body, headers=headers) as answer:
                if answer.status_code >= 400:
                    words = next(answer.iter_bytes(ERROR_BYTES), b"")
                    raise error_from(httpx.Response(answer.status_code, headers=_retry(answer), content=words))
                return self._bounded(answer.iter_bytes(), end, url), str(answer.url)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise _refused(f"{url} is no address that is asked: {error}", ErrorCode.INVALID_REQUEST) from error
        except Forbidden as error:
            raise _refused(str(error), ErrorCode.INVALID_REQUEST) from error
        except httpx.HTTPError as error:
            raise transport_error(error) from error

    def _bounded(self, chunks: Iterable[bytes], end: float, url: str) -> bytes:
        text = bytearray()
        for chunk in chunks:
            text += chunk
            if len(text) > self.bounds.max_bytes:
                raise _refused(f"{url} answers more than {self.bounds.max_bytes} bytes", ErrorCode.UNREADABLE_ANSWER)
            if time.monotonic() > end:
                raise _refused(f"{url} takes longer than {self.bounds.seconds:g} s", ErrorCode.TIMEOUT)
        return bytes(text)


class Forbidden(Exception):
    """An address that is not asked: it is not on the public Internet."""


class _Guard(httpcore.SyncBackend):
    """Connects to public addresses only: a name is looked up once, and what was found is what is connected to."""

    def __init__(self, *, private: bool) -> None:
        self.private = private

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        """Connect to the first address of `host` when all of them are public. Raises Forbidden."""
        if self.private:
            return super().connect_tcp(host, port, *args, **kwargs)
        try:
            found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        if inside := [one for one in found if not is_public(one)]:
            raise Forbidden(f"{host} is {inside[0]}, an address of our own network")
        return super().connect_tcp(found[0], port, *args, **kwargs)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet; what is written inside IPv6 counts too."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        # NAT64 (RFC 6052) writes the address in the last four bytes.
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _retry(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() == "retry-after"}


def _refused(words: str, code: str) -> RequestRefused:
    return RequestRefused(words, code=code)
