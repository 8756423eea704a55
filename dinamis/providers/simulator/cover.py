# SPDX-License-Identifier: AGPL-3.0-or-later
"""What grows and stands on the simulated ground: reflectance of fields, woods, villages, roads and water.

Images are [4, rows, columns] surface reflectances of blue, green, red, near infra-red.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dinamis.providers.simulator.noise import (
    Cells,
    Floats,
    Grid,
    Hashes,
    cells,
    detail,
    fbm,
    hash32,
    mercator_y,
    noise,
    unit,
)
from dinamis.providers.simulator.terrain import Terrain, smoothstep, surf

Colour = tuple[float, float, float, float]

SOILS: dict[str, Colour] = {
    "g": (0.036, 0.074, 0.050, 0.33),  # young crop
    "G": (0.030, 0.068, 0.042, 0.42),  # lush
    "F": (0.060, 0.165, 0.150, 0.46),  # rape in flower
    "y": (0.062, 0.112, 0.118, 0.33),  # ripening
    "c": (0.088, 0.142, 0.190, 0.31),  # ripe
    "s": (0.098, 0.140, 0.182, 0.26),  # stubble
    "b": (0.076, 0.098, 0.132, 0.19),  # bare, brown
    "p": (0.112, 0.145, 0.186, 0.26),  # bare, pale
    "w": (0.048, 0.078, 0.072, 0.27),  # winter grass
    "d": (0.060, 0.098, 0.098, 0.29),  # dry grass
    "v": (0.080, 0.105, 0.132, 0.21),  # vineyard, leafless
    "V": (0.052, 0.082, 0.080, 0.31),  # vineyard in leaf
}
CROPS = (
    "ggGGGycsbbgg",  # winter cereal
    "bbbbgGGGysbb",  # maize, sunflower
    "ggGFGysbbggg",  # rape
    "wwGGGGdddGww",  # meadow
    "wgGGGGGddGgw",  # meadow, wetter
    "vvvvvVVVVVvv",  # vineyard
    "ppppwddppppp",  # fallow
    "bbgggGyssbbb",  # spring cereal, beet
)
BROADLEAF = "nnnmLLLLLlnn"
TREES: dict[str, Colour] = {
    "n": (0.040, 0.050, 0.056, 0.17),
    "m": (0.030, 0.055, 0.042, 0.25),
    "L": (0.020, 0.040, 0.025, 0.33),
    "l": (0.030, 0.055, 0.056, 0.25),
}
CONIFER: Colour = (0.017, 0.031, 0.020, 0.20)
SCRUB: Colour = (0.036, 0.058, 0.052, 0.23)
ROCK: Colour = (0.125, 0.148, 0.168, 0.22)
ALPINE: Colour = (0.060, 0.092, 0.090, 0.27)
SNOW: Colour = (0.74, 0.75, 0.75, 0.66)
SAND: Colour = (0.165, 0.215, 0.265, 0.34)
ASPHALT: Colour = (0.098, 0.106, 0.112, 0.13)
TRACK: Colour = (0.125, 0.155, 0.185, 0.24)
GARDEN: Colour = (0.045, 0.075, 0.066, 0.29)
ROOFS: NDArray[np.float32] = np.array(
    [
        (0.070, 0.090, 0.150, 0.20),
        (0.080, 0.100, 0.140, 0.19),
        (0.092, 0.106, 0.122, 0.15),
        (0.066, 0.074, 0.082, 0.10),
        (0.120, 0.130, 0.142, 0.17),
        (0.220, 0.230, 0.240, 0.25),
    ],
    dtype=np.float32,
)
RIVER: Colour = (0.034, 0.050, 0.036, 0.016)
SEA_DEEP: Colour = (0.030, 0.026, 0.010, 0.004)
SEA_SHALLOW: Colour = (0.080, 0.100, 0.052, 0.014)
FOAM: Colour = (0.40, 0.42, 0.42, 0.36)


@dataclass(frozen=True)
class Season:
    """``year_part`` 0..1 as seen in the northern temperate zone (1 January = 0)."""

    year_part: float
    year: int

    def mix(self, months: str, palette: dict[str, Colour]) -> NDArray[np.float32]:
        """The colour of a twelve-letter calendar on that day."""
        position = (self.year_part * 12 - 0.5) % 12
        before, part = int(position), position % 1
        colours = np.array([palette[months[before]], palette[months[(before + 1) % 12]]], dtype=np.float32)
        return np.asarray(colours[0] * (1 - part) + colours[1] * part, dtype=np.float32)

    @property
    def cold(self) -> float:
        """1 in the middle of January, -1 in the middle of July."""
        return float(np.cos((self.year_part - 0.04) * 2 * np.pi))


def blend(image: Floats, colour: Sequence[float] | Floats, alpha: Floats) -> None:
    """Paint ``colour`` (one value or one array per band) over ``image`` in place, where ``alpha`` says."""
    if not alpha.any():
        return
    for plane, value in zip(image, colour, strict=True):
        np.add(plane, (np.asarray(value, dtype=np.float32) - plane) * alpha, out=plane)


def spread(colour: Colour) -> Floats:
    """A colour as [4, 1, 1], to be mixed with images."""
    return np.array(colour, dtype=np.float32)[:, None, None]


def pick(table: Floats, index: NDArray[np.int64]) -> Floats:
    """Colours of a [n, 4] table at every pixel, as [4, rows, columns]."""
    return np.stack([np.ascontiguousarray(table[:, band]).take(index) for band in range(4)])


def line(grid: Grid, distance: Floats, half_width: float | Floats) -> Floats:
    """Opacity of a line seen through the pixels: thin lines fade, they do not break."""
    pixel = np.float32(grid.pixel)
    inside = np.clip((half_width + pixel / 2 - distance) / pixel, 0, 1)
    return np.asarray(inside * np.minimum(1, 2 * half_width / pixel), dtype=np.float32)


@dataclass(frozen=True)
class Parcels:
    """Plots of a terroir: a hash per plot, distance to the plot's border, coordinates along and across the rows."""

    key: Hashes
    border: Floats
    across: Floats
    along: Floats
    size: Floats


def parcels(terroir: Cells) -> Parcels:
    """Rectangular plots in strips, turned as the terroir is; sizes 110 to 420 m."""
    angle = unit(terroir.key, 3) * np.float32(np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    across, along = terroir.dx * cos + terroir.dy * sin, terroir.dy * cos - terroir.dx * sin
    width = 110 + 310 * unit(terroir.key, 4) ** 2
    length = width * (1.1 + 2.2 * unit(terroir.key, 5))
    strip = np.floor(across / width)
    names = hash32(strip.astype(np.int64), terroir.key.astype(np.int64), 51)
    shift = along / length + unit(names)
    plot = np.floor(shift)
    key = hash32(plot.astype(np.int64), names.astype(np.int64), 52)
    from_side = np.abs((across / width - strip) - np.float32(0.5))
    from_end = np.abs((shift - plot) - np.float32(0.5))
    border = np.minimum((0.5 - from_side) * width, (0.5 - from_end) * length)
    return Parcels(key, border.astype(np.float32), across, along, width.astype(np.float32))


def land_cover(grid: Grid, relief: Terrain, season: Season) -> Floats:
    """Reflectance of everything on land and of rivers."""
    warp = (noise(grid, 3_100, 61) * np.float32(260), noise(grid, 3_100, 62) * np.float32(260))
    terroir = cells(grid, 2_900, 63, warp=warp)
    plots = parcels(terroir)
    image = _fields(grid, terroir, plots, season)
    woods = _woods(grid, relief, plots)
    built = _built(grid, terroir, plots, relief)
    _heights(grid, image, relief, season)
    wooded = woods * (1 - built) * smoothstep(1_560 - relief.height, 0, 160)
    if wooded.any():
        blend(image, _tree_colour(grid, relief, season), wooded)
    _snow(grid, image, relief, season)
    _roads(grid, image, terroir, plots, relief)
    if built.any():
        blend(image, _town_colour(grid, plots), built)
    _streams(grid, image, relief, season)
    image *= (
        1 + np.float32(0.055) * fbm(grid, 150, 4, seed=94, gain=0.8) + np.float32(0.05) * fbm(grid, 1_100, 4, seed=95)
    )
    return image


def _fields(grid: Grid, terroir: Cells, plots: Parcels, season: Season) -> Floats:
    table = np.stack([season.mix(months, SOILS) for months in CROPS])
    liking = unit(terroir.key, 6) * np.float32(len(CROPS))
    drawn = unit(hash32(plots.key.astype(np.int64), np.full(1, season.year, dtype=np.int64), 53))
    crop = (liking + drawn**2 * np.float32(len(CROPS) * 0.85)).astype(np.int64) % len(CROPS)
    tone = 0.80 + 0.40 * unit(plots.key, 7)
    seen = min(1.0, 0.25 + 0.75 * detail(grid, 330))
    tone = tone * np.float32(seen)
    image = pick(table, crop) * tone + (table.mean(axis=0) * np.float32(1 - seen))[:, None, None]
    texture = 1 + np.float32(0.10) * fbm(grid, 1_900, 6, seed=54, gain=0.6)
    texture += np.float32(0.10) * fbm(grid, 14_000, 3, seed=55)
    rows = np.sin(plots.across * np.float32(2 * np.pi / 14)) * np.float32(0.05 * detail(grid, 14))
    image *= texture + rows
    hedged = (unit(terroir.key, 8) < 0.5) & (unit(plots.key, 9) < 0.7)
    hedge = line(grid, plots.border, np.where(hedged, np.float32(5.0), np.float32(1.2)))
    blend(image, SCRUB, hedge * np.where(hedged, np.float32(0.8), np.float32(0)))
    blend(image, TRACK, hedge * np.where(hedged, np.float32(0), np.float32(0.8)))
    return image


def _woods(grid: Grid, relief: Terrain, plots: Parcels) -> Floats:
    steep = np.sqrt(relief.slope_x**2 + relief.slope_y**2)
    wish = fbm(grid, 11_000, 6, seed=71, gain=0.5) * np.float32(0.75) + np.clip(steep * 2.6, 0, 1.3)
    wish += smoothstep(relief.height, 250, 900) * np.float32(0.6)
    wish += fbm(grid, 2_600, 4, seed=78, gain=0.55) * np.float32(0.22)
    wish += (unit(plots.key, 10) - np.float32(0.5)) * np.float32(1.1 * min(1.0, 0.3 + detail(grid, 330)))
    soft = np.float32(max(0.04, grid.pixel / 4_000))
    return smoothstep((wish - np.float32(1.12)) / soft, -1, 1)


def _tree_colour(grid: Grid, relief: Terrain, season: Season) -> Floats:
    leafy = season.mix(BROADLEAF, TREES)
    share = smoothstep(fbm(grid, 5_000, 5, seed=72) + relief.height / np.float32(900), -0.4, 1.2)
    colour = leafy[:, None, None] * (1 - share) + spread(CONIFER) * share
    crowns = 1 + np.float32(0.14) * fbm(grid, 2_400, 6, seed=73, gain=0.75)
    crowns += np.float32(0.22) * noise(grid, 11, 74) * np.float32(detail(grid, 11))
    crowns += np.float32(0.12) * noise(grid, 34, 75) * np.float32(detail(grid, 34))
    return np.asarray(colour * np.clip(crowns, 0.45, 1.7), dtype=np.float32)


def _heights(grid: Grid, image: Floats, relief: Terrain, season: Season) -> None:
    line_of_trees = 1_500 + 160 * fbm(grid, 3_000, 5, seed=76)
    above = relief.height - line_of_trees
    if float(above.max()) < -1_000:
        return
    blend(image, season.mix("wwwGGGGdGGww", SOILS), smoothstep(above, -800, -300) * np.float32(0.6))
    blend(image, ALPINE, smoothstep(above, -120, 120))
    steep = np.sqrt(relief.slope_x**2 + relief.slope_y**2)
    blend(
        image,
        ROCK,
        np.clip(smoothstep(above, 150, 700) + smoothstep(steep, 0.6, 1.0) * smoothstep(above, -600, 0), 0, 1),
    )


def _snow(grid: Grid, image: Floats, relief: Terrain, season: Season) -> None:
    if float(relief.height.max()) < 700:
        return
    snow_line = 2_300 - 1_350 * season.cold + 120 * fbm(grid, 2_500, 5, seed=77)
    blend(image, SNOW, smoothstep(relief.height - snow_line.astype(np.float32), -60, 160))


def _built(grid: Grid, terroir: Cells, plots: Parcels, relief: Terrain) -> Floats:
    """Density of building: villages at the heart of terroirs, towns on their own wide lattice."""
    radius = np.where(unit(terroir.key, 11) < 0.72, 120 + 420 * unit(terroir.key, 12) ** 2, 0).astype(np.float32)
    town = cells(grid, 26_000, 64, warp=(noise(grid, 5_000, 65) * 700, noise(grid, 5_000, 66) * 700))
    town_radius = 700 + 5_200 * unit(town.key, 13) ** 3
    ragged = fbm(grid, 1_100, 6, seed=67, gain=0.62) * np.float32(0.45)
    village = (0.9 - terroir.distance / np.maximum(radius, 1) + ragged * 1.1) * 1.8
    suburb = (0.85 - town.distance / town_radius + ragged * 1.2) * 1.6
    block = _lots(plots, 39, 52, 84)
    density = smoothstep(np.maximum(village, suburb) - unit(block) * np.float32(0.75), 0, 0.08)
    steep = np.sqrt(relief.slope_x**2 + relief.slope_y**2)
    dry = smoothstep(relief.inland, 60, 220) * smoothstep(relief.river - relief.river_width, 20, 60)
    return np.asarray(density * dry * smoothstep(0.35 - steep, 0, 0.15) * smoothstep(1_500 - relief.height, 0, 300))


def _lots(plots: Parcels, width: float, length: float, seed: int) -> Hashes:
    across, along = np.floor(plots.across / np.float32(width)), np.floor(plots.along / np.float32(length))
    return hash32(across.astype(np.int64), along.astype(np.int64), seed)


def _town_colour(grid: Grid, plots: Parcels) -> Floats:
    block, house = _lots(plots, 78, 104, 81), _lots(plots, 15.6, 14.86, 82)
    big = unit(block, 1) < 0.16
    roof_key = np.where(big, block, house)
    roof = pick(ROOFS, (unit(roof_key, 2) ** 1.7 * len(ROOFS)).astype(np.int64))
    mean_roof = ROOFS[:4].mean(axis=0)[:, None, None]
    seen = np.float32(0.30 + 0.70 * detail(grid, 22))
    colour = mean_roof * (1 - seen) + roof * (0.8 + 0.4 * unit(roof_key, 3)) * seen
    open_ground = np.where(big, unit(block, 4) < 0.25, unit(house, 4) < 0.42).astype(np.float32) * 0.85
    blend(colour, GARDEN, open_ground)
    _street_lines(grid, colour, plots)
    speckle = 1 + np.float32(0.16) * fbm(grid, 170, 3, seed=83, gain=0.8)
    return np.asarray(colour * speckle, dtype=np.float32)


def _street_lines(grid: Grid, colour: Floats, plots: Parcels) -> None:
    off_x = np.abs((plots.across / 78) % 1 - 0.5) * 78
    off_y = np.abs((plots.along / 104) % 1 - 0.5) * 104
    street = np.maximum(
        line(grid, (39 - off_x).astype(np.float32), 4.5), line(grid, (52 - off_y).astype(np.float32), 4.0)
    )
    blend(colour, ASPHALT, street)
    if not detail(grid, 15):
        return
    gap_x, gap_y = np.abs((plots.across / 15.6) % 1 - 0.5) * 15.6, np.abs((plots.along / 14.86) % 1 - 0.5) * 14.86
    gap = np.maximum(
        line(grid, (7.8 - gap_x).astype(np.float32), 2.6), line(grid, (7.4 - gap_y).astype(np.float32), 2.2)
    )
    blend(colour, GARDEN, gap * np.float32(0.85 * detail(grid, 15)))


def _roads(grid: Grid, image: Floats, terroir: Cells, plots: Parcels, relief: Terrain) -> None:
    gentle = smoothstep(1_700 - relief.height, 0, 400)
    lane = np.minimum(np.abs(plots.across), np.abs(plots.along))
    inhabited = (unit(terroir.key, 11) < 0.72).astype(np.float32)
    blend(image, ASPHALT, line(grid, lane, 3.6) * inhabited * gentle * np.float32(0.9))
    blend(image, ASPHALT, line(grid, terroir.edge, 4.2) * gentle * np.float32(0.9))
    warp = (noise(grid, 14_000, 91) * np.float32(1_900), noise(grid, 14_000, 92) * np.float32(1_900))
    motorway = cells(grid, 34_000, 93, warp=warp)
    blend(image, ASPHALT, line(grid, motorway.edge, 15.0) * gentle)
    blend(image, SCRUB, line(grid, motorway.edge, 2.0) * gentle * np.float32(detail(grid, 8)))


def _streams(grid: Grid, image: Floats, relief: Terrain, season: Season) -> None:
    trees = season.mix(BROADLEAF, TREES)
    low = smoothstep(1_100 - relief.height, 0, 300)
    blend(image, trees, line(grid, relief.stream, 17.0) * low * np.float32(0.85))
    blend(image, trees, line(grid, np.abs(relief.river - relief.river_width - 10), 16.0) * np.float32(0.7))
    blend(image, RIVER, line(grid, relief.river, relief.river_width))


def paint_sea(grid: Grid, image: Floats, relief: Terrain) -> None:
    """Beach, shallow and deep water, surf, painted over the land in place."""
    sandy = smoothstep(noise(grid, 5_500, 42), -0.7, 0.1)
    width = np.float32(max(70.0, grid.pixel * 0.6)) * (0.4 + sandy)
    beach = np.clip(1 - np.abs(relief.inland - width / 2) / width, 0, 1) * (0.35 + 0.65 * sandy)
    blend(image, SAND, np.clip(beach * 1.6, 0, 1))
    depth = np.clip(-relief.inland, 0, None)
    bed = depth * (1 + 0.35 * fbm(grid, 1_500, 5, seed=43))
    shallow = np.exp(-bed / np.float32(420)) * (0.35 + 0.65 * sandy)
    water = spread(SEA_DEEP) * (1 - shallow) + spread(SEA_SHALLOW) * shallow
    swell = 1 + np.float32(0.05) * fbm(grid, 420, 5, seed=44, gain=0.7) + np.float32(0.05) * noise(grid, 9_000, 45)
    pixel = np.float32(max(grid.pixel, 8.0))
    blend(image, water * swell, np.clip(0.5 - relief.inland / pixel, 0, 1))
    blend(image, FOAM, surf(grid, relief.inland))


NORTH_OF_TROPICS = float(mercator_y(np.array([24.0]))[0])
