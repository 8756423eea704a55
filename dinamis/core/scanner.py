# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks a scanner whether bytes are harmful: clamd over TCP or a unix socket, or nobody where none is configured."""

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

CHUNK = 64 * 1024
# clamd answers one line: the stream's name, a signature's name, a verdict.
LONGEST_REPLY = 4096


class Verdict(StrEnum):
    """What a scanner says."""

    UNSCANNED = "unscanned"
    CLEAN = "clean"
    INFECTED = "infected"


@dataclass(frozen=True)
class ScanResult:
    """A verdict and, when something was found, the name of the signature."""

    verdict: Verdict
    signature: str = ""


class ScanFailed(Exception):
    """The scanner gave no verdict: not reached, too slow, or an answer that is none. Never to be read as clean."""


class Scanner(Protocol):
    """What looks at bytes."""

    @property
    def active(self) -> bool:
        """Whether a scan gives a verdict at all."""

    def scan(self, content: Iterable[bytes]) -> ScanResult:
        """Return the verdict on a content given piece by piece. Raises ScanFailed."""


class NoScanner:
    """No scanner is configured: everything stays unscanned, and says so."""

    active = False

    def scan(self, content: Iterable[bytes]) -> ScanResult:
        """Return UNSCANNED without reading."""
        return ScanResult(Verdict.UNSCANNED)


class Clamd:
    """ClamAV's daemon, spoken to with INSTREAM (clamd(8)): chunks preceded by their length, ended by length zero."""

    active = True

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        """`url` is `tcp://host:port` or `unix:///path`; `timeout` in seconds bounds each read and write."""
        parts = urlsplit(url)
        if not (parts.scheme == "unix" and parts.path) and not (parts.scheme == "tcp" and parts.hostname):
            raise ImproperlyConfigured(f"CLAMD_URL is {url!r}: write tcp://host:3310 or unix:///run/clamav/clamd.ctl.")
        self.address: str | tuple[str, int] = (
            parts.path if parts.scheme == "unix" else (str(parts.hostname), parts.port or 3310)
        )
        self.timeout = timeout

    def scan(self, content: Iterable[bytes]) -> ScanResult:
        """Return the verdict on a content. Raises ScanFailed when clamd gives none."""
        try:
            with self._connected() as connection:
                self._send(connection, content)
                return self._understood(self._reply(connection))
        except OSError as error:
            raise ScanFailed(f"clamd: {error}") from error

    def _connected(self) -> socket.socket:
        if isinstance(self.address, tuple):
            return socket.create_connection(self.address, timeout=self.timeout)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.timeout)
        try:
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        return connection

    def _send(self, connection: socket.socket, content: Iterable[bytes]) -> None:
        try:
            connection.sendall(b"zINSTREAM\0")
            for chunk in content:
                for start in range(0, len(chunk), CHUNK):
                    piece = chunk[start : start + CHUNK]
                    connection.sendall(struct.pack("!L", len(piece)) + piece)
            connection.sendall(struct.pack("!L", 0))
        except (BrokenPipeError, ConnectionResetError):
            # clamd closes early when it has heard enough (its size limit): its last words say why.
            return

    def _reply(self, connection: socket.socket) -> bytes:
        reply = b""
        while not reply.endswith((b"\0", b"\n")) and len(reply) < LONGEST_REPLY:
            piece = connection.recv(LONGEST_REPLY)
            if not piece:
                break
            reply += piece
        return reply

    def _understood(self, reply: bytes) -> ScanResult:
        if not reply.endswith((b"\0", b"\n")):
            raise ScanFailed(f"clamd: the answer was cut off: {reply[:80]!r}")
        words = reply.rstrip(b"\0\n").decode("utf-8", "replace")
        if words == "stream: OK":
            return ScanResult(Verdict.CLEAN)
        if words.startswith("stream: ") and words.endswith(" FOUND"):
            return ScanResult(Verdict.INFECTED, words[len("stream: ") : -len(" FOUND")])
        raise ScanFailed(f"clamd: {words[:200]}")


def scanner() -> Scanner:
    """Return the scanner the settings name (`CLAMD_URL`)."""
    if not settings.CLAMD_URL:
        return NoScanner()
    return Clamd(settings.CLAMD_URL, timeout=settings.DINAMIS["SCAN_TIMEOUT_SECONDS"])
