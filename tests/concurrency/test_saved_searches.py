# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real threads: alerts beside themselves, beside a load that commits late, beside two savings at once."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.http import QueryDict

from dinamis.catalogue.enums import Alert
from dinamis.catalogue.models import SavedSearch
from dinamis.catalogue.services.basket import put_in
from dinamis.catalogue.services.saved_searches import save_search, send_alerts
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from dinamis.core.models import OutboxMessage
from tests.concurrency.test_adhesions import outcome, together
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import ItemFactory

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def saved(owner, name="all"):
    return save_search(owner=owner, name=name, query=QueryDict(""), alert=Alert.DAILY)


def told():
    """The images that mails name, by reader."""
    found = {}
    for row in OutboxMessage.objects.filter(payload__template="catalogue/mail/new_images").order_by("pk"):
        images = [image["url"] for search in row.payload["context"]["searches"] for image in search["images"]]
        found.setdefault(row.payload["to"], []).append(len(images))
    return found


def test_four_tasks_at_once_tell_each_person_once():
    people = [UserFactory() for _ in range(3)]
    for person in people:
        saved(person, "one")
        saved(person, "two")
    ItemFactory()
    tomorrow = clock.now() + timedelta(days=1)
    won, lost = outcome(together(*[lambda: send_alerts(at=tomorrow)] * 4))
    # Whom another task held is left to it: a run after them finds nobody.
    assert (lost, sum(won) + send_alerts(at=tomorrow)) == ([], 3)
    assert told() == {person.email: [2] for person in people}


def test_an_image_whose_load_commits_after_the_alert_is_told_by_the_next():
    saved(owner := UserFactory())
    collection = ItemFactory().collection
    loaded, told_once = Event(), Event()

    def load():
        with transaction.atomic():
            ItemFactory(collection=collection)
            loaded.set()
            assert told_once.wait(20)

    def alert():
        assert loaded.wait(20)
        # Its id is higher than that of the image which is being loaded, and it is seen first.
        ItemFactory(collection=collection)
        try:
            return send_alerts(at=clock.now() + timedelta(days=1))
        finally:
            told_once.set()

    together(load, alert)
    assert told() == {owner.email: [2]}
    assert send_alerts(at=clock.now() + timedelta(days=2)) == 1
    assert told() == {owner.email: [2, 1]}
    assert send_alerts(at=clock.now() + timedelta(days=3)) == 0
    connection.close()


def test_of_two_savings_at_once_one_takes_the_last_place_and_one_the_name(settings):
    settings.DINAMIS = {**settings.DINAMIS, "SAVED_SEARCHES_MAX": 1}
    owner = UserFactory()
    won, lost = outcome(together(lambda: saved(owner, "one"), lambda: saved(owner, "two")))
    assert (len(won), [type(error) for error in lost]) == (1, [Invalid])
    settings.DINAMIS = {**settings.DINAMIS, "SAVED_SEARCHES_MAX": 9}
    won, lost = outcome(together(*[lambda: saved(owner, "three")] * 3))
    assert (len(won), {error.pointer for error in lost}) == (1, {"name"})
    assert SavedSearch.objects.count() == 2


def test_of_two_clicks_at_once_one_takes_the_last_place(settings):
    settings.DINAMIS = {**settings.DINAMIS, "BASKET_MAX": 2}
    owner, items = UserFactory(), [ItemFactory().pk for _ in range(3)]
    won, lost = outcome(together(*(lambda pk=pk: put_in(owner=owner, items=[pk]) for pk in items)))
    assert (won, [type(error) for error in lost]) == ([1, 1], [Invalid])
    won, lost = outcome(together(*[lambda: put_in(owner=owner, items=[owner.basket.first().item_id])] * 3))
    assert (won, lost, owner.basket.count()) == ([0, 0, 0], [], 2)
