# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delivered rasters opened with care: two formats only, no side files, bounded sizes, every truncation noticed."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from dinamis.catalogue.imagery.errors import ImageryError

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

# rasterio takes an int as bytes (GDAL's own tools take it as megabytes).
CACHE_BYTES = 256 * 2**20
GEOTIFF, JPEG_2000 = "GTiff", "JP2OpenJPEG"

# The largest scene of the offer, 120 x 120 km of SPOT at 1.5 m, has 6.4e9 pixels.
MAX_PIXELS = 40_000_000_000
MAX_BANDS = 16
# What one block may need in memory when decoded (32 bits a sample in OpenJPEG).
MAX_BLOCK_BYTES = 4 * 2**30

_JP2_SIGNATURE = bytes.fromhex("0000000c6a5020200d0a870a")
# rasterio lets some of GDAL's errors through as they are.
READ_ERRORS = (RasterioError, CPLE_BaseError)
# By their first bytes and not their names: GDAL would otherwise open whatever a file pretends to be.
_SIGNATURES = {
    b"II*\x00": GEOTIFF,
    b"MM\x00*": GEOTIFF,
    b"II+\x00": GEOTIFF,
    b"MM\x00+": GEOTIFF,
    _JP2_SIGNATURE[:4]: JPEG_2000,
}
_CODESTREAM = b"jp2c"
_END_OF_CODESTREAM = b"\xff\xd9"
_ROWS = 1024


@contextmanager
def gdal_env() -> Iterator[None]:
    """GDAL for delivered files: bounded cache, no side files looked for, no sidecars written."""
    options = {"GDAL_CACHEMAX": CACHE_BYTES, "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
    with rasterio.Env(**options), warnings.catch_warnings():
        # Primary products have no geotransform, which is no defect.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


@contextmanager
def opened(path: Path) -> Iterator["DatasetReader"]:
    """A GeoTIFF or JPEG 2000 opened for reading, within ``gdal_env``.

    Raises ImageryError (``unreadable``, ``truncated``, ``too_large``); reading errors inside the block
    become ImageryError (``truncated``) too.
    """
    driver = format_of(path)
    if driver == JPEG_2000:
        _check_jp2(path)
    with gdal_env():
        try:
            dataset = rasterio.open(path, driver=driver)
        except (*READ_ERRORS, OSError) as error:
            raise ImageryError(
                path.name, f"not a readable GeoTIFF or JPEG 2000 ({_first(error)})", "unreadable"
            ) from error
        with dataset:
            _check_size(dataset, path)
            try:
                yield dataset
            except READ_ERRORS as error:
                raise ImageryError(
                    path.name, f"the pixels cannot be read to the end ({_first(error)})", "truncated"
                ) from error


def validate_raster(path: Path, *, shape: tuple[int, int] | None = None, bands: int | None = None) -> None:
    """Read every pixel of a raster and discard it.

    ``shape`` is the (rows, columns) and ``bands`` the number of bands it must have, when known. Raises
    ImageryError: ``truncated`` (damaged or cut), ``unreadable``, ``too_large``, ``mismatch``.
    """
    with opened(path) as dataset:
        if shape is not None and (dataset.height, dataset.width) != tuple(shape):
            reason = f"has {dataset.height} x {dataset.width} pixels, {shape[0]} x {shape[1]} are announced"
            raise ImageryError(path.name, reason, "mismatch")
        if bands is not None and dataset.count != bands:
            raise ImageryError(path.name, f"has {dataset.count} bands, {bands} are announced", "mismatch")
        for top in range(0, dataset.height, _ROWS):
            for left in range(0, dataset.width, _ROWS):
                height, width = min(_ROWS, dataset.height - top), min(_ROWS, dataset.width - left)
                dataset.read(window=Window(left, top, width, height))


def format_of(path: Path) -> str:
    """The GDAL driver of a file, told by its first bytes. Raises ImageryError (``unreadable``)."""
    try:
        with path.open("rb") as source:
            start = source.read(4)
    except OSError as error:
        raise ImageryError(path.name, "the file cannot be read", "unreadable") from error
    if start not in _SIGNATURES:
        raise ImageryError(path.name, "neither a GeoTIFF nor a JPEG 2000 file", "unreadable")
    return _SIGNATURES[start]


def _first(error: BaseException) -> str:
    """The deepest cause, on one line: GDAL's own words are there. Paths are cut, they are nobody's business."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()).rpartition("/")[2][:160]


def _check_size(dataset: "DatasetReader", path: Path) -> None:
    if dataset.width * dataset.height > MAX_PIXELS or dataset.count > MAX_BANDS:
        reason = f"{dataset.width} x {dataset.height} pixels in {dataset.count} bands is more than is handled"
        raise ImageryError(path.name, reason, "too_large")
    rows, columns = dataset.block_shapes[0]
    if rows * columns * dataset.count * 4 > MAX_BLOCK_BYTES:
        raise ImageryError(path.name, f"blocks of {columns} x {rows} pixels are more than is handled", "too_large")


def _check_jp2(path: Path) -> None:
    """A JPEG 2000 whose boxes fit in the file and whose codestream has its end marker (ISO 15444-1, annexes A and I).

    Decoders forgive a missing tail, filling it with zeros; a delivery is not forgiven.
    """
    size = path.stat().st_size
    with path.open("rb") as source:
        position = 0
        while position < size:
            source.seek(position)
            kind, length = _box(source.read(16), size - position)
            if length > size - position:
                raise ImageryError(path.name, "the JPEG 2000 file is cut: a box goes beyond its end", "truncated")
            if kind == _CODESTREAM:
                source.seek(position + length - 2)
                if source.read(2) != _END_OF_CODESTREAM:
                    raise ImageryError(path.name, "the JPEG 2000 codestream has no end marker: it is cut", "truncated")
                return
            position += length
    raise ImageryError(path.name, "the JPEG 2000 file is cut: it has no codestream", "truncated")


def _box(header: bytes, rest: int) -> tuple[bytes, int]:
    """The type and length of a box; length 0 means to the end of the file, 1 that 64 bits follow."""
    length, kind = int.from_bytes(header[:4]), header[4:8]
    if length == 0:
        return kind, rest
    if length == 1:
        length = int.from_bytes(header[8:16])
    # A box is at least its own header: anything less would never end.
    return kind, length if length >= 8 else rest + 1
