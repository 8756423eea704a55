# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deterministic noise over the plane: the same coordinates give the same value in every image, tile and process.

All coordinates are metres of a spherical Mercator plane. ``Grid`` holds an axis-aligned raster: because its x depends on
the column alone and its y on the row alone, lattice noise is two small matrix products instead of a per-pixel hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Hashes = NDArray[np.uint32]

EARTH_RADIUS = 6378137.0
_SPLINE_STD = 0.2768  # of a cubic B-spline through uniform values of [-1, 1], over both axes
_DENSE_LATTICE = 160  # below this many nodes a matrix product beats four gathers


def mercator_x(lon: Doubles) -> Doubles:
    """Degrees of longitude to metres."""
    return np.radians(lon) * EARTH_RADIUS


def mercator_y(lat: Doubles) -> Doubles:
    """Degrees of latitude (|lat| < 89) to metres."""
    return np.arcsinh(np.tan(np.radians(np.clip(lat, -89.0, 89.0)))) * EARTH_RADIUS


@dataclass(frozen=True)
class Axis:
    """Lattice nodes around the samples of one axis: first node, node count, first node and B-spline weights per sample,
    and the interpolation matrix when it is small."""

    low: int
    count: int
    first: NDArray[np.int64]
    weights: Floats
    matrix: Floats | None


@dataclass(frozen=True)
class Grid:
    """Pixel centres: ``x`` per column, ``y`` per row (north first), in Mercator metres; ``pixel`` is the column step.

    ``columns`` remembers what noise computed about the columns, for the strips of one image that share them.
    """

    x: Doubles
    y: Doubles
    pixel: float
    columns: dict[tuple[float, float], Axis] = field(default_factory=dict, repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.y), len(self.x)

    def rows(self, start: int, stop: int) -> Grid:
        """A strip of this raster."""
        return Grid(self.x, self.y[start:stop], self.pixel, self.columns)

    def shifted(self, dx: float, dy: float) -> Grid:
        """The same raster, moved by metres."""
        return Grid(self.x + dx, self.y + dy, self.pixel)


def grid_over(bounds: tuple[float, float, float, float], shape: tuple[int, int], pad: int = 0) -> Grid:
    """A grid over (west, south, east, north) in degrees, with ``pad`` extra pixels on each side."""
    west, south, east, north = bounds
    rows, columns = shape
    step_x, step_y = (east - west) / columns, (north - south) / rows
    lon = west + (np.arange(-pad, columns + pad) + 0.5) * step_x
    lat = north - (np.arange(-pad, rows + pad) + 0.5) * step_y
    return Grid(mercator_x(lon), mercator_y(lat), float(np.radians(step_x) * EARTH_RADIUS))


def hash32(i: NDArray[np.int64], j: NDArray[np.int64], seed: int) -> Hashes:
    """A well mixed 32-bit hash of two integer arrays that broadcast."""
    with np.errstate(over="ignore"):
        h = i.astype(np.uint32) * np.uint32(0x9E3779B1) ^ j.astype(np.uint32) * np.uint32(0x85EBCA77)
        h = h ^ np.uint32((seed * 0xC2B2AE3D) & 0xFFFFFFFF)
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
        return np.asarray(h ^ (h >> np.uint32(15)), dtype=np.uint32)


def unit(hashes: Hashes, salt: int = 0) -> Floats:
    """Hashes to [0, 1); another ``salt`` gives another independent number from the same hash."""
    if salt:
        hashes = hash32(hashes.astype(np.int64), np.zeros(1, dtype=np.int64), salt)
    return hashes.astype(np.float32) * np.float32(2.0**-32)


def _axis(coordinates: Doubles) -> Axis:
    cell = np.floor(coordinates)
    f = (coordinates - cell).astype(np.float32)
    square, cube = f * f, f * f * f
    near = 1 - f
    sixth = np.float32(1 / 6)
    weights = np.stack(
        [
            near * near * near * sixth,
            (3 * cube - 6 * square + 4) * sixth,
            (1 + 3 * (f + square - cube)) * sixth,
            cube * sixth,
        ]
    )
    first = cell.astype(np.int64) - 1
    low, high = int(first.min()), int(first.max()) + 3
    count, first = high - low + 1, first - low
    return Axis(low, count, first, weights, _dense(count, first, weights) if count <= _DENSE_LATTICE else None)


def _dense(count: int, first: NDArray[np.int64], weights: Floats) -> Floats:
    matrix = np.zeros((len(first), count), dtype=np.float32)
    flat = matrix.ravel()
    at = np.arange(len(first)) * count + first
    for k in range(4):
        flat[at + k] = weights[k]
    return matrix


def noise(grid: Grid, wavelength: float, seed: int) -> Floats:
    """Smooth noise of zero mean and unit deviation; ``wavelength`` in metres is the lattice step. Flat where the pixels
    are too large to see it."""
    if detail(grid, wavelength) == 0:
        return np.zeros(grid.shape, dtype=np.float32)
    offset_x, offset_y = (seed * 0.6180339) % 1.0 + seed % 7, (seed * 0.7548776) % 1.0 + seed % 11
    column = grid.columns.get((wavelength, offset_x))
    if column is None:
        column = grid.columns[(wavelength, offset_x)] = _axis(grid.x / wavelength + offset_x)
    row = _axis(grid.y / wavelength + offset_y)
    nodes_x = np.arange(column.low, column.low + column.count, dtype=np.int64)[None, :]
    nodes_y = np.arange(row.low, row.low + row.count, dtype=np.int64)[:, None]
    lattice = (unit(hash32(nodes_x, nodes_y, seed)) - np.float32(0.5)) * np.float32(2.0 / _SPLINE_STD)
    rows = _mixed(row, lattice)
    return _mixed(column, rows.T).T if column.matrix is None else np.asarray(rows @ column.matrix.T)


def _mixed(axis: Axis, nodes: Floats) -> Floats:
    if axis.matrix is not None:
        return np.asarray(axis.matrix @ nodes)
    nodes = np.ascontiguousarray(nodes)
    out = nodes[axis.first] * axis.weights[0][:, None]
    for k in range(1, 4):
        out += nodes[axis.first + k] * axis.weights[k][:, None]
    return out


def detail(grid: Grid, wavelength: float) -> float:
    """How much of a pattern of that size survives in a pixel: 1 when well resolved, 0 below two pixels."""
    return float(np.clip((wavelength / grid.pixel - 1.6) / 1.6, 0.0, 1.0))


def fbm(grid: Grid, wavelength: float, octaves: int, seed: int, gain: float = 0.5, ridged: bool = False) -> Floats:
    """Sum of octaves, unit deviation when all are resolved. Octaves finer than the pixels fade out (no aliasing)."""
    total = np.zeros(grid.shape, dtype=np.float32)
    amplitude, power = 1.0, 0.0
    for octave in range(octaves):
        keep = detail(grid, wavelength)
        power += amplitude**2
        if keep > 0:
            layer = noise(grid, wavelength, seed * 101 + octave)
            if ridged:
                layer = np.float32(1.3) - np.abs(layer) * np.float32(1.66)
            total += layer * np.float32(amplitude * keep)
        amplitude *= gain
        wavelength /= 2.03
    return total / np.float32(power**0.5)


@dataclass(frozen=True)
class Cells:
    """The nearest seed of a jittered lattice: distance and offset to it in metres, distance to the border between two
    cells, and a hash that names the cell."""

    distance: Floats
    edge: Floats
    dx: Floats
    dy: Floats
    key: Hashes


def cells(grid: Grid, size: float, seed: int, jitter: float = 0.7, warp: tuple[Floats, Floats] | None = None) -> Cells:
    """Cells of about ``size`` metres around every pixel, whose coordinates ``warp`` (metres) may bend first.

    Only the four surrounding seeds are looked at: where that misses the nearest one the border is merely drawn
    elsewhere, always at the same place.
    """
    low_x, low_y = int(np.floor(grid.x.min() / size)) - 2, int(np.floor(grid.y.min() / size)) - 2
    tx = np.broadcast_to((grid.x / size - low_x).astype(np.float32), grid.shape)
    ty = np.broadcast_to((grid.y / size - low_y).astype(np.float32)[:, None], grid.shape)
    if warp is not None:
        tx, ty = tx + warp[0] / np.float32(size), ty + warp[1] / np.float32(size)
    width, height = int(tx.max()) + 3, int(ty.max()) + 3
    nodes_x, nodes_y = np.arange(width, dtype=np.int64)[None, :], np.arange(height, dtype=np.int64)[:, None]
    names = hash32(nodes_x + low_x, nodes_y + low_y, seed)
    seed_x = (nodes_x + 0.5 + (unit(names, 1) - 0.5) * jitter).astype(np.float32).ravel()
    seed_y = (nodes_y + 0.5 + (unit(names, 2) - 0.5) * jitter).astype(np.float32).ravel()
    base_x = np.maximum(np.floor(tx - np.float32(0.5)), 0).astype(np.intp)
    base_y = np.maximum(np.floor(ty - np.float32(0.5)), 0).astype(np.intp)
    return _nearest(base_y * width + base_x, width, (tx, ty), (seed_x, seed_y), names.ravel(), size)


def _nearest(
    corner: NDArray[np.intp],
    width: int,
    at: tuple[Floats, Floats],
    seeds: tuple[Floats, Floats],
    names: Hashes,
    size: float,
) -> Cells:
    first = np.full(corner.shape, np.inf, dtype=np.float32)
    second, where = first, corner
    for step in (0, 1, width, width + 1):
        node = corner + step
        square = (at[0] - seeds[0].take(node)) ** 2 + (at[1] - seeds[1].take(node)) ** 2
        where = np.where(square < first, node, where)
        second = np.minimum(second, np.maximum(first, square))
        first = np.minimum(first, square)
    near, scale = np.sqrt(first), np.float32(size)
    return Cells(
        distance=near * scale,
        edge=(np.sqrt(second) - near) * scale / 2,
        dx=(at[0] - seeds[0][where]) * scale,
        dy=(at[1] - seeds[1][where]) * scale,
        key=names[where],
    )
