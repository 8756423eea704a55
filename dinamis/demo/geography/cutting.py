# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cuts the grids of the demonstration's coverages out of the outlines of communes.

The result, `dinamis/demo/data/cells.json`, is kept with the code: cutting takes half a minute, reading it 30 ms.
`manage.py cut_demo_cells` writes it again.
"""

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

LAMBERT_93 = 2154
# With this size and corner exactly 240 cells remain once pieces smaller than SLIVER join a neighbour.
SPOT_SIZE = 53_000
SPOT_CORNER = (54_875, 6_028_944)
SLIVER = 0.04
SMOOTHING = 350
COAST_SIZE = 20_000
DECIMALS = 4

# The sandy coasts, drawn by hand a few kilometres apart (longitude, latitude).
SANDY_COASTS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "NP": ((2.54, 51.09), (2.10, 51.01), (1.72, 50.92), (1.58, 50.73), (1.57, 50.37), (1.40, 50.07)),
    "CA": ((0.20, 49.45), (-0.10, 49.31), (-0.75, 49.34), (-1.10, 49.38), (-1.25, 49.58)),
    "CO": ((-1.80, 49.38), (-1.60, 49.20), (-1.58, 48.85), (-1.50, 48.66)),
    "MO": ((-3.35, 47.70), (-3.15, 47.60), (-3.10, 47.48), (-2.50, 47.45), (-2.25, 47.22)),
    "VE": ((-2.15, 47.10), (-2.15, 46.90), (-1.95, 46.68), (-1.50, 46.40), (-1.30, 46.30)),
    "CM": ((-1.50, 46.22), (-1.20, 46.10), (-1.30, 45.90), (-1.22, 45.70), (-1.10, 45.58)),
    "GI": ((-1.13, 45.50), (-1.17, 45.10), (-1.25, 44.70), (-1.27, 44.40)),
    "LA": ((-1.30, 44.20), (-1.42, 43.75), (-1.48, 43.52), (-1.62, 43.40)),
    "RO": ((3.04, 42.53), (3.05, 42.85), (3.10, 43.10), (3.35, 43.27)),
    "LI": ((3.55, 43.32), (3.90, 43.51), (4.10, 43.55), (4.40, 43.45), (4.85, 43.38)),
    "CE": ((9.50, 42.65), (9.55, 42.30), (9.56, 42.10), (9.40, 41.85)),
}
GUIANA_COAST = ((-53.98, 5.75), (-53.40, 5.55), (-52.90, 5.35), (-52.60, 5.10), (-52.30, 4.90), (-51.90, 4.62))
UTM_22N, UTM_20N, UTM_40S, UTM_38S = 32622, 32620, 32740, 32738
# Islands: code of the grid, projection, and the départements (INSEE) or boxes it covers.
ISLANDS: tuple[tuple[str, int, str], ...] = (
    ("GP", UTM_20N, "971"),
    ("MQ", UTM_20N, "972"),
    ("RE", UTM_40S, "974"),
    ("YT", UTM_38S, "976"),
)
# Saint-Martin and Saint-Barthélemy left Guadeloupe in 2007 and have no outline in our source.
NORTHERN_ISLANDS: Mapping[str, tuple[str, tuple[float, float, float, float]]] = {
    "MF": ("Saint-Martin", (-63.16, 18.04, -62.96, 18.13)),
    "BL": ("Saint-Barthélemy", (-62.92, 17.87, -62.78, 17.97)),
}


@dataclass(frozen=True)
class Commune:
    """A commune: INSEE code, name, population, outline in degrees."""

    code: str
    name: str
    population: int
    outline: BaseGeometry


@dataclass(frozen=True)
class Cut:
    """A cell: its grid (spot, coast, overseas), code, a place name, and its outline in degrees."""

    grid: str
    code: str
    name: str
    outline: BaseGeometry


def cut_all(communes: list[Commune]) -> Iterator[Cut]:
    """Yield every cell of the three grids."""
    yield from spot_cells([commune for commune in communes if not commune.code.startswith("97")])
    for letters, line in SANDY_COASTS.items():
        yield from coast_cells(letters, line, LAMBERT_93, communes)
    yield from coast_cells("GF", GUIANA_COAST, UTM_22N, communes)
    for letters, epsg, departement in ISLANDS:
        own = [commune for commune in communes if commune.code.startswith(departement)]
        yield from island_cells(letters, epsg, [commune.outline for commune in own], own)
    for letters, (name, box) in NORTHERN_ISLANDS.items():
        outline = shapely.box(*box)
        yield from island_cells(letters, UTM_20N, [outline], [Commune("", name, 0, outline)])


def projected(geometry: Any, epsg: int, *, back: bool = False) -> Any:
    """Degrees to metres of a projection, or back."""
    pair = (epsg, 4326) if back else (4326, epsg)
    transformer = Transformer.from_crs(*pair, always_xy=True)
    return shapely.transform(geometry, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))


def spot_cells(communes: list[Commune]) -> Iterator[Cut]:
    """Squares of 53 km in Lambert-93 clipped to the land of metropolitan France and Corsica: 240 of them."""
    outlines = projected(np.array([commune.outline for commune in communes]), LAMBERT_93)
    joined = shapely.union_all(shapely.set_precision(outlines, 10))
    # Holes are communes whose outline our source lacks.
    land = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(joined))))
    codes, squares = _squares(land.bounds, SPOT_SIZE, SPOT_CORNER)
    touched = shapely.intersects(land, squares)
    pieces = shapely.intersection(squares[touched], land)
    cells = dict(zip(np.array(codes)[touched].tolist(), pieces, strict=True))
    _join_slivers(cells)
    smooth = shapely.coverage_simplify(np.array(list(cells.values())), SMOOTHING)
    names = _names(cells, communes, LAMBERT_93)
    for code, outline in zip(cells, smooth, strict=True):
        yield Cut("spot", code, names.get(code, ""), _rounded(projected(outline, LAMBERT_93, back=True)))


def _squares(
    bounds: tuple[float, float, float, float], size: int, corner: tuple[int, int]
) -> tuple[list[str], NDArray[Any]]:
    """Squares over the bounds: letters from west to east, numbers from north to south."""
    columns = range(int((bounds[2] - corner[0]) // size) + 1)
    rows = range(int((bounds[3] - corner[1]) // size) + 1)
    places = [(column, row) for row in reversed(rows) for column in columns]
    codes = [f"{string.ascii_uppercase[column]}{len(rows) - row:02d}" for column, row in places]
    west = np.array([corner[0] + column * size for column, _ in places])
    south = np.array([corner[1] + row * size for _, row in places])
    return codes, shapely.box(west, south, west + size, south + size)


def _join_slivers(cells: dict[str, BaseGeometry]) -> None:
    """Add each piece too small for a cell to the cell it touches most, or lies nearest to."""
    least = SLIVER * SPOT_SIZE**2
    small = [code for code, piece in cells.items() if piece.area < least]
    pieces = [(cells.pop(code)) for code in small]
    for piece in pieces:
        near = {code: piece.distance(cell) for code, cell in cells.items()}
        touching = [code for code, distance in near.items() if distance < 1]
        shared = {code: shapely.intersection(piece, cells[code]).length for code in touching}
        chosen = max(shared, key=shared.__getitem__) if shared else min(near, key=near.__getitem__)
        cells[chosen] = shapely.union_all(shapely.set_precision([cells[chosen], piece], 1))


def _names(cells: Mapping[str, BaseGeometry], communes: list[Commune], epsg: int) -> dict[str, str]:
    """The most populous commune of each cell; where no commune has its middle, the nearest one."""
    found: dict[str, str] = {}
    ordered = sorted(communes, key=lambda commune: -commune.population)
    centres = projected(shapely.point_on_surface(np.array([commune.outline for commune in ordered])), epsg)
    tree = shapely.STRtree(list(cells.values()))
    codes = list(cells)
    for commune_index, cell_index in tree.query(centres, predicate="intersects").T:
        found.setdefault(codes[cell_index], ordered[commune_index].name)
    unnamed = [code for code in codes if code not in found]
    if unnamed:
        outlines = shapely.STRtree(projected(np.array([commune.outline for commune in ordered]), epsg))
        nearest = outlines.nearest([cells[code].centroid for code in unnamed])
        found |= {code: ordered[index].name for code, index in zip(unnamed, nearest, strict=True)}
    return found


def coast_cells(letters: str, line: Iterable[tuple[float, float]], epsg: int, communes: list[Commune]) -> Iterator[Cut]:
    """Squares of 20 km along a coast, laid one after the other on a grid of the projection."""
    drawn = projected(shapely.LineString(list(line)).segmentize(0.05), epsg)
    yield from _numbered("coast", letters, epsg, drawn.buffer(1_500), communes)


def island_cells(letters: str, epsg: int, outlines: list[BaseGeometry], communes: list[Commune]) -> Iterator[Cut]:
    """Squares of 20 km that hold any land of an island."""
    land = shapely.union_all(shapely.set_precision(projected(np.array(outlines), epsg), 10))
    yield from _numbered("overseas", letters, epsg, land, communes)


def _numbered(grid: str, letters: str, epsg: int, wanted: BaseGeometry, communes: list[Commune]) -> Iterator[Cut]:
    _, squares = _squares(wanted.bounds, COAST_SIZE, _centred_corner(wanted.bounds))
    kept = [square for square in squares if square.intersection(wanted).area > 1_000_000]
    cells = {f"{letters}-{number:02d}": square for number, square in enumerate(kept, 1)}
    window = shapely.box(*projected(shapely.union_all(kept), epsg, back=True).bounds)
    near = [commune for commune in communes if commune.outline.intersects(window)]
    names = _names(cells, near, epsg)
    for code, square in cells.items():
        yield Cut(grid, code, names.get(code, ""), _rounded(projected(square, epsg, back=True)))


def _centred_corner(bounds: tuple[float, float, float, float]) -> tuple[int, int]:
    """The south-west corner of the fewest squares that hold the bounds, the same margin on opposite sides."""

    def start(low: float, high: float) -> int:
        count = int((high - low) // COAST_SIZE) + 1
        return round((low + high - count * COAST_SIZE) / 2)

    return start(bounds[0], bounds[2]), start(bounds[1], bounds[3])


def _rounded(outline: BaseGeometry) -> BaseGeometry:
    whole = shapely.set_precision(outline, 10**-DECIMALS)
    return whole if whole.geom_type == "MultiPolygon" else shapely.MultiPolygon([whole])


def as_features(cells: Iterable[Cut]) -> dict[str, Any]:
    """The cells as a GeoJSON feature collection with the properties grid, code, name."""
    features = [
        {
            "type": "Feature",
            "properties": {"grid": cell.grid, "code": cell.code, "name": cell.name},
            "geometry": {"type": "MultiPolygon", "coordinates": _coordinates(cell.outline)},
        }
        for cell in cells
    ]
    return {"type": "FeatureCollection", "features": features}


def _coordinates(outline: BaseGeometry) -> list[Any]:
    def ring(coordinates: Any) -> list[list[float]]:
        return [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in coordinates]

    parts = [shapely.geometry.polygon.orient(part) for part in outline.geoms]
    return [[ring(part.exterior.coords), *(ring(hole.coords) for hole in part.interiors)] for part in parts]
