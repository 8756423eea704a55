# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs reach the open API by a short way: what it answers there is what it answers on the long one."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import UserFactory
from tests.factories.catalogue import CollectionFactory, ItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return ItemFactory(stac_id="SPOT6/1")


def addresses(item):
    home = f"/stac/collections/{item.collection.slug}"
    return ("/stac/", "/stac/collections", home, f"{home}/items", f"{home}/items/{item.stac_id}", "/stac/api",
            "/stac/search?limit=1", "/stac/search?limit=none", "/stac/nowhere")  # fmt: skip


def without_moment(answer):
    """What was answered; tokens and moments are of their request."""
    text = answer.content.decode()
    return json.loads(text) if "json" in answer["Content-Type"] else text


def test_both_ways_answer_the_same(item):
    stranger = Client()
    stranger.cookies["sessionid"] = "of nobody"
    for address in addresses(item):
        short, long = Client().get(address), stranger.get(address)
        assert (short.status_code, without_moment(short)) == (long.status_code, without_moment(long)), address
        for name in ("Content-Type", "Cache-Control", "Content-Language", "X-Content-Type-Options", "X-Frame-Options",
                     "Access-Control-Allow-Origin", "Referrer-Policy"):  # fmt: skip
            assert short.get(name) == long.get(name), (address, name)
        assert set(short["Vary"].split(", ")) >= {"Authorization", "Cookie", "Accept-Language"}, address


def test_a_map_has_the_same_tiles_by_both_ways(item):
    stranger = Client()
    stranger.cookies["sessionid"] = "of nobody"
    west, south, _east, _north = item.footprint.extent
    column, row = int((west + 180) / 360 * 64), 23
    assert 43 < south < 44.5
    seen = set()
    tiles = (f"items/6/{column}/{row}", "items/6/0/0", "items/30/0/0", "base/6/32/23", "coverages/none/2020/6/0/0")
    for address in (*(f"/tiles/{tile}.mvt" for tile in tiles), "/tiles/items/6/0/0.mvt?cloud=many"):
        short, long = Client().get(address), stranger.get(address)
        assert (short.status_code, short.content) == (long.status_code, long.content), address
        for name in ("Content-Type", "Cache-Control", "ETag", "X-Content-Type-Options", "X-Frame-Options"):
            assert short.get(name) == long.get(name), (address, name)
        seen.add(short.status_code)
    assert seen == {200, 204, 400, 404}


def test_a_collection_of_another_name_is_known_to_the_next_tile(item):
    address = "/tiles/items/6/32/23.mvt?collection={}"
    assert Client().get(address.format("coasts")).status_code == 400
    CollectionFactory(slug="coasts")
    assert Client().get(address.format("coasts")).status_code in {200, 204}


def test_a_document_runs_nothing_and_leaves_no_cookie(item):
    for address in addresses(item):
        answer = Client().get(address)
        assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert not answer.cookies


def test_a_program_is_not_looked_for_among_sessions(item):
    with CaptureQueriesContext(connection) as seen:
        assert Client().get(f"/stac/collections/{item.collection.slug}/items/{item.stac_id}").status_code == 200
    assert seen.captured_queries
    assert not [one for one in seen.captured_queries if "django_session" in one["sql"] or "accounts_" in one["sql"]]


def test_who_is_signed_in_is_known_there(item):
    client = Client()
    client.force_login(UserFactory())
    answer = client.get("/stac/search")
    assert answer.wsgi_request.user.is_authenticated
    assert answer.status_code == 200


def test_whoever_reads_pages_gets_one(item):
    answer = Client().get("/stac/", headers={"Accept": "text/html"})
    assert answer["Content-Type"].startswith("text/html")
    assert "script-src" in answer["Content-Security-Policy"]


def test_nobody_publishes_without_a_key(item):
    before = item.collection.items.count()
    answer = Client().post(f"/stac/collections/{item.collection.slug}/items", "{}", content_type="application/json")
    assert answer.status_code == 401
    assert item.collection.items.count() == before
