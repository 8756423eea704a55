# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a request comes from."""

import ipaddress

from django.http import HttpRequest


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
