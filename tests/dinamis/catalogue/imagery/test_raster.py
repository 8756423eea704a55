# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rasters read to the end: truncation is always noticed, and only two formats are opened."""

import pytest

from dinamis.catalogue.imagery import raster
from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.raster import validate_raster
from tests.dinamis.catalogue.imagery.helpers import cut, landscape, write


@pytest.mark.parametrize("suffix", ["JP2", "TIF"])
@pytest.mark.parametrize("placed", [True, False])
def test_a_whole_file_passes(tmp_path, suffix, placed):
    path = write(tmp_path / f"x.{suffix}", landscape(4, 300, 400), placed=placed)
    validate_raster(path, shape=(300, 400), bands=4)


@pytest.mark.parametrize("fraction", [0.02, 0.3, 0.6, 0.9, 0.99, 0.9999])
@pytest.mark.parametrize("options", [{}, {"blockxsize": 128, "blockysize": 128}], ids=["one tile", "tiled"])
def test_a_truncated_jpeg_2000_is_refused(tmp_path, fraction, options):
    path = cut(write(tmp_path / "x.JP2", landscape(4, 300, 400), **options), fraction)
    with pytest.raises(ImageryError) as caught:
        validate_raster(path)
    assert caught.value.file == "x.JP2"
    assert caught.value.code == "truncated"


@pytest.mark.parametrize("fraction", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("options", [{}, {"compress": "deflate", "tiled": True}], ids=["plain", "deflate"])
def test_a_truncated_geotiff_is_refused(tmp_path, fraction, options):
    path = cut(write(tmp_path / "x.TIF", landscape(4, 300, 400), **options), fraction)
    with pytest.raises(ImageryError) as caught:
        validate_raster(path)
    assert caught.value.code in {"truncated", "unreadable"}
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"II*\x00",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        b"<VRTDataset rasterXSize='1' rasterYSize='1'/>",
        b"II*\x00" + b"\xff" * 99,
    ],
)
@pytest.mark.parametrize("suffix", ["JP2", "TIF"])
def test_other_content_is_refused_whatever_its_name(tmp_path, content, suffix):
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ImageryError) as caught:
        validate_raster(path)
    assert caught.value.code == "unreadable"


def test_an_absent_file(tmp_path):
    with pytest.raises(ImageryError, match="cannot be read"):
        validate_raster(tmp_path / "absent.TIF")


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        bytes.fromhex("00000004") + b"jp2c",
        bytes.fromhex("00000001") + b"jp2c" + bytes(8),
        bytes.fromhex("00000000") + b"jp2c",
    ],
)
def test_jpeg_2000_boxes_that_make_no_sense(tmp_path, tail):
    path = tmp_path / "x.JP2"
    path.write_bytes(bytes.fromhex("0000000c6a5020200d0a870a") + tail)
    with pytest.raises(ImageryError) as caught:
        validate_raster(path)
    assert caught.value.code == "truncated"


def test_another_size_than_announced(tmp_path):
    path = write(tmp_path / "x.TIF", landscape(1, 30, 40))
    with pytest.raises(ImageryError, match="has 30 x 40 pixels, 40 x 30 are announced"):
        validate_raster(path, shape=(40, 30))
    with pytest.raises(ImageryError, match="has 1 bands, 4 are announced"):
        validate_raster(path, bands=4)


def test_an_image_that_is_more_than_is_handled(tmp_path, monkeypatch):
    path = write(tmp_path / "x.TIF", landscape(1, 30, 40))
    monkeypatch.setattr(raster, "MAX_PIXELS", 1000)
    with pytest.raises(ImageryError, match="more than is handled"):
        validate_raster(path)
    monkeypatch.undo()
    monkeypatch.setattr(raster, "MAX_BLOCK_BYTES", 100)
    with pytest.raises(ImageryError, match="blocks of 40 x 30 pixels"):
        validate_raster(path)


def test_side_files_are_not_obeyed(tmp_path):
    path = write(tmp_path / "x.TIF", landscape(1, 30, 40))
    (tmp_path / "x.TIF.aux.xml").write_text("<PAMDataset><SRS>EPSG:3857</SRS></PAMDataset>")
    with raster.opened(path) as dataset:
        assert dataset.crs.to_epsg() == 32631
