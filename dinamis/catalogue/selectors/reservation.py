# SPDX-License-Identifier: AGPL-3.0-or-later
"""Until when an image is its requester's organisation's alone, and since when everybody is told of it."""

from datetime import datetime, timedelta

from dinamis.catalogue.models import Item


def reserved_until(item: Item, at: datetime) -> datetime | None:
    """Return the end of a hold-back that runs at `at`, or None. For whom is not told."""
    until: datetime | None = item.hold_back_until
    return until if until is not None and until > at else None


def shown_since(item: Item) -> datetime:
    """Return since when everybody is told of an image: its entry, or the end of what withheld it last."""
    embargo = item.datetime + timedelta(days=item.collection.licence.embargo_days)
    ends = (item.embargo_until, item.hold_back_until, embargo if embargo > item.datetime else None)
    return max([item.created_at, *(end for end in ends if end is not None)])
