# SPDX-License-Identifier: AGPL-3.0-or-later
"""An image that turns out to be defective leaves the catalogue, and comes back when it was delivered anew."""

from django.db import transaction

from dinamis.catalogue.models import Item
from dinamis.core import clock


@transaction.atomic
def withdraw(item: Item) -> None:
    """Take an image out of the catalogue: it is found no more and its files are given no more. Twice = once."""
    row = Item.objects.select_for_update().get(pk=item.pk)
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        row.save(update_fields=["withdrawn_at"])


@transaction.atomic
def restore(item: Item) -> None:
    """Show an image again that was withdrawn. Twice = once."""
    row = Item.objects.select_for_update().get(pk=item.pk)
    if row.withdrawn_at is not None:
        row.withdrawn_at = None
        row.save(update_fields=["withdrawn_at"])
