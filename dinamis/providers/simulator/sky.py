# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clouds, their shadows, haze. A scene's clouds belong to its date: they hang on the seed, not on the ground."""

from __future__ import annotations

import numpy as np
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely.geometry.base import BaseGeometry

from dinamis.providers.simulator.noise import Floats, Grid, fbm, grid_over, noise
from dinamis.providers.simulator.terrain import smoothstep

CLOUD = np.array((0.72, 0.71, 0.71, 0.70), dtype=np.float32)
HAZE = np.array((0.050, 0.028, 0.014, 0.006), dtype=np.float32)  # path radiance of a clear sky, as reflectance
_SOFTNESS = 0.55


def cloud_field(grid: Grid, seed: int) -> Floats:
    """The field that is cloud where it is high: cumulus grouped in banks."""
    banks = fbm(grid, 17_000, 3, seed=seed % 9973 + 400)
    puffs = fbm(grid, 4_200, 9, seed=seed % 9973 + 401, gain=0.62)
    return banks * np.float32(0.75) + puffs * np.float32(0.65)


def cloud_threshold(extent: tuple[float, float, float, float], cover: float, seed: int) -> float:
    """The level above which ``cover`` percent of the scene's extent (degrees) is cloudy."""
    if cover <= 0:
        return float("inf")
    field = cloud_field(grid_over(extent, (56, 56)), seed)
    return float(np.quantile(field, 1 - min(cover, 100) / 100))


def cloud_opacity(grid: Grid, threshold: float, seed: int, clouds: BaseGeometry | None = None) -> Floats:
    """0 = clear, 1 = opaque; about half opaque at the threshold, so that the cover is what was asked.

    ``clouds`` (polygons in Mercator metres) are told instead of drawn by chance: opaque inside, clear outside.
    """
    if clouds is not None:
        step_y = (grid.y[0] - grid.y[-1]) / (len(grid.y) - 1) if len(grid.y) > 1 else grid.pixel
        affine = from_origin(grid.x[0] - grid.pixel / 2, grid.y[0] + step_y / 2, grid.pixel, step_y)
        if clouds.is_empty:
            return np.zeros(grid.shape, dtype=np.float32)
        return rasterize([clouds], out_shape=grid.shape, transform=affine, dtype="uint8").astype(np.float32)
    return smoothstep(cloud_field(grid, seed) - np.float32(threshold), -0.1, _SOFTNESS)


def add_sky(
    image: Floats,
    grid: Grid,
    *,
    threshold: float,
    seed: int,
    sun_azimuth: float,
    sun_elevation: float,
    clouds: BaseGeometry | None = None,
) -> Floats:
    """Haze, then shadows and clouds over [4, rows, columns] reflectances."""
    hazy = 1 + 0.12 * float(np.sin(seed))
    if np.isfinite(threshold):
        reach = 1_300.0 / np.tan(np.radians(max(sun_elevation, 15.0)))
        azimuth = np.radians(sun_azimuth)
        toward_sun = grid.shifted(float(np.sin(azimuth) * reach), float(np.cos(azimuth) * reach))
        shadow = cloud_opacity(toward_sun, threshold, seed, clouds)
        image = image * (1 - np.float32(0.62) * shadow)
    image = image * np.float32(0.94) + (HAZE * np.float32(hazy))[:, None, None]
    if np.isfinite(threshold):
        opacity = cloud_opacity(grid, threshold, seed, clouds)
        billow = noise(grid, 1_400, seed % 997 + 7) * np.float32(0.05) + noise(grid, 450, seed % 997 + 8) * np.float32(
            0.03
        )
        bright = CLOUD[:, None, None] * (0.62 + billow + 0.38 * opacity)
        image = image + (bright - image) * opacity
    return np.asarray(image, dtype=np.float32)
