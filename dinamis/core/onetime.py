# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets of one-time links, derived from a label and the site's secret key (docs/adr/0009): only hashes are stored."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator

from django.conf import settings


def mac(message: str, secret: str = "") -> bytes:
    """Return the HMAC-SHA256 of a message under the site's key, or under `secret`."""
    return hmac.new((secret or settings.SECRET_KEY).encode(), message.encode(), hashlib.sha256).digest()


def keys() -> Iterator[str]:
    """Yield the present key of the site, then the former ones."""
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def token_for(label: str, secret: str = "") -> str:
    """Return the token of a label: 43 URL-safe characters carrying 256 bits."""
    return urlsafe_b64encode(mac(label, secret)).decode().rstrip("=")


def hash_token(token: str) -> str:
    """Return what is stored of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def known_token(label: str, token_sha256: str) -> str:
    """Return the token a mail must carry, also after the key was rotated; "" when no known key made it."""
    for secret in keys():
        if hmac.compare_digest(hash_token(token := token_for(label, secret)), token_sha256):
            return token
    return ""
