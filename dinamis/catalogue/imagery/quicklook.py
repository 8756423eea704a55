# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small pictures of a scene for pages: quicklook and thumbnail."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rasterio.enums import Resampling

from dinamis.catalogue.imagery.files import replacing
from dinamis.catalogue.imagery.raster import opened

QUICKLOOK_SIZE = 1024
THUMBNAIL_SIZE = 256
LOW, HIGH = 2, 98
_QUALITY = 85


def make_quicklook(
    source: Path, target: Path, *, size: int = QUICKLOOK_SIZE, nodata: float | None = None
) -> tuple[int, int]:
    """A JPEG of a GeoTIFF or JPEG 2000, its longer side at most ``size`` pixels. Returns (width, height).

    Three bands or more: the first three in file order, which is red, green, blue on Pléiades and SPOT 6-7 (or the
    false colours of an -X product). Fewer: the first, in grey. Each band is stretched between its 2nd and
    98th percentiles, pixels without data left out and black (``nodata``: the file's value, else the one given, else
    0 as DIMAP has it). Raises ImageryError; nothing is left at ``target`` then.
    """
    with opened(source) as dataset:
        indexes = [1, 2, 3] if dataset.count >= 3 else [1]
        scale = min(1.0, size / max(dataset.width, dataset.height))
        height, width = max(1, round(dataset.height * scale)), max(1, round(dataset.width * scale))
        pixels = dataset.read(indexes, out_shape=(len(indexes), height, width), resampling=Resampling.average)
        declared = dataset.nodata
    empty = _empty(pixels, declared if declared is not None else (nodata if nodata is not None else 0))
    bands = [stretch(band, empty) for band in pixels]
    picture = Image.fromarray(np.dstack(bands) if len(bands) == 3 else bands[0])
    with replacing(target) as temporary:
        picture.save(temporary, format="JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return width, height


def make_thumbnail(
    source: Path, target: Path, *, size: int = THUMBNAIL_SIZE, nodata: float | None = None
) -> tuple[int, int]:
    """As ``make_quicklook``, 256 pixels."""
    return make_quicklook(source, target, size=size, nodata=nodata)


def stretch(band: NDArray[np.generic], empty: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Values between the 2nd and 98th percentile of the pixels with data spread over 1..255; 0 where ``empty``.

    A flat band comes out mid-grey.
    """
    values = band.astype(np.float32)
    valid = ~empty & np.isfinite(values)
    if not valid.any():
        return np.zeros(band.shape, np.uint8)
    low, high = np.percentile(values[valid], (LOW, HIGH))
    if high <= low:
        spread = np.full(band.shape, 128.0, np.float32)
    else:
        spread = 1 + 254 * np.clip((values - low) / (high - low), 0, 1)
    return np.where(valid, np.nan_to_num(np.rint(spread)), 0).astype(np.uint8)


def _empty(pixels: NDArray[np.generic], nodata: float) -> NDArray[np.bool_]:
    """True where every band has no data: a dark red is not a hole."""
    if np.isnan(nodata):
        return np.asarray(np.isnan(pixels).all(axis=0))
    return np.asarray((pixels == nodata).all(axis=0))
