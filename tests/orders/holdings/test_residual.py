# SPDX-License-Identifier: AGPL-3.0-or-later
"""Outlines that a provider takes: what is done to them, and that nothing is added or lost in silence."""

import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box

from dinamis.core.surface import surface_m2
from orders.domain.residual import Limits, StepKind, prepared

KM2 = 1_000_000
# A square of a tenth of a degree at 43.5° N is some 90 km2.
SQUARE = box(3.0, 43.5, 3.1, 43.6)
SMALL = Limits(minimum_m2=25 * KM2)


def kinds(found):
    return [step.kind for step in found.steps]


def check(found, limits):
    """What a provider takes, and sums that add up."""
    for one in found.outlines:
        assert one.geom_type == "Polygon"
        assert one.is_valid
        assert not one.interiors
        assert shapely.get_num_coordinates(one) <= limits.most_vertices
        assert surface_m2(one) >= limits.minimum_m2 * 0.9999
    together = surface_m2(shapely.union_all(found.outlines)) if found.outlines else 0
    assert together == pytest.approx(found.asked_m2 + found.added_m2 - found.lost_m2, rel=1e-6, abs=1)


def test_what_is_fit_stays_as_it_is():
    found = prepared(SQUARE, SMALL)
    check(found, SMALL)
    assert found.outlines[0].equals(SQUARE)
    assert (found.added_m2, found.lost_m2, found.steps) == (0, 0, ())


def test_an_outline_that_crosses_itself_is_repaired():
    bow = Polygon([(3, 43.5), (3.2, 43.7), (3.2, 43.5), (3, 43.7), (3, 43.5)])
    found = prepared(bow, SMALL)
    check(found, SMALL)
    assert StepKind.REPAIRED in kinds(found)
    assert found.asked_m2 == pytest.approx(surface_m2(shapely.make_valid(bow)))


def test_strips_are_left_out_and_their_area_is_told():
    strip = box(3.2, 43.5, 3.2005, 43.6)
    found = prepared(MultiPolygon([SQUARE, strip]), SMALL)
    check(found, SMALL)
    (step,) = found.steps
    assert (step.kind, step.number) == (StepKind.SLIVERS_DROPPED, 1)
    assert step.area_m2 == pytest.approx(surface_m2(strip)) == pytest.approx(found.lost_m2)


def test_a_narrow_area_from_which_nothing_was_taken_is_no_strip():
    strip = box(3.2, 43.5, 3.2005, 43.6)
    found = prepared(strip, SMALL, cut=False)
    check(found, SMALL)
    assert StepKind.SLIVERS_DROPPED not in kinds(found)
    assert prepared(strip, SMALL).outlines == ()


def test_small_holes_are_filled_and_large_ones_cut_through():
    holes = SQUARE.difference(box(3.02, 43.52, 3.025, 43.525)).difference(box(3.05, 43.55, 3.08, 43.58))
    limits = Limits(minimum_m2=KM2)
    found = prepared(holes, limits)
    check(found, limits)
    assert kinds(found) == [StepKind.HOLES_FILLED, StepKind.HOLES_CUT]
    assert len(found.outlines) > 1
    assert found.added_m2 == pytest.approx(surface_m2(box(3.02, 43.52, 3.025, 43.525)))
    assert found.lost_m2 == pytest.approx(0, abs=1)


@pytest.mark.parametrize("minimum", [25, 100, 500])
def test_a_small_part_is_grown_to_the_minimum_and_no_more_than_needed(minimum):
    limits = Limits(minimum_m2=minimum * KM2)
    small = box(3.0, 43.5, 3.03, 43.53)
    found = prepared(small, limits)
    check(found, limits)
    assert found.area_m2 <= 1.01 * limits.minimum_m2
    assert found.outlines[0].contains(small)
    assert found.added_m2 == pytest.approx(found.area_m2 - surface_m2(small), rel=1e-6)


def test_small_neighbours_are_bought_together_and_distant_ones_apart():
    limits = Limits(minimum_m2=100 * KM2)
    near = MultiPolygon([box(3.0, 43.5, 3.03, 43.53), box(3.04, 43.5, 3.07, 43.53)])
    assert len(prepared(near, limits).outlines) == 1
    assert StepKind.JOINED in kinds(prepared(near, limits))
    far = MultiPolygon([box(3.0, 43.5, 3.03, 43.53), box(5.0, 43.5, 5.03, 43.53)])
    assert len(prepared(far, limits).outlines) == 2


def wavy(corners, depth):
    """A star of many corners: simplifying it moves the outline by its depth."""
    angles = [2 * math.pi * place / corners for place in range(corners)]
    points = [
        (3 + (1 + depth * (place % 2)) * 0.3 * math.cos(at), 44 + (1 + depth * (place % 2)) * 0.2 * math.sin(at))
        for place, at in enumerate(angles)
    ]
    return Polygon(points)


def test_many_vertices_are_simplified_where_that_moves_little():
    found = prepared(wavy(5000, 0.0005), SMALL)
    check(found, SMALL)
    (step,) = found.steps
    assert step.kind == StepKind.SIMPLIFIED
    assert 0 < step.area_m2 < 0.01 * found.asked_m2
    assert len(found.outlines) == 1


def test_and_divided_where_it_would_move_much():
    limits = Limits(minimum_m2=0)
    found = prepared(wavy(5000, 0.3), limits)
    check(found, limits)
    assert kinds(found)[-1] == StepKind.SPLIT
    assert len(found.outlines) >= 6
    assert found.lost_m2 == pytest.approx(0, abs=1)


def test_nothing_of_nothing():
    found = prepared(Polygon(), SMALL)
    assert (found.outlines, found.asked_m2, found.steps) == ((), 0, ())


parts = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.002, 0.3), st.floats(0.002, 0.3), st.floats(0, 90)),
    min_size=1,
    max_size=6,
)


@given(kept=parts, gone=parts, minimum=st.sampled_from([1, 25, 100, 500]))
@settings(max_examples=40, deadline=None)
def test_whatever_is_asked_a_provider_takes_what_is_made_of_it(kept, gone, minimum):
    def placed(x, y, wide, high, turn):
        return affinity.rotate(box(3 + x, 44 + y, 3 + x + wide, 44 + y + high), turn)

    area = shapely.union_all([placed(*one) for one in kept]).difference(
        shapely.union_all([placed(*one) for one in gone])
    )
    limits = Limits(minimum_m2=minimum * KM2, most_vertices=60)
    check(prepared(area, limits), limits)


def test_a_circle_with_holes_of_five_thousand_vertices_and_crossings():
    round_ = Point(3, 44).buffer(0.4, quad_segs=1200)
    holed = round_.difference(Point(2.9, 44).buffer(0.05)).difference(Point(3.1, 44.1).buffer(0.002))
    found = prepared(holed, Limits(minimum_m2=100 * KM2))
    check(found, Limits(minimum_m2=100 * KM2))
    assert {StepKind.HOLES_FILLED, StepKind.HOLES_CUT} <= set(kinds(found))


def test_a_bay_that_closes_as_the_outline_grows_does_not_keep_it_from_ending():
    """Its area then grows at once, past what is near enough."""
    ring = (
        box(3.0, 43.5, 3.09, 43.565)
        .difference(box(3.003, 43.502, 3.087, 43.563))
        .difference(box(3.04, 43.56, 3.041, 43.57))
    )
    found = prepared(ring, SMALL)
    check(found, SMALL)
    assert kinds(found) == [StepKind.GROWN]
    assert len(found.outlines) == 1


def test_what_two_outlines_close_in_is_not_bought():
    """A part that was widened until it meets another around it: the ring's inside stays outside."""
    around = box(3.0, 43.5, 3.6, 43.9).difference(box(3.1, 43.55, 3.5, 43.85)).difference(box(3.28, 43.8, 3.32, 44))
    stopper = box(3.285, 43.855, 3.315, 43.895)
    found = prepared(MultiPolygon([around, stopper]), SMALL)
    check(found, SMALL)
    inside = box(3.15, 43.58, 3.45, 43.8)
    assert surface_m2(shapely.union_all(found.outlines).intersection(inside)) < 0.05 * surface_m2(inside)


@pytest.mark.parametrize("small", [box(179.98, -16.9, 180, -16.8), box(-180, -16.9, -179.98, -16.8)])
def test_what_lies_at_the_antimeridian_grows_away_from_it(small):
    found = prepared(small, SMALL)
    check(found, SMALL)
    (one,) = found.outlines
    assert -180 <= one.bounds[0] < one.bounds[2] <= 180
    assert one.covers(small.centroid)
