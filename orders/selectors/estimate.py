# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order of archive scenes covers and costs, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from shapely import unary_union
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.models import Item
from dinamis.core import geo
from dinamis.core.exceptions import Invalid

M2_PER_KM2 = 1_000_000


@dataclass(frozen=True)
class Line:
    """One scene cut to the area: what is asked, what is billed (both in m2) and the price in cents."""

    scene: Item
    aoi: BaseGeometry
    area_m2: int
    billed_m2: int
    price_cents: int


@dataclass(frozen=True)
class Estimate:
    """All lines of an order of one product family."""

    family: str
    aoi: BaseGeometry
    area_m2: int
    lines: tuple[Line, ...]

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
        return minimum_m2(self.family)

    @property
    def minimum_applies(self) -> bool:
        """Whether a line is billed for more than it asks."""
        return any(line.billed_m2 > line.area_m2 for line in self.lines)


def minimum_m2(family: str) -> int:
    """Return the minimum area billed for an archive scene of a family, in m2 (domain facts, minimum areas)."""
    return int(settings.DINAMIS["ARCHIVE_MINIMUM_KM2"].get(family, 0) * M2_PER_KM2)


def price_cents(family: str, billed_m2: int) -> int:
    """Return the price of a billed area in cents, half a cent rounded up (domain facts, tariffs)."""
    tariff = int(settings.DINAMIS["TARIFF_CENTS_PER_KM2"].get(family, 0))
    return (billed_m2 * tariff + M2_PER_KM2 // 2) // M2_PER_KM2


def estimate(scenes: Sequence[Item], aoi: BaseGeometry | None) -> Estimate:
    """Cut each scene to the area and price it; without an area, the scenes are taken whole.

    `scenes` come with their collections. Raises Invalid: no scene, several families, an area that cannot be used, or
    a scene that the area does not touch (the message names it).
    """
    family = family_of(scenes)
    whole = unary_union([geo.to_shapely(scene.footprint) for scene in scenes])
    area = geo.checked_area(aoi if aoi is not None else whole)
    lines = tuple(_line(scene, area, family) for scene in scenes)
    return Estimate(family, area, geo.area_m2(area), lines)


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


def _line(scene: Item, area: BaseGeometry, family: str) -> Line:
    part = _surface(area.intersection(geo.to_shapely(scene.footprint)))
    size = geo.area_m2(part) if not part.is_empty else 0
    if size < 1:
        raise Invalid(
            _("The area lies outside the image %(scene)s.") % {"scene": scene},
            pointer="aoi",
            repair=_("Draw the area inside the outline of the image."),
            code="disjoint",
        )
    billed = max(size, minimum_m2(family))
    return Line(scene, part, size, billed, price_cents(family, billed))


def _surface(geometry: BaseGeometry) -> BaseGeometry:
    """Keep the polygons of an intersection, which may also have touching lines and points."""
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    polygons = [part for part in getattr(geometry, "geoms", ()) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return unary_union(polygons) if polygons else MultiPolygon()
