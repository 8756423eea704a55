# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets of one-time links.

Token and code are derived from the row and the site's secret key, so a queued mail needs only the row's id and neither
the database nor the outbox ever holds them: only what recognises them is stored.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator

from django.conf import settings

from licensing.models import SigningLink

CODE_DIGITS = 6


def token_of(link_id: int, secret: str = "") -> str:
    """Return the token of a link: 43 URL-safe characters carrying 256 bits."""
    return urlsafe_b64encode(_mac(secret, f"licensing.signing_link:{link_id}")).decode().rstrip("=")


def code_of(link: SigningLink, secret: str = "") -> str:
    """Return the six-digit code of the link for the expiry it carries now."""
    number = int.from_bytes(_mac(secret, f"licensing.signing_code:{link.pk}:{_stamp(link)}")[:8], "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def hash_token(token: str) -> str:
    """Return what is stored of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_code(link: SigningLink, code: str, secret: str = "") -> str:
    """Return what is stored of a code: keyed, since a plain hash of six digits is undone by trying them all."""
    return _mac(secret, f"licensing.signing_code_hash:{link.pk}:{_stamp(link)}:{code}").hex()


def right_code(link: SigningLink, code: str) -> bool:
    """Tell whether a typed code is the one the link expects."""
    return any(hmac.compare_digest(hash_code(link, code, secret), link.code_sha256) for secret in _secrets())


def known_token(link: SigningLink) -> str:
    """Return the token a mail must carry, also after the secret key was rotated; "" when no known key made it."""
    for secret in _secrets():
        if hmac.compare_digest(hash_token(token := token_of(link.pk, secret)), link.token_sha256):
            return token
    return ""


def known_code(link: SigningLink) -> str:
    """Return the code a mail must carry; "" when no known key made it."""
    for secret in _secrets():
        if hmac.compare_digest(hash_code(link, code := code_of(link, secret), secret), link.code_sha256):
            return code
    return ""


def _secrets() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def _stamp(link: SigningLink) -> str:
    return link.code_expires_at.isoformat() if link.code_expires_at else ""


def _mac(secret: str, message: str) -> bytes:
    return hmac.new((secret or settings.SECRET_KEY).encode(), message.encode(), hashlib.sha256).digest()
