# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ready-made documents of images: written with what they tell, and made again when a change has emptied them."""

from collections.abc import Collection as Many
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from dinamis.catalogue.models import Change, DocumentDictionary, Item, ItemDocument
from dinamis.catalogue.packing import Packer, learn
from dinamis.catalogue.selectors.item_body import stored
from dinamis.core import clock

BATCH = 1_000
# Fewer texts teach little; Zstandard refuses some.
SAMPLES = 500
KEPT = timedelta(days=1)


def refresh(ids: Many[int]) -> int:
    """Make the bodies of these images anew; return how many were written."""
    with transaction.atomic():
        # A change of the image waits for us and then empties what we write; files wait too, since they point at it.
        list(Item.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
        items = Item.objects.filter(pk__in=ids).select_related("collection", "document").prefetch_related("assets")
        packer = latest_packer()
        rows = [ItemDocument(item=item, body=packer.pack(stored(item))) for item in items]
        ItemDocument.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["item"], update_fields=["body"], batch_size=BATCH
        )
    return len(rows)


def refresh_empty(limit: int = BATCH) -> int:
    """Make up to `limit` bodies that are missing; return how many were written."""
    missing = Item.objects.filter(Q(document__isnull=True) | Q(document__body__isnull=True))
    return refresh(list(missing.order_by("pk").values_list("pk", flat=True)[:limit]))


def latest_packer() -> Packer:
    """Return a packer with the dictionary learnt last, or with none."""
    return Packer(latest_dictionary())


def latest_dictionary() -> bytes | None:
    """Return the dictionary learnt last, if there is one."""
    latest = DocumentDictionary.objects.order_by("-learnt_at", "-number").first()
    return bytes(latest.content) if latest else None


def dictionary_is_due() -> bool:
    """Tell whether no dictionary was learnt so far."""
    return not DocumentDictionary.objects.exists()


def learn_dictionary(samples: Sequence[bytes]) -> bool:
    """Learn a dictionary from `samples` unless there is one, or they are too few; say whether one was written."""
    if len(samples) < SAMPLES or not dictionary_is_due():
        return False
    number, content = learn(samples)
    _row, made = DocumentDictionary.objects.get_or_create(number=number, defaults={"content": content})
    return made


def forget_changes() -> int:
    """Delete the notes of changes that are older than a day: a number told before is then counted again."""
    return Change.objects.filter(at__lt=clock.now() - KEPT).delete()[0]
