# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two years of one coverage, cell by cell."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.selectors.comparison import pairs
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import clock
from tests.factories.catalogue import CoverageCellFactory, CoverageFactory, ItemFactory, quicklook_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def years():
    old = CoverageFactory(year=2023)
    return old, CoverageFactory(year=2024, collection=old.collection)


def delivered(coverage, code, **fields):
    item = ItemFactory(collection=coverage.collection, **fields)
    return CoverageCellFactory(coverage=coverage, code=code, status=CellStatus.DELIVERED, item=item)


def anyone():
    return viewer_of(AnonymousUser())


def test_cells_of_one_code_stand_together_and_one_may_be_missing(years):
    old, new = years
    first, second = delivered(old, "A"), delivered(new, "A")
    alone = CoverageCellFactory(coverage=new, code="B")
    found = pairs(old, new, anyone())
    assert [(pair.code, pair.left and pair.left.cell, pair.right and pair.right.cell) for pair in found] == [
        ("A", first, second),
        ("B", None, alone),
    ]
    assert found[1].bounds == pytest.approx((3.8, 43.5, 4.0, 43.7))


def test_only_a_picture_that_everybody_may_see_is_shown(years):
    old, new = years
    soon = clock.now() + timedelta(days=3)
    quicklook_of(delivered(old, "own").item)
    delivered(old, "elsewhere", quicklook_url="/simulator/1.jpg")
    delivered(old, "none")
    quicklook_of(delivered(old, "embargo", embargo_until=soon).item)
    quicklook_of(delivered(old, "withdrawn", withdrawn_at=clock.now()).item)
    unfinished = delivered(old, "produced")
    quicklook_of(unfinished.item)
    unfinished.status = CellStatus.PRODUCED
    unfinished.save()
    found = {pair.code: pair.left.pictured for pair in pairs(old, new, anyone())}
    assert {code for code, pictured in found.items() if pictured} == {"own", "elsewhere"}


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_one_query_whatever_it_lists(years, django_assert_num_queries, count):
    for coverage in years:
        for number in range(count):
            delivered(coverage, f"C{number}", quicklook_url="/simulator/1.jpg")
    viewer = anyone()
    with django_assert_num_queries(1):
        assert len(pairs(*years, viewer)) == count
