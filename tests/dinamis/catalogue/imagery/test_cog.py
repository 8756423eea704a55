# SPDX-License-Identifier: AGPL-3.0-or-later
"""COGs made of what deliveries hold, checked by another tool than the one that wrote them."""

import warnings

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rio_cogeo import cog_validate

from dinamis.catalogue.imagery.cog import make_cog
from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.vrt import Gcp, Placement, Tile
from tests.dinamis.catalogue.imagery.helpers import cut, landscape, read, write

RGBN = ("red", "green", "blue", "nir")
CORNERS = (
    Gcp(0.5, 0.5, 5.0, 43.1),
    Gcp(699.5, 0.5, 5.1, 43.1),
    Gcp(699.5, 599.5, 5.1, 43.0),
    Gcp(0.5, 599.5, 5.0, 43.0),
)


def valid(path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        passed, errors, remarks = cog_validate(path, quiet=True, strict=True)
    return passed and not errors and not remarks


@pytest.mark.parametrize("suffix", ["JP2", "TIF"])
def test_an_ortho(tmp_path, suffix):
    pixels = landscape(4, 600, 700)
    source = write(tmp_path / f"x.{suffix}", pixels)
    info = make_cog(source, tmp_path / "out" / "data.tif", nodata=0, band_names=RGBN, shape=(600, 700))
    assert info.path == tmp_path / "out" / "data.tif"
    assert valid(info.path)
    assert (info.shape, info.count, info.dtype, info.nodata) == ((600, 700), 4, "uint16", 0)
    assert (info.crs, info.georeferencing) == ("EPSG:32631", "grid")
    assert info.transform == (0.5, 0.0, 564000.0, 0.0, -0.5, 4828000.0)
    assert info.size == info.path.stat().st_size
    assert info.overviews == ((2, 4) if suffix == "JP2" else (2,))
    assert np.array_equal(read(info.path), pixels)
    with rasterio.open(info.path) as dataset:
        assert dataset.descriptions == RGBN
        assert dataset.block_shapes == [(512, 512)] * 4
        assert dataset.compression.name == "deflate"
    assert list(info.path.parent.iterdir()) == [info.path]


@pytest.mark.parametrize("suffix", ["JP2", "TIF"])
def test_a_primary_keeps_its_geometry_and_says_so(tmp_path, suffix):
    pixels = landscape(1, 600, 700)
    source = write(tmp_path / f"x.{suffix}", pixels, placed=False)
    info = make_cog(source, tmp_path / "data.tif", placement=Placement(gcps=CORNERS), band_names=("pan",))
    assert valid(info.path)
    assert (info.crs, info.transform, info.georeferencing) == (None, None, "gcps")
    assert np.array_equal(read(info.path), pixels)
    with rasterio.open(info.path) as dataset:
        points, crs = dataset.gcps
        assert crs.to_epsg() == 4326
        assert [(p.col, p.row, p.x, p.y) for p in points] == [(g.column, g.row, g.lon, g.lat) for g in CORNERS]


@pytest.mark.parametrize("suffix", ["JP2", "TIF"])
def test_without_any_placement_none_is_claimed(tmp_path, suffix):
    info = make_cog(write(tmp_path / f"x.{suffix}", landscape(1, 60, 70), placed=False), tmp_path / "data.tif")
    assert (info.crs, info.transform, info.georeferencing) == (None, None, "none")


def test_a_grid_is_given_to_files_that_have_none(tmp_path):
    source = write(tmp_path / "x.JP2", landscape(1, 60, 70), placed=False)
    transform = rasterio.Affine(0.5, 0, 1000, 0, -0.5, 2000)
    info = make_cog(source, tmp_path / "data.tif", placement=Placement(crs="EPSG:2154", transform=transform))
    assert (info.crs, info.transform) == ("EPSG:2154", (0.5, 0.0, 1000.0, 0.0, -0.5, 2000.0))


def test_the_files_own_grid_wins(tmp_path):
    transform = rasterio.Affine(9, 0, 9, 0, -9, 9)
    source = write(tmp_path / "x.TIF", landscape(1, 60, 70))
    info = make_cog(source, tmp_path / "data.tif", placement=Placement(crs="EPSG:2154", transform=transform))
    assert info.crs == "EPSG:32631"


@pytest.mark.parametrize("suffix", ["JP2", "TIF"])
@pytest.mark.parametrize("placed", [True, False])
def test_tiles_make_one_image(tmp_path, suffix, placed):
    whole = landscape(3, 500, 700)
    paths = []
    for row, top, rows in ((1, 0, 300), (2, 300, 200)):
        for column, left, columns in ((1, 0, 400), (2, 400, 300)):
            part = whole[:, top : top + rows, left : left + columns]
            path = tmp_path / f"IMG_X_R{row}C{column}.{suffix}"
            paths.append(write(path, part, placed=placed, top=top, left=left))
    info = make_cog(paths[::-1], tmp_path / "data.tif", shape=(500, 700))
    assert valid(info.path)
    assert np.array_equal(read(info.path), whole)
    assert info.transform == ((0.5, 0.0, 564000.0, 0.0, -0.5, 4828000.0) if placed else None)


def test_eight_bits(tmp_path):
    pixels = (landscape(3, 300, 300) // 16).astype(np.uint8)
    info = make_cog(write(tmp_path / "x.JP2", pixels), tmp_path / "data.tif")
    assert info.dtype == "uint8"
    assert np.array_equal(read(info.path), pixels)


def test_the_files_own_nodata_wins(tmp_path):
    source = write(tmp_path / "x.TIF", landscape(1, 60, 70), nodata=4095)
    assert make_cog(source, tmp_path / "data.tif", nodata=0).nodata == 4095


def refused(source, tmp_path, code, **options) -> ImageryError:
    target = tmp_path / "out" / "data.tif"
    with pytest.raises(ImageryError) as caught:
        make_cog(source, target, **options)
    assert caught.value.code == code
    assert not target.parent.exists() or list(target.parent.iterdir()) == []
    return caught.value


@pytest.mark.parametrize("fraction", [0.5, 0.99])
def test_a_truncated_jpeg_2000_leaves_nothing(tmp_path, fraction):
    source = cut(write(tmp_path / "x.JP2", landscape(4, 600, 700)), fraction)
    assert refused(source, tmp_path, "truncated").file == "x.JP2"


@pytest.mark.parametrize("fraction", [0.4, 0.9])
@pytest.mark.parametrize("placement", [Placement(), Placement(gcps=CORNERS)], ids=["rio-cogeo", "driver"])
def test_a_truncated_geotiff_leaves_nothing(tmp_path, fraction, placement):
    source = cut(write(tmp_path / "x.TIF", landscape(4, 600, 700), placed=False), fraction)
    with pytest.raises(ImageryError) as caught:
        make_cog(source, tmp_path / "out" / "data.tif", placement=placement)
    assert caught.value.code in {"truncated", "unreadable"}
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_an_old_cog_survives_a_bad_new_one(tmp_path):
    target = tmp_path / "data.tif"
    make_cog(write(tmp_path / "x.TIF", landscape(1, 60, 70)), target)
    before = target.read_bytes()
    with pytest.raises(ImageryError):
        make_cog(cut(tmp_path / "x.TIF", 0.5), target)
    assert target.read_bytes() == before


def test_another_size_than_announced(tmp_path):
    source = write(tmp_path / "x.TIF", landscape(1, 60, 70))
    error = refused(source, tmp_path, "mismatch", shape=(70, 60))
    assert "has 60 x 70 pixels, 70 x 60 are announced" in error.reason


def test_tiles_that_do_not_fit(tmp_path):
    one = write(tmp_path / "a_R1C1.TIF", landscape(1, 60, 70))
    two = write(tmp_path / "a_R2C2.TIF", landscape(1, 60, 70))
    assert "tiles are missing: R1C2, R2C1" in refused([one, two], tmp_path, "mismatch").reason
    assert "the same tile" in refused([Tile(one), Tile(two)], tmp_path, "mismatch").reason
    assert (
        "does not say its tile"
        in refused([one, write(tmp_path / "b.TIF", landscape(1, 6, 7))], tmp_path, "mismatch").reason
    )
    other = write(tmp_path / "a_R1C2.TIF", landscape(2, 60, 70))
    assert "other bands" in refused([one, other], tmp_path, "mismatch").reason
    small = write(tmp_path / "a_R1C3.TIF", landscape(1, 50, 70))
    assert "does not fit" in refused([Tile(one, 1, 1), Tile(small, 1, 2)], tmp_path, "mismatch").reason
    assert "first row or column" in refused([Tile(one, 2, 1)], tmp_path, "mismatch").reason
    assert "no raster file" in refused([], tmp_path, "mismatch").reason


def test_pixels_of_a_kind_no_sensor_has(tmp_path):
    source = write(tmp_path / "x.TIF", landscape(1, 6, 7).astype(np.complex64))
    assert "complex64" in refused(source, tmp_path, "unreadable").reason
