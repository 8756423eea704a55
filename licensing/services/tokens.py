# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets of one-time links.

Token and code are derived from the row and the site's secret key, so a queued mail needs only the row's id and neither
the database nor the outbox ever holds them: only what recognises them is stored.
"""

import hmac

from dinamis.core.onetime import hash_token, keys, mac, token_for
from licensing.models import SigningLink

CODE_DIGITS = 6


def token_of(link_id: int, secret: str = "") -> str:
    """Return the token of a link: 43 URL-safe characters carrying 256 bits."""
    return token_for(f"licensing.signing_link:{link_id}", secret)


def code_of(link: SigningLink, secret: str = "") -> str:
    """Return the six-digit code of the link for the expiry it carries now."""
    number = int.from_bytes(mac(f"licensing.signing_code:{link.pk}:{_stamp(link)}", secret)[:8], "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def hash_code(link: SigningLink, code: str, secret: str = "") -> str:
    """Return what is stored of a code: keyed, since a plain hash of six digits is undone by trying them all."""
    return mac(f"licensing.signing_code_hash:{link.pk}:{_stamp(link)}:{code}", secret).hex()


def right_code(link: SigningLink, code: str) -> bool:
    """Tell whether a typed code is the one the link expects."""
    return any(hmac.compare_digest(hash_code(link, code, secret), link.code_sha256) for secret in keys())


def known_token(link: SigningLink) -> str:
    """Return the token a mail must carry, also after the secret key was rotated; "" when no known key made it."""
    for secret in keys():
        if hmac.compare_digest(hash_token(token := token_of(link.pk, secret)), link.token_sha256):
            return token
    return ""


def known_code(link: SigningLink) -> str:
    """Return the code a mail must carry; "" when no known key made it."""
    for secret in keys():
        if hmac.compare_digest(hash_code(link, code := code_of(link, secret), secret), link.code_sha256):
            return code
    return ""


def _stamp(link: SigningLink) -> str:
    return link.code_expires_at.isoformat() if link.code_expires_at else ""
