# SPDX-License-Identifier: AGPL-3.0-or-later
"""Few outlines that cover an area, and the pieces it is cut into: nothing is lost, nothing is told twice."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, box

from orders.domain.covering import cover, pieces

AREA = box(0, 0, 10, 6).difference(box(4, 2, 5, 3))
# Ends that are no multiples of the grid's step, so that some outlines add slivers that no point sees; to the tenth of a
# millimetre, since GEOS divides by what it is given and numbers next to zero are no places.
ends = st.floats(0, 9.5).map(lambda end: round(end, 9))
outlines = st.lists(
    st.tuples(ends, ends, st.floats(0.02, 4), st.floats(0.02, 4)).map(
        lambda at: box(at[0], at[1], at[0] + at[2], at[1] + at[3])
    ),
    max_size=12,
)


@given(shapes=outlines)
@settings(max_examples=150, deadline=None)
def test_few_cover_what_all_do_and_the_rest_is_what_none_covers(shapes):
    found = cover(AREA, shapes)
    assert len(set(found.chosen)) == len(found.chosen)
    by_chosen = AREA.difference(shapely.union_all([shapes[place] for place in found.chosen]))
    by_all = AREA.difference(shapely.union_all(shapes))
    assert by_chosen.symmetric_difference(found.rest).area < 2e-6 * AREA.area
    assert by_all.symmetric_difference(found.rest).area < 2e-6 * AREA.area


def test_what_no_point_sees_is_covered_by_the_outline_that_brings_most_of_it():
    west, large, small = box(0, 0, 9.99, 6), box(9.9, 0, 10, 5), box(9.9, 0, 10, 3)
    found = cover(AREA, [west, small, large])
    assert found.chosen == (0, 2)
    assert found.rest.area == pytest.approx(0.01)


def test_where_little_is_left_no_more_is_chosen():
    strip = box(9.99, 0, 10, 6)
    assert cover(AREA, [box(0, 0, 9.99, 6), strip], little=0.1).chosen == (0,)
    assert cover(AREA, [box(0, 0, 9.99, 6), strip]).chosen == (0, 1)


def test_an_outline_that_crosses_itself_is_repaired():
    bow = shapely.Polygon([(0, 0), (10, 6), (10, 0), (0, 6)])
    found = cover(AREA, [bow])
    assert found.rest.area == pytest.approx(AREA.difference(shapely.make_valid(bow)).area)


@pytest.mark.parametrize("area", [AREA, MultiPolygon([box(0, 0, 1, 1), box(7, 5, 8, 6)]), box(2, 2, 3, 3)])
def test_pieces_make_up_the_area_each_within_its_cell(area):
    found = pieces(area)
    assert shapely.union_all([piece.part for piece in found]).symmetric_difference(area).area < 1e-12
    assert all(piece.part.difference(piece.cell).area < 1e-12 for piece in found)
    cells = np.array([piece.cell for piece in found])
    assert shapely.union_all(cells).area == pytest.approx(shapely.area(cells).sum())


def test_an_empty_area_has_no_pieces():
    assert pieces(MultiPolygon()) == []
