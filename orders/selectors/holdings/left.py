# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is left to buy of an area, how it could be bought, and what that costs beside buying everything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Collection
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core.surface import surface_m2
from orders.domain.covering import cover
from orders.domain.residual import Limits, Prepared, prepared
from orders.enums import OrderKind
from orders.models import Tariff
from orders.selectors.holdings.held import Held
from orders.selectors.holdings.held_images import Kind, newest_over
from orders.selectors.holdings.running import IMAGES_OF_A_PASS
from orders.selectors.money.costs import M2_PER_KM2, Rates, rates_of

# Of the archive scenes over the residual, how many are looked at.
MOST_SCENES = 200


@dataclass(frozen=True)
class Cost:
    """What is billed (m2) and its price in cents."""

    billed_m2: int
    cents: int


@dataclass(frozen=True)
class Offer:
    """One way to buy: a kind of request of a product family, for the whole area and for the residual.

    `scenes` are few archive scenes that cover `covered_percent` of the residual.
    """

    kind: OrderKind
    family: str
    minimum_m2: int
    whole: Cost
    residual: Cost
    prepared: Prepared
    scenes: tuple[int, ...] = ()
    covered_percent: float = 0.0


def limits_of(minimum_m2: float) -> Limits:
    """Return what providers take, as the settings say, for a minimum area."""
    rules = settings.DINAMIS
    return Limits(
        minimum_m2,
        most_vertices=rules["PROVIDER_MAX_VERTICES"],
        sliver_m=rules["RESIDUAL_SLIVER_METRES"],
        hole_m2=rules["RESIDUAL_HOLE_KM2"] * M2_PER_KM2,
        moved_percent=rules["RESIDUAL_MOVED_PERCENT"],
    )


def offers(held: Held, user: object) -> list[Offer]:
    """Return how the residual could be bought, archive first; nothing where nothing is left."""
    residual = held.residual
    if residual.is_empty:
        return []
    made: dict[int, Prepared] = {}
    mode, found = mode_of(held.wanted), []
    for kind, family in _ways(held.wanted.sensors, held.at):
        rates = rates_of(family, kind, at=held.at)
        if rates.minimum_m2 not in made:
            made[rates.minimum_m2] = prepared(residual, limits_of(rates.minimum_m2), cut=len(held.parts) > 1)
        left = made[rates.minimum_m2]
        if left.outlines:
            scenes, percent = _scenes(held, residual, family, user) if kind == OrderKind.ARCHIVE else ((), 0.0)
            whole = _cost([held.area_m2], rates, mode)
            bought = _cost([surface_m2(one) for one in left.outlines], rates, mode)
            found.append(Offer(kind, family, rates.minimum_m2, whole, bought, left, scenes, percent))
    return found


def _ways(sensors: tuple[str, ...], at: datetime) -> Iterator[tuple[OrderKind, str]]:
    """Kind and family of each way to buy what is wanted: those that have a tariff."""
    rows = Tariff.objects.filter(valid__contains=at).values_list("kind", "family")
    for kind, family in sorted(set(rows), key=lambda row: (list(OrderKind).index(OrderKind(row[0])), row[1])):
        if not sensors or family in sensors:
            yield OrderKind(kind), family


def _cost(outlines_m2: Sequence[float], rates: Rates, mode: str) -> Cost:
    billed = sum(rates.billed_m2(round(size), mode) for size in outlines_m2)
    return Cost(billed, rates.cents(billed))


def mode_of(wanted: SearchFilters) -> str:
    """Return the way to look at the ground that makes what is wanted; the least of several."""
    views = min(wanted.stereo, default=1)
    return next(mode for mode, number in IMAGES_OF_A_PASS.items() if number >= views)


def _scenes(held: Held, residual: BaseGeometry, family: str, user: object) -> tuple[tuple[int, ...], float]:
    """Few archive scenes over the residual, of the newest; how much of it they cover, in percent."""
    collections = tuple(Collection.objects.filter(family=family).values_list("pk", flat=True))
    viewer = viewer_of(user, project=held.wanted.project, at=held.at)
    images = newest_over(Kind(ItemState.ORDER, collections, held.wanted, viewer), residual, MOST_SCENES)
    if not images:
        return (), 0.0
    found = cover(residual, [image.footprint for image in images])
    covered = 100 * (1 - surface_m2(found.rest) / surface_m2(residual))
    return tuple(images[place].pk for place in found.chosen), covered
