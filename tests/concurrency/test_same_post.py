# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same order sent several times at once is one order (acceptance test 6); tests/e2e sends it over real HTTP."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from dinamis.accounts.enums import ApiScope
from dinamis.core.models import IdempotencyRecord, StateChange
from orders.models import Order, OrderItem, Review
from tests.factories.api import caller, key_of
from tests.factories.orders import world
from tests.orders.wishes import body

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]
AT_ONCE = 6


def test_the_same_post_in_parallel_is_one_order():
    w = world()
    _key, credentials = key_of(w.researcher, scopes=[ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value])
    asked = body(w) | {"submit": True}
    gate = threading.Barrier(AT_ONCE)

    def send(wait=True):
        client = caller(credentials, **{"Idempotency-Key": "the-same"})
        try:
            if wait:
                gate.wait()
            return client.post("/api/v1/orders", asked, content_type="application/json")
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [one.result() for one in [pool.submit(send) for _number in range(AT_ONCE)]]
    # Who waited longer than the lock is held is told to come again: then it reads the answer of the first.
    answers = [send(wait=False) if one.status_code == 503 else one for one in answers]
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert sum("Idempotent-Replayed" not in one for one in answers) == 1
    assert (Order.objects.count(), OrderItem.objects.count(), Review.objects.count()) == (1, 1, 1)
    assert IdempotencyRecord.objects.count() == 1
    assert StateChange.objects.filter(aggregate="orders.order", transition="submit").count() == 1
