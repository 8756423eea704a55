# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tiles assembled and placed on the ground by a small VRT document, without touching a pixel."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from affine import Affine
from rasterio.crs import CRS

from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.raster import opened

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

GDAL_TYPES = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
}
GDAL_TYPES |= {"float32": "Float32", "float64": "Float64"}
_TILE_NAME = re.compile(r"_R(\d{1,4})C(\d{1,4})\.(?:JP2|TIFF?)", re.IGNORECASE)
_BLOCK = 1024
_COLOURS = {"red": "Red", "green": "Green", "blue": "Blue", "pan": "Gray"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One raster file of a product at its row and column, from 1."""

    path: Path
    row: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Gcp:
    """A ground control point: column and row in pixels from the corner of the first one; lon, lat in degrees."""

    column: float
    row: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Placement:
    """Where pixels are on Earth: a grid (``crs`` and ``transform``), or ``gcps`` in WGS 84, or nothing known."""

    crs: str | None = None
    transform: Affine | None = None
    gcps: tuple[Gcp, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What one tile is. Sizes in pixels."""

    tile: Tile
    width: int
    height: int
    count: int
    dtype: str
    crs: str | None
    transform: Affine | None
    nodata: float | None


def tiles_of(paths: Sequence[Path]) -> list[Tile]:
    """Tiles from file names ending in ``_RnCm``; a single file may have any name.

    Raises ImageryError (``mismatch``) when several files do not say where they stand.
    """
    if len(paths) == 1:
        return [Tile(paths[0])]
    found = [(path, _TILE_NAME.search(path.name)) for path in paths]
    for path, match in found:
        if match is None:
            raise ImageryError(
                path.name, "several files, and this one's name does not say its tile (_R1C1)", "mismatch"
            )
    return [Tile(path, int(match[1]), int(match[2])) for path, match in found if match]


def facts(tile: Tile) -> Facts:
    """Open a tile and note what it is. Raises ImageryError."""
    with opened(tile.path) as dataset:
        dtypes = set(dataset.dtypes)
        if len(dtypes) != 1 or not dtypes <= set(GDAL_TYPES):
            raise ImageryError(
                tile.path.name, f"pixels of type {', '.join(sorted(dtypes))} are not handled", "unreadable"
            )
        placed = _is_placed(dataset)
        return Facts(
            tile=tile,
            width=dataset.width,
            height=dataset.height,
            count=dataset.count,
            dtype=dtypes.pop(),
            crs=dataset.crs.to_wkt() if placed else None,
            transform=dataset.transform if placed else None,
            nodata=dataset.nodata,
        )


def _is_placed(dataset: "DatasetReader") -> bool:
    return dataset.crs is not None and dataset.transform != Affine.identity()


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Tiles on one pixel grid: ``offsets`` are the (column, row) of each tile's first pixel."""

    tiles: tuple[Facts, ...]
    offsets: tuple[tuple[int, int], ...]

    @property
    def width(self) -> int:
        """Columns in all."""
        return max(x + tile.width for tile, (x, _) in zip(self.tiles, self.offsets, strict=True))

    @property
    def height(self) -> int:
        """Rows in all."""
        return max(y + tile.height for tile, (_, y) in zip(self.tiles, self.offsets, strict=True))


def assemble(tiles: Sequence[Tile]) -> Mosaic:
    """The tiles side by side by row and column number: sizes add up, from the top left tile.

    Raises ImageryError (``mismatch``): a tile is missing, comes twice, or differs in kind or size from its neighbours.
    """
    found = sorted((facts(tile) for tile in tiles), key=lambda fact: (fact.tile.row, fact.tile.column))
    if not found:
        raise ImageryError("", "no raster file to assemble", "mismatch")
    first = found[0]
    for fact in found[1:]:
        if (fact.count, fact.dtype, fact.crs) != (first.count, first.dtype, first.crs):
            raise ImageryError(
                fact.tile.path.name, "has other bands, pixels or projection than the first tile", "mismatch"
            )
    _check_complete(found)
    widths = {fact.tile.column: fact.width for fact in found if fact.tile.row == first.tile.row}
    heights = {fact.tile.row: fact.height for fact in found if fact.tile.column == first.tile.column}
    for fact in found:
        if (fact.width, fact.height) != (widths[fact.tile.column], heights[fact.tile.row]):
            raise ImageryError(fact.tile.path.name, "does not fit the tiles around it", "mismatch")
    offsets = tuple(
        (
            sum(width for column, width in widths.items() if column < fact.tile.column),
            sum(height for row, height in heights.items() if row < fact.tile.row),
        )
        for fact in found
    )
    return Mosaic(tuple(found), offsets)


def _check_complete(found: list[Facts]) -> None:
    places = [(fact.tile.row, fact.tile.column) for fact in found]
    rows, columns = {row for row, _ in places}, {column for _, column in places}
    if len(set(places)) != len(places):
        raise ImageryError(found[0].tile.path.name, "two files are the same tile", "mismatch")
    missing = {(row, column) for row in rows for column in columns} - set(places)
    whole = rows == set(range(1, max(rows) + 1)) and columns == set(range(1, max(columns) + 1))
    if missing or not whole:
        named = ", ".join(f"R{row}C{column}" for row, column in sorted(missing)) or "the first row or column"
        raise ImageryError(found[0].tile.path.name, f"tiles are missing: {named}", "mismatch")


def document(mosaic: Mosaic, placement: Placement, *, nodata: float | None, names: Sequence[str] = ()) -> bytes:
    """The VRT document of a mosaic. The tiles' own grid wins over ``placement``, which helps those that have none."""
    root = ET.Element("VRTDataset", rasterXSize=str(mosaic.width), rasterYSize=str(mosaic.height))
    _place(root, mosaic, placement)
    for number in range(1, mosaic.tiles[0].count + 1):
        name = names[number - 1] if number <= len(names) else None
        _band(root, mosaic, number, nodata, name)
    return ET.tostring(root)


def effective(mosaic: Mosaic, placement: Placement) -> Placement:
    """The placement that will be used: the tiles' grid, else the given grid, else the given points."""
    first = mosaic.tiles[0]
    if first.crs and first.transform is not None:
        return Placement(crs=first.crs, transform=first.transform)
    if placement.crs and placement.transform is not None:
        return Placement(crs=placement.crs, transform=placement.transform)
    return Placement(gcps=placement.gcps)


def _place(root: ET.Element, mosaic: Mosaic, placement: Placement) -> None:
    used = effective(mosaic, placement)
    if used.crs and used.transform is not None:
        ET.SubElement(root, "SRS").text = CRS.from_user_input(used.crs).to_wkt()
        ET.SubElement(root, "GeoTransform").text = ", ".join(repr(value) for value in used.transform.to_gdal())
    elif used.gcps:
        points = ET.SubElement(root, "GCPList", Projection=CRS.from_epsg(4326).to_wkt())
        for number, gcp in enumerate(used.gcps, 1):
            place = {"Pixel": gcp.column, "Line": gcp.row, "X": gcp.lon, "Y": gcp.lat}
            ET.SubElement(points, "GCP", {"Id": str(number)} | {key: repr(value) for key, value in place.items()})


def _band(root: ET.Element, mosaic: Mosaic, number: int, nodata: float | None, name: str | None) -> None:
    attributes = {"dataType": GDAL_TYPES[mosaic.tiles[0].dtype], "band": str(number)}
    attributes |= {"blockXSize": str(min(_BLOCK, mosaic.width)), "blockYSize": str(min(_BLOCK, mosaic.height))}
    band = ET.SubElement(root, "VRTRasterBand", attributes)
    if name:
        ET.SubElement(band, "Description").text = name
    if nodata is not None:
        ET.SubElement(band, "NoDataValue").text = repr(nodata)
    ET.SubElement(band, "ColorInterp").text = _COLOURS.get(name or "", "Undefined" if number > 1 else "Gray")
    for tile, (x, y) in zip(mosaic.tiles, mosaic.offsets, strict=True):
        source = ET.SubElement(band, "SimpleSource")
        ET.SubElement(source, "SourceFilename", relativeToVRT="0").text = str(tile.tile.path.resolve())
        ET.SubElement(source, "SourceBand").text = str(number)
        size = {"xSize": str(tile.width), "ySize": str(tile.height)}
        ET.SubElement(source, "SrcRect", {"xOff": "0", "yOff": "0"} | size)
        ET.SubElement(source, "DstRect", {"xOff": str(x), "yOff": str(y)} | size)
