# SPDX-License-Identifier: AGPL-3.0-or-later
"""The number of all travels from page to page while it is exact, and no longer."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors import stac_search
from dinamis.catalogue.selectors.stac_query import ItemSearch, page_sql
from dinamis.catalogue.selectors.stac_search import find
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import clock
from tests.factories.catalogue import CollectionFactory, ItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def archive():
    return CollectionFactory(slug="archive")


@pytest.fixture
def images(archive):
    return [ItemFactory(collection=archive, datetime=clock.now() - timedelta(days=n + 1)) for n in range(4)]


def page(token="", at=None):
    return find(ItemSearch(limit=2, token=token, fingerprint="f"), viewer_of(AnonymousUser(), at=at))


def carried(found, at=None):
    """The number told on the page after `found`."""
    return page(found.after, at).matched


def test_the_second_page_tells_the_number_of_the_first(images):
    first = page()
    assert first.matched == carried(first) == 4


def test_all_are_counted_for_the_first_page_only(images, monkeypatch):
    # The collections are new to this process: they are read once, and the page asked for again.
    page()
    asked = []
    monkeypatch.setattr(
        stac_search, "page_sql", lambda *args, counted: asked.append(counted) or page_sql(*args, counted=counted)
    )
    carried(page())
    assert asked == [True, False]


def test_a_write_between_two_pages_is_seen(images, archive):
    first = page()
    ItemFactory(collection=archive)
    assert carried(first) == 5
    Item.objects.filter(pk=images[3].pk).update(withdrawn_at=clock.now())
    assert carried(first) == 4


def test_an_embargo_that_ends_between_two_pages_is_seen(images, archive):
    now = clock.now()
    ItemFactory(collection=archive, embargo_until=now + timedelta(hours=1))
    first = page(at=now)
    assert first.matched == 4
    assert carried(first, now + timedelta(minutes=59)) == 4
    assert carried(first, now + timedelta(minutes=61)) == 5


def test_an_embargo_of_the_licence_that_ends_or_begins_is_seen(images, archive):
    now = clock.now()
    first = page(at=now)
    archive.licence.embargo_days = 2
    archive.licence.save(update_fields=["embargo_days"])
    assert carried(first, now) == 3
    again = page(at=now)
    assert again.matched == 3
    assert carried(again, now + timedelta(days=1)) == 4
