# SPDX-License-Identifier: AGPL-3.0-or-later
"""Until when images are reserved for the organisation that asked for them. Decisions read the moment; nothing runs."""

from collections.abc import Collection
from datetime import datetime

from dinamis.catalogue.models import Item


def reserve_until(item_ids: Collection[int], until: datetime) -> int:
    """Move the end of a hold-back that runs; returns of how many images. An image that nobody reserved stays free.

    Must be called in a transaction. The moment stays on the image once it is past: searches and lists tell by it what
    has become free since they were last asked.
    """
    rows = Item.objects.filter(pk__in=item_ids, hold_back_until__isnull=False)
    return rows.update(hold_back_until=until)
