# SPDX-License-Identifier: AGPL-3.0-or-later
"""Until when an image is its requester's organisation's alone. For whom is not told."""

from datetime import datetime

from dinamis.catalogue.models import Item


def reserved_until(item: Item, at: datetime) -> datetime | None:
    """Return the end of a hold-back that runs at `at`, or None."""
    until: datetime | None = item.hold_back_until
    return until if until is not None and until > at else None
