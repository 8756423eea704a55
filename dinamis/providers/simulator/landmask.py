# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real coastline for the landscape: land polygons from a GeoJSON file, rasterised where they are needed."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely import STRtree, box, clip_by_rect, get_num_coordinates, make_valid, transform
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from dinamis.providers.simulator.noise import Floats, Grid, fbm, mercator_x, mercator_y

_MAX_VERTICES = 1_500
_MARGIN = 24
_READING = Lock()


class LandMask:
    """Land polygons in Mercator metres, cut into small pieces so that one tile touches few of them."""

    def __init__(self, polygons: list[BaseGeometry]) -> None:
        pieces: list[BaseGeometry] = []
        for polygon in polygons:
            _split(transform(polygon, lambda x, y: (mercator_x(x), mercator_y(y)), interleaved=False), pieces)
        self._pieces = pieces
        self._tree = STRtree(pieces)

    def inland(self, grid: Grid) -> Floats:
        """Signed distance to the coast in metres, negative at sea, right near the coast and capped far from it."""
        mask = self._rasterised(grid)
        reach = max(400.0, 3 * grid.pixel)
        radius = int(np.clip(round(reach / grid.pixel / 2), 1, _MARGIN // 3))
        soft = _blur(_blur(_blur(mask, radius), radius), radius)
        soft = soft[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
        half_width = radius * grid.pixel * 2.2
        wobble = fbm(grid, 900, 4, seed=12) * np.float32(min(25.0, half_width / 6))
        near = (soft * 2 - 1) * np.float32(half_width) + wobble
        return np.where(np.abs(soft * 2 - 1) > 0.999, np.sign(soft - 0.5) * np.float32(9_000), near)

    def _rasterised(self, grid: Grid) -> Floats:
        rows, columns = grid.shape
        step_y = (grid.y[0] - grid.y[-1]) / (rows - 1)
        west = grid.x[0] - (_MARGIN + 0.5) * grid.pixel
        north = grid.y[0] + (_MARGIN + 0.5) * step_y
        size = (rows + 2 * _MARGIN, columns + 2 * _MARGIN)
        area = box(west, north - size[0] * step_y, west + size[1] * grid.pixel, north)
        pieces = [self._pieces[i] for i in self._tree.query(area, predicate="intersects")]
        if not pieces:
            return np.zeros(size, dtype=np.float32)
        affine = from_origin(west, north, grid.pixel, step_y)
        return rasterize(pieces, out_shape=size, transform=affine, dtype="uint8").astype(np.float32)


def _split(geometry: BaseGeometry, into: list[BaseGeometry]) -> None:
    """Halve a polygon along its longer side until each piece has few vertices."""
    if geometry.is_empty:
        return
    if get_num_coordinates(geometry) <= _MAX_VERTICES:
        # Repaired once they are small: the outline of a continent takes a minute.
        into.append(geometry if geometry.is_valid else make_valid(geometry))
        return
    west, south, east, north = geometry.bounds
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    wide = east - west > north - south
    halves = (
        [(west, south, middle_x, north), (middle_x, south, east, north)]
        if wide
        else [(west, south, east, middle_y), (west, middle_y, east, north)]
    )
    for half in halves:
        _split(clip_by_rect(geometry, *half), into)


def _blur(values: Floats, radius: int) -> Floats:
    """Box blur, edges repeated."""
    width = 2 * radius + 1
    for axis in (0, 1):
        padding = [(radius + 1, radius) if a == axis else (0, 0) for a in (0, 1)]
        total = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float64)
        ahead = np.take(total, np.arange(width, total.shape[axis]), axis=axis)
        behind = np.take(total, np.arange(0, total.shape[axis] - width), axis=axis)
        values = ((ahead - behind) / width).astype(np.float32)
    return values


def load_land(path: str) -> LandMask:
    """The land of a GeoJSON file (FeatureCollection, Feature or geometry; polygons in lon/lat), read once.

    Raises ``OSError`` when it cannot be read, ``ValueError`` when it holds no polygon.
    """
    # Several first requests at once would read it several times, at 200 MB each.
    with _READING:
        return _read(path)


@lru_cache(maxsize=2)
def _read(path: str) -> LandMask:
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    features = data.get("features", [data])
    geometries = [shape(feature.get("geometry", feature)) for feature in features]
    polygons = [part for geometry in geometries for part in getattr(geometry, "geoms", [geometry])]
    polygons = [part for part in polygons if part.geom_type in ("Polygon", "MultiPolygon")]
    if not polygons:
        raise ValueError(f"no polygon in {path}")
    return LandMask(polygons)
