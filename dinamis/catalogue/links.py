# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of pages, also of those that stand on a higher floor and are known by their name only."""

from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse


def address(name: str, *args: Any, **query: Any) -> str:
    """Return the address of the page called `name`, or an empty text where the site has no such page."""
    try:
        path = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    return f"{path}?{urlencode(query)}" if query else path
