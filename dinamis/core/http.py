# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a request comes from, and the numbers it says."""

import ipaddress
from collections.abc import Iterable

from django.http import HttpRequest

# Every number of fewer digits fits the key of a row (bigint), and Python reads it (it refuses 4,300 digits and more).
LONGEST_NUMBER = 18


def whole_number(text: str | None) -> int | None:
    """Return the number that a field or an address says in digits, None where it says none that a row may have."""
    given = text or ""
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER else None


def whole_numbers(texts: Iterable[str]) -> list[int]:
    """Return the numbers among what a field says several times."""
    return [number for text in texts if (number := whole_number(text)) is not None]


def client_ip(request: HttpRequest) -> str | None:
    """Return the address of the browser: the proxy's word where we are reached through a socket or the loopback."""
    remote = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and remote in {"", "127.0.0.1", "::1"}:
        remote = forwarded.rsplit(",", 1)[-1].strip()
    try:
        return str(ipaddress.ip_address(remote))
    except ValueError:
        return None
