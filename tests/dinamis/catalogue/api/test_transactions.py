# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data centres publish with their keys: what is written, what is refused, and that nothing happened then."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import ApiClient
from dinamis.catalogue.models import Item, ItemDocument, Publication
from dinamis.catalogue.services.publishing_rights import give_right
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted
from tests.cast import gather
from tests.dinamis.catalogue.foreign.cast import item
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.api import caller_of
from tests.factories.catalogue import AssetFactory, CollectionFactory, CoverageCellFactory

pytestmark = pytest.mark.django_db
ITEMS = "/stac/collections/archive/items"
BULK = "/stac/collections/archive/bulk_items"


@pytest.fixture
def archive():
    return CollectionFactory(slug="archive")


@pytest.fixture
def centre(archive):
    """A client of a data centre whose key may publish."""
    return centre_of(archive)


def centre_of(*collections):
    """A client of a data centre that publishes in `collections` alone."""
    administrator, organisation = UserFactory(office_role="administrator"), OrganisationFactory()
    if collections:
        give_right(actor=administrator, organisation=organisation, collections=collections)
    return caller_of(administrator, organisation=organisation, scopes=[ApiScope.PUBLISH.value])


def send(client, method, address, body, **headers):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return getattr(client, method)(address, text, content_type="application/json", headers=headers)


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Item, ItemDocument, Publication)]


def refused(answer, status, code, pointer=None):
    assert answer.status_code == status, answer.content
    problem = answer.json()
    assert problem["type"] == f"urn:dinamis:problem:{code}"
    if pointer is not None:
        assert problem["errors"][0]["pointer"] == pointer
        assert problem["errors"][0]["detail"]
        assert problem["errors"][0]["repair"]
    return problem


def held(archive, centre):
    """An image that the centre published, and whose files came later."""
    send(centre, "post", ITEMS, item())
    here = Item.objects.get()
    Item.objects.update(held=True)
    AssetFactory(item=here, key="data")
    return here


# --- who may ---


@pytest.mark.parametrize(
    ("method", "address"),
    [("post", ITEMS), ("post", BULK), ("put", f"{ITEMS}/a"), ("patch", f"{ITEMS}/a"), ("delete", f"{ITEMS}/a")],
)
def test_only_a_key_with_the_scope_publishes(client, archive, method, address):
    cast = gather()
    before = rows()
    assert send(client, method, address, item("a")).status_code == 401
    refused(send(caller_of(cast.alice), method, address, item("a")), 403, "scope_missing")
    client.force_login(cast.admin)
    answer = send(client, method, address, item("a"))
    refused(answer, 403, "not_permitted")
    assert "catalogue:write" in answer.json()["detail"]
    assert rows() == before


def test_an_administrator_gives_the_scope_to_organisations_only():
    cast = gather()
    scopes = [ApiScope.PUBLISH.value]
    with pytest.raises(NotPermitted):
        caller_of(cast.remi, organisation=cast.institute, scopes=scopes)
    with pytest.raises(Invalid):
        caller_of(cast.admin, scopes=scopes)
    assert not ApiClient.objects.exists()
    caller_of(cast.admin, organisation=cast.institute, scopes=scopes)
    assert ApiClient.objects.get().scopes == scopes


# --- one item ---


def test_an_item_is_made_and_read(centre, client):
    answer = send(centre, "post", ITEMS, item("a", collection=None) | {"collection": "archive"})
    assert answer.status_code == 201
    assert answer["Content-Type"] == "application/geo+json"
    assert answer["Location"] == f"http://testserver{ITEMS}/a"
    read = centre.get(urlsplit(answer["Location"]).path)
    assert read.json() == answer.json()
    assert read["ETag"] == answer["ETag"]
    assert client.get(f"{ITEMS}/a").json()["properties"]["platform"] == "PHR1A"
    noted = Publication.objects.get()
    assert (noted.kind, noted.collection, noted.stac_id, noted.created) == ("insert", "archive", "a", 1)
    assert noted.client == ApiClient.objects.get()


def test_what_depends_on_the_reader_is_not_taken(centre):
    send(centre, "post", ITEMS, item())
    assert Item.objects.get().document.properties == {"created": "2024-06-15T00:00:00Z", "sat:relative_orbit": 12}
    assert centre.get(f"{ITEMS}/PHR1A_1").json()["properties"]["dinamis:state"] == "order"


def test_the_collection_is_that_of_the_address(centre):
    bare = item("a")
    del bare["collection"]
    assert send(centre, "post", ITEMS, bare).json()["collection"] == "archive"


def test_what_is_there_is_not_made_again(centre):
    send(centre, "post", ITEMS, item())
    before = rows()
    assert refused(send(centre, "post", ITEMS, item(note="x")), 409, "item_exists")["ids"] == ["PHR1A_1"]
    assert rows() == before


def test_features_are_made_together_or_not_at_all(centre):
    many = {"type": "FeatureCollection", "features": [item("a"), item("b", eo__cloud_cover=400)]}
    refused(send(centre, "post", ITEMS, many), 400, "invalid_item", "/features/1/properties/eo:cloud_cover")
    many["features"][1] = item("a")
    refused(send(centre, "post", ITEMS, many), 400, "invalid_item", "/features/1/id")
    assert not Item.objects.exists()
    many["features"][1] = item("b")
    answer = send(centre, "post", ITEMS, many)
    assert (answer.status_code, answer.json()) == (201, {"created": 2, "items": ["a", "b"]})
    assert "Location" not in answer
    many["features"].append(item("c"))
    assert refused(send(centre, "post", ITEMS, many), 409, "item_exists")["ids"] == ["a", "b"]
    assert Item.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ({"type": "FeatureCollection", "features": []}, "/features"),
        (item("a", collection="elsewhere"), "/collection"),
        (item(5), "/id"),
        (item("a\tb"), "/id"),
        (item("a", datetime="yesterday"), "/properties/datetime"),
        (item("a", geometry={"type": "Point", "coordinates": [200, 0]}), "/geometry"),
        (item("a", note="\0"), ""),
        (item("a", note="x" * 2**20), ""),
        ({"type": "Feature"}, "/id"),
    ],
)
def test_what_cannot_be_taken_is_named(centre, body, pointer):
    refused(send(centre, "post", ITEMS, body), 400, "invalid_item", pointer)
    assert not Item.objects.exists()
    assert not Publication.objects.exists()


@pytest.mark.parametrize("body", ["{", '{"a": NaN}', "\xff".encode("latin-1"), '{"a":' * 2000])
def test_what_is_no_json_is_refused(centre, body):
    refused(send(centre, "post", ITEMS, body), 400, "malformed")


def test_what_is_nested_too_deeply_is_refused(centre):
    deep = json.dumps(item("a", note="HERE")).replace('"HERE"', "[" * 300 + "]" * 300)
    refused(send(centre, "post", ITEMS, deep), 400, "invalid_item", "")
    assert not Item.objects.exists()


def test_a_backslash_before_u0000_is_a_text(centre):
    assert send(centre, "post", ITEMS, item("a", note="\\u0000")).status_code == 201


def test_bodies_have_a_size_and_a_media_type(centre, settings):
    settings.DINAMIS = {**settings.DINAMIS, "STAC_WRITE_MAX_BYTES": 1000}
    refused(send(centre, "post", ITEMS, item("a", note="x" * 2000)), 413, "too_large")
    refused(centre.post(ITEMS, "<a/>", content_type="application/xml"), 415, "unsupported_media_type")
    refused(centre.patch(f"{ITEMS}/a", "[]", content_type="application/json-patch+json"), 415, "unsupported_media_type")
    assert not Item.objects.exists()


def test_a_collection_that_is_not_there(centre):
    refused(send(centre, "post", "/stac/collections/nowhere/items", item("a", collection="nowhere")), 404, "not_found")


def test_the_same_request_twice_is_done_once(centre):
    key = {"Idempotency-Key": "k1"}
    first = send(centre, "post", ITEMS, item(), **key)
    again = send(centre, "post", ITEMS, item(), **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    refused(send(centre, "post", ITEMS, item("b"), **key), 409, "idempotency_key_reused")
    assert Publication.objects.count() == 1


def test_an_item_under_embargo_is_written_and_not_shown(centre, archive):
    archive.licence.embargo_days = 30_000
    archive.licence.save()
    answer = send(centre, "post", ITEMS, item())
    assert (answer.status_code, answer.json()["id"]) == (201, "PHR1A_1")
    assert "geometry" not in answer.json()
    assert centre.get(f"{ITEMS}/PHR1A_1").status_code == 404
    assert send(centre, "patch", f"{ITEMS}/PHR1A_1", {"properties": {"note": "x"}}).status_code == 200


# --- changed ---


def test_an_item_is_replaced(centre):
    send(centre, "post", ITEMS, item())
    other = item(eo__cloud_cover=50, platform="PHR1B")
    answer = send(centre, "put", f"{ITEMS}/PHR1A_1", other)
    assert answer.status_code == 200
    assert answer.json()["properties"]["platform"] == "PHR1B"
    assert Item.objects.get().cloud_cover == 50
    assert Publication.objects.latest("pk").kind == "replace"
    refused(send(centre, "put", f"{ITEMS}/absent", item("absent")), 404, "not_found")
    refused(send(centre, "put", f"{ITEMS}/PHR1A_1", item("b")), 400, "invalid_item", "/id")
    assert Item.objects.count() == 1


def test_an_item_is_changed_by_a_merge_patch(centre):
    send(centre, "post", ITEMS, item())
    before = centre.get(f"{ITEMS}/PHR1A_1").json()
    patch = {
        "properties": {"eo:cloud_cover": None, "note": {"a": 1}},
        "assets": {"thumbnail": {"title": "Picture"}, "data": {"href": "s3://bucket/a.tif"}},
    }
    answer = centre.patch(f"{ITEMS}/PHR1A_1", json.dumps(patch), content_type="application/merge-patch+json")
    assert answer.status_code == 200
    after = answer.json()
    assert "eo:cloud_cover" not in after["properties"]
    assert after["properties"]["note"] == {"a": 1}
    assert after["assets"]["thumbnail"] == {**before["assets"]["thumbnail"], "title": "Picture"}
    assert after["assets"]["data"] == {"href": "s3://bucket/a.tif"}
    for one in (before, after):
        one["properties"] = {k: v for k, v in one["properties"].items() if k not in {"eo:cloud_cover", "note"}}
        del one["assets"]
    assert after == before


def test_an_empty_patch_changes_nothing(centre):
    moments = {"datetime": None, "start_datetime": "2024-01-01T00:00:00Z", "end_datetime": "2024-02-01T00:00:00Z"}
    send(centre, "post", ITEMS, item(**moments))
    row, before = rows()[0], centre.get(f"{ITEMS}/PHR1A_1").json()
    answer = send(centre, "patch", f"{ITEMS}/PHR1A_1", {})
    assert (answer.status_code, answer.json()) == (200, before)
    assert rows()[0] == row


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ([], ""),
        ({"id": "b"}, "/id"),
        ({"collection": None}, "/collection"),
        ({"properties": None}, "/properties"),
        ({"properties": {"datetime": None}}, "/properties/datetime"),
        ({"properties": {"note": "x" * (2**20 - 100)}}, ""),
    ],
)
def test_a_patch_that_cannot_be_applied_is_named(centre, patch, pointer):
    send(centre, "post", ITEMS, item())
    before = rows()
    refused(send(centre, "patch", f"{ITEMS}/PHR1A_1", patch), 400, "invalid_item", pointer)
    assert rows() == before


def test_an_item_is_deleted_and_returned_a_last_time(centre):
    send(centre, "post", ITEMS, item())
    read = centre.get(f"{ITEMS}/PHR1A_1").json()
    answer = centre.delete(f"{ITEMS}/PHR1A_1")
    assert (answer.status_code, answer.json()) == (200, read)
    assert not Item.objects.exists()
    assert Publication.objects.latest("pk").deleted == 1
    refused(centre.delete(f"{ITEMS}/PHR1A_1"), 404, "not_found")


def test_only_the_state_that_was_read_is_changed(centre):
    tag = send(centre, "post", ITEMS, item())["ETag"]
    tag = send(centre, "put", f"{ITEMS}/PHR1A_1", item(note="mine"), **{"If-Match": tag})["ETag"]
    send(centre, "put", f"{ITEMS}/PHR1A_1", item(note="theirs"))
    before = rows()
    for method, body in (("put", item(note="late")), ("patch", {"properties": {"note": "late"}}), ("delete", "")):
        refused(send(centre, method, f"{ITEMS}/PHR1A_1", body, **{"If-Match": tag}), 412, "precondition_failed")
    assert rows() == before
    now = centre.get(f"{ITEMS}/PHR1A_1")["ETag"]
    assert send(centre, "delete", f"{ITEMS}/PHR1A_1", "", **{"If-Match": now}).status_code == 200


# --- what is here wins ---


def test_an_image_whose_files_are_here_keeps_its_place_and_moments(centre, archive):
    held(archive, centre)
    before = rows()
    moved = item(geometry={"type": "Point", "coordinates": [3, 43]})
    late = item(datetime="2020-01-01T00:00:00Z")
    for other in (moved, late):
        problem = refused(send(centre, "put", f"{ITEMS}/PHR1A_1", other), 409, "item_kept")
        assert problem["repair"]
        refused(send(centre, "post", BULK, {"items": {"PHR1A_1": other}, "method": "upsert"}), 409, "item_kept")
    refused(send(centre, "patch", f"{ITEMS}/PHR1A_1", {"geometry": moved["geometry"]}), 409, "item_kept")
    refused(centre.delete(f"{ITEMS}/PHR1A_1"), 409, "item_kept")
    assert rows() == before


def test_files_that_are_here_win_over_what_is_said_of_them(centre, archive):
    held(archive, centre)
    patch = {"properties": {"eo:cloud_cover": 7}, "assets": {"data": {"href": "https://example.org/other.tif"}}}
    answer = send(centre, "patch", f"{ITEMS}/PHR1A_1", patch)
    assert answer.status_code == 200
    document = answer.json()
    assert document["properties"]["eo:cloud_cover"] == 7
    assert "example.org" not in document["assets"]["data"]["href"]
    assert Item.objects.get().held
    assert ItemDocument.objects.get().body is not None


@pytest.mark.parametrize("column", ["withdrawn_at", "embargo_until"])
def test_what_is_withheld_is_not_touched(centre, archive, column):
    send(centre, "post", ITEMS, item())
    Item.objects.update(**{column: clock.now() + timedelta(days=5)})
    before = rows()
    for method, address, body in (
        ("put", f"{ITEMS}/PHR1A_1", item(note="x")),
        ("patch", f"{ITEMS}/PHR1A_1", {"properties": {"note": "x"}}),
        ("delete", f"{ITEMS}/PHR1A_1", ""),
        ("post", BULK, {"items": {"PHR1A_1": item(note="x")}, "method": "upsert"}),
    ):
        refused(send(centre, method, address, body), 409, "item_kept")
    assert rows() == before


def test_what_a_coverage_names_is_not_deleted(centre, archive):
    send(centre, "post", ITEMS, item())
    CoverageCellFactory(item=Item.objects.get())
    refused(centre.delete(f"{ITEMS}/PHR1A_1"), 409, "item_kept")
    assert Item.objects.exists()


# --- many ---


def test_many_items_are_new_or_changed(centre):
    send(centre, "post", ITEMS, item("a"))
    items = {"a": item("a", note="x"), "b": item("b"), "c": item("c")}
    del items["c"]["id"]
    refused(send(centre, "post", BULK, {"items": items}), 409, "item_exists")
    assert Item.objects.count() == 1
    answer = send(centre, "post", BULK, {"items": items, "method": "upsert"})
    assert (answer.status_code, answer.json()) == (200, {"created": 2, "updated": 1, "unchanged": 0})
    noted = Publication.objects.latest("pk")
    assert (noted.kind, noted.stac_id, noted.created, noted.updated) == ("upsert", "", 2, 1)
    again = send(centre, "post", BULK, {"items": items, "method": "upsert"})
    assert again.json() == {"created": 0, "updated": 0, "unchanged": 3}
    assert centre.get(f"{ITEMS}/c").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/items"),
        ({"items": []}, "/items"),
        ({"items": {"a": item("a")}, "method": "merge"}, "/method"),
        ({"items": {"a": item("b")}}, "/items/a/id"),
        ({"items": {"a": item("a"), "a/b": 5}}, "/items/a~1b"),
        ({"items": {"a": item("a"), "b": item("b", gsd="x")}, "method": "upsert"}, "/items/b/properties/gsd"),
    ],
)
def test_many_items_are_written_all_or_none(centre, body, pointer):
    refused(send(centre, "post", BULK, body), 400, "invalid_item", pointer)
    assert not Item.objects.exists()


def test_what_was_written_is_found_and_counted(centre, client):
    send(centre, "post", BULK, {"items": {f"i{n}": item(f"i{n}") for n in range(600)}})
    assert client.get("/stac/search", {"limit": 5, "collections": "archive"}).json()["numberMatched"] == 600
