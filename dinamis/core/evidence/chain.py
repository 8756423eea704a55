# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arithmetic of the chain and of the seals: SHA-256 in hexadecimal, over UTF-8."""

import hashlib
import json
from datetime import date

GENESIS = "0" * 64


def digest(text: str) -> str:
    """Return the SHA-256 (hex) of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


def follow(chain: str, sha256: str) -> str:
    """Return the chain after an event: the hash of the chain before it and of the event."""
    return digest(chain + sha256)


def seal_digest(*, day: date, first_position: int, last_position: int, count: int, root: str, previous: str) -> str:
    """Return the hash of a seal: what a time-stamp authority signs."""
    return digest(
        json.dumps([day.isoformat(), first_position, last_position, count, root, previous], separators=(",", ":"))
    )
