# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

import pytest

from dinamis.catalogue.models import Change, Item, ItemDocument
from dinamis.catalogue.selectors.item_body import stored, unpacked
from dinamis.catalogue.services.item_documents import forget_changes, refresh, refresh_empty
from dinamis.core import clock
from tests.factories.catalogue import AssetFactory, ItemFactory

pytestmark = pytest.mark.django_db


def body():
    frame = ItemDocument.objects.get().body
    return frame if frame is None else unpacked(frame)


@pytest.fixture
def image():
    item = ItemFactory(properties={"note": "kept"})
    refresh([item.pk])
    return item


def test_a_body_is_what_the_image_says(image):
    assert body() == stored(Item.objects.get())
    assert b'"note":"kept"' in body()


@pytest.mark.parametrize("changes", [{"cloud_cover": 50}, {"title": "Other"}, {"stac_id": "other"}, {"gsd": 2.0}])
def test_a_change_of_what_it_tells_empties_it(image, changes):
    Item.objects.update(**changes)
    assert body() is None
    assert refresh_empty() == 1
    assert body() == stored(Item.objects.get())


def test_what_it_does_not_tell_leaves_it(image):
    Item.objects.update(embargo_until=clock.now())
    assert body() is not None


def test_files_that_come_change_and_go_empty_it(image):
    asset = AssetFactory(item=image)
    assert body() is None
    refresh_empty()
    assert b"orders/" in body() or b"/d/" in body() or b"catalogue/items/" in body()
    asset.title = "New"
    asset.save()
    assert body() is None
    refresh_empty()
    asset.delete()
    assert body() is None


def test_an_image_without_a_document_gets_one():
    ItemFactory()
    assert refresh_empty() == 1
    assert refresh_empty() == 0
    assert body() == stored(Item.objects.get())


def test_only_old_changes_are_forgotten(image):
    old = Change.objects.create(at=clock.now() - timedelta(days=2))
    kept = Change.objects.exclude(pk=old.pk).count()
    assert kept > 0
    assert forget_changes() == 1
    assert Change.objects.count() == kept
