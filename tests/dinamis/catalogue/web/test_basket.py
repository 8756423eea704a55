# SPDX-License-Identifier: AGPL-3.0-or-later
import csv
import io
import json

import pytest

from dinamis.catalogue.models import BasketItem
from tests.dinamis.catalogue.cast import build_world
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory

pytestmark = pytest.mark.django_db
PAGE, CHANGE = "/basket/", "/basket/change/"


@pytest.fixture
def owner(client):
    person = UserFactory(language="en")
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return person


def test_images_are_put_aside_from_the_list_and_their_page(client, owner):
    item = ItemFactory()
    for page in ("/catalogue/?cloud=10", f"/catalogue/items/{item.pk}/"):
        text = client.get(page).content.decode()
        assert f'form="basket" name="add" value="{item.pk}"' in text
        assert f'<input type="hidden" name="next" value="{page}">' in text
        assert client.post(CHANGE, {"add": item.pk, "next": page})["Location"] == page
        assert f'form="basket" name="remove" value="{item.pk}"' in client.get(page).content.decode()
        assert client.post(CHANGE, {"remove": item.pk, "next": "https://example.org/"})["Location"] == PAGE
        assert not BasketItem.objects.exists()


def test_signed_out_there_is_no_basket(client):
    item = ItemFactory()
    assert 'form="basket"' not in client.get("/catalogue/").content.decode()
    for answer in (client.get(PAGE), client.post(CHANGE, {"add": item.pk}), client.get("/basket/images.csv")):
        assert answer["Location"].startswith("/account/login/")
    assert not BasketItem.objects.exists()


def test_a_script_is_told_the_number(client, owner):
    items = [ItemFactory().pk for _ in range(2)]
    answer = client.post(CHANGE, {"add": items}, headers={"Accept": "application/json"})
    assert answer.json() == {"detail": "Put into the basket.", "number": 2}
    answer = client.post(CHANGE, {"empty": "1"}, headers={"Accept": "application/json"})
    assert answer.json()["number"] == 0


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "²", "9" * 18, "9" * 40, "1 OR 1=1"])
def test_what_is_no_image_is_not_found(client, owner, value):
    ItemFactory(pk=1)
    assert client.post(CHANGE, {"add": value}).status_code == 404
    assert not BasketItem.objects.exists()


def test_refusals_are_said(client, owner, settings):
    settings.DINAMIS = {**settings.DINAMIS, "BASKET_MAX": 1}
    items = [ItemFactory().pk for _ in range(2)]
    refused = client.post(CHANGE, {"add": items}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        "The basket holds 1 images at most. Take some out first.",
    )
    assert client.post(CHANGE, {"add": items}).status_code == 302
    assert "at most" in client.get(PAGE).content.decode()
    assert client.post(CHANGE, {}, headers={"Accept": "application/json"}).status_code == 422
    assert not BasketItem.objects.exists()


def test_the_page_says_what_may_be_done(client):
    world = build_world()
    person = world.people["entitled"]
    client.force_login(person)
    client.cookies["django_language"] = "en"
    neo = ItemFactory(collection=CollectionFactory(family="pleiades-neo"), held=False)
    shown = [world.items[name] for name in ("held", "scene", "embargo")]
    AssetFactory(item=world.items["held"])
    client.post(CHANGE, {"add": [item.pk for item in (*shown, neo)]})
    page = client.get(PAGE)
    assert page.context["sentence"] == "1 downloadable · 2 can be ordered · 1 held, not open to you"
    orders = {one["family"]: one["url"] for one in page.context["orders"]}
    assert orders == {
        "Pléiades": f"/orders/new/?scene={world.items['scene'].pk}",
        "Pléiades Neo": f"/orders/new/?scene={neo.pk}",
    }
    assert page.context["ground_m2"] == page.context["rows"][0]["area_m2"]
    assert sorted(page.context["ids"].split()) == sorted(["held", "scene", neo.stac_id])
    links = client.post("/basket/files/", {"format": "txt"})
    (link,) = links.content.decode().splitlines()
    assert link.endswith("held_data.tif")
    assert "attachment" in links["Content-Disposition"]
    assert links["Cache-Control"] == "private, no-store"


def test_links_are_refused_where_nothing_may_be_downloaded(client):
    world = build_world()
    client.force_login(world.people["unsigned"])
    AssetFactory(item=world.items["held"])
    client.post(CHANGE, {"add": world.items["held"].pk})
    page = client.get(PAGE)
    licence = world.items["held"].collection.licence
    assert page.context["to_sign"] == [(licence.name, f"/licences/{licence.pk}/sign/")]
    assert "/basket/files/" not in page.content.decode()
    assert client.post("/basket/files/", {"format": "txt"})["Location"] == PAGE


def test_lists_to_take_along_tell_no_more_than_the_page(client, owner):
    world = build_world()
    formula = ItemFactory(stac_id="=1+1")
    client.post(CHANGE, {"add": formula.pk})
    client.post(CHANGE, {"add": world.items["embargo"].pk})
    table = client.get("/basket/images.csv")
    rows = list(csv.DictReader(io.StringIO(table.getvalue().decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ["'=1+1", ""]
    assert (rows[1]["collection"], rows[1]["platform"], rows[1]["datetime"][:4]) == ("", "", "2024")
    document = json.loads(client.get("/basket/images.geojson").content)
    first, second = document["features"]
    assert first["properties"]["id"] == "=1+1"
    assert set(second["properties"]) == {"datetime", "state", "area_km2", "url"}
    assert second["geometry"]["type"] == "Polygon"


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_whatever_it_holds(client, owner, django_assert_num_queries, count):
    client.post(CHANGE, {"add": [ItemFactory().pk for _ in range(count)]})
    with django_assert_num_queries(6):
        assert len(client.get(PAGE).context["rows"]) == count
