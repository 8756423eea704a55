# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders and products for programs."""

import json

import pytest
from shapely.geometry import mapping

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from orders.domain.shipped_options import shipped
from orders.models import Acquisition, Order, OrderItem
from orders.services.requests.product_options import keep_options
from tests.factories.api import caller_of
from tests.factories.orders import AREA, SceneFactory, drafted, world
from tests.orders.requests.wishes import WRONGS, body, requested

pytestmark = pytest.mark.django_db
URL = "/api/v1/orders"
SCOPES = [ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value]


@pytest.fixture
def client(w):
    return caller_of(w.researcher, scopes=SCOPES)


def send(client, data, url=URL, method="post", **headers):
    return getattr(client, method)(url, json.dumps(data), content_type="application/json", headers=headers)


def archive(w, **changes):
    return {
        "kind": "archive",
        "organisation": w.organisation.pk,
        "project": w.project.pk,
        "title": "Trait de côte",
        "justification": "Suivi",
        "scenes": [w.scene.pk],
        "aoi": mapping(AREA),
        **changes,
    }


def nothing_written():
    return (Order.objects.count(), OrderItem.objects.count(), Acquisition.objects.count()) == (0, 0, 0)


def test_an_archive_order_is_written_and_read(w, client):
    answer = send(client, archive(w, options={"image_format": "dimap_geotiff"}))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert answer["Location"] == f"{URL}/{made['reference']}"
    assert (made["kind"], made["state"], made["missing"]) == ("archive", "draft", [])
    assert made["options"]["image_format"] == "dimap_geotiff"
    assert made["options"]["processing_level"] == "ortho"
    (line,) = made["lines"]
    assert (line["scene"], line["period"]) == (w.scene.pk, None)
    again = client.get(answer["Location"])
    assert (again.json(), again["ETag"]) == (made, answer["ETag"])


def test_an_acquisition_request_is_written_and_sent(w, client):
    answer = send(client, body(w, bundle="surface", repeat="none") | {"submit": True})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["state"], made["acquisition"]["mode"], made["acquisition"]["bh_min"]) == ("submitted", "stereo", 0.25)
    assert made["lines"][0]["period"] == made["acquisition"]["period"]
    assert Order.objects.get().reviews.count() == 1


def test_a_dry_run_says_the_price_and_writes_nothing(w, client):
    answer = send(client, body(w), f"{URL}?dry_run=true")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["reference"], said["price_cents"]) == (None, 52_200)
    assert nothing_written()


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONGS if wrong.name != "10,000 areas"], ids=lambda one: one.name)
def test_what_is_wrong_is_pointed_at_and_nothing_is_written(w, client, wrong):
    answer = send(client, body(w, **wrong.changes))
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"/{wrong.pointer}"
    assert error["code"] in {wrong.code, "invalid_choice"}
    assert error["detail"]
    assert error["repair"]
    assert nothing_written()


def test_an_order_of_ten_thousand_is_refused_with_its_limit(w, client):
    tiny = {"type": "Polygon", "coordinates": [[[3, 44], [3.1, 44], [3.1, 44.1], [3, 44]]]}
    many = send(client, {**body(w), "areas": [tiny] * 10_000})
    scenes = send(client, archive(w, scenes=list(range(1, 10_001))))
    for answer, pointer in ((many, "/areas"), (scenes, "/scenes")):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (pointer, "too_many_lines")
        assert "200" in error["detail"]
    assert nothing_written()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"areas": ["nonsense"]}, "/areas/0"),
        ({"areas": [mapping(AREA), {"type": "Point", "coordinates": [1, 2]}]}, "/areas/1"),
        ({"collection": "no-such"}, "/collection"),
        ({"period": None}, "/period"),
        ({"scenes": [1]}, "/scenes"),
        ({"organisation": 10**6}, "/organisation"),
        ({"project": 10**6}, "/project"),
        ({"title": ""}, "/title"),
        ({"bundle": "magic"}, "/bundle"),
        ({"mode": "quad"}, "/mode"),
        ({"period": {"first": "2027-01-01"}}, "/period/last"),
        ({"options": {"dem": ["x"]}}, "/options/dem"),
    ],
)
def test_members_that_cannot_be_read_are_pointed_at(w, client, changes, pointer):
    answer = send(client, body(w) | changes)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert nothing_written()


def test_the_same_post_twice_is_one_order(w, client):
    one = send(client, body(w), **{"Idempotency-Key": "k1"})
    two = send(client, body(w), **{"Idempotency-Key": "k1"})
    assert (one.status_code, two.status_code) == (201, 201)
    assert (one.json(), two["Idempotent-Replayed"]) == (two.json(), "true")
    assert Order.objects.count() == 1
    other = send(client, body(w, cloud_max=5), **{"Idempotency-Key": "k1"})
    assert (other.status_code, Order.objects.count()) == (409, 1)


def test_a_draft_is_changed_on_the_version_that_was_read(w, client):
    order = requested(w)
    url = f"{URL}/{order.reference}"
    read = client.get(url)
    changed = send(
        client, {"cloud_max": 5, "options": {"dem": "best_available"}}, url, "patch", **{"If-Match": read["ETag"]}
    )
    assert changed.status_code == 200, changed.content
    assert (changed.json()["acquisition"]["cloud_max"], changed.json()["version"]) == (5, 1)
    assert changed.json()["acquisition"]["proposal_threshold"] == 20
    stale = send(client, {"cloud_max": 7}, url, "patch", **{"If-Match": read["ETag"]})
    unsaid = send(client, {"cloud_max": 7}, url, "patch")
    old = send(client, {"cloud_max": 7, "version": 0}, url, "patch")
    wrong = send(client, {"cloud_max": 130, "version": 1}, url, "patch")
    foreign = send(client, {"aoi": mapping(AREA), "version": 1}, url, "patch")
    assert [answer.status_code for answer in (stale, unsaid, old, wrong, foreign)] == [412, 422, 409, 422, 422]
    order.acquisition.refresh_from_db()
    assert order.acquisition.cloud_max == 5


def test_an_archive_draft_keeps_its_scenes(w, client):
    order = drafted(w)
    url = f"{URL}/{order.reference}"
    assert send(client, {"scenes": [1], "version": 0}, url, "patch").status_code == 422
    answer = send(client, {"title": "Autre", "aoi": None, "bundle": "look", "version": 0}, url, "patch")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["title"], answer.json()["options"]["pixel_coding"]) == ("Autre", "8bits")


def test_submit_and_cancel(w, client):
    order = requested(w)
    url = f"{URL}/{order.reference}"
    sent = send(client, {"version": 0}, f"{url}/submit")
    assert (sent.status_code, sent.json()["state"]) == (200, "submitted")
    again = send(client, {"version": sent.json()["version"]}, f"{url}/submit")
    assert again.status_code == 409
    over = send(client, {"version": sent.json()["version"], "words": "inutile"}, f"{url}/cancel")
    assert (over.status_code, over.json()["state"]) == (200, "cancelled")


def test_the_list_is_filtered_and_walked(w, client):
    rows = [requested(w), drafted(w), drafted(w, scenes=[SceneFactory(collection=w.collection)])]
    drafted(world())
    page = client.get(f"{URL}?limit=2").json()
    assert [one["reference"] for one in page["results"]] == [row.reference for row in rows[:2]]
    rest = client.get(page["next"].removeprefix("http://testserver").split("8000")[-1]).json()
    assert [one["reference"] for one in rest["results"]] == [rows[2].reference]
    only = client.get(f"{URL}?kind=acquisition&created_since={clock.today()}").json()
    assert [one["reference"] for one in only["results"]] == [rows[0].reference]
    assert client.get(f"{URL}?colour=blue").status_code == 400
    assert client.get(f"{URL}?state=lost").status_code == 422


def test_orders_of_others_do_not_exist(w, client):
    theirs = drafted(world())
    assert client.get(f"{URL}/{theirs.reference}").status_code == 404
    assert send(client, {"version": 0, "title": "x"}, f"{URL}/{theirs.reference}", "patch").status_code == 404
    assert send(client, {"version": 0}, f"{URL}/{theirs.reference}/cancel").status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "draft"


def test_writing_asks_for_its_own_scope(w):
    reader = caller_of(w.researcher, scopes=[ApiScope.ORDERS.value])
    assert reader.get(URL).status_code == 200
    assert send(reader, body(w)).status_code == 403
    assert nothing_written()


def test_what_can_be_ordered_comes_with_the_schema_of_its_options(w, client):
    keep_options(provider="oneatlas", product_type="PleiadesArchiveMono", options=shipped("PleiadesArchiveMono"))
    said = client.get("/api/v1/products").json()
    by_id = {product["id"]: product for product in said["products"]}
    neo, own = by_id["PleiadesNeoTaskingOnePlan"], by_id["PleiadesArchiveMono"]
    assert (neo["kind"], neo["minimum_m2"], neo["fetched_at"]) == ("acquisition", 100_000_000, None)
    assert own["fetched_at"] is not None
    assert "full_pms" in {one["const"] for one in neo["options"]["properties"]["spectral_processing"]["oneOf"]}
    assert own["options"]["properties"]["processing_level"]["default"] == "ortho"
    assert {"look", "measure", "surface"} <= {bundle["code"] for bundle in said["bundles"]}
