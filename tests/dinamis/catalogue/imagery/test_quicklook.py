# SPDX-License-Identifier: AGPL-3.0-or-later
import numpy as np
import pytest
from PIL import Image

from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.quicklook import make_quicklook, make_thumbnail, stretch
from tests.dinamis.catalogue.imagery.helpers import cut, landscape, write


def ramps(rows: int = 400, columns: int = 500) -> np.ndarray:
    """Red grows to the right, green downwards, blue is flat, near infrared would be loud if it showed."""
    y, x = np.mgrid[0:rows, 0:columns]
    return np.stack([x + 1, y + 1, np.full_like(x, 700), (x % 2) * 4000]).astype(np.uint16)


@pytest.mark.parametrize("suffix", ["JP2", "TIF"])
def test_four_bands_show_red_green_blue(tmp_path, suffix):
    target = tmp_path / "q.jpg"
    assert make_quicklook(write(tmp_path / f"x.{suffix}", ramps()), target, size=250) == (250, 200)
    with Image.open(target) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (250, 200))
        left, right = picture.getpixel((3, 100)), picture.getpixel((246, 100))
        top, bottom = picture.getpixel((125, 3)), picture.getpixel((125, 196))
    assert left[0] < 15 < 235 < right[0]
    assert top[1] < 15 < 235 < bottom[1]
    assert abs(left[2] - 128) < 20
    assert abs(right[2] - 128) < 20


def test_a_panchromatic_is_grey(tmp_path):
    target = tmp_path / "q.jpg"
    make_quicklook(write(tmp_path / "x.JP2", ramps()[:1], placed=False), target, size=250)
    with Image.open(target) as picture:
        assert picture.mode == "L"


def test_a_small_image_is_not_blown_up(tmp_path):
    assert make_quicklook(write(tmp_path / "x.TIF", ramps(20, 30)), tmp_path / "q.jpg") == (30, 20)


def test_a_thumbnail_is_256_pixels(tmp_path):
    assert make_thumbnail(write(tmp_path / "x.TIF", ramps()), tmp_path / "t.jpg") == (256, 205)


def test_pixels_without_data_are_black_and_do_not_count(tmp_path):
    pixels = ramps()[:1] + np.uint16(2000)
    pixels[:, :, :100] = 0
    make_quicklook(write(tmp_path / "x.TIF", pixels), tmp_path / "q.jpg")
    with Image.open(tmp_path / "q.jpg") as picture:
        assert picture.getpixel((40, 200)) < 8
        assert picture.getpixel((300, 200)) == pytest.approx(128, abs=12)


def test_stretch_puts_the_percentiles_at_the_ends():
    band = np.arange(1, 10_001, dtype=np.uint16).reshape(100, 100)
    result = stretch(band, np.zeros(band.shape, bool))
    assert (result.min(), result.max()) == (1, 255)
    assert (result == 1).sum() == pytest.approx(200, abs=25)
    assert (result == 255).sum() == pytest.approx(200, abs=25)
    assert np.all(np.diff(result.ravel().astype(int)) >= 0)


def test_stretch_of_nothing_and_of_one_value():
    flat = np.full((4, 4), 9, np.uint16)
    assert stretch(flat, np.ones((4, 4), bool)).max() == 0
    assert set(stretch(flat, np.zeros((4, 4), bool)).ravel().tolist()) == {128}
    floats = np.array([[np.nan, 1.0], [2.0, 3.0]], np.float32)
    assert stretch(floats, np.isnan(floats))[0, 0] == 0


def test_a_dark_red_is_not_a_hole(tmp_path):
    pixels = ramps()[:3]
    pixels[0] = 0
    make_quicklook(write(tmp_path / "x.TIF", pixels), tmp_path / "q.jpg")
    with Image.open(tmp_path / "q.jpg") as picture:
        assert picture.getpixel((250, 390))[1] > 200


def test_a_truncated_source_leaves_nothing(tmp_path):
    source = cut(write(tmp_path / "x.JP2", landscape(4, 300, 400)), 0.7)
    with pytest.raises(ImageryError, match=r"^x.JP2"):
        make_quicklook(source, tmp_path / "out" / "q.jpg")
    assert not (tmp_path / "out").exists()
