# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cloud Optimized GeoTIFFs from delivered JPEG 2000 or GeoTIFF tiles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rasterio
import rasterio.shutil
from affine import Affine
from rio_cogeo import cog_translate, cog_validate

from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.files import replacing
from dinamis.catalogue.imagery.raster import JPEG_2000, READ_ERRORS, format_of, gdal_env, opened
from dinamis.catalogue.imagery.vrt import Mosaic, Placement, Tile, assemble, document, effective, tiles_of

BLOCK = 512
GRID, POINTS, NOWHERE = "grid", "gcps", "none"


@dataclass(frozen=True, slots=True)
class CogInfo:
    """A COG that was written. ``size`` in bytes, ``shape`` (rows, columns), ``transform`` pixel to CRS.

    ``georeferencing`` is ``grid`` (CRS and transform), ``gcps`` (a Primary image kept in sensor geometry, placed
    approximately by ground control points in WGS 84; not a map, measure nothing on it) or ``none``. ``crs`` is an
    ``EPSG:n`` code, or WKT where no code exists.
    """

    path: Path
    size: int
    shape: tuple[int, int]
    count: int
    dtype: str
    nodata: float | None
    crs: str | None
    transform: tuple[float, float, float, float, float, float] | None
    georeferencing: str
    overviews: tuple[int, ...]


def make_cog(
    source: Path | Sequence[Path] | Sequence[Tile],
    target: Path,
    *,
    placement: Placement | None = None,
    nodata: float | None = None,
    shape: tuple[int, int] | None = None,
    band_names: Sequence[str] = (),
) -> CogInfo:
    """Write ``target`` as a COG (512 x 512 blocks, DEFLATE, overviews) from one raster or from all its tiles.

    ``source`` is a file, files named ``…_R1C1…``, or ``Tile``s. Pixels are copied unchanged, in their own geometry: a
    Primary (SENSOR) image is not resampled; without a grid it carries the ``placement``'s control points (the four
    corners of the DIMAP footprint) and ``CogInfo.georeferencing`` says ``gcps``. ``nodata`` is used where the files
    have none; ``shape`` is the (rows, columns) announced, checked. Every pixel is read on the way, so a truncated
    file is noticed. Raises ImageryError; nothing is left at ``target`` then.
    """
    mosaic = assemble(_tiles(source))
    if shape is not None and (mosaic.height, mosaic.width) != tuple(shape):
        reason = f"has {mosaic.height} x {mosaic.width} pixels, {shape[0]} x {shape[1]} are announced"
        raise ImageryError(mosaic.tiles[0].tile.path.name, reason, "mismatch")
    known = next((tile.nodata for tile in mosaic.tiles if tile.nodata is not None), nodata)
    used = effective(mosaic, placement or Placement())
    with replacing(target) as temporary:
        _write(mosaic, document(mosaic, used, nodata=known, names=band_names), temporary, points=bool(used.gcps))
        _check(temporary, target.name)
        return _describe(temporary, target, used)


def _tiles(source: Path | Sequence[Path] | Sequence[Tile]) -> list[Tile]:
    if isinstance(source, Path):
        return [Tile(source)]
    tiles = [item for item in source if isinstance(item, Tile)]
    paths = [item for item in source if isinstance(item, Path)]
    return tiles or tiles_of(paths)


def _write(mosaic: Mosaic, vrt: bytes, temporary: Path, *, points: bool) -> None:
    """GDAL's COG driver for JPEG 2000, rio-cogeo for GeoTIFF: the leaner one each, but the latter drops GCPs."""
    first = mosaic.tiles[0]
    write = _with_driver if points or format_of(first.tile.path) == JPEG_2000 else _with_rio_cogeo
    scratch = temporary.with_suffix(".vrt")
    scratch.write_bytes(vrt)
    try:
        with gdal_env():
            write(scratch, temporary, first.dtype)
    except READ_ERRORS as error:
        raise ImageryError(first.tile.path.name, "the pixels cannot be read to the end", "truncated") from error
    finally:
        scratch.unlink(missing_ok=True)


def _options(dtype: str) -> dict[str, Any]:
    predictor = "3" if dtype.startswith("float") else "2"
    return {"compress": "DEFLATE", "predictor": predictor, "bigtiff": "IF_SAFER", "num_threads": "2"}


def _with_driver(scratch: Path, temporary: Path, dtype: str) -> None:
    options = {**_options(dtype), "predictor": "YES", "blocksize": str(BLOCK), "overview_resampling": "AVERAGE"}
    if dtype == "uint16":
        # 12-bit samples keep an NBITS of 12, which the predictor refuses.
        options["NBITS"] = "16"
    with rasterio.open(scratch, driver="VRT") as dataset:
        rasterio.shutil.copy(dataset, temporary, driver="COG", **options)


def _with_rio_cogeo(scratch: Path, temporary: Path, dtype: str) -> None:
    profile = {"driver": "GTiff", "tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "interleave": "pixel"}
    with rasterio.open(scratch, driver="VRT") as dataset:
        cog_translate(
            dataset,
            temporary,
            {**profile, **_options(dtype)},
            in_memory=False,
            quiet=True,
            overview_level=_levels(dataset.width, dataset.height),
            overview_resampling="average",
            nodata=dataset.nodata,
            forward_band_tags=True,
        )


def _levels(width: int, height: int) -> int:
    """Halvings until the longer side fits one block (rio-cogeo counts from the shorter, and may make none)."""
    return max(0, math.ceil(math.log2(max(width, height) / BLOCK)))


def _check(path: Path, name: str) -> None:
    with gdal_env():
        valid, errors, _ = cog_validate(path, quiet=True)
    if not valid:
        raise ImageryError(name, f"the file written is not a valid COG ({'; '.join(errors)})", "unreadable")


def _describe(path: Path, target: Path, placement: Placement) -> CogInfo:
    with opened(path) as dataset:
        on_grid = placement.transform is not None
        transform: Affine = dataset.transform
        return CogInfo(
            path=target,
            size=path.stat().st_size,
            shape=(dataset.height, dataset.width),
            count=dataset.count,
            dtype=dataset.dtypes[0],
            nodata=dataset.nodata,
            crs=_code(dataset.crs) if on_grid else None,
            transform=tuple(transform)[:6] if on_grid else None,  # type: ignore[arg-type]
            georeferencing=GRID if on_grid else (POINTS if dataset.gcps[0] else NOWHERE),
            overviews=tuple(dataset.overviews(1)),
        )


def _code(crs: Any) -> str:
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.to_wkt())
