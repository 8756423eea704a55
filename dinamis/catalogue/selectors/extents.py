# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where and when the images of each collection lie, and what there is to choose from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from dinamis.catalogue.models import Collection
from dinamis.catalogue.models.extent import FOLDED

WORLD = (-180.0, -90.0, 180.0, 90.0)
RANGES = {
    "gsd": "gsd",
    "eo:cloud_cover": "cloud_cover",
    "view:incidence_angle": "incidence_angle",
    "view:sun_elevation": "sun_elevation",
}


@dataclass(frozen=True)
class Extents:
    """The bounds of a collection's items: degrees, moments, and the values of some properties (STAC `summaries`)."""

    bbox: tuple[float, ...] = WORLD
    first: datetime | None = None
    last: datetime | None = None
    summaries: dict[str, Any] | None = None


def collections_with_extents() -> list[tuple[Collection, Extents]]:
    """Return every collection with the bounds of its images, whoever asks: where and when there is something is open.

    Two queries, and no image is looked at: triggers note how far the images reach (`models.ExtentNote`).
    """
    with connection.cursor() as cursor:
        cursor.execute(FOLDED)
        names = [column.name for column in cursor.description or ()]
        found = {row["collection_id"]: row for row in (dict(zip(names, one, strict=True)) for one in cursor.fetchall())}
    collections = Collection.objects.select_related("licence").order_by("position", "slug")
    return [(one, _extents(found.get(one.pk))) for one in collections]


def _extents(row: dict[str, Any] | None) -> Extents:
    if row is None or row["west"] is None:
        return Extents()
    summaries: dict[str, Any] = {"platform": [platform for platform in row["platforms"] or () if platform]}
    for name, column in RANGES.items():
        low, high = row[f"{column}_min"], row[f"{column}_max"]
        if low is not None:
            summaries[name] = {"minimum": low, "maximum": high}
    return Extents(
        (row["west"], row["south"], row["east"], row["north"]),
        row["first"],
        row["last"],
        {key: value for key, value in summaries.items() if value},
    )
