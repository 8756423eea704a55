# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of our own COGs for maps and pages: tiles of the Web Mercator pyramid, and parts of an image.

Only files that `make_cog` wrote are read here, never what somebody delivered or sent.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.io import MemoryFile
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData

from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.quicklook import HIGH, LOW
from dinamis.catalogue.imagery.raster import opened

TILE = 256
OVERVIEW = 512
WGS84, MERCATOR = "EPSG:4326", "EPSG:3857"
# Web Mercator ends at this latitude (EPSG:3857, area of use).
MERCATOR_END = 85.06
# The names rio-tiler gives to the formats.
PICTURES = {"png": "PNG", "webp": "WEBP"}
Levels = tuple[tuple[float, float], ...]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an image: west, south, east, north in degrees, None for all of it."""

    bbox: Box | None = None


def find_levels(path: Path) -> Levels:
    """The values of each shown band that become black and white: its 2nd and 98th percentiles over the whole image.

    The bands are the quicklook's: the first three, or the first one alone. Read once from the overviews and given to
    every tile, so that neighbours match. Raises ImageryError.
    """
    with _reader(path) as reader:
        bands = reader.preview(indexes=_shown(reader), max_size=OVERVIEW).array
    return tuple(_ends(band.compressed()) for band in bands)


def draw_tile(path: Path, tile: tuple[int, int, int], *, form: str, levels: Levels) -> bytes:
    """A tile (z, x, y) of 256 pixels as ``png`` or ``webp``; transparent where the image has no data.

    Raises ImageryError: the file cannot be read, or has no place on Earth (``no_place``).
    """
    z, x, y = tile
    with _reader(path) as reader:
        try:
            image = reader.tile(x, y, z, tilesize=TILE, indexes=_shown(reader), **_smooth())
        except TileOutsideBounds:
            image = _nothing(len(levels))
    return _picture(image, form, levels)


def draw_part(path: Path, part: Part, *, form: str, levels: Levels, pixels: int) -> bytes:
    """A part of the image as ``png`` or ``webp`` in Web Mercator, its longer side at most ``pixels``.

    Raises ImageryError; ``outside`` when the image does not reach the part, ``too_small`` when it is less than a pixel.
    """
    with _reader(path) as reader:
        west, south, east, north = _common(part, reader)
        box = transform_bounds(WGS84, MERCATOR, west, south, east, north)
        image = reader.part(
            box, bounds_crs=MERCATOR, dst_crs=MERCATOR, max_size=pixels, indexes=_shown(reader), **_smooth()
        )
    return _picture(image, form, levels)


def cut_part(path: Path, part: Part, *, pixels: int) -> bytes:
    """A part of the image as a GeoTIFF: all bands, unchanged values, on the image's own grid.

    Raises ImageryError; ``too_large`` when a side has more than ``pixels``, ``no_grid`` for an image that has none.
    """
    with opened(path) as dataset:
        if dataset.crs is None or dataset.gcps[0]:
            raise ImageryError(path.name, "the image is not on a map grid", "no_grid")
        window = _window(dataset, part, path)
        if max(window.width, window.height) > pixels:
            reason = f"the part has {window.width} x {window.height} pixels, {pixels} a side is the most"
            raise ImageryError(path.name, reason, "too_large")
        values = dataset.read(window=window)
        profile = {
            **{name: dataset.profile[name] for name in ("dtype", "nodata", "crs", "count")},
            "driver": "GTiff",
            "width": window.width,
            "height": window.height,
            "transform": dataset.window_transform(window),
            "compress": "DEFLATE",
        }
        names = dataset.descriptions
    return _geotiff(values, profile, names)


@contextmanager
def _reader(path: Path) -> Iterator[Any]:
    with opened(path) as dataset:
        if dataset.crs is None and not dataset.gcps[0]:
            raise ImageryError(path.name, "the image has no place on Earth", "no_place")
        with Reader(None, dataset=dataset) as reader:
            yield reader


def _shown(reader: Any) -> tuple[int, ...]:
    # A warped image without a value for "no data" has a band of transparency more.
    return (1, 2, 3) if reader.dataset.count >= 3 else (1,)


def _smooth() -> dict[str, str]:
    return {"resampling_method": "average", "reproject_method": "bilinear"}


def _ends(values: Any) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, (LOW, HIGH)))
    # A flat band comes out mid-grey, as in the quicklook.
    return (low, high) if high > low else (low - 1, low + 1)


def _nothing(bands: int) -> ImageData:
    shape = (bands, TILE, TILE)
    return ImageData(np.ma.MaskedArray(np.zeros(shape, np.uint8), mask=np.ones(shape, bool)))


def _picture(image: ImageData, form: str, levels: Levels) -> bytes:
    image.rescale(in_range=levels, out_range=((1, 255),))
    return bytes(image.render(img_format=PICTURES[form], add_mask=True))


def _common(part: Part, reader: Any) -> Box:
    """What the part and the image have in common, in degrees."""
    whole: Box = reader.get_geographic_bounds(WGS84)
    west, south, east, north = part.bbox or whole
    lowest, highest = max(south, whole[1], -MERCATOR_END), min(north, whole[3], MERCATOR_END)
    shared = max(west, whole[0]), lowest, min(east, whole[2]), highest
    if shared[0] >= shared[2] or shared[1] >= shared[3]:
        raise ImageryError("", "the image does not reach this part", "outside")
    pixel = max(abs(side) for side in reader.dataset.res)
    if not reader.dataset.crs.is_geographic:
        pixel /= 111_320
    if min(shared[2] - shared[0], shared[3] - shared[1]) < pixel:
        raise ImageryError("", "the part is smaller than a pixel", "too_small")
    return shared


def _window(dataset: Any, part: Part, path: Path) -> Window:
    """The pixels of the part, whole ones, within the image."""
    if part.bbox is None:
        return Window(0, 0, dataset.width, dataset.height)
    box = transform_bounds(WGS84, dataset.crs, *part.bbox)
    asked = from_bounds(*box, transform=dataset.transform)
    left, top = max(0, math.floor(asked.col_off)), max(0, math.floor(asked.row_off))
    right = min(dataset.width, math.ceil(asked.col_off + asked.width))
    bottom = min(dataset.height, math.ceil(asked.row_off + asked.height))
    if right <= left or bottom <= top:
        raise ImageryError(path.name, "the image does not reach this part", "outside")
    return Window(left, top, right - left, bottom - top)


def _geotiff(values: Any, profile: dict[str, Any], names: Sequence[str | None]) -> bytes:
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(values)
            for number, name in enumerate(names, 1):
                if name:
                    target.set_band_description(number, name)
        return bytes(memory.read())
