# SPDX-License-Identifier: AGPL-3.0-or-later
"""An area as it is kept, and what was lost when its outline had to be simplified."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from pyproj import Geod
from shapely import get_num_coordinates, get_parts, get_rings, transform
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.errors import invalid, of_area
from dinamis.core.exceptions import Invalid
from dinamis.core.geo import area_m2, check_vertices, checked_area
from dinamis.core.templatetags.ui import km2, number, percent

# The bisection ends when the tolerance is known to this factor.
CLOSE_ENOUGH = 1.05
FINEST_DEGREES, STEP = 1e-7, 4
# A ring that is simplified as far as it goes: a triangle, closed.
SMALLEST_RING = 4
METRES_PER_DEGREE = math.radians(1) * Geod(ellps="WGS84").a


@dataclass(frozen=True)
class Simplification:
    """Vertices before and after, the largest distance the outline moved in metres (about), and in whole m² the area
    before, after, and of what is in one of them only."""

    before: int
    after: int
    tolerance_m: float
    before_m2: int
    after_m2: int
    moved_m2: int

    @property
    def share(self) -> float:
        """Return the error of area: what is in one of the two only, in percent of the area before."""
        return 100 * self.moved_m2 / self.before_m2

    def __str__(self) -> str:
        """Say it to a person."""
        size = km2(self.moved_m2) if self.moved_m2 >= 10_000 else f"{number(self.moved_m2)}\u00a0m²"
        return _("Outline simplified from %(before)s to %(after)s vertices; error of area: %(size)s (%(share)s).") % {
            "before": number(self.before),
            "after": number(self.after),
            "size": size,
            "share": percent(self.share, 3 if self.share < 1 else 1),
        }


@dataclass(frozen=True)
class Area:
    """A valid Polygon or MultiPolygon, EPSG:4326, of at most `AOI_MAX_VERTICES` vertices; `repaired` says that the
    outline that was given crossed itself."""

    geometry: BaseGeometry
    simplified: Simplification | None = None
    repaired: bool = False


def fitted(geometry: BaseGeometry) -> Area:
    """Check a polygonal geometry and bring it within `AOI_MAX_VERTICES`, by the smallest tolerance that does.

    Raises Invalid: what `checked_area` refuses, more than `AOI_READ_VERTICES`, so many parts that no tolerance helps.
    """
    sound = checked_area(geometry, limit=settings.DINAMIS["AOI_READ_VERTICES"])
    return simplified_to(sound, settings.DINAMIS["AOI_MAX_VERTICES"])


def each_fitted(parts: Sequence[BaseGeometry]) -> list[Area]:
    """Fit several areas, each by itself; a lone multipolygon is as many as it has polygons.

    Raises Invalid as `fitted`: what is wrong with one of several says which, counted from 1.
    """
    areas = (len(parts) == 1 and list(get_parts(parts[0]))) or list(parts)
    return [_fitted_one(area, place, len(areas)) for place, area in enumerate(areas)]


def _fitted_one(area: BaseGeometry, place: int, count: int) -> Area:
    try:
        return fitted(area)
    except Invalid as error:
        raise of_area(error, place, count) from error


def simplified_to(sound: BaseGeometry, limit: int) -> Area:
    """Bring a valid area within `limit` vertices by the smallest tolerance that does. Raises Invalid as `fitted`."""
    if (before := _count(sound)) <= limit:
        return Area(sound)
    shorter, tolerance = _simplified(sound, limit)
    before_m2 = area_m2(sound)
    facts = Simplification(
        before=before,
        after=_count(shorter),
        tolerance_m=tolerance * METRES_PER_DEGREE,
        before_m2=before_m2,
        after_m2=area_m2(shorter),
        moved_m2=area_m2(sound.symmetric_difference(shorter)),
    )
    return Area(shorter, facts)


def check_count(vertices: int) -> None:
    """Raise Invalid when a file holds more vertices than are read at all; asked before anything is made of them."""
    check_vertices(vertices, settings.DINAMIS["AOI_READ_VERTICES"])


def _simplified(geometry: BaseGeometry, limit: int) -> tuple[BaseGeometry, float]:
    """Return the outline by Douglas and Peucker, kept valid, and the tolerance in degrees of latitude.

    A degree of longitude is shorter than one of latitude: the outline is first drawn to one scale.
    """
    west, south, east, north = geometry.bounds
    squeeze = max(math.cos(math.radians((south + north) / 2)), 0.01)
    drawn = transform(geometry, lambda points: points * (squeeze, 1))
    widest = max((east - west) * squeeze, north - south)
    low, high, best = FINEST_DEGREES, FINEST_DEGREES, None
    # From below, in steps: a tolerance much too large takes the simplifier much longer than one too small.
    while best is None:
        low, high = high, high * STEP
        if high > widest or SMALLEST_RING * len(get_rings(get_parts(geometry))) > limit:
            raise invalid(
                "too_many_parts",
                _("The area has too many parts to be simplified to %(limit)d vertices.") % {"limit": limit},
                _("Keep the parts that matter, or draw one outline around them."),
            )
        best = _attempt(drawn, high, squeeze, limit)
    while high > low * CLOSE_ENOUGH:
        middle = math.sqrt(low * high)
        tried = _attempt(drawn, middle, squeeze, limit)
        if tried is None:
            low = middle
        else:
            best, high = tried, middle
    return best, high


def _attempt(drawn: BaseGeometry, tolerance: float, squeeze: float, limit: int) -> BaseGeometry | None:
    """The outline at a tolerance, in degrees again, or None when it is still too long or no longer sound."""
    found = drawn.simplify(tolerance, preserve_topology=True)
    if found.is_empty or _count(found) > limit:
        return None
    turned = transform(found, lambda points: points / (squeeze, 1))
    return turned if turned.is_valid and turned.geom_type in {"Polygon", "MultiPolygon"} else None


def _count(geometry: BaseGeometry) -> int:
    return int(get_num_coordinates(geometry))
