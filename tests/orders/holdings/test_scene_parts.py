# SPDX-License-Identifier: AGPL-3.0-or-later
"""An area shared out among scenes: nothing twice, nothing lost but what is told."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from orders.domain.scene_parts import needed, shared_out

AREA = box(3.0, 43.0, 4.0, 43.5)


def test_each_place_goes_to_the_first_that_shows_it():
    shared = shared_out(AREA, [box(2.9, 42.9, 3.6, 43.6), box(3.4, 42.9, 3.8, 43.6)], sliver_m=100)
    assert [round(part.area, 6) for part in shared.parts] == [0.3, 0.1]
    assert shared.rest.equals(box(3.8, 43.0, 4.0, 43.5))


def test_a_strip_is_nobody_s_and_stays_in_the_rest():
    shared = shared_out(AREA, [box(2.9, 42.9, 3.9995, 43.6), box(3.9, 42.9, 4.1, 43.6)], sliver_m=100)
    assert shared.parts[1].is_empty
    assert shared.rest.area == pytest.approx(0.0005 * 0.5)


def test_without_outlines_all_is_left():
    assert shared_out(AREA, [], sliver_m=100).rest.equals(AREA)


def test_an_outline_of_many_corners_is_made_short():
    island = Polygon(shapely.get_coordinates(shapely.Point(3.5, 43.25).buffer(0.2, quad_segs=600)))
    (part,) = shared_out(AREA, [island], sliver_m=100, most_vertices=300).parts
    assert shapely.get_num_coordinates(part) <= 300
    assert part.area == pytest.approx(island.area, rel=1e-3)


def test_one_that_the_others_show_is_not_needed():
    outlines = [box(3.0, 43.0, 3.5, 43.5), box(3.3, 43.0, 3.7, 43.5), box(3.5, 43.0, 4.0, 43.5)]
    assert needed(AREA, [outlines[0], outlines[2], outlines[1]], 1e-9) == [0, 1]
    assert needed(AREA, outlines[:2], 1e-9) == [0, 1]
    assert needed(AREA, [AREA, AREA], 1e-9) == [0]
    assert needed(AREA, [], 1e-9) == []


@st.composite
def outlines(draw):
    corner = st.floats(2.8, 4.0)
    boxes = draw(
        st.lists(st.tuples(corner, st.floats(42.8, 43.4), st.floats(0.05, 0.9), st.floats(0.05, 0.6)), max_size=7)
    )
    return [box(x, y, x + wide, y + high) for x, y, wide, high in boxes]


@given(outlines())
@settings(max_examples=60, deadline=None)
def test_parts_are_disjoint_and_add_up(shapes):
    shared = shared_out(AREA, shapes, sliver_m=100)
    whole = shapely.union_all([*shared.parts, shared.rest])
    assert sum(part.area for part in shared.parts) + shared.rest.area == pytest.approx(AREA.area)
    assert whole.symmetric_difference(AREA).area == pytest.approx(0, abs=1e-9)
    kept = [shapes[place] for place in needed(AREA, shapes, 0)]
    covered = AREA.intersection(shapely.union_all(kept) if kept else MultiPolygon())
    assert covered.area == pytest.approx(AREA.intersection(shapely.union_all(shapes)).area if shapes else 0, abs=1e-9)
