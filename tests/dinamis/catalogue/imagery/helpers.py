# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small rasters made for a test, in the formats deliveries have."""

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin

WEST, NORTH, SIZE = 564000.0, 4828000.0, 0.5


def landscape(bands: int, rows: int, columns: int, *, top: int = 0, left: int = 0) -> np.ndarray:
    """12-bit pixels that differ everywhere, so that a misplaced tile shows."""
    y, x = np.mgrid[top : top + rows, left : left + columns]
    return np.stack([(100 + 7 * x + 13 * y + 400 * band) % 4000 + 1 for band in range(bands)]).astype(np.uint16)


def write(path: Path, pixels: np.ndarray, *, placed: bool = True, top: int = 0, left: int = 0, **options) -> Path:
    """A GeoTIFF or, by its suffix, a lossless JPEG 2000."""
    count, rows, columns = pixels.shape
    profile = {"width": columns, "height": rows, "count": count, "dtype": pixels.dtype.name, "driver": "GTiff"}
    if path.suffix.upper() == ".JP2":
        profile |= {"driver": "JP2OpenJPEG", "REVERSIBLE": "YES", "QUALITY": "100"}
        profile |= {"NBITS": "12"} if pixels.dtype == np.uint16 else {}
    if placed:
        transform = from_origin(WEST + left * SIZE, NORTH - top * SIZE, SIZE, SIZE)
        profile |= {"crs": "EPSG:32631", "transform": transform}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile | options) as dataset:
            dataset.write(pixels)
    return path


def read(path: Path) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            return dataset.read()


def cut(path: Path, fraction: float) -> Path:
    """The same file without its end."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path
