# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tallies tell, for every reader and every filter they know, what counting the images one by one tells."""

from datetime import timedelta

import pytest
from django.db.models import Sum

from dinamis.catalogue.models import Item, Tally
from dinamis.catalogue.selectors.facet_choices import FACETS
from dinamis.catalogue.selectors.facets import facets
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.services.tallies import sum_up
from dinamis.core import clock
from tests.dinamis.catalogue.cast import build_world
from tests.dinamis.catalogue.looked_at import images_for, looked_at
from tests.factories.catalogue import CollectionFactory, ItemFactory
from tests.factories.licensing import LicenceFactory

pytestmark = pytest.mark.django_db

FILTERS = [
    {},
    {"cloud": 20, "incidence": 30, "resolution": 0.5},
    {"states": ("unlock", "order", "none")},
    {"states": ("held",), "years": (2024,)},
    {"platforms": ("SPOT-7",), "stereo": (3,)},
    {"collections": ("young",), "levels": ("L3",)},
    {"sensors": ("pleiades",), "licences": ("nothing",)},
]


@pytest.fixture
def world():
    """Every kind of image that the tallies leave aside, beside those they count."""
    found = build_world()
    young = CollectionFactory(slug="young", licence=LicenceFactory(embargo_days=100))
    for days in (1, 99, 101):
        ItemFactory(collection=young, datetime=clock.now() - timedelta(days=days), held=days != 99)
    ItemFactory(collection=young, held=False, source_id="DS_ONE", cloud_cover=None, gsd=None, incidence_angle=None)
    ItemFactory(source_id="DS_ONE", platform="SPOT-7", stereo_count=3, gsd=1.5)
    ItemFactory(held=False, source_id="DS_TWO", embargo_until=clock.now() - timedelta(days=1))
    ItemFactory(source_id="DS_TWO", embargo_until=clock.now() + timedelta(days=1))
    ItemFactory(withdrawn_at=clock.now())
    return found


def check(world):
    for kind, person in world.people.items():
        viewer = viewer_of(person)
        images = images_for(viewer)
        for asked in FILTERS:
            filters = SearchFilters(**asked)
            counts = facets(filters, viewer, None)
            assert {name: dict(getattr(counts, name)) for name in FACETS} == looked_at(filters, images), (kind, asked)


def test_they_tell_what_counting_tells(world):
    check(world)


def test_they_follow_what_is_changed_and_deleted(world):
    Item.objects.filter(source_id="DS_ONE", held=True).update(embargo_until=clock.now() + timedelta(days=5))
    check(world)
    Item.objects.filter(source_id="DS_ONE").update(cloud_cover=77, held=False, embargo_until=None)
    check(world)
    Item.objects.filter(source_id__gt="").delete()
    check(world)


def test_their_sum_is_the_number_of_plain_images(world):
    plain = Item.objects.filter(withdrawn_at=None, embargo_until=None, hold_back_until=None)
    assert Tally.objects.aggregate(all=Sum("images"))["all"] == plain.count() > 5


def test_summed_up_they_tell_the_same_in_fewer_rows(world):
    for cloud in (3, 30) * 5:
        Item.objects.update(cloud_cover=cloud)
    many = Tally.objects.count()
    assert sum_up()
    assert Tally.objects.count() < many / 2
    assert not Tally.objects.filter(images__lte=0).exists()
    check(world)
    assert not sum_up()


def test_an_image_that_is_written_as_it_was_makes_no_difference(world):
    before = Tally.objects.count()
    Item.objects.update(title="anew")
    assert Tally.objects.count() == before
