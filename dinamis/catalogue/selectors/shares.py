# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much of an area images cover, by the best that can be done there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Q, QuerySet
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models.month import month_of
from dinamis.catalogue.selectors.filters import NEVER, SearchFilters
from dinamis.catalogue.selectors.search import search
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.catalogue.selectors.windows import Window, first_window, spread_of

# Each state, and whether the files of such an image are here, which an index tells.
RANKS = ((ItemState.HELD.value, True), (ItemState.UNLOCK.value, True), (ItemState.ORDER.value, False))
# A part of the area that nobody misses.
LITTLE = 1e-4
# The last images taken near a place mostly cover it: as many as this of the whole catalogue are read first.
HANDFUL = 1_000
# Each window of time holds so many times what the one before did.
GROWTH = 8
MOST = 2_000


def shares_of_area(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry) -> list[float]:
    """Percent of the area (planar, in degrees) that is downloadable, then unlocked by a signature, then orderable.

    Each place counts once. What is covered is taken away from the area until nothing is left or no image is.
    """
    items = search(filters.without("aoi", "place", "bbox"), viewer)
    window = first_window(spread_of(), filters, HANDFUL)
    asked = left = shapely.from_wkb(bytes(area.wkb))
    shares = []
    for state, held in RANKS:
        possible = _is_possible(state, viewer)
        rest = _uncovered(items.filter(held=held, state=state), left, LITTLE * asked.area, window) if possible else left
        shares.append(100 * (left.area - rest.area) / asked.area)
        left = rest
    return shares


def _is_possible(state: str, viewer: Viewer) -> bool:
    """Tell whether any image can be in a state for this person."""
    if state == ItemState.HELD:
        return bool(viewer.permitted.allows)
    return state != ItemState.UNLOCK or bool(viewer.permitted.unlockable_licence_ids)


def _uncovered(items: QuerySet[Any, Any], area: BaseGeometry, little: float, window: Window) -> BaseGeometry:
    """What images leave of an area, the newest first."""
    for taken in _windows(window):
        seen: list[int] = []
        found = MOST
        while found == MOST and area.area > little:
            near = items.filter(taken, footprint__intersects=_geos(area)).exclude(pk__in=seen)
            rows = list(near.values_list("pk", "footprint")[:MOST])
            found = len(rows)
            seen.extend(pk for pk, _footprint in rows)
            area = area.difference(shapely.union_all(shapely.from_wkb([bytes(one.wkb) for _pk, one in rows])))
        if area.area <= little:
            break
    return area


def _windows(window: Window) -> Iterator[Q]:
    """Conditions of time that follow one another into the past, each wider than the one before."""
    end: datetime = window.end
    while True:
        since = window.since
        until = Q() if end == NEVER else Q(datetime__lt=end, month__lte=month_of(end))
        yield Q(datetime__gte=since, month__gte=month_of(since)) & until
        if window.is_last:
            return
        window, end = replace(window, share=window.share * GROWTH), since


def _geos(geometry: BaseGeometry) -> GEOSGeometry:
    return GEOSGeometry(memoryview(geometry.wkb), srid=4326)
