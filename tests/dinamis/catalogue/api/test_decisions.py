# SPDX-License-Identifier: AGPL-3.0-or-later
"""/decisions and /items: `decide()` for programs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from licensing.enums import Action
from licensing.selectors.decision import decide
from tests.factories.api import caller_of
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory
from tests.factories.licensing import person_signs

pytestmark = pytest.mark.django_db
DECISIONS, ITEMS = "/api/v1/decisions", "/api/v1/items"


@pytest.fixture
def collection(cast):
    return CollectionFactory(slug="pleiades", licence=cast.licences["pleiades-uia"])


@pytest.fixture
def items(collection):
    soon = clock.now() + timedelta(days=9)
    return [
        ItemFactory(collection=collection),
        ItemFactory(collection=collection, embargo_until=soon),
        ItemFactory(collection=collection, held=False),
        ItemFactory(collection=collection, withdrawn_at=clock.now()),
    ]


def ask(api, *questions, **more):
    return api.post(DECISIONS, {"items": list(questions), **more}, content_type="application/json")


def signs(cast, person):
    person_signs(person, cast.licences["pleiades-uia"].versions.get(state="published"))


def test_answers_stand_in_the_place_of_their_questions_and_are_decides(cast, items):
    api = caller_of(cast.alice)
    questions = [{"item": item.pk} for item in items] + [
        {"collection": "pleiades", "action": "order_archive"},
        {"item": 987654},
        {"collection": "nothing"},
    ]
    for signed in (False, True):
        if signed:
            signs(cast, cast.alice)
        found = ask(api, *questions).json()["decisions"]
        for item, answer in zip(items[:3], found, strict=False):
            right = decide(cast.alice, Action.DOWNLOAD, item.facts, project=None, at=clock.now())
            assert (answer["item"], answer["allowed"]) == (item.pk, bool(right))
            assert [one["code"] for one in answer["missing"]] == ([] if right else [code.value for code in right.codes])
        assert [one["known"] for one in found] == [True, True, True, False, True, False, False]
        assert [one["allowed"] for one in found[3:]] == [False, signed, False, False]
        assert found[4]["action"] == "order_archive"


def test_a_partner_is_told_yes_or_no_about_others_and_not_why(cast, items):
    api = caller_of(cast.admin, organisation=cast.university, scopes=[ApiScope.ENTITLEMENTS.value])
    signs(cast, cast.alice)
    answer = ask(api, {"item": items[0].pk}, {"item": items[1].pk}, person=cast.alice.email).json()["decisions"]
    assert [one["allowed"] for one in answer] == [True, False]
    assert all("missing" not in one for one in answer)
    assert ask(api, {"item": items[0].pk}).json()["type"] == "urn:dinamis:problem:person_required"
    assert ask(caller_of(cast.bob), {"item": items[0].pk}, person=cast.alice.email).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/items"),
        ({"items": []}, "/items"),
        ({"items": [{"item": 1}] * 1001}, "/items"),
        ({"items": [{"item": 1}, {}]}, "/items/1"),
        ({"items": [{"item": 1, "collection": "x"}]}, "/items/0"),
        ({"items": [{"item": "x"}]}, "/items/0/item"),
        ({"items": [{"item": 1}, {"item": 1, "action": "eat"}]}, "/items/1/action"),
        ({"items": "x"}, "/items"),
        ({"items": [{"item": 1}], "person": "x"}, "/person"),
        ([], ""),
    ],
)
def test_what_cannot_be_asked_is_pointed_at(cast, body, pointer):
    answer = caller_of(cast.alice).post(DECISIONS, body, content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_thousand_questions_cost_what_one_costs(cast, items):
    api = caller_of(cast.alice)

    def cost(number):
        with CaptureQueriesContext(connection) as queries:
            assert ask(api, *({"item": items[0].pk} for _ in range(number))).status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(1000)


def listed(api, **query):
    answer = api.get(ITEMS, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_list_is_the_pages_and_says_for_each_image_what_decide_says(cast, items, client):
    api = caller_of(cast.alice)
    for signed in (False, True):
        if signed:
            signs(cast, cast.alice)
        found = listed(api, collection="pleiades")["results"]
        client.force_login(cast.alice)
        page = client.get("/catalogue/", {"collection": "pleiades"}).context["rows"]
        assert [one["id"] for one in found] == [row["item"].pk for row in page]
        assert [one["state"] for one in found] == [row["item"].state for row in page]
        for one in found:
            item = next(item for item in items if item.pk == one["id"])
            right = decide(cast.alice, Action.DOWNLOAD, item.facts, project=None, at=clock.now())
            assert one["downloadable"] is (bool(right) and item.held)
            assert bool(one["missing"]) is not bool(right)
    assert items[3].pk not in [one["id"] for one in listed(api)["results"]]


def test_a_withheld_image_tells_its_date_and_footprint_only(cast, items):
    one = caller_of(cast.contractor).get(f"{ITEMS}/{items[1].pk}").json()
    assert (one["stac_id"], one["collection"], one["cloud_cover"], one["files"]) == ("", "", None, [])
    assert one["geometry"]["type"] == "Polygon"


def test_one_image_lists_its_files_without_their_places(cast, items):
    asset = AssetFactory(item=items[0])
    answer = caller_of(cast.alice).get(f"{ITEMS}/{items[0].pk}")
    assert answer.json()["files"][0]["name"] == asset.file_name
    assert asset.storage_key not in answer.content.decode()
    assert caller_of(cast.alice, name="2").get(f"{ITEMS}/{items[3].pk}").status_code == 404


def test_pages_of_images_join_without_a_gap(cast, collection):
    made = [ItemFactory(collection=collection).pk for _ in range(5)]
    api = caller_of(cast.alice)
    seen, url = [], f"{ITEMS}?limit=2&order=oldest"
    while url:
        page = api.get(url).json()
        seen += [one["id"] for one in page["results"]]
        url = page["next"]
    assert sorted(seen) == made


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ({"cloud": "many"}, 422, "cloud"),
        ({"bbox": "1,2"}, 422, "bbox"),
        ({"state": "mine"}, 422, "state"),
        ({"after": "zzz"}, 422, "after"),
        ({"project": "12"}, 422, "project"),
        ({"limit": "1000"}, 422, "limit"),
        ({"aoi": "POINT(500 1)"}, 422, "aoi"),
        ({"clouds": "3"}, 400, "clouds"),
        ({"where": "Sète"}, 400, "where"),
    ],
)
def test_a_filter_that_cannot_be_is_named_and_never_ignored(cast, query, status, name):
    answer = caller_of(cast.alice).get(ITEMS, query)
    assert answer.status_code == status, answer.content
    assert name in answer.content.decode()


def test_the_list_costs_the_same_for_one_and_for_three_images(cast, collection):
    for _ in range(3):
        ItemFactory(collection=collection)
    api = caller_of(cast.alice)

    def cost(limit):
        with CaptureQueriesContext(connection) as queries:
            assert len(listed(api, limit=limit)["results"]) == limit
        return len(queries)

    cost(1)
    assert cost(1) == cost(3)


def test_an_organisations_key_reads_the_catalogue_as_a_visitor(cast, items):
    one = listed(caller_of(cast.remi, organisation=cast.institute))["results"][-1]
    assert (one["downloadable"], one["missing"][0]["code"]) == (False, "not_signed_in")
