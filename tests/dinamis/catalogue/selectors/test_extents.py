# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bounds of collections: those of the images at once, never too narrow, and exact again after a look."""

from datetime import timedelta

import pytest
from django.contrib.gis.db.models import Extent
from django.db.models import Max, Min

from dinamis.catalogue.models import ExtentNote, Item
from dinamis.catalogue.selectors.extents import WORLD, collections_with_extents
from dinamis.catalogue.services.extents import bring_together
from dinamis.core import clock
from tests.factories.catalogue import CollectionFactory, ItemFactory, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection():
    """Nine images along a diagonal, one day and one percent of cloud apart, of two satellites."""
    made = CollectionFactory()
    for n in range(9):
        ItemFactory(
            collection=made,
            footprint=square(west=n, south=40 + n),
            datetime=clock.now() - timedelta(days=n),
            cloud_cover=n,
            platform="PHR1B" if n == 4 else "PHR1A",
        )
    return made


def told(collection):
    return next(extents for one, extents in collections_with_extents() if one == collection)


def looked_at(collection):
    """The bounds found by looking at every image."""
    images = Item.objects.filter(collection=collection, withdrawn_at=None)
    row = images.aggregate(
        bbox=Extent("footprint"),
        first=Min("datetime"),
        last=Max("datetime"),
        low=Min("cloud_cover"),
        high=Max("cloud_cover"),
    )
    platforms = sorted(set(images.values_list("platform", flat=True)))
    return row["bbox"], row["first"], row["last"], {"minimum": row["low"], "maximum": row["high"]}, platforms


def summary(extents):
    told = extents.summaries
    return extents.bbox, extents.first, extents.last, told["eo:cloud_cover"], told["platform"]


def test_they_are_those_of_the_images(collection):
    assert summary(told(collection)) == looked_at(collection)


def test_a_collection_without_images_has_none():
    extents = told(CollectionFactory())
    assert (extents.bbox, extents.first, extents.summaries) == (WORLD, None, None)


def test_what_lies_within_writes_no_note(collection):
    before = ExtentNote.objects.count()
    day = clock.now() - timedelta(days=3)
    ItemFactory(
        collection=collection, footprint=square(west=3, south=44), cloud_cover=3, datetime=day, platform="PHR1A"
    )
    Item.objects.filter(platform="PHR1A", cloud_cover=3).update(title="anew")
    Item.objects.filter(cloud_cover=5).update(cloud_cover=6)
    assert ExtentNote.objects.count() == before
    assert summary(told(collection)) == looked_at(collection)


@pytest.mark.parametrize(
    "change",
    [
        lambda images: images.filter(cloud_cover=0).delete(),
        lambda images: images.filter(cloud_cover=8).update(withdrawn_at=clock.now()),
        lambda images: images.filter(cloud_cover=8).update(footprint=square(west=2, south=41)),
        lambda images: images.filter(cloud_cover=4).update(platform="PHR1A"),
        lambda images: images.filter(cloud_cover__gt=5).update(datetime=clock.now() - timedelta(days=2)),
        lambda images: images.filter(cloud_cover=4).delete(),
    ],
)
def test_what_shrank_is_exact_once_it_was_looked_at(collection, change):
    wide = told(collection)
    change(Item.objects.filter(collection=collection))
    found = looked_at(collection)
    assert summary(told(collection)) == summary(wide)
    assert found != summary(wide)
    assert bring_together()
    assert summary(told(collection)) == found
    assert ExtentNote.objects.filter(collection=collection).count() == 1
    assert not bring_together()


def test_many_notes_become_one_that_tells_the_same(collection):
    for n in range(10, 22):
        ItemFactory(collection=collection, footprint=square(west=n, south=40))
    assert ExtentNote.objects.filter(collection=collection).count() > 8
    assert bring_together()
    assert ExtentNote.objects.filter(collection=collection).count() == 1
    assert summary(told(collection)) == looked_at(collection)


def test_a_collection_that_lost_every_image_has_no_bounds(collection):
    Item.objects.filter(collection=collection).delete()
    assert bring_together()
    assert told(collection).bbox == WORLD
