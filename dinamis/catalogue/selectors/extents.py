# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where and when the images of each collection lie, and what there is to choose from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models import Extent
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Max, Min

from dinamis.catalogue.models import Collection, Item
from dinamis.catalogue.selectors.viewer import Viewer, with_state

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


def collections_with_extents(viewer: Viewer) -> list[tuple[Collection, Extents]]:
    """Return every collection with the bounds of the items this viewer is told of. Two queries."""
    ranges = {
        f"{bound}_{column}": one(column) for column in RANGES.values() for bound, one in (("min", Min), ("max", Max))
    }
    rows = (
        with_state(Item.objects.all(), viewer)
        .filter(shown=True)
        .order_by()
        .values("collection_id")
        .annotate(
            bbox=Extent("footprint"),
            first=Min("datetime"),
            last=Max("datetime"),
            platforms=ArrayAgg("platform", distinct=True, default=None),
            **ranges,
        )
    )
    found = {row["collection_id"]: row for row in rows}
    collections = Collection.objects.select_related("licence").order_by("position", "slug")
    return [(one, _extents(found.get(one.pk))) for one in collections]


def _extents(row: dict[str, Any] | None) -> Extents:
    if row is None:
        return Extents()
    summaries: dict[str, Any] = {"platform": sorted(platform for platform in row["platforms"] or () if platform)}
    for name, column in RANGES.items():
        low, high = row[f"min_{column}"], row[f"max_{column}"]
        if low is not None:
            summaries[name] = {"minimum": low, "maximum": high}
    return Extents(
        tuple(row["bbox"]), row["first"], row["last"], {key: value for key, value in summaries.items() if value}
    )
