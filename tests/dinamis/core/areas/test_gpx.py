# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from dinamis.core.areas import read_area_file
from tests.dinamis.core.areas.made import BOUNDS, RING, gpx

WALK = RING[:-1]


def read(data):
    return read_area_file(data).geometry


def test_a_route_is_an_outline_as_a_track_is():
    assert read(gpx([RING], kind="rte")).bounds == pytest.approx(BOUNDS)


def test_who_walks_around_need_not_end_on_the_very_point():
    # 100 m before the start, after a walk of 55 km.
    nearly = [*WALK, (3.8, 43.501)]
    assert read(gpx([nearly])).bounds == pytest.approx(BOUNDS)


def test_the_segments_of_a_track_are_one_walk():
    assert read(gpx([WALK[:2], [*WALK[2:], WALK[0]]])).bounds == pytest.approx(BOUNDS)


def test_several_rings_are_joined_and_open_tracks_beside_them_left_alone():
    far = [(x + 1, y) for x, y in RING]
    area = read(gpx([RING], [[(0, 43), (1, 43), (2, 43), (2, 44)]], [far]))
    assert (area.geom_type, area.bounds) == ("MultiPolygon", pytest.approx((3.8, 43.5, 5.0, 43.6)))
