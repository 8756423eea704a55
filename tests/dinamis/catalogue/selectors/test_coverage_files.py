# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which files of a coverage a person may have, over an area or of named cells."""

import pytest
from django.contrib.gis.geos import MultiPolygon

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.selectors.coverage_files import choice
from dinamis.catalogue.selectors.viewer import viewer_of
from tests.dinamis.catalogue.cast import build_world
from tests.factories.catalogue import AssetFactory, CoverageCellFactory, CoverageFactory, ItemFactory, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def coverage(world):
    """Three delivered cells from west to east, the last one reserved for others, and one planned."""
    collection = world.items["held"].collection
    made = CoverageFactory(collection=collection)
    items = [world.items["held"], ItemFactory(collection=collection), world.items["reserved_theirs"]]
    for number, item in enumerate(items):
        AssetFactory(item=item, size=1000)
        delivered(made, f"C{number}", item, west=number)
    CoverageCellFactory(coverage=made, code="P", geometry=MultiPolygon(square(west=9), srid=4326))
    return made


def delivered(coverage, code, item, west):
    geometry = MultiPolygon(square(west=west), srid=4326)
    return CoverageCellFactory(coverage=coverage, code=code, status=CellStatus.DELIVERED, item=item, geometry=geometry)


def test_without_a_choice_everything_is_meant(world, coverage):
    found = choice(coverage, viewer_of(world.people["entitled"]))
    assert [one.code for one in found.files] == ["C0", "C1"]
    assert (len(found.cells), found.size) == (4, 2000)
    assert (found.to_sign, found.closed, found.unfinished) == (0, 1, 1)


def test_who_did_not_sign_has_no_file_and_is_told_what_opens_them(world, coverage):
    found = choice(coverage, viewer_of(world.people["unsigned"]))
    assert found.files == ()
    assert (found.to_sign, found.closed, found.unfinished) == (2, 1, 1)


@pytest.mark.parametrize("who", ["anonymous", "stranger", "suspended", "no_right"])
def test_nobody_else_has_a_file(world, coverage, who):
    found = choice(coverage, viewer_of(world.people[who]))
    assert (found.files, found.to_sign, found.closed) == ((), 0, 3)


def test_an_area_and_codes_narrow(world, coverage):
    viewer = viewer_of(world.people["entitled"])
    assert [one.code for one in choice(coverage, viewer, area=square(west=1)).files] == ["C1"]
    assert [one.code for one in choice(coverage, viewer, codes=["C0", "unknown"]).files] == ["C0"]
    assert choice(coverage, viewer, area=square(west=1), codes=["C0"]).cells == ()


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_the_same_whatever_it_lists(world, django_assert_num_queries, count):
    made = CoverageFactory(collection=world.items["held"].collection, year=2020)
    for number in range(count):
        item = ItemFactory(collection=made.collection)
        AssetFactory(item=item)
        delivered(made, f"C{number}", item, west=number)
    viewer = viewer_of(world.people["entitled"])
    with django_assert_num_queries(2):
        found = choice(made, viewer)
        assert [one.asset.item.facts.licence_id for one in found.files] == [made.collection.licence_id] * count
