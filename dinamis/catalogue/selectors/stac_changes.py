# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the number of items that answer a search can still be the one told on the page before.

Counting is what a page of a wide search costs, so the number travels in the token. It is told again only while it is
exact: nothing of the catalogue was written since, and no moment passed at which an image stops being withheld.
"""

from datetime import datetime

from django.db import connection

from dinamis.catalogue.selectors.shelves import STAMP, Shelves
from dinamis.catalogue.selectors.stac_order import Place
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.core.prepared import planned_once
from licensing.selectors.decision import Permitted

# What was committed shows as one more row, or as a later one.
WRITTEN = "(SELECT coalesce(max(id), 0) FROM catalogue_change), (SELECT count(*) FROM catalogue_change)"
AS_OF = f"SELECT {STAMP}, {WRITTEN}"
OPENED = """
    EXISTS (SELECT 1 FROM catalogue_item WHERE embargo_until > %(since)s AND embargo_until <= %(at)s)
    OR EXISTS (SELECT 1 FROM catalogue_item WHERE hold_back_until > %(since)s AND hold_back_until <= %(at)s)
    OR EXISTS (
        SELECT 1 FROM catalogue_collection c JOIN licensing_licence l ON l.id = c.licence_id AND l.embargo_days > 0
        JOIN catalogue_item i ON i.collection_id = c.id
            AND i.datetime > %(since)s - l.embargo_days * interval '1 day'
            AND i.datetime <= %(at)s - l.embargo_days * interval '1 day')
"""


def as_of() -> str:
    """Return what tells the catalogue as it is now from any other; one query. Rights are not of the catalogue."""
    return ":".join(map(str, planned_once(AS_OF, ())[0]))


def known_number(place: Place, viewer: Viewer, shelves: Shelves) -> int | None:
    """Return the number that the page before told if it is still exact, else None.

    Rights differ from one person to the next and from one moment to the next: for who is signed in nothing is known.
    """
    if place.matched is None or not place.count_of or viewer != Viewer(Permitted(viewer.at)):
        return None
    *written, fingerprint, since = place.count_of
    moments = {"since": datetime.fromisoformat(since), "at": viewer.at}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {OPENED}, {WRITTEN}", moments)
        opened, *now = cursor.fetchone()
    same = now == written and fingerprint == shelves.fingerprint and moments["since"] <= viewer.at
    return place.matched if same and not opened else None
