# SPDX-License-Identifier: AGPL-3.0-or-later
"""Declared publications, as the collections of their images cite them."""

from datetime import datetime

from dinamis.catalogue.models import Item
from dinamis.catalogue.models.item import past, past_embargo
from dinamis.catalogue.selectors.works import Work, tells_works


@tells_works
def works_by_collection(at: datetime) -> dict[int, list[Work]]:
    """Return the works that used images of each collection, each DOI once, the newest first; who declared them is not
    told. Of a withheld image nothing is. One query.
    """
    told = Item.objects.published().filter(past_embargo(at), past("hold_back_until", at), publications__isnull=False)
    rows = told.order_by("collection_id", "publications__doi", "publications__id").distinct(
        "collection_id", "publications__doi"
    )
    columns = ("collection_id", "publications__doi", "publications__title", "publications__year")
    found: dict[int, list[Work]] = {}
    for collection, *work in rows.values_list(*columns):
        found.setdefault(collection, []).append(Work(*work))
    return {pk: sorted(works, key=lambda work: (-work.year, work.title)) for pk, works in found.items()}
