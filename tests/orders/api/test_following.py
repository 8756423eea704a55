# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following an order by program: its timeline, and what one keeps on it."""

import json

import pytest

from dinamis.accounts.enums import ApiScope
from orders.models import OrderMark
from orders.services.requests import submission
from orders.services.reviewing import review
from tests.factories.api import caller_of
from tests.factories.orders import drafted, member_of, world
from tests.orders.requests.wishes import requested

pytestmark = pytest.mark.django_db
READ, WRITE = ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value


@pytest.fixture
def w():
    return world()


@pytest.fixture
def client(w):
    return caller_of(w.researcher, scopes=[READ, WRITE])


def address(order, name):
    return f"/api/v1/orders/{order.reference}/{name}"


def keep(client, order, **said):
    return client.patch(address(order, "mark"), json.dumps(said), content_type="application/json")


def test_a_timeline_says_what_happened_and_who_acts_next(w, client):
    order = requested(w, submit=True)
    answer = client.get(address(order, "timeline"))
    told = answer.json()
    assert (told["state"], told["outlook"]["who"], told["outlook"]["told"]) == ("submitted", "office", False)
    assert [bool(step["at"]) for step in told["steps"]][:2] == [True, True]
    assert {step["kind"] for step in told["steps"]} <= {"done", "now", "next", "bad"}
    assert told["sentence"]
    known = {"If-None-Match": answer["ETag"]}
    assert client.get(address(order, "timeline"), headers=known).status_code == 304
    review.start_review(order=order, actor=w.moderator)
    assert client.get(address(order, "timeline"), headers=known).status_code == 200


def test_a_timeline_is_in_the_language_asked_for(w, client):
    order = drafted(w)
    words = [
        client.get(address(order, "timeline"), headers={"Accept-Language": lang}).json()["steps"][0]["title"]
        for lang in ("en", "fr")
    ]
    assert words[0] == "Draft written"
    assert words[1] != words[0]


def test_nobody_else_reads_a_timeline(w):
    stranger = caller_of(world().researcher, scopes=[READ])
    assert stranger.get(address(drafted(w), "timeline")).status_code == 404


def test_what_is_named_is_kept_and_the_rest_stays(w, client):
    order = requested(w, submit=True)
    assert keep(client, order, own_reference=" SIG-12 ", tags=["a", "a", "b"]).json() == {
        "own_reference": "SIG-12",
        "tags": ["a", "b"],
        "note": "",
        "following": False,
    }
    assert keep(client, order, following=True).json()["own_reference"] == "SIG-12"
    assert client.get(address(order, "mark")).json()["following"] is True
    found = client.get("/api/v1/orders", {"own_reference": "SIG-12"}).json()["results"]
    assert [one["reference"] for one in found] == [order.reference]
    colleague = caller_of(member_of(w.organisation), scopes=[READ])
    assert colleague.get("/api/v1/orders", {"own_reference": "SIG-12"}).json()["results"] == []
    assert colleague.get(address(order, "mark")).json()["own_reference"] == ""


def test_a_refused_mark_keeps_nothing(w, client):
    order = drafted(w)
    refused = keep(client, order, own_reference="SIG-12", following=True)
    assert (refused.status_code, OrderMark.objects.count()) == (409, 0)
    assert keep(client, order, own_reference="x" * 61).status_code == 422
    assert keep(client, order, ownreference="SIG-12").json()["errors"][0]["pointer"] == "/ownreference"
    assert not OrderMark.objects.exists()


def test_a_key_that_reads_keeps_nothing(w):
    order = requested(w, submit=True)
    assert keep(caller_of(w.researcher, scopes=[READ]), order, own_reference="SIG-12").status_code == 403
    assert not OrderMark.objects.exists()


def test_of_what_is_over_nothing_is_expected(w, client):
    order = submission.cancel_order(order=requested(w, submit=True), actor=w.researcher, words="Inutile.")
    told = client.get(address(order, "timeline")).json()
    assert (told["state"], told["outlook"]) == ("cancelled", None)
    assert "Inutile." in [step["words"] for step in told["steps"]]
