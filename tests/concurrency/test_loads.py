# SPDX-License-Identifier: AGPL-3.0-or-later
"""Loads that bring the same images at once, each on a connection of its own."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from dinamis.catalogue.models import Item
from dinamis.catalogue.services.bulk import load_items
from tests.dinamis.catalogue.foreign.cast import item
from tests.factories.catalogue import CollectionFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def load_and_leave(*items):
    try:
        report = load_items(items)
        return report.created, report.updated, report.unchanged
    finally:
        connection.close()


def wait_for_a_lock():
    with connection.cursor() as cursor:
        for _look in range(1000):
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for us")


def test_what_another_load_wrote_meanwhile_is_found_and_changed():
    CollectionFactory(slug="archive")
    with ThreadPoolExecutor(1) as second:
        with transaction.atomic():
            load_items([item("a", eo__cloud_cover=1), item("b")])
            # It sees none of ours yet.
            later = second.submit(load_and_leave, item("c"), item("a", eo__cloud_cover=2), item("b"))
            wait_for_a_lock()
        assert later.result() == (1, 1, 1)
    assert sorted(Item.objects.values_list("stac_id", "cloud_cover")) == [("a", 2), ("b", 5.41), ("c", 5.41)]
