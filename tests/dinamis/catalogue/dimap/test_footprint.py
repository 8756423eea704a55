# SPDX-License-Identifier: AGPL-3.0-or-later
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LinearRing, Polygon

from dinamis.catalogue.dimap.footprint import RingError, bbox, footprint, geometry

SQUARE = [(5.0, 43.0), (6.0, 43.0), (6.0, 44.0), (5.0, 44.0)]
CLOSED = ((5.0, 43.0), (6.0, 43.0), (6.0, 44.0), (5.0, 44.0), (5.0, 43.0))


@st.composite
def outlines(draw, longitudes=(-170, 170)):
    """Star-shaped rings: any number of vertices, never crossing themselves."""
    x, y, size = draw(st.floats(*longitudes)), draw(st.floats(-75, 75)), draw(st.floats(0.01, 5))
    count = draw(st.integers(3, 40))
    lengths = draw(st.lists(st.floats(0.3, 1), min_size=count, max_size=count))
    turns = [2 * math.pi * i / count for i in range(count)]
    points = [(x + size * r * math.cos(a), y + size * r * math.sin(a)) for r, a in zip(lengths, turns, strict=True)]
    return [((lon + 180) % 360 - 180, lat) for lon, lat in points]


@st.composite
def disguises(draw, points):
    """The same ring started elsewhere, turned round, closed or with vertices repeated."""
    first = draw(st.integers(0, len(points) - 1))
    ring = points[first:] + points[:first]
    if draw(st.booleans()):
        ring = ring[::-1]
    if draw(st.booleans()):
        ring = [*ring, ring[0]]
    repeated = draw(st.integers(0, len(ring) - 1))
    return ring[: repeated + 1] + [ring[repeated]] * draw(st.integers(0, 2)) + ring[repeated + 1 :]


@given(st.data())
def test_start_winding_closure_and_repeats_do_not_matter(data):
    points = data.draw(outlines())
    assert footprint(data.draw(disguises(points))) == footprint(points)


@given(st.data())
def test_nor_do_they_across_the_antimeridian(data):
    points = data.draw(outlines(longitudes=(178, 182)))
    rings = footprint(data.draw(disguises(points)))
    assert rings == footprint(points)
    assert all(-180 <= lon <= 180 for ring in rings for lon, _ in ring)


@given(outlines(longitudes=(-185, 185)))
def test_rings_are_closed_counter_clockwise_simple_and_lose_no_ground(points):
    rings = footprint(points)
    for ring in rings:
        assert ring[0] == ring[-1] == min(ring)
        assert LinearRing(ring).is_ccw
        assert Polygon(ring).is_valid
    continuous = [((lon - points[0][0] + 180) % 360 - 180, lat) for lon, lat in points]
    assert sum(Polygon(ring).area for ring in rings) == pytest.approx(Polygon(continuous).area, abs=1e-5)


def test_an_unclosed_clockwise_ring():
    assert footprint(SQUARE[::-1]) == (CLOSED,)


def test_a_triangle_is_enough():
    assert footprint(SQUARE[:3]) == (((5.0, 43.0), (6.0, 43.0), (6.0, 44.0), (5.0, 43.0)),)


def test_coordinates_are_kept_to_a_centimetre():
    ring = footprint([(5.307138681631315, 43.1), (5.4, 43.1), (5.4, 43.2)])[0]
    assert ring[0] == (5.3071387, 43.1)


def test_minus_zero_is_zero():
    assert str(footprint([(-0.0, -0.0), (1.0, 0.0), (1.0, 1.0)])[0][0]) == "(0.0, 0.0)"


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([], "only 0 distinct vertices"),
        (SQUARE[:2], "only 2 distinct vertices"),
        ([SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[1]], "only 2 distinct vertices"),
        ([SQUARE[0]] * 5, "only 1 distinct vertices"),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], "crosses or touches itself"),
        ([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2), (1, 1)], "crosses or touches itself"),
        ([(0, 0), (1, 1), (2, 2)], "crosses or touches itself"),
        ([(5, 43), (5, 44), (5, 45)], "crosses or touches itself"),
        ([(-90, 80), (0, 80), (90, 80), (179, 80)], "around a pole"),
    ],
)
def test_what_draws_no_footprint_is_refused(points, reason):
    with pytest.raises(RingError, match=reason):
        footprint(points)


def test_a_footprint_across_the_antimeridian_is_cut_there():
    rings = footprint([(179.5, -16.5), (-179.5, -16.5), (-179.5, -17.0), (179.5, -17.0)])
    assert rings == (
        ((179.5, -17.0), (180.0, -17.0), (180.0, -16.5), (179.5, -16.5), (179.5, -17.0)),
        ((-180.0, -17.0), (-179.5, -17.0), (-179.5, -16.5), (-180.0, -16.5), (-180.0, -17.0)),
    )
    assert bbox(rings) == [179.5, -17.0, -179.5, -16.5]
    assert geometry(rings)["type"] == "MultiPolygon"


@pytest.mark.parametrize("edge", [180.0, -180.0])
def test_a_footprint_that_only_reaches_the_antimeridian_is_not_cut(edge):
    side = math.copysign(179.0, edge)
    rings = footprint([(side, 10.0), (edge, 10.0), (edge, 11.0), (side, 11.0)])
    assert len(rings) == 1
    assert bbox(rings) == [min(side, edge), 10.0, max(side, edge), 11.0]


def test_an_edge_written_on_the_other_side_of_the_antimeridian_is_the_same_edge():
    assert footprint([(179.0, 10.0), (-180.0, 10.0), (-180.0, 11.0), (179.0, 11.0)]) == footprint(
        [(179.0, 10.0), (180.0, 10.0), (180.0, 11.0), (179.0, 11.0)]
    )
