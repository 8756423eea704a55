# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order covers and costs, before anything is written: scenes of the archive, or acquisitions to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from shapely import unary_union
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.models import Item
from dinamis.core import geo
from dinamis.core.areas import of_area
from dinamis.core.exceptions import Invalid
from dinamis.core.surface import only_surfaces
from orders.enums import OrderKind
from orders.selectors.money.costs import M2_PER_KM2, Rates, cost_line, rates_of

__all__ = [
    "M2_PER_KM2",
    "Estimate",
    "Line",
    "check_lines",
    "estimate",
    "estimate_acquisition",
    "estimate_parts",
    "family_of",
    "minimum_m2",
    "price_cents",
]


@dataclass(frozen=True)
class Line:
    """A scene cut to the area, or an area and the window [begin, end) within which it is to be seen.

    What is asked and what is billed are in m2, the price in cents.
    """

    scene: Item | None
    aoi: BaseGeometry
    area_m2: int
    billed_m2: int
    price_cents: int
    period: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Estimate:
    """All lines of an order of one product family."""

    family: str
    aoi: BaseGeometry
    area_m2: int
    lines: tuple[Line, ...]
    rates: Rates
    views: int = 1

    @property
    def billed_m2(self) -> int:
        """What the envelope pays, in m2: the sum of the lines, each at least the minimum."""
        return sum(line.billed_m2 for line in self.lines)

    @property
    def price_cents(self) -> int:
        """The price of all lines in cents."""
        return sum(line.price_cents for line in self.lines)

    @property
    def minimum_m2(self) -> int:
        """The minimum billed for each line, in m2."""
        return self.rates.minimum_m2

    @property
    def minimum_applies(self) -> bool:
        """Whether a line is billed for more than it asks."""
        return any(line.area_m2 < self.minimum_m2 for line in self.lines)


def minimum_m2(family: str, kind: str = OrderKind.ARCHIVE) -> int:
    """Return the minimum area billed for a line of a family today, in m2."""
    return rates_of(family, kind).minimum_m2


def price_cents(family: str, billed_m2: int, kind: str = OrderKind.ARCHIVE) -> int:
    """Return the price of a billed area in cents by today's tariff outside the quota, half a cent rounded up."""
    return rates_of(family, kind).cents(billed_m2)


def estimate(scenes: Sequence[Item], aoi: BaseGeometry | None, *, eligibility_class: str = "") -> Estimate:
    """Cut each scene to the area and price it for an eligibility class; without an area, the scenes are taken whole.

    `scenes` come with their collections. Raises Invalid: no scene, several families, an area that cannot be used, or
    a scene that the area does not touch (the message names it).
    """
    check_lines(len(scenes), pointer="scenes")
    family = family_of(scenes)
    whole = unary_union([geo.to_shapely(scene.footprint) for scene in scenes])
    area = geo.checked_area(aoi if aoi is not None else whole)
    rates = rates_of(family, eligibility_class=eligibility_class)
    lines = tuple(_line(scene, area, rates) for scene in scenes)
    return Estimate(family, area, geo.area_m2(area), lines, rates)


def estimate_parts(parts: Sequence[tuple[Item, BaseGeometry]], *, eligibility_class: str = "") -> Estimate:
    """Price scenes, each for a part of an area; the parts do not overlap.

    Raises Invalid: no scene, several families, more lines than an order has, a part that cannot be used.
    """
    check_lines(len(parts), pointer="area")
    family = family_of([scene for scene, _part in parts])
    rates = rates_of(family, eligibility_class=eligibility_class)
    lines = []
    for scene, part in parts:
        size = geo.area_m2(part)
        costs = cost_line(str(scene), size, rates)
        lines.append(Line(scene, part, size, costs.billed_m2, costs.outside_cents))
    whole = unary_union([part for _scene, part in parts])
    return Estimate(family, whole, geo.area_m2(whole), tuple(lines), rates)


def estimate_acquisition(
    family: str,
    mode: str,
    areas: Sequence[BaseGeometry],
    periods: Sequence[tuple[datetime, datetime]],
    *,
    eligibility_class: str = "",
) -> Estimate:
    """Price each area in each window [begin, end): at least the minimum of a tasking, times the views of the mode.

    Raises Invalid: no area, more lines than an order has, an area that cannot be used (pointer `areas/<n>`).
    """
    if not areas:
        raise Invalid(_("No area is named."), pointer="areas", repair=_("Draw it, or give a file."), code="empty")
    check_lines(len(areas) * len(periods), pointer="areas")
    checked = [_checked(area, place, len(areas)) for place, area in enumerate(areas)]
    rates = rates_of(family, OrderKind.ACQUISITION, eligibility_class=eligibility_class)
    lines = []
    for area in checked:
        costs = cost_line("", geo.area_m2(area), rates, mode)
        lines += [Line(None, area, costs.area_m2, costs.billed_m2, costs.outside_cents, period) for period in periods]
    whole = unary_union(checked)
    return Estimate(family, whole, geo.area_m2(whole), tuple(lines), rates, rates.factors[mode])


def check_lines(count: int, *, pointer: str) -> None:
    """Raise Invalid when an order would have more lines than ORDER_LINES_MAX."""
    most = settings.DINAMIS["ORDER_LINES_MAX"]
    if count > most:
        raise Invalid(
            _("This order would have %(count)d lines; an order has at most %(most)d.") % {"count": count, "most": most},
            pointer=pointer,
            repair=_("Make several orders."),
            code="too_many_lines",
        )


def _checked(area: BaseGeometry, place: int, count: int) -> BaseGeometry:
    try:
        return geo.checked_area(area)
    except Invalid as error:
        raise of_area(error, place, count, pointer=f"areas/{place}") from error


def family_of(scenes: Sequence[Item]) -> str:
    """Return the product family of the scenes. Raises Invalid when there is none or more than one."""
    families = {scene.collection.family for scene in scenes}
    if not families:
        raise Invalid(_("No image is named."), pointer="scene", repair=_("Choose an image in the catalogue."))
    if len(families) > 1:
        raise Invalid(
            _("The images belong to several product families."),
            pointer="scene",
            repair=_("Make one order for each product family."),
            code="several_families",
        )
    return str(families.pop())


def _line(scene: Item, area: BaseGeometry, rates: Rates) -> Line:
    part = only_surfaces(area.intersection(geo.to_shapely(scene.footprint)))
    size = geo.area_m2(part) if not part.is_empty else 0
    if size < 1:
        raise Invalid(
            _("The area lies outside the image %(scene)s.") % {"scene": scene},
            pointer="aoi",
            repair=_("Draw the area inside the outline of the image."),
            code="disjoint",
        )
    costs = cost_line(str(scene), size, rates)
    return Line(scene, part, size, costs.billed_m2, costs.outside_cents)
