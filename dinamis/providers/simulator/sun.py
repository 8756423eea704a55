# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the sun stands (low-precision solar position, Meeus, Astronomical Algorithms, ch. 25; about 0.1 degree)."""

from __future__ import annotations

import math
from datetime import UTC, datetime

_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)


def sun_position(when: datetime, lon: float, lat: float) -> tuple[float, float]:
    """(azimuth from north clockwise, elevation) in degrees at an instant and a place."""
    days = (when - _EPOCH).total_seconds() / 86400
    mean_longitude = math.radians((280.460 + 0.9856474 * days) % 360)
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = mean_longitude + math.radians(1.915) * math.sin(anomaly) + math.radians(0.020) * math.sin(2 * anomaly)
    tilt = math.radians(23.439 - 4e-7 * days)
    right_ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    sidereal = math.radians((280.46062 + 360.98564737 * days + lon) % 360)
    hour = sidereal - right_ascension
    phi = math.radians(lat)
    up = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour)
    east = -math.cos(declination) * math.sin(hour)
    north = math.sin(declination) * math.cos(phi) - math.cos(declination) * math.sin(phi) * math.cos(hour)
    return math.degrees(math.atan2(east, north)) % 360, math.degrees(math.asin(max(-1.0, min(1.0, up))))
