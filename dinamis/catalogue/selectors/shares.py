# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much of an area images cover, by the best that can be done there."""

from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import QuerySet
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.search import search
from dinamis.catalogue.selectors.viewer import Viewer

# Each state, and whether the files of such an image are here, which an index tells.
RANKS = ((ItemState.HELD.value, True), (ItemState.UNLOCK.value, True), (ItemState.ORDER.value, False))
# A part of the area that nobody misses.
LITTLE = 1e-4
# The last images taken near a place mostly cover it: some of them, then more, before any is looked at closely.
HANDFULS = (100, 400)
MOST = 2_000


def shares_of_area(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry) -> list[float]:
    """Percent of the area (planar, in degrees) that is downloadable, then unlocked by a signature, then orderable.

    Each place counts once. What is covered is taken away from the area until nothing is left or no image is.
    """
    items = search(filters.without("aoi", "place", "bbox"), viewer)
    asked = left = shapely.from_wkb(bytes(area.wkb))
    shares = []
    for state, held in RANKS:
        rest = _uncovered(items.filter(held=held, state=state), left, LITTLE * asked.area)
        shares.append(100 * (left.area - rest.area) / asked.area)
        left = rest
    return shares


def _uncovered(items: QuerySet[Any, Any], area: BaseGeometry, little: float) -> BaseGeometry:
    """What images leave of an area."""
    seen: list[int] = []

    def without(found: QuerySet[Any, Any], most: int) -> tuple[BaseGeometry, int]:
        rows = list(found.exclude(pk__in=seen).values_list("pk", "footprint")[:most])
        seen.extend(pk for pk, _footprint in rows)
        footprints = shapely.from_wkb([bytes(footprint.wkb) for _pk, footprint in rows])
        return area.difference(shapely.union_all(footprints)), len(rows)

    for most in HANDFULS:
        if area.area <= little:
            return area
        near = items.filter(footprint__bboverlaps=_geos(shapely.envelope(area)))
        area, found = without(near.order_by("-datetime", "-pk"), most)
        if found < most:
            return area
    found = MOST
    while found == MOST and area.area > little:
        area, found = without(items.filter(footprint__intersects=_geos(area)), MOST)
    return area


def _geos(geometry: BaseGeometry) -> GEOSGeometry:
    return GEOSGeometry(memoryview(geometry.wkb), srid=4326)
