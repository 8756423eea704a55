# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a process remembers of the collections is good only while it is so."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from dinamis.catalogue.models import Collection, Item
from dinamis.catalogue.selectors.shelves import read_shelves, shelves_seen_last
from dinamis.catalogue.selectors.stac_query import ItemSearch
from dinamis.catalogue.selectors.stac_search import find
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import clock
from licensing.models import Licence
from tests.factories.catalogue import CollectionFactory, ItemFactory

pytestmark = pytest.mark.django_db


def found(**asked):
    rows = find(ItemSearch(fingerprint="f", **asked), viewer_of(AnonymousUser())).rows
    return {row.stac_id: row.shelf for row in rows}


@pytest.fixture
def image():
    day = clock.now() - timedelta(days=30)
    item = ItemFactory(collection=CollectionFactory(slug="archive"), datetime=day)
    assert item.stac_id in found()
    return item


def test_what_is_the_same_is_not_read_again(image):
    seen = shelves_seen_last()
    found()
    assert shelves_seen_last() is seen
    assert read_shelves() == seen


def test_an_embargo_counts_from_the_moment_it_is_written(image):
    licences = Licence.objects.filter(pk=image.collection.licence_id)
    licences.update(embargo_days=60)
    assert found() == {}
    licences.update(embargo_days=0)
    assert list(found()) == [image.stac_id]


def test_a_collection_is_found_from_the_moment_it_is_written(image):
    other = ItemFactory(collection=CollectionFactory(slug="coasts"))
    assert list(found(collections=("coasts",))) == [other.stac_id]
    Collection.objects.filter(slug="coasts").update(title_en="Coasts")
    assert found(collections=("coasts",))[other.stac_id].title_en == "Coasts"


def test_an_image_that_lasts_longer_than_all_before_is_found_by_its_end(image):
    last = image.datetime + timedelta(days=20)
    Item.objects.filter(pk=image.pk).update(start_datetime=image.datetime, end_datetime=last)
    assert list(found(interval=(last - timedelta(hours=1), None))) == [image.stac_id]


def test_where_there_is_no_collection_nothing_is_found():
    assert found() == {}
    assert shelves_seen_last().by_pk == {}
