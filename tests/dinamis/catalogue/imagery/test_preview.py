# SPDX-License-Identifier: AGPL-3.0-or-later
import io

import numpy as np
import pytest
import rasterio
from morecantile import tms
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.warp import transform_bounds

from dinamis.catalogue.imagery.cog import make_cog
from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.preview import Part, cut_part, draw_part, draw_tile, find_levels
from dinamis.catalogue.imagery.vrt import Gcp, Placement
from tests.dinamis.catalogue.imagery.helpers import landscape, write

ROWS, COLUMNS = 700, 900
GREY = ((100.0, 3900.0),)


@pytest.fixture
def cog(tmp_path):
    """Four bands near 3° E, 43.6° N at 0.5 m; nothing in the western 100 columns."""
    pixels = landscape(4, ROWS, COLUMNS)
    pixels[:, :, :100] = 0
    source = write(tmp_path / "x.TIF", pixels, nodata=0)
    make_cog(source, tmp_path / "x.tif", band_names=("red", "green", "blue", "nir"))
    return tmp_path / "x.tif"


def degrees(path):
    with rasterio.open(path) as dataset:
        return transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)


def picture(data):
    return Image.open(io.BytesIO(data))


def tile_over(path, zoom):
    west, south, east, north = degrees(path)
    tile = tms.get("WebMercatorQuad").tile((west + east) / 2, (south + north) / 2, zoom)
    return tile.z, tile.x, tile.y


@pytest.mark.parametrize(("form", "name"), [("png", "PNG"), ("webp", "WEBP")])
def test_a_tile_shows_three_bands_and_is_transparent_without_data(cog, form, name):
    levels = find_levels(cog)
    assert len(levels) == 3
    drawn = picture(draw_tile(cog, tile_over(cog, 15), form=form, levels=levels))
    assert (drawn.format, drawn.mode, drawn.size) == (name, "RGBA", (256, 256))
    alpha = np.asarray(drawn)[:, :, 3]
    assert {0, 255} <= set(np.unique(alpha))
    assert np.asarray(drawn)[alpha == 255].std() > 10


def test_neighbours_match_since_levels_are_those_of_the_whole(cog):
    levels = find_levels(cog)
    assert levels == find_levels(cog)
    assert all(0 < low < high <= 4000 for low, high in levels)


def test_a_tile_beside_the_image_is_empty(cog):
    drawn = picture(draw_tile(cog, (15, 0, 0), form="png", levels=find_levels(cog)))
    assert drawn.size == (256, 256)
    assert not np.asarray(drawn.convert("RGBA"))[:, :, 3].any()


def test_a_single_band_is_grey_and_a_flat_one_mid_grey(tmp_path):
    make_cog(write(tmp_path / "p.TIF", np.full((1, 600, 600), 700, np.uint16)), tmp_path / "p.tif")
    levels = find_levels(tmp_path / "p.tif")
    drawn = picture(draw_part(tmp_path / "p.tif", Part(), form="png", levels=levels, pixels=200))
    assert drawn.mode == "LA"
    values = np.asarray(drawn)
    assert values[100, 100].tolist() == [pytest.approx(128, abs=2), 255]


def test_a_whole_image_is_at_most_so_many_pixels(cog):
    drawn = picture(draw_part(cog, Part(), form="webp", levels=find_levels(cog), pixels=300))
    assert max(drawn.size) == 300
    assert drawn.width > drawn.height


def test_a_part_is_cut_out_with_its_values_and_its_place(cog):
    west, south, east, north = degrees(cog)
    middle = Part(((west + east) / 2, (south + north) / 2, east + 1, north + 1))
    with MemoryFile(cut_part(cog, middle, pixels=2048)) as memory, memory.open() as part, rasterio.open(cog) as whole:
        assert (part.crs, part.count, part.dtypes[0], part.nodata) == (whole.crs, 4, "uint16", 0)
        assert part.descriptions == ("red", "green", "blue", "nir")
        row, column = whole.index(part.transform.c + 0.1, part.transform.f - 0.1)
        expected = whole.read()[:, row : row + part.height, column : column + part.width]
        assert np.array_equal(part.read(), expected)
        assert part.transform.a == whole.transform.a
        assert column + part.width == COLUMNS


@pytest.mark.parametrize(
    ("bbox", "pixels", "code"),
    [((10, 10, 11, 11), 2048, "outside"), (None, 500, "too_large")],
)
def test_a_part_that_cannot_be_cut_out(cog, bbox, pixels, code):
    with pytest.raises(ImageryError) as refused:
        cut_part(cog, Part(bbox), pixels=pixels)
    assert refused.value.code == code


def test_a_part_outside_or_smaller_than_a_pixel(cog):
    west, south, _east, _north = degrees(cog)
    inside = (west + 0.001, south + 0.001, west + 0.00100001, south + 0.00100001)
    for bbox, code in (((10, 10, 11, 11), "outside"), (inside, "too_small")):
        with pytest.raises(ImageryError) as refused:
            draw_part(cog, Part(bbox), form="png", levels=GREY * 3, pixels=100)
        assert refused.value.code == code


def test_an_image_of_a_sensor_is_drawn_where_its_corners_are_but_not_cut(tmp_path):
    source = write(tmp_path / "s.TIF", landscape(4, 600, 600), placed=False)
    corners = (Gcp(0, 0, 3.8, 43.6), Gcp(600, 0, 3.9, 43.6), Gcp(600, 600, 3.9, 43.5), Gcp(0, 600, 3.8, 43.5))
    make_cog(source, tmp_path / "s.tif", placement=Placement(gcps=corners))
    levels, middle = find_levels(tmp_path / "s.tif"), Part((3.84, 43.54, 3.86, 43.56))
    drawn = picture(draw_part(tmp_path / "s.tif", middle, form="png", levels=levels, pixels=64))
    assert np.asarray(drawn)[:, :, 3].min() == 255
    with pytest.raises(ImageryError) as refused:
        cut_part(tmp_path / "s.tif", Part(), pixels=2048)
    assert refused.value.code == "no_grid"


def test_an_image_without_a_place_is_not_drawn(tmp_path):
    make_cog(write(tmp_path / "n.TIF", landscape(3, 600, 600), placed=False), tmp_path / "n.tif")
    with pytest.raises(ImageryError) as refused:
        find_levels(tmp_path / "n.tif")
    assert refused.value.code == "no_place"
