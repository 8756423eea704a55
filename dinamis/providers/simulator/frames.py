# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the pixels of a delivered image lie on the ground: a map projection (ortho), or the scene's tilt (primary)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import geometry_mask
from shapely import transform
from shapely.geometry.base import BaseGeometry

from dinamis.providers.simulator.landscape import sort_corners
from dinamis.providers.simulator.noise import Doubles

Mapping2 = Callable[[Any, Any], tuple[Any, Any]]
MAX_VERTICES = 120


@dataclass(frozen=True)
class Frame:
    """A raster of ``shape`` (rows, columns) whose pixel corner (column, row) is ``affine`` in the frame's coordinates;
    ``to_ground`` and ``from_ground`` convert these to and from degrees. ``spacing`` is the true pixel in metres.
    ``ground`` is the ordered ground in degrees."""

    ground: BaseGeometry
    shape: tuple[int, int]
    affine: Affine
    epsg: int
    spacing: float
    to_ground: Mapping2
    from_ground: Mapping2
    georeferenced: bool

    @property
    def origin(self) -> tuple[float, float]:
        """Upper left corner in the frame's coordinates."""
        return float(self.affine.c), float(self.affine.f)

    @property
    def step(self) -> tuple[float, float]:
        """Pixel size in the frame's coordinates, both positive."""
        return float(self.affine.a), float(-self.affine.e)

    def positions(self) -> tuple[Doubles, Doubles]:
        """Longitude and latitude of every pixel centre."""
        columns, rows = np.meshgrid(np.arange(self.shape[1]) + 0.5, np.arange(self.shape[0]) + 0.5)
        x, y = self.affine @ (columns, rows)
        lon, lat = self.to_ground(x, y)
        return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)

    def mask(self) -> NDArray[np.bool_]:
        """True on the ordered ground."""
        local = transform(self.ground, self.from_ground, interleaved=False)
        inside = geometry_mask([local], self.shape, self.affine, invert=True, all_touched=True)
        return np.asarray(inside, dtype=np.bool_)

    def pixel_of(self, lon: float, lat: float) -> tuple[int, int]:
        """One-based column and row of a place, kept inside the image."""
        x, y = self.from_ground(lon, lat)
        column, row = ~self.affine @ (x, y)
        return (
            int(np.clip(math.floor(column) + 1, 1, self.shape[1])),
            int(np.clip(math.floor(row) + 1, 1, self.shape[0])),
        )

    def extent(self) -> list[tuple[float, float, int, int]]:
        """The outer ring of the ordered ground from its top-left vertex, clockwise, not closed: lon, lat, col, row."""
        largest = max(getattr(self.ground, "geoms", [self.ground]), key=lambda part: part.area)
        tolerance = 1e-5
        while len(largest.exterior.coords) > MAX_VERTICES:
            largest, tolerance = largest.simplify(tolerance), tolerance * 2
        ring = [(float(x), float(y)) for x, y in largest.exterior.coords[:-1]]
        if largest.exterior.is_ccw:
            ring.reverse()
        start = min(range(len(ring)), key=lambda i: sum(self.pixel_of(*ring[i])))
        return [(lon, lat, *self.pixel_of(lon, lat)) for lon, lat in ring[start:] + ring[:start]]

    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of the image."""
        x, y = self.affine @ (self.shape[1] / 2, self.shape[0] / 2)
        lon, lat = self.to_ground(x, y)
        return float(lon), float(lat)

    def rational(self) -> tuple[Sequence[float], Sequence[float], dict[str, float]]:
        """First-order ground-to-image model: line and sample coefficients (1, lon, lat), scales of RFM_Validity."""
        west, south, east, north = self.ground.bounds
        rows, columns = self.shape
        scales = {
            "LONG_SCALE": max((east - west) / 2, 1e-6),
            "LONG_OFF": (east + west) / 2,
            "LAT_SCALE": max((north - south) / 2, 1e-6),
            "LAT_OFF": (north + south) / 2,
            "HEIGHT_SCALE": 500.0,
            "HEIGHT_OFF": 0.0,
            "SAMP_SCALE": columns / 2,
            "SAMP_OFF": (columns + 1) / 2,
            "LINE_SCALE": rows / 2,
            "LINE_OFF": (rows + 1) / 2,
        }
        at = np.linspace(-1, 1, 5)
        lon, lat = (grid.ravel() for grid in np.meshgrid(at, at))
        x, y = self.from_ground(
            lon * scales["LONG_SCALE"] + scales["LONG_OFF"], lat * scales["LAT_SCALE"] + scales["LAT_OFF"]
        )
        column, row = ~self.affine @ (np.asarray(x), np.asarray(y))
        design = np.stack([np.ones_like(lon), lon, lat], axis=1)
        samples = (column + 0.5 - scales["SAMP_OFF"]) / scales["SAMP_SCALE"]
        lines = (row + 0.5 - scales["LINE_OFF"]) / scales["LINE_SCALE"]
        fits = [np.linalg.lstsq(design, values, rcond=None)[0].tolist() for values in (lines, samples)]
        return fits[0], fits[1], scales


def _size(width: float, height: float, native: float, max_pixels: int, ratio: int) -> tuple[tuple[int, int], float]:
    """Rows, columns and pixel size for an extent in metres: the sensor's own, or coarser to keep ``max_pixels``."""
    spacing = max(native, max(width, height) / max_pixels)
    spacing = math.ceil(spacing * 100) / 100 * ratio
    return (max(2, math.ceil(height / spacing)), max(2, math.ceil(width / spacing))), round(spacing, 4)


def ortho_frame(ground: BaseGeometry, epsg: int, native: float, max_pixels: int, ratio: int) -> Frame:
    """A north-up frame in a map projection, its corner on a whole pixel; degrees count 111.32 km."""
    forward = Transformer.from_crs(4326, epsg, always_xy=True)
    backward = Transformer.from_crs(epsg, 4326, always_xy=True)
    west, south, east, north = transform(ground, forward.transform, interleaved=False).bounds
    metre = 1.0 if epsg not in (4326, 4258, 4171) else 1 / 111_320.0
    shape, spacing = _size((east - west) / metre, (north - south) / metre, native, max_pixels, ratio)
    unit = spacing * metre
    left, top = math.floor(west / unit) * unit, math.ceil(north / unit) * unit
    shape = (math.ceil((top - south) / unit), math.ceil((east - left) / unit))
    affine = Affine(unit, 0, left, 0, -unit, top)
    return Frame(ground, shape, affine, epsg, spacing, backward.transform, forward.transform, True)


def sensor_frame(
    ground: BaseGeometry, ring: Sequence[tuple[float, float]], native: float, max_pixels: int, ratio: int
) -> Frame:
    """A frame along the scene's own axes: coordinates are metres across (x) and up (y) from its top left corner."""
    corners = np.asarray(sort_corners(ring))
    middle = float(corners[:, 1].mean())
    metres = np.array([111_320.0 * math.cos(math.radians(middle)), 110_574.0])
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    width, height = (float(np.hypot(*(side * metres))) for side in (across, down))
    base = np.stack([across / width, -down / height], axis=1)
    inverse = np.linalg.inv(base)
    start = corners[0]

    def to_ground(x: Any, y: Any) -> tuple[Any, Any]:
        return start[0] + base[0, 0] * x + base[0, 1] * y, start[1] + base[1, 0] * x + base[1, 1] * y

    def from_ground(lon: Any, lat: Any) -> tuple[Any, Any]:
        dx, dy = np.asarray(lon) - start[0], np.asarray(lat) - start[1]
        return inverse[0, 0] * dx + inverse[0, 1] * dy, inverse[1, 0] * dx + inverse[1, 1] * dy

    west, south, east, north = transform(ground, from_ground, interleaved=False).bounds
    shape, spacing = _size(east - west, north - south, native, max_pixels, ratio)
    affine = Affine(spacing, 0, west, 0, -spacing, north)
    return Frame(ground, shape, affine, 4326, spacing, to_ground, from_ground, False)
