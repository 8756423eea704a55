# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rasters of a DIMAP product turned into COGs, placed by what its document says."""

from pathlib import Path

from affine import Affine

from dinamis.catalogue.dimap.model import DataFile, Product
from dinamis.catalogue.imagery.cog import CogInfo, make_cog
from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.vrt import Gcp, Placement, Tile


def placement_of(product: Product) -> Placement:
    """The map grid of an ortho or projected product; the extent's corners as control points for a sensor one.

    DIMAP counts pixels from 1 at the middle of the first, GDAL from 0 at its corner.
    """
    if product.is_georeferenced and product.epsg and product.transform:
        return Placement(crs=f"EPSG:{product.epsg}", transform=Affine(*product.transform))
    points = tuple(Gcp(c.column - 0.5, c.row - 0.5, c.lon, c.lat) for c in product.corners)
    # An extent across the antimeridian would be interpolated the long way round the Earth.
    return Placement(gcps=points if len(points) >= 4 and len(product.rings) == 1 else ())


def make_product_cogs(product: Product, root: Path, folder: Path) -> dict[str, CogInfo]:
    """One COG for each image of the product, in ``folder``: ``data.tif``, or ``<bands>.tif`` when it has several.

    ``root`` is the unpacked delivery. Keys are asset keys (``data``, ``red_green_blue``…). Raises ImageryError: the
    COGs already made are taken away, so all exist or none.
    """
    if not product.data_files:
        raise ImageryError(product.document, "the product lists no raster file", "mismatch")
    made: dict[str, CogInfo] = {}
    try:
        for key, names, files in _images(product):
            made[key] = make_cog(
                [Tile(_inside(root, product.locate(item.href)), item.row, item.column) for item in files],
                folder / f"{key}.tif",
                placement=placement_of(product),
                nodata=product.nodata,
                shape=product.shape,
                band_names=names,
            )
    except BaseException:
        for info in made.values():
            info.path.unlink(missing_ok=True)
        raise
    return made


def _images(product: Product) -> list[tuple[str, tuple[str, ...], tuple[DataFile, ...]]]:
    groups = product.file_groups
    if len(groups) == 1:
        return [("data", tuple(band.name for band in product.bands), next(iter(groups.values())))]
    return [("_".join(bands) or "data", bands, files) for bands, files in groups.items()]


def _inside(root: Path, place: str) -> Path:
    """The path of a delivered file, refused when it or a link leads out of the delivery."""
    path = root / place
    if not path.resolve().is_relative_to(root.resolve()):
        raise ImageryError(place, "the file is outside the delivery", "unsafe_name")
    if not path.is_file():
        raise ImageryError(place, "the file is listed and not delivered", "mismatch")
    return path
