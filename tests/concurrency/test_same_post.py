# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same order sent several times at once over real HTTP is one order (acceptance test 6)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.test import Client

from dinamis.accounts.enums import ApiScope
from dinamis.core.models import IdempotencyRecord, StateChange
from orders.models import Order, OrderItem, Review
from tests.concurrency.test_orders import together
from tests.factories.api import basic, key_of
from tests.factories.orders import world
from tests.orders.requests.test_pages import words
from tests.orders.requests.wishes import body

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]
AT_ONCE = 6


def test_the_same_post_in_parallel_is_one_order(live_server):
    w = world()
    _key, credentials = key_of(w.researcher, scopes=[ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value])
    asked = body(w) | {"submit": True}
    gate = threading.Barrier(AT_ONCE)

    headers = {"Authorization": basic(credentials), "Idempotency-Key": "the-same"}

    def send(wait=True):
        if wait:
            gate.wait()
        return httpx.post(f"{live_server.url}/api/v1/orders", json=asked, headers=headers, timeout=60)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [one.result() for one in [pool.submit(send) for _number in range(AT_ONCE)]]
    # Who waited longer than the lock is held is told to come again: then it reads the answer of the first.
    answers = [send(wait=False) if one.status_code == 503 else one for one in answers]
    assert {one.status_code for one in answers} == {201}
    assert len({one.text for one in answers}) == 1
    assert sum("Idempotent-Replayed" not in one.headers for one in answers) == 1
    assert (Order.objects.count(), OrderItem.objects.count(), Review.objects.count()) == (1, 1, 1)
    assert IdempotencyRecord.objects.count() == 1
    assert StateChange.objects.filter(aggregate="orders.order", transition="submit").count() == 1


def test_the_same_form_in_parallel_is_one_order():
    w = world()

    def sending():
        client = Client()
        client.force_login(w.researcher)
        asked = words(w, once="token-of-the-page")
        return lambda: client.post("/orders/new/", asked)

    answers = together(*[sending() for _number in range(4)])
    # Who waited longer than the lock is held reads why on the form, and sends it again.
    places = {one["Location"] for one in answers if one.status_code == 302}
    assert len(places) == 1
    assert {one.status_code for one in answers} <= {200, 302}
    assert (Order.objects.count(), OrderItem.objects.count(), Review.objects.count()) == (1, 1, 1)
    assert together(sending())[0]["Location"] in places
