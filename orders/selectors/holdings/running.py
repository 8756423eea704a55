# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is on its way over an area: running orders of anybody, and cells of coverages that are not delivered yet.

Orders are private: of those of others an outline and a date are told to members of organisations, nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import shapely
from django.conf import settings
from django.db.models import F
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.models import CoverageCell, Item
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.core import geo
from dinamis.core.clock import PARIS
from orders.enums import AcquisitionMode, ItemState, OrderState
from orders.models import Order, OrderItem

RUNNING_ORDERS = (
    OrderState.SUBMITTED,
    OrderState.IN_REVIEW,
    OrderState.CHANGES_REQUESTED,
    OrderState.APPROVED,
    OrderState.PLACED,
    OrderState.IN_PROGRESS,
    OrderState.PARTLY_DELIVERED,
)
RUNNING_LINES = (
    ItemState.PENDING,
    ItemState.APPROVED,
    ItemState.PLACED,
    ItemState.IN_PROGRESS,
    ItemState.PROPOSED,
    ItemState.PRODUCING,
)
IMAGES_OF_A_PASS = {AcquisitionMode.MONO: 1, AcquisitionMode.STEREO: 2, AcquisitionMode.TRISTEREO: 3}


@dataclass(frozen=True)
class Running:
    """Outlines that running orders and unfinished cells cover, and what may be told of them."""

    ordered: tuple[BaseGeometry, ...] = ()
    planned: tuple[BaseGeometry, ...] = ()
    until: date | None = None
    own: tuple[str, ...] = ()
    years: tuple[int, ...] = ()


def running_over(
    area: BaseGeometry, viewer: Viewer, user: Any, wanted: SearchFilters, but: Order | None = None
) -> Running:
    """Return what is on its way over an area and suits what is wanted. Three queries at most."""
    if area.is_empty:
        return Running()
    asked = geo.to_multipolygon(area)
    lines = list(_lines(asked, wanted, but)) if viewer.organisation_ids else []
    cells = list(_cells(asked, wanted, viewer))
    references = {line.order.reference for line in lines}
    own = Order.objects.visible_to(user).filter(reference__in=references) if references else Order.objects.none()
    return Running(
        ordered=tuple(geo.to_shapely(line.aoi) for line in lines),
        planned=tuple(shapely.from_wkb(bytes(geometry.wkb)) for geometry, _year in cells),
        until=max((end for line in lines if (end := _end(line))), default=None),
        own=tuple(sorted(own.values_list("reference", flat=True))) if _is_member(user) else (),
        years=tuple(sorted({year for _geometry, year in cells})),
    )


def _is_member(user: Any) -> bool:
    """The office reads every order: that one is there is no news of its own."""
    return not user.has_perm("orders.moderate")


def _lines(asked: Any, wanted: SearchFilters, but: Order | None) -> Iterator[OrderItem]:
    found = OrderItem.objects.filter(
        state__in=RUNNING_LINES, order__state__in=RUNNING_ORDERS, aoi__intersects=asked
    ).select_related("order__acquisition", "scene__collection")
    if but is not None:
        found = found.exclude(order=but)
    return (line for line in found if _suits(line, wanted))


def _end(line: OrderItem) -> date | None:
    """The last day of the window of an acquisition; an archive order has none."""
    return (line.period.upper - timedelta(microseconds=1)).astimezone(PARIS).date() if line.period else None


def _suits(line: OrderItem, wanted: SearchFilters) -> bool:
    """Tell whether what a line will bring is what is wanted; what is not known of it is not held against it."""
    if line.scene:
        return _is_wanted(_of_scene(line.scene), wanted)
    return _is_wanted(_of_acquisition(line), wanted)


@dataclass(frozen=True)
class _Expected:
    """What is known of an image that will come: degrees, percent, days of Paris."""

    family: str
    platform: str
    first: date
    last: date
    cloud: float | None
    incidence: float | None
    stereo: int


def _of_scene(scene: Item) -> _Expected:
    day = scene.datetime.astimezone(PARIS).date()
    return _Expected(
        str(scene.collection.family),
        scene.platform,
        day,
        day,
        scene.cloud_cover,
        scene.incidence_angle,
        scene.stereo_count,
    )


def _of_acquisition(line: OrderItem) -> _Expected:
    asked, window = line.order.acquisition, line.period
    last = _end(line)
    assert window is not None
    assert last is not None
    return _Expected(
        str(line.order.family),
        "",
        window.lower.astimezone(PARIS).date(),
        last,
        asked.cloud_max,
        asked.incidence_max,
        IMAGES_OF_A_PASS[AcquisitionMode(asked.mode)],
    )


def _is_wanted(image: _Expected, wanted: SearchFilters) -> bool:
    most = ((wanted.cloud, image.cloud), (wanted.incidence, image.incidence))
    years = set(range(image.first.year, image.last.year + 1))
    return (
        (not wanted.sensors or image.family in wanted.sensors)
        and (not (wanted.platforms and image.platform) or image.platform in wanted.platforms)
        and (not wanted.stereo or image.stereo in wanted.stereo)
        and (not wanted.years or bool(years & set(wanted.years)))
        and (wanted.since is None or image.last >= wanted.since)
        and (wanted.until is None or image.first <= wanted.until)
        and all(limit is None or value is None or value <= limit for limit, value in most)
    )


def _cells(asked: Any, wanted: SearchFilters, viewer: Viewer) -> Iterator[tuple[Any, int]]:
    """Cells not delivered, of coverages that are still being made: of this year and the last ones (a setting)."""
    first = viewer.at.astimezone(PARIS).year - settings.DINAMIS["COVERAGE_UNFINISHED_YEARS"]
    found = CoverageCell.objects.exclude(status=CellStatus.DELIVERED).filter(
        coverage__year__gte=first, geometry__intersects=asked
    )
    if wanted.sensors:
        found = found.filter(coverage__collection__family__in=wanted.sensors)
    if wanted.collections:
        found = found.filter(coverage__collection__slug__in=wanted.collections)
    rows = found.annotate(year=F("coverage__year")).values_list("geometry", "year", "acquired_on")
    return ((geometry, year) for geometry, year, acquired_on in rows if _in_time(year, acquired_on, wanted))


def _in_time(year: int, acquired_on: date | None, wanted: SearchFilters) -> bool:
    """Tell whether the image of a cell may be of the days wanted: a day once it is taken, before that its year."""
    first, last = (acquired_on, acquired_on) if acquired_on else (date(year, 1, 1), date(year, 12, 31))
    return (
        (not wanted.years or bool({first.year, last.year} & set(wanted.years)))
        and (wanted.since is None or last >= wanted.since)
        and (wanted.until is None or first <= wanted.until)
    )
