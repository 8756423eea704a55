# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deterministic noise over the plane: the same coordinates give the same value in every image, tile and process.

All coordinates are metres of a spherical Mercator plane. ``Grid`` holds an axis-aligned raster: because its x depends
on the column alone and its y on the row alone, noise is interpolated one axis after the other, not hashed per pixel.
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


def mercator_x(lon: Doubles) -> Doubles:
    """Degrees of longitude to metres."""
    return np.radians(lon) * EARTH_RADIUS


def mercator_y(lat: Doubles) -> Doubles:
    """Degrees of latitude (|lat| < 89) to metres."""
    return np.arcsinh(np.tan(np.radians(np.clip(lat, -89.0, 89.0)))) * EARTH_RADIUS


@dataclass(frozen=True)
class Axis:
    """Lattice nodes around the samples of one axis: first node, node count, then per sample its first node and B-spline
    weights."""

    low: int
    count: int
    first: NDArray[np.int64]
    weights: Floats


@dataclass(frozen=True)
class Grid:
    """Pixel centres: ``x`` per column, ``y`` per row (north first), in Mercator metres; ``pixel`` is the column step.

    ``columns`` remembers what noise computed about the columns, for the strips of one image that share them.
    """

    x: Doubles
    y: Doubles
    pixel: float
    columns: dict[float, Axis] = field(default_factory=dict, repr=False, compare=False)

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
    lon = west + (np.arange(-pad, columns + pad, dtype=np.float64) + 0.5) * step_x
    lat = north - (np.arange(-pad, rows + pad, dtype=np.float64) + 0.5) * step_y
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
    square, cube, near, sixth = f * f, f * f * f, 1 - f, np.float32(1 / 6)
    rising = (1 + 3 * (f + square - cube)) * sixth
    weights = np.stack([near * near * near * sixth, (3 * cube - 6 * square + 4) * sixth, rising, cube * sixth])
    first = cell.astype(np.int64) - 1
    low, high = int(first.min()), int(first.max()) + 3
    return Axis(low, high - low + 1, first - low, weights)


def _columns(grid: Grid, wavelength: float) -> Axis:
    """The axis of the columns, computed once for the strips of an image."""
    known = grid.columns.get(wavelength)
    if known is None:
        known = grid.columns[wavelength] = _axis(grid.x / wavelength)
    return known


def _lattice(low: tuple[int, int], count: tuple[int, int], seed: int) -> Floats:
    """Node values [rows, columns] whose spline has zero mean and unit deviation."""
    nodes_x = np.arange(low[0], low[0] + count[0], dtype=np.int64)[None, :]
    nodes_y = np.arange(low[1], low[1] + count[1], dtype=np.int64)[:, None]
    return (unit(hash32(nodes_x, nodes_y, seed)) - np.float32(0.5)) * np.float32(2.0 / _SPLINE_STD)


def _splined(column: Axis, row: Axis, lattice: Floats) -> Floats:
    """The cubic B-spline of a lattice at every pixel: columns first, while the array is small. Plain gathers rather
    than matrix products: a threaded BLAS spins when the machine is busy."""
    wide = lattice.take(column.first, axis=1) * column.weights[0]
    for k in range(1, 4):
        wide += lattice.take(column.first + k, axis=1) * column.weights[k]
    out = wide[row.first] * row.weights[0][:, None]
    for k in range(1, 4):
        out += wide[row.first + k] * row.weights[k][:, None]
    return np.asarray(out)


def noise(grid: Grid, wavelength: float, seed: int) -> Floats:
    """Smooth noise of zero mean and unit deviation; ``wavelength`` in metres is the lattice step. Flat where the pixels
    are too large to see it."""
    if detail(grid, wavelength) == 0:
        return np.zeros(grid.shape, dtype=np.float32)
    column, row = _columns(grid, wavelength), _axis(grid.y / wavelength)
    return _splined(column, row, _lattice((column.low, row.low), (column.count, row.count), seed))


def detail(grid: Grid, wavelength: float) -> float:
    """How much of a pattern of that size survives in a pixel: 1 when well resolved, 0 below two pixels."""
    return min(1.0, max(0.0, (wavelength / grid.pixel - 1.6) / 1.6))


def fbm(grid: Grid, wavelength: float, octaves: int, seed: int, gain: float = 0.5) -> Floats:
    """Sum of octaves, each half the wavelength of the one before, unit deviation when all are resolved.

    Octaves finer than the pixels fade out (no aliasing). A cubic B-spline is also one on the lattice twice as fine, so
    the octaves are summed lattice by lattice and only the last one is spread over the pixels.
    """
    norm = np.float32(sum(gain ** (2 * k) for k in range(octaves)) ** -0.5)
    seen = [k for k in range(octaves) if detail(grid, wavelength / 2**k) > 0]
    if not seen:
        return np.zeros(grid.shape, dtype=np.float32)
    finest = wavelength / 2 ** seen[-1]
    column, row = _columns(grid, finest), _axis(grid.y / finest)
    spans = [((column.low, column.low + column.count - 1), (row.low, row.low + row.count - 1))]
    for _ in seen[1:]:
        (west, east), (south, north) = spans[-1]
        spans.append(((west // 2 - 1, -(-east // 2) + 1), (south // 2 - 1, -(-north // 2) + 1)))
    total = np.zeros((0, 0), dtype=np.float32)
    before = spans[-1]
    for k, span in zip(seen, reversed(spans), strict=True):
        (west, east), (south, north) = span
        layer = _lattice((west, south), (east - west + 1, north - south + 1), seed * 101 + k)
        layer *= np.float32(gain**k * detail(grid, wavelength / 2**k)) * norm
        if total.size:
            layer += _refined(_refined(total, before[1], span[1]).T, before[0], span[0]).T
        total, before = layer, span
    return _splined(column, row, total)


def _refined(nodes: Floats, have: tuple[int, int], want: tuple[int, int]) -> Floats:
    """The same spline on the lattice twice as fine, along the first axis (Lane-Riesenfeld subdivision)."""
    fine = np.empty((2 * len(nodes) - 3, nodes.shape[1]), dtype=np.float32)
    fine[0::2] = (nodes[:-1] + nodes[1:]) * np.float32(0.5)
    fine[1::2] = (nodes[:-2] + 6 * nodes[1:-1] + nodes[2:]) * np.float32(0.125)
    start = want[0] - (2 * have[0] + 1)
    return fine[start : start + want[1] - want[0] + 1]


def ridges(grid: Grid, wavelength: float, octaves: int, seed: int, gain: float = 0.5) -> Floats:
    """Noise with sharp crests: three folded octaves and a rough remainder."""
    total = np.zeros(grid.shape, dtype=np.float32)
    for k in range(3):
        keep = np.float32(gain**k * detail(grid, wavelength / 2**k))
        total += (np.float32(1.3) - np.abs(noise(grid, wavelength / 2**k, seed * 103 + k)) * np.float32(1.66)) * keep
    rest = fbm(grid, wavelength / 8, octaves - 3, seed, gain) * np.float32(gain**3)
    return np.asarray((total + rest) * np.float32((1 - gain**2) ** 0.5))


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
    return _nearest(base_y * width + base_x, width, at=(tx, ty), seeds=(seed_x, seed_y), names=names.ravel(), size=size)


def _nearest(
    corner: NDArray[np.intp],
    width: int,
    *,
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
        edge=(np.sqrt(second) - near) * (scale * np.float32(0.5)),
        dx=(at[0] - seeds[0][where]) * scale,
        dy=(at[1] - seeds[1][where]) * scale,
        key=names[where],
    )
