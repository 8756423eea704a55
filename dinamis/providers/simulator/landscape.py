# SPDX-License-Identifier: AGPL-3.0-or-later
"""Satellite images of an invented but stable ground: a function of place and date, nothing else.

Two scenes that overlap agree on the ground and differ by season, sun and clouds. ``render`` gives 12-bit values,
``quicklook`` a JPEG. Bands are always blue, green, red, near infra-red, panchromatic.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry.base import BaseGeometry

from dinamis.providers.simulator.cover import NORTH_OF_TROPICS, Season, land_cover, paint_sea
from dinamis.providers.simulator.landmask import LandMask, load_land
from dinamis.providers.simulator.noise import Doubles, Floats, Grid, grid_over
from dinamis.providers.simulator.sky import add_sky, cloud_opacity, cloud_threshold
from dinamis.providers.simulator.terrain import sunlight, terrain

Bounds = tuple[float, float, float, float]
Corners = Sequence[tuple[float, float]]
Values = NDArray[np.uint16]

BANDS = ("blue", "green", "red", "nir", "pan")
DN_PER_REFLECTANCE = 4000.0
DN_MAX = 4094
_PAN = np.array((0.18, 0.28, 0.32, 0.22), dtype=np.float32)
_STRIP = 64
_THREADS = 2
_PAD = 2


@dataclass(frozen=True)
class Look:
    """The conditions of one acquisition: instant, sun in degrees, cloud in percent over ``extent`` (degrees).

    ``clouds``, when given, are the very clouds, as polygons in Mercator metres.
    """

    when: datetime
    sun_azimuth: float = 155.0
    sun_elevation: float = 50.0
    cloud: float = 0.0
    seed: int = 0
    extent: Bounds | None = None
    clouds: BaseGeometry | None = None


def scene_seed(scene_id: str) -> int:
    """A number that belongs to a scene, whatever the process."""
    return int.from_bytes(hashlib.sha256(scene_id.encode()).digest()[:4], "big")


def default_land() -> LandMask | None:
    """The land polygons named by ``SIMULATOR_LAND``, or None: then the coast is invented too."""
    path = os.environ.get("SIMULATOR_LAND", "")
    return load_land(path) if path and Path(path).exists() else None


def render(
    bounds: Bounds,
    shape: tuple[int, int],
    *,
    when: datetime,
    sun: tuple[float, float] = (155.0, 50.0),
    cloud: float = 0.0,
    seed: int = 0,
    extent: Bounds | None = None,
) -> Values:
    """An image of (west, south, east, north) in degrees: uint16 [5, rows, columns], 1 to 4094, north up.

    ``sun`` is (azimuth, elevation) in degrees, ``cloud`` the percentage over ``extent`` (the whole scene when
    ``bounds`` is only a part of it), ``seed`` fixes the clouds.
    """
    return image_of(bounds, shape, Look(when, sun[0], sun[1], cloud, seed, extent))


def image_of(bounds: Bounds, shape: tuple[int, int], look: Look) -> Values:
    """``render`` with its conditions in one object; computed in strips that stay in the processor's cache."""
    grid = grid_over(bounds, shape, _PAD)
    threshold = _threshold(look, bounds)
    mask = default_land()
    height = max(_STRIP, _STRIP * 1024 // shape[1])
    inner = Grid(grid.x[_PAD:-_PAD], grid.y[_PAD:-_PAD], grid.pixel)
    out = np.empty((len(BANDS), *shape), dtype=np.uint16)

    def paint(top: int) -> None:
        bottom = min(top + height, shape[0])
        out[:, top:bottom] = _strip(grid.rows(top, bottom + 2 * _PAD), inner.rows(top, bottom), look, threshold, mask)

    tops = range(0, shape[0], height)
    if len(tops) == 1:
        paint(0)
    else:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(paint, tops))
    return out


def _strip(padded: Grid, grid: Grid, look: Look, threshold: float, mask: LandMask | None) -> Values:
    relief = terrain(padded, mask).cropped(_PAD)
    if float(relief.inland.max()) > -grid.pixel:
        image = land_cover(grid, relief, season_at(look.when, float(grid.y.mean())))
        image *= sunlight(relief, look.sun_azimuth, look.sun_elevation)
    else:
        image = np.zeros((4, *grid.shape), dtype=np.float32)
    if float(relief.inland.min()) < 400 + 2 * grid.pixel:
        paint_sea(grid, image, relief)
    return _to_values(
        add_sky(
            image,
            grid,
            threshold=threshold,
            seed=look.seed,
            sun_azimuth=look.sun_azimuth,
            sun_elevation=look.sun_elevation,
            clouds=look.clouds,
        )
    )


def season_at(when: datetime, y: float) -> Season:
    """The season at a Mercator ordinate: turned round south of the tropics, early summer all year between them."""
    part = (when.timetuple().tm_yday - 1) / 365.25
    if y < -NORTH_OF_TROPICS:
        part = (part + 0.5) % 1
    elif y < NORTH_OF_TROPICS:
        part = 0.42
    return Season(part, when.year)


def _to_values(reflectance: Floats) -> Values:
    pan = sum(band * weight for band, weight in zip(reflectance, _PAN, strict=True))
    stack = np.concatenate([reflectance, np.asarray(pan)[None]]) * np.float32(DN_PER_REFLECTANCE) + np.float32(0.5)
    return np.clip(stack, 1, DN_MAX).astype(np.uint16)


def render_at(lon: Doubles, lat: Doubles, look: Look) -> Values:
    """The image at any grid of positions in degrees (a map projection, a tilted sensor): uint16 [5, rows, columns]."""
    west, east, south, north = lon.min(), lon.max(), lat.min(), lat.max()
    step = max(np.hypot(np.diff(lon, axis=1), np.diff(lat, axis=1)).mean(), 1e-9)
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    rows = int(np.clip(np.ceil((north - south) / (step * max(squeeze, 0.2))), 2, 4096)) + 4
    columns = int(np.clip(np.ceil((east - west) / step), 2, 4096)) + 4
    margin_x, margin_y = (east - west) / (columns - 4) * 2, (north - south) / (rows - 4) * 2
    bounds = (west - margin_x, south - margin_y, east + margin_x, north + margin_y)
    image = image_of(bounds, (rows, columns), look)
    column = (lon - bounds[0]) / (bounds[2] - bounds[0]) * columns - 0.5
    row = (bounds[3] - lat) / (bounds[3] - bounds[1]) * rows - 0.5
    return _bilinear(image, row, column)


def _bilinear(image: Values, row: Doubles, column: Doubles) -> Values:
    top = np.clip(np.floor(row), 0, image.shape[1] - 2).astype(np.intp)
    left = np.clip(np.floor(column), 0, image.shape[2] - 2).astype(np.intp)
    down, right = (row - top).astype(np.float32), (column - left).astype(np.float32)
    corner = top * image.shape[2] + left
    out = np.empty((len(image), *row.shape), dtype=np.uint16)
    for band, values in zip(out, image.reshape(len(image), -1).astype(np.float32), strict=True):
        upper = values.take(corner) * (1 - right) + values.take(corner + 1) * right
        below = corner + image.shape[2]
        lower = values.take(below) * (1 - right) + values.take(below + 1) * right
        band[...] = upper * (1 - down) + lower * down + np.float32(0.5)
    return out


def corner_grid(corners: Corners, shape: tuple[int, int]) -> tuple[Doubles, Doubles]:
    """Positions of pixel centres in a quadrilateral given as top-left, top-right, bottom-right, bottom-left."""
    quad = np.asarray(corners, dtype=np.float64)
    across = ((np.arange(shape[1]) + 0.5) / shape[1])[None, :, None]
    down = ((np.arange(shape[0]) + 0.5) / shape[0])[:, None, None]
    top = quad[0] + (quad[1] - quad[0]) * across
    bottom = quad[3] + (quad[2] - quad[3]) * across
    position = top + (bottom - top) * down
    return position[..., 0], position[..., 1]


def bounds_of(corners: Corners) -> Bounds:
    """(west, south, east, north) of a ring."""
    ring = np.asarray(corners, dtype=np.float64)[:, :2]
    west, south = ring.min(axis=0)
    east, north = ring.max(axis=0)
    return float(west), float(south), float(east), float(north)


def sort_corners(ring: Corners) -> list[tuple[float, float]]:
    """The four corners of a ring as top-left, top-right, bottom-right, bottom-left; its bounds when it has not four."""
    points = [(float(p[0]), float(p[1])) for p in ring]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) != 4:
        west, south, east, north = bounds_of(points)
        return [(west, north), (east, north), (east, south), (west, south)]
    by_height = sorted(points, key=lambda p: -p[1])
    top, bottom = sorted(by_height[:2]), sorted(by_height[2:])
    return [top[0], top[1], bottom[1], bottom[0]]


def quicklook(ring: Corners, look: Look, size: int = 512, *, quality: int = 82) -> bytes:
    """A natural-colour JPEG of a scene, its longer side ``size`` pixels.

    The picture has the scene's own frame: its corners are ``sort_corners(ring)``, which is what a map lays it on.
    """
    corners = sort_corners(ring)
    west, south, east, north = bounds_of(corners)
    width = np.hypot(*(np.subtract(corners[1], corners[0]) * (np.cos(np.radians((south + north) / 2)), 1)))
    height = np.hypot(*(np.subtract(corners[3], corners[0]) * (np.cos(np.radians((south + north) / 2)), 1)))
    scale = size / max(width, height)
    shape = (max(8, round(height * scale)), max(8, round(width * scale)))
    scene = replace(look, extent=(west, south, east, north))
    return jpeg(to_display(render_at(*corner_grid(corners, shape), scene)), quality=quality)


def to_display(values: Values) -> NDArray[np.uint8]:
    """12-bit values [5, rows, columns] to red, green, blue bytes [rows, columns, 3], one fixed stretch for all."""
    low = np.array((70, 118, 196), dtype=np.float32)  # red, green, blue: what the haze alone gives
    high = np.array((900, 880, 860), dtype=np.float32)
    rgb = np.moveaxis(values[[2, 1, 0]], 0, 2).astype(np.float32)
    stretched = np.clip((rgb - low) / (high - low), 0, 1) ** np.float32(1 / 1.5)
    return np.asarray(np.rint(stretched * 255), dtype=np.uint8)


def jpeg(rgb: NDArray[np.uint8], *, quality: int = 82) -> bytes:
    """Bytes of a JPEG picture."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def cloud_mask(bounds: Bounds, shape: tuple[int, int], look: Look) -> NDArray[np.bool_]:
    """Where ``render`` puts clouds, for the quality masks of a delivery."""
    threshold = _threshold(look, bounds)
    if not np.isfinite(threshold):
        return np.zeros(shape, dtype=np.bool_)
    return np.asarray(cloud_opacity(grid_over(bounds, shape), threshold, look.seed, look.clouds) > 0.4)


def _threshold(look: Look, bounds: Bounds) -> float:
    return 0.0 if look.clouds is not None else cloud_threshold(look.extent or bounds, look.cloud, look.seed)
