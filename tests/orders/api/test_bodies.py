# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bodies and tags of orders: nothing mistyped is ignored, no change is written over, a wish goes with its order."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dinamis.accounts.enums import ApiScope
from dinamis.core.api.pages import document
from orders.models import HoldBack, Order
from tests.factories.api import caller_of
from tests.factories.orders import SceneFactory, drafted, world
from tests.orders.requests.wishes import body, requested

pytestmark = pytest.mark.django_db
URL = "/api/v1/orders"
WISH = {"months": 6, "words": "Une thèse en dépend."}


@pytest.fixture
def w():
    return world()


@pytest.fixture
def client(w):
    return caller_of(w.researcher, scopes=[ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value])


def send(client, data, url=URL, method="post", **headers):
    return getattr(client, method)(url, json.dumps(data), content_type="application/json", headers=headers)


def patch(client, order, data, **headers):
    return send(client, data, f"{URL}/{order.reference}", "patch", **headers)


# --- members ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"cloud_maximum": 5}, "/cloud_maximum"),
        ({"hold_back": {**WISH, "month": 6}}, "/hold_back/month"),
    ],
)
def test_a_mistyped_member_is_refused_by_name(w, client, changes, pointer):
    answer = send(client, body(w) | changes)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, "unknown_member")
    assert not Order.objects.exists()


def test_a_mistyped_change_changes_nothing(w, client):
    order = requested(w)
    answer = patch(client, order, {"version": 0, "title": "Autre", "cloud_maximum": 5})
    order.refresh_from_db()
    assert (answer.status_code, order.version, order.title) == (422, 0, "Glacier, été")


def test_a_threshold_that_follows_the_clouds_follows_their_change(w, client):
    made = send(client, body(w) | {"cloud_max": 5}).json()
    order = Order.objects.get()
    for cloud in (20, 10):
        changed = patch(client, order, {"version": made["version"], "cloud_max": cloud})
        assert changed.status_code == 200, changed.content
        made = changed.json()
        assert (made["acquisition"]["cloud_max"], made["acquisition"]["proposal_threshold"]) == (cloud, cloud)


def test_the_document_says_that_bodies_are_closed():
    schemas = document()["components"]["schemas"]
    assert schemas["OrderWanted"]["additionalProperties"] is False
    assert schemas["HoldBackWanted"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["OrderDetailShape"]


# --- tags ------------------------------------------------------------------------------------------------------------


def test_the_tag_of_a_replayed_answer_is_that_of_what_it_says(w, client):
    made = send(client, body(w), **{"Idempotency-Key": "k1"})
    order = Order.objects.get()
    other = patch(client, order, {"title": "Autre titre", "version": 0})
    replayed = send(client, body(w), **{"Idempotency-Key": "k1"})
    assert (replayed.json(), replayed["ETag"]) == (made.json(), made["ETag"])
    lost = patch(client, order, {"title": "Ancien"}, **{"If-Match": replayed["ETag"]})
    order.refresh_from_db()
    assert (lost.status_code, order.title) == (412, "Autre titre")
    assert patch(client, order, {"title": "Suite"}, **{"If-Match": other["ETag"]}).status_code == 200


def test_the_tag_of_a_replayed_change_is_that_of_what_it_says(w, client):
    order = requested(w)
    one = patch(client, order, {"title": "Un", "version": 0}, **{"Idempotency-Key": "p1"})
    patch(client, order, {"title": "Deux", "version": one.json()["version"]})
    again = patch(client, order, {"title": "Un", "version": 0}, **{"Idempotency-Key": "p1"})
    assert (again["Idempotent-Replayed"], again["ETag"]) == ("true", one["ETag"])
    lost = patch(client, order, {"title": "Trois"}, **{"If-Match": again["ETag"]})
    order.refresh_from_db()
    assert (lost.status_code, order.title) == (412, "Deux")


# --- a hold-back, with its order -------------------------------------------------------------------------------------


def test_a_hold_back_is_asked_with_its_order(w, client):
    answer = send(client, body(w) | {"submit": True, "hold_back": WISH})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["state"] == "submitted"
    assert made["hold_back"] == {"state": "asked", **WISH, "granted_months": None, "extended_months": 0}
    assert HoldBack.objects.get().order.reference == made["reference"]


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [({"months": 99, "words": "x"}, "/hold_back/months"), ({"months": 3, "words": " "}, "/hold_back/words")],
)
def test_a_wish_that_cannot_be_asked_leaves_no_order(w, client, wish, pointer):
    answer = send(client, body(w) | {"hold_back": wish})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], bool(error["repair"])) == (422, pointer, True)
    assert not Order.objects.exists()


def test_a_hold_back_is_changed_stays_and_is_taken_back(w, client):
    order = drafted(w)
    asked = patch(client, order, {"hold_back": WISH, "version": 0}).json()
    assert asked["hold_back"]["months"] == 6
    kept = patch(client, order, {"title": "Autre", "version": asked["version"]}).json()
    assert kept["hold_back"] == asked["hold_back"]
    gone = patch(client, order, {"hold_back": None, "version": kept["version"]}).json()
    assert (gone["hold_back"], HoldBack.objects.exists()) == (None, False)


def test_a_refused_wish_leaves_the_draft_as_it_was(w, client):
    order = drafted(w)
    answer = patch(client, order, {"title": "Autre", "hold_back": {"months": 99, "words": "x"}, "version": 0})
    order.refresh_from_db()
    assert (answer.status_code, order.title, order.version) == (422, "Trait de côte, golfe du Lion", 0)


# --- lists -----------------------------------------------------------------------------------------------------------


def test_the_list_costs_as_many_queries_for_six_orders_as_for_two(w, client):
    def asked():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(URL).status_code == 200
        return len(seen)

    def written():
        send(client, body(w) | {"hold_back": WISH})
        drafted(w, scenes=[SceneFactory(collection=w.collection)])

    written()
    client.get(URL)
    few = asked()
    written(), written()
    assert Order.objects.count() == 6
    assert asked() == few
