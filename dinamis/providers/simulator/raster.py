# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pixels to files: JPEG 2000, GeoTIFF and preview pictures."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.shutil import copy

from dinamis.providers.simulator.frames import Frame
from dinamis.providers.simulator.landscape import Values, jpeg

DISPLAY = {
    "red": (70, 900),
    "green": (118, 880),
    "blue": (196, 860),
    "nir": (60, 2400),
    "pan": (110, 1200),
    "rededge": (60, 1500),
    "deepblue": (200, 900),
}


def displayed(values: Values, bands: tuple[str, ...]) -> NDArray[np.uint8]:
    """12-bit values to 1-255, one fixed stretch per band."""
    out = []
    for band, plane in zip(bands, values, strict=True):
        low, high = DISPLAY[band]
        part = np.clip((plane.astype(np.float32) - low) / (high - low), 0, 1)
        out.append(np.rint(1 + 254 * part ** np.float32(1 / 1.5)).astype(np.uint8))
    return np.stack(out)


def coded(values: Values, bands: tuple[str, ...], bits: int) -> NDArray[Any]:
    """Values as delivered: 12 bits on 16, or 8 bits for display."""
    return displayed(values, bands) if bits == 8 else values


def encoded(data: NDArray[Any], frame: Frame, extension: str, bits: int) -> bytes:
    """A JPEG 2000 (lossless) or GeoTIFF image of [bands, rows, columns]; georeferenced when the frame is a map."""
    count, rows, columns = data.shape
    profile: dict[str, Any] = {"count": count, "height": rows, "width": columns, "dtype": str(data.dtype)}
    if frame.georeferenced:
        profile |= {"crs": f"EPSG:{frame.epsg}", "transform": frame.affine}
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 256} if min(rows, columns) > 256 else {}
    profile |= {"driver": "GTiff", "compress": "deflate", "predictor": 2, "nodata": 0} | tiled
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile() as memory:
            with memory.open(**profile) as target:
                target.write(data)
            return _jpeg2000(memory.name, bits) if extension == "JP2" else bytes(memory.read())


def _jpeg2000(source: str, bits: int) -> bytes:
    """Lossless, with its position as GMLJP2 and GeoJP2."""
    depth = {"NBITS": "12"} if bits == 12 else {}
    with MemoryFile(ext=".jp2") as memory:
        options = {"QUALITY": "100", "REVERSIBLE": "YES", "YCBCR420": "NO"} | depth
        copy(source, memory.name, driver="JP2OpenJPEG", **options)
        return bytes(memory.read())


def picture(values: Values, bands: tuple[str, ...]) -> NDArray[np.uint8]:
    """Red, green, blue bytes [rows, columns, 3] of the first three bands, or grey."""
    shown = displayed(values, bands)
    return np.moveaxis(shown[:3] if len(shown) >= 3 else shown[[0, 0, 0]], 0, 2)


def shrunk(rgb: NDArray[np.uint8], size: int) -> bytes:
    """A JPEG whose longer side is at most ``size`` pixels."""
    image = Image.fromarray(rgb)
    image.thumbnail((size, size))
    return jpeg(np.asarray(image), quality=84)


def thumbnail(data: bytes, size: int) -> bytes:
    """A smaller copy of a JPEG."""
    with Image.open(io.BytesIO(data)) as image:
        return shrunk(np.asarray(image.convert("RGB")), size)
