# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a line costs, in the units of envelopes and in cents, by the tariffs of the day."""

from typing import Any

from django.conf import settings
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from dinamis.core import geo
from orders.enums import OrderKind

GEOD = Geod(ellps="WGS84")


def attempts_of(item: Any) -> int:
    """Return how many attempts of the provider a line takes from an envelope that counts them: one for an acquisition
    outside the circle that the family's ground station sees, none for anything else (domain facts, 5: telemetry
    contract of SPOT 6-7)."""
    if item.order.kind != OrderKind.ACQUISITION:
        return 0
    return int(outside_circle(item.order.family, geo.to_shapely(item.aoi)))


def outside_circle(family: str, area: BaseGeometry) -> bool:
    """Tell whether the middle of an area lies outside the reception circle of a family (RECEPTION_CIRCLES: longitude,
    latitude in degrees and radius in km); a family without a circle counts no attempts."""
    circle = settings.DINAMIS["RECEPTION_CIRCLES"].get(family)
    if circle is None:
        return False
    longitude, latitude, radius_km = circle
    middle = area.centroid
    _there, _back, distance = GEOD.inv(longitude, latitude, middle.x, middle.y)
    return distance > radius_km * 1000
