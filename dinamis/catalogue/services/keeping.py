# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of an image wins over what its source says of it later (docs/adr/0029), and one writer at a time."""

from collections.abc import Collection as Many
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import shapely
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from dinamis.catalogue.foreign import Refused, read_item
from dinamis.catalogue.models import Asset, Collection, Item
from dinamis.catalogue.services.item_documents import refresh
from dinamis.core import clock
from dinamis.core.exceptions import NotVisible

MOMENTS = ("datetime", "start_datetime", "end_datetime")
# A footprint that came back through text is the same (degrees; a centimetre).
SAME_PLACE = 1e-7


@contextmanager
def writing(slug: str, *, patience: str = "") -> Iterator[Collection]:
    """Hold the collection `slug`, as a publication of a delivery does, for one transaction.

    `patience` is how long the lock is waited for (PostgreSQL interval, `LOCK_TIMEOUT` unless told). Raises NotVisible.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            wait = patience or settings.DINAMIS["LOCK_TIMEOUT"]
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [wait])
        found = Collection.objects.select_for_update(no_key=True).filter(slug=slug).first()
        if found is None:
            raise NotVisible(_("There is no collection “%(name)s”.") % {"name": slug[:80]})
        yield found


def is_withheld(item: Item) -> bool:
    """Tell whether an image is reserved, under an embargo of its own or withdrawn."""
    now = clock.now()
    ends = (item.embargo_until, item.hold_back_until)
    return item.withdrawn_at is not None or any(end is not None and end > now for end in ends)


def kept(collection: Collection, documents: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return the ids of `documents` whose image is withheld, and of those that would move one whose files are here.

    Both stay locked until the end of the transaction.
    """
    given = {str(document.get("id")): document for document in documents}
    now = clock.now()
    withheld = Q(withdrawn_at__isnull=False) | Q(embargo_until__gt=now) | Q(hold_back_until__gt=now)
    rows = Item.objects.filter(collection=collection, stac_id__in=list(given)).filter(_files_here() | withheld)
    found = list(rows.select_for_update(of=("self",)))
    stopped = [item.stac_id for item in found if is_withheld(item)]
    moved = [one.stac_id for one in found if one.stac_id not in stopped and _moves(one, given[one.stac_id])]
    return stopped, moved


def refresh_own(collection: Collection, ids: Many[str]) -> None:
    """Make the documents anew of those whose files are here: they tell of both."""
    rows = Item.objects.filter(collection=collection, stac_id__in=list(ids)).filter(_files_here())
    if pks := list(rows.values_list("pk", flat=True)):
        refresh(pks)


def _files_here() -> Q:
    return Q(Exists(Asset.objects.filter(item=OuterRef("pk")))) | Q(held=True)


def _moves(item: Item, document: Mapping[str, Any]) -> bool:
    try:
        new = read_item(document, collection="-")
        place = shapely.force_2d(shapely.from_geojson(orjson.dumps(new.geometry).decode()))
    except (Refused, shapely.GEOSException):
        # Refused with its own words when it is loaded.
        return False
    here = shapely.from_wkb(bytes(item.footprint.wkb))
    same_place = here.equals_exact(place, SAME_PLACE, normalize=True)
    return not same_place or any(getattr(item, name) != new.columns[name] for name in MOMENTS)
