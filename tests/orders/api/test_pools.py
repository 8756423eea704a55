# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings for programs: read with a key, answered in a browser session only."""

import json

import pytest
from shapely.geometry import box, shape

from dinamis.accounts.enums import ApiScope
from orders.models import Pool
from orders.selectors.fulfilment.pools import blurred
from tests.factories.api import caller_of
from tests.factories.orders import acquisition_request, neighbour, world
from tests.orders.conftest import drive

pytestmark = pytest.mark.django_db
HERE, THERE = box(3.7, 43.3, 3.9, 43.4), box(3.8, 43.3, 4.0, 43.4)


@pytest.fixture
def one():
    return world()


@pytest.fixture
def other(one):
    return neighbour(one)


@pytest.fixture
def pool(one, other):
    for w, area in ((one, HERE), (other, THERE)):
        acquisition_request(w, areas=[area])
    drive("orders.look_around")
    return Pool.objects.get()


def post(client, pool, name, **data):
    url = f"/api/v1/pools/{pool.reference}/{name}"
    return client.post(url, json.dumps({"version": pool.version, **data}), content_type="application/json")


def reference(pool, w):
    return pool.members.get(line__order__organisation=w.organisation).line.order.reference


def test_a_key_reads_its_own_with_the_areas_of_others_blurred(pool, one, other):
    caller = caller_of(one.researcher, scopes=[ApiScope.ORDERS.value])
    (listed,) = caller.get("/api/v1/pools").json()["results"]
    assert listed == caller.get(f"/api/v1/pools/{pool.reference}").json()
    assert (listed["state"], listed["billed_m2"]) == ("proposed", pool.billed_m2)
    parties = {party["organisation"]: party for party in listed["parties"]}
    mine, theirs = parties[one.organisation.name], parties[other.organisation.name]
    assert (mine["order"], mine["exact"], theirs["order"], theirs["exact"]) == (reference(pool, one), True, None, False)
    assert shape(theirs["area"]).equals(blurred(THERE))
    assert mine["share_cents"] + theirs["share_cents"] == listed["price_cents"]


def test_a_key_answers_nothing(pool, one):
    scopes = [ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value]
    caller = caller_of(one.researcher, scopes=scopes)
    assert post(caller, pool, "accept", order=reference(pool, one)).status_code == 403
    assert post(caller, pool, "decline", order=reference(pool, one)).status_code == 403
    assert not pool.members.exclude(answer="").exists()


def test_a_person_answers_for_their_own(client, pool, one, other):
    client.force_login(one.researcher)
    assert post(client, pool, "accept", order=reference(pool, other)).status_code == 403
    assert post(client, pool, "accept", order="D-1").status_code == 409
    assert post(client, pool, "accept", order=reference(pool, one), version=7).status_code == 409
    assert post(client, pool, "accept").status_code == 422
    assert not pool.members.exclude(answer="").exists()
    assert post(client, pool, "accept", order=reference(pool, one)).status_code == 200
    client.force_login(other.researcher)
    answer = post(client, pool, "decline", order=reference(pool, other), words="Trop tard.")
    assert (answer.status_code, answer.json()["state"]) == (200, "dissolved")


def test_of_others_there_is_nothing(client, pool, one):
    client.force_login(neighbour(one).researcher)
    assert client.get("/api/v1/pools").json()["results"] == []
    assert client.get(f"/api/v1/pools/{pool.reference}").status_code == 404
    assert post(client, pool, "accept", order=reference(pool, one)).status_code == 404
