# SPDX-License-Identifier: AGPL-3.0-or-later
from math import cos, pi, sin
from random import Random

import pytest
from django.utils.translation import override
from pyproj import Transformer
from shapely import get_num_coordinates, transform
from shapely.geometry import MultiPolygon, Point, Polygon, box

from dinamis.core import geo
from dinamis.core.areas import read_area_file
from dinamis.core.areas.area import fitted
from dinamis.core.exceptions import Invalid
from tests.dinamis.core.areas.made import coast


@pytest.fixture
def few(settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 100}


def test_an_area_within_the_limit_is_left_alone():
    area = fitted(coast(500))
    assert (get_num_coordinates(area.geometry), area.simplified) == (500, None)


def test_a_hundred_thousand_vertices_are_simplified_and_the_error_of_area_is_told(settings):
    outline = coast(100_000)
    area = read_area_file(outline.wkt.encode())
    told = area.simplified
    assert (told.before, told.after) == (100_000, get_num_coordinates(area.geometry))
    assert settings.DINAMIS["AOI_MAX_VERTICES"] * 0.9 < told.after <= settings.DINAMIS["AOI_MAX_VERTICES"]
    assert area.geometry.is_valid
    assert told.before_m2 == geo.area_m2(outline)
    assert 0 < told.share < 0.02


def test_the_error_is_what_lies_in_one_of_the_two_only_on_an_equal_area_map(few):
    outline = coast(2_000)
    area = fitted(outline)
    # Lambert azimuthal equal area of Europe, another way to measure than the ellipsoid's own.
    turn = Transformer.from_crs(4326, 3035, always_xy=True).transform

    def drawn(geometry):
        return transform(geometry.segmentize(0.01), turn, interleaved=False)

    moved = drawn(outline).symmetric_difference(drawn(area.geometry)).area
    assert area.simplified.moved_m2 == pytest.approx(moved, rel=0.01)
    assert area.simplified.moved_m2 >= abs(area.simplified.after_m2 - area.simplified.before_m2)


def test_the_tolerance_is_the_smallest_that_reaches_the_limit(few):
    outline = coast(2_000)
    told = fitted(outline).simplified
    squeeze = 0.725  # cos 43.5°
    degrees = told.tolerance_m / 111_319.5
    drawn = transform(outline, lambda points: points * (squeeze, 1))
    assert get_num_coordinates(drawn.simplify(degrees * 1.001)) <= 100
    assert get_num_coordinates(drawn.simplify(degrees / 1.06)) > 100
    # No part of the outline went further than the tolerance.
    short = transform(fitted(outline).geometry, lambda points: points * (squeeze, 1))
    assert drawn.exterior.hausdorff_distance(short.exterior) <= degrees * 1.1


def test_holes_and_parts_stay(few):
    ring = coast(900)
    area = fitted(MultiPolygon([Polygon(ring.exterior, [Point(4, 43.5).buffer(0.1, 50).exterior]), box(6, 43, 7, 44)]))
    assert [len(part.interiors) for part in area.geometry.geoms] == [1, 0]
    assert area.simplified.after <= 100


def test_so_many_parts_that_no_tolerance_helps_are_refused(few):
    islands = MultiPolygon([box(x, 43, x + 0.01, 43.01) for x in range(40)])
    with pytest.raises(Invalid) as refused:
        fitted(islands)
    assert refused.value.code == "too_many_parts"
    assert refused.value.repair


def test_what_is_told_names_vertices_square_kilometres_and_percent(few):
    with override("en"):
        words = str(fitted(coast(2_000)).simplified)
    assert words == "Outline simplified from 2,000 to 91 vertices; error of area: 53.4\u00a0km² (1.5%)."


@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_outline_the_answer_is_valid(seed, settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 30}
    chance = Random(seed)
    turns = [2 * pi * step / 150 for step in range(150)]
    spikes = [(4 + r * cos(t), 43.5 + r * sin(t)) for t in turns for r in [chance.uniform(0.2, 1)]]
    area = fitted(Polygon(spikes))
    assert area.geometry.is_valid
    assert area.simplified.after <= 30
