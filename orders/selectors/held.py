# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked, compared with what the catalogue already holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from shapely import unary_union
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.models import Item
from dinamis.core import geo

# The newest ones are enough to judge; an area covered a hundred times is covered.
MAX_IMAGES = 100


@dataclass(frozen=True)
class Overlap:
    """Held images over an area, and the share of it they cover together (percent, 0 to 100)."""

    images: tuple[Item, ...]
    percent: float


def held_over(area: BaseGeometry, family: str) -> QuerySet[Item]:
    """Held images of a product family that touch the area, newest first."""
    return (
        Item.objects.published()
        .filter(held=True, collection__family=family, footprint__intersects=geo.to_multipolygon(area))
        .select_related("collection")
        .order_by("-datetime", "pk")
    )


def overlap(area: BaseGeometry, family: str) -> Overlap:
    """Compare an area (longitude, latitude degrees) with the held images of a product family."""
    images = tuple(held_over(area, family)[:MAX_IMAGES])
    return Overlap(images, covered_percent(area, images))


def covered_percent(area: BaseGeometry, images: Sequence[Item]) -> float:
    """Return the share of the area that the images cover together, in percent of its geodesic surface."""
    total = geo.area_m2(area)
    if not images or total == 0:
        return 0.0
    together = unary_union([geo.to_shapely(image.footprint) for image in images])
    common = area.intersection(together)
    return 0.0 if common.is_empty else min(100.0, 100 * geo.area_m2(common) / total)
