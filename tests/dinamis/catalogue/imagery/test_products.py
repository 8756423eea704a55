# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a delivery on disk to the COGs of its products."""

import shutil

import numpy as np
import pytest
import rasterio

from dinamis.catalogue.dimap import read_dimap
from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.products import make_product_cogs, placement_of
from dinamis.catalogue.imagery.vrt import Gcp
from tests.dinamis.catalogue.dimap.helpers import DATA, MOSAIC, ORTHO, PRIMARY, parse
from tests.dinamis.catalogue.imagery.helpers import cut, landscape, read, write


@pytest.fixture
def ortho(tmp_path):
    """The Pléiades ortho delivery with its four tiles."""
    root = tmp_path / "delivery"
    shutil.copytree(DATA / "phr_ortho", root)
    (product,) = read_dimap(root)
    whole = landscape(4, 520, 640)
    for item in product.data_files:
        top, left = (item.row - 1) * 300, (item.column - 1) * 400
        part = whole[:, top : top + (300 if item.row == 1 else 220), left : left + (400 if item.column == 1 else 240)]
        write(root / product.locate(item.href), part, top=top, left=left)
    return root, product, whole


def test_an_ortho_is_one_cog(tmp_path, ortho):
    root, product, whole = ortho
    made = make_product_cogs(product, root, tmp_path / "out")
    assert list(made) == ["data"]
    assert made["data"].path == tmp_path / "out" / "data.tif"
    assert (made["data"].crs, made["data"].transform) == ("EPSG:32631", product.transform)
    assert np.array_equal(read(made["data"].path), whole)


def test_a_missing_tile_is_named(tmp_path, ortho):
    root, product, _ = ortho
    (root / product.locate(product.data_files[3].href)).unlink()
    with pytest.raises(ImageryError, match=r"R2C2.JP2: the file is listed and not delivered"):
        make_product_cogs(product, root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_tile_that_links_out_of_the_delivery_is_refused(tmp_path, ortho):
    root, product, _ = ortho
    tile = root / product.locate(product.data_files[0].href)
    tile.rename(tmp_path / "secret.jp2")
    tile.symlink_to(tmp_path / "secret.jp2")
    with pytest.raises(ImageryError, match="outside the delivery"):
        make_product_cogs(product, root, tmp_path / "out")


def test_a_full_spectrum_product_is_two_cogs_or_none(tmp_path):
    root = tmp_path / "delivery"
    shutil.copytree(DATA / "pneo_fs", root)
    (product,) = read_dimap(root)
    for item in product.data_files:
        write(root / item.href, landscape(3, 180, 200), placed=False)
    made = make_product_cogs(product, root, tmp_path / "out")
    assert list(made) == ["red_green_blue", "nir_rededge_coastal"]
    assert {info.crs for info in made.values()} == {"EPSG:4326"}
    with rasterio.open(made["nir_rededge_coastal"].path) as dataset:
        assert dataset.descriptions == ("nir", "rededge", "coastal")
    cut(root / "IMG_NED_R1C1.TIF", 0.5)
    with pytest.raises(ImageryError):
        make_product_cogs(product, root, tmp_path / "second")
    assert list((tmp_path / "second").iterdir()) == []


def test_a_primary_is_placed_by_its_corners(tmp_path):
    root = tmp_path / "delivery"
    shutil.copytree(DATA / "spot6_bundle", root)
    _, pan = read_dimap(root)
    write(root / pan.locate(pan.data_files[0].href), landscape(1, 400, 400), placed=False)
    made = make_product_cogs(pan, root, tmp_path / "out")
    assert made["data"].georeferencing == "gcps"


def test_placements():
    assert placement_of(parse(ORTHO)).crs == "EPSG:32631"
    assert placement_of(parse(PRIMARY)).gcps[1] == Gcp(399.5, 0.5, -52.36, 4.94)
    assert placement_of(parse(MOSAIC)).transform is not None


def test_a_product_without_rasters(tmp_path):
    from dataclasses import replace

    with pytest.raises(ImageryError, match="lists no raster file"):
        make_product_cogs(replace(parse(ORTHO), data_files=()), tmp_path, tmp_path / "out")
