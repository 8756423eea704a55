# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shape of the simulated ground: sea, land, relief, rivers, light on slopes. Heights and distances in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dinamis.providers.simulator.landmask import LandMask
from dinamis.providers.simulator.noise import EARTH_RADIUS, Floats, Grid, detail, fbm, noise, ridges

COAST_SCALE = 45_000.0


@dataclass(frozen=True)
class Terrain:
    """``inland``: signed distance to the coast (negative at sea); ``river``, ``stream``: distance to the water's axis;
    ``river_width``: half-width of the river; ``slope_x``/``slope_y``: rise per metre eastwards and northwards."""

    inland: Floats
    height: Floats
    river: Floats
    river_width: Floats
    stream: Floats
    slope_x: Floats
    slope_y: Floats

    def cropped(self, pad: int) -> Terrain:
        """Without the rows and columns that only served to compute slopes."""
        window = (slice(pad, -pad), slice(pad, -pad))
        return Terrain(*(getattr(self, name)[window] for name in self.__dataclass_fields__))


def smoothstep(value: Floats, low: float, high: float) -> Floats:
    """0 below ``low``, 1 above ``high``, an S between."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def terrain(grid: Grid, mask: LandMask | None) -> Terrain:
    """Relief over a grid whose outermost pixels are only there for the slopes (drop them with ``cropped``)."""
    inland = coast(grid) if mask is None else mask.inland(grid)
    river, main = _axis_distance(grid, fbm(grid, 42_000, 8, seed=31, gain=0.52))
    stream, _ = _axis_distance(grid, fbm(grid, 7_500, 6, seed=32, gain=0.5))
    height = _height(grid, inland, river, stream)
    width = np.clip(34 + 22 * main, 14, 90) * smoothstep(900 - height, 0, 500)
    metres = np.float32(grid.pixel * _mercator_shrink(grid))
    slope_y, slope_x = (np.asarray(slope / metres, dtype=np.float32) for slope in np.gradient(height))
    return Terrain(inland, height, river, width.astype(np.float32), stream, slope_x, -slope_y)


def coast(grid: Grid) -> Floats:
    """Procedural signed distance to the coast: about one tenth of the world is sea."""
    shape = fbm(grid, 190_000, 11, seed=11, gain=0.53) + np.float32(1.25)
    return shape * np.float32(COAST_SCALE)


def _mercator_shrink(grid: Grid) -> float:
    return float(1 / np.cosh(grid.y.mean() / EARTH_RADIUS))


def _axis_distance(grid: Grid, field: Floats) -> tuple[Floats, Floats]:
    """Distance to the zero line of a field, in metres, and a slow variation along it."""
    step_y, step_x = np.gradient(field)
    steepness = np.sqrt(step_x**2 + step_y**2) / np.float32(grid.pixel) + np.float32(6e-6)
    return np.abs(field) / steepness, noise(grid, 31_000, 33)


def _height(grid: Grid, inland: Floats, river: Floats, stream: Floats) -> Floats:
    mountains = smoothstep(fbm(grid, 210_000, 3, seed=21) - np.float32(0.35), 0.1, 1.6)
    hills = np.float32(110) + np.float32(62) * fbm(grid, 24_000, 9, seed=22, gain=0.40)
    crests = np.maximum(ridges(grid, 34_000, 10, seed=23, gain=0.43) + np.float32(1.0), 0)
    height = hills + mountains * (np.float32(700) * crests + np.float32(140) * fbm(grid, 7_000, 7, seed=24, gain=0.45))
    valley = np.exp(-((river / np.float32(1300)) ** 2)) * (0.50 + 0.10 * mountains)
    gully = np.exp(-((stream / np.float32(420)) ** 2)) * (0.10 - 0.07 * mountains)
    height = height * (1 - np.clip(valley + gully, 0, 0.9))
    return np.asarray(np.maximum(height, 0) * smoothstep(inland, -200, 5_000), dtype=np.float32)


def sunlight(relief: Terrain, sun_azimuth: float, sun_elevation: float) -> Floats:
    """Light on the ground relative to flat ground (1), angles in degrees. Slopes are drawn a little steeper than they
    are, as the eye does."""
    azimuth, elevation = np.radians(sun_azimuth), np.radians(max(sun_elevation, 8.0))
    zx, zy = np.tanh(relief.slope_x * np.float32(1.4)), np.tanh(relief.slope_y * np.float32(1.4))
    east, north, up = np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)
    lit = (up - zx * np.float32(east) - zy * np.float32(north)) / np.sqrt(1 + zx * zx + zy * zy)
    relative = np.clip(lit / np.float32(up), 0.12, 1.9)
    return np.asarray(0.22 + 0.78 * relative, dtype=np.float32)


def surf(grid: Grid, inland: Floats) -> Floats:
    """Opacity of white water along the coast, only where pixels are fine enough to see it."""
    band = np.exp(-(((inland + np.float32(18)) / np.float32(16)) ** 2))
    ragged = np.clip(noise(grid, 160, 41) * np.float32(0.5) + np.float32(0.4), 0, 1)
    return np.asarray(band * ragged * np.float32(detail(grid, 70)), dtype=np.float32)
