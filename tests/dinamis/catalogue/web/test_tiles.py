# SPDX-License-Identifier: AGPL-3.0-or-later
import math

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.core.cache import cache

from dinamis.catalogue.enums import AdminKind, CellStatus
from dinamis.catalogue.selectors import tiles
from tests.dinamis.catalogue.cast import build_world
from tests.factories.catalogue import AdminUnitFactory, CoverageCellFactory, CoverageFactory, ItemFactory, square
from tests.mvt import layers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


def tile_of(zoom, lon=3.9, lat=43.6):
    n = 2**zoom
    x = int((lon + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return f"{zoom}/{x}/{y}"


def items_in(client, zoom=6, **query):
    response = client.get(f"/tiles/items/{tile_of(zoom)}.mvt", query)
    return {one["id"]: one for one in layers(response.content).get("items", [])}


@pytest.mark.parametrize("kind", ["anonymous", "entitled", "unsigned"])
@pytest.mark.parametrize("query", [{}, {"cloud": "10"}, {"state": "held"}, {"q": "scene"}])
def test_the_tile_shows_what_the_list_shows_in_the_same_state(client, kind, query):
    world = build_world()
    if kind != "anonymous":
        client.force_login(world.people[kind])
    rows = client.get("/catalogue/", query).context["rows"]
    assert {pk: one["state"] for pk, one in items_in(client, **query).items()} == {
        row["item"].pk: row["item"].state for row in rows
    }


def test_a_withheld_image_has_no_cloud_collection_or_title(client):
    world = build_world()
    found = items_in(client)
    assert found[world.items["embargo"].pk] == {
        "id": world.items["embargo"].pk,
        "state": "none",
        "date": "2024-06-14",
    }
    assert found[world.items["held"].pk] == {
        "id": world.items["held"].pk,
        "state": "none",
        "date": "2024-06-14",
        "title": "Pléiades 1B",
        "collection": world.items["held"].collection.slug,
        "cloud": 2.0,
    }


def test_a_tile_elsewhere_is_empty(client):
    ItemFactory()
    response = client.get(f"/tiles/items/{tile_of(8, -60, 10)}.mvt")
    assert (response.status_code, response.content) == (204, b"")


def test_a_tile_is_asked_again_only_when_it_changed(client):
    ItemFactory()
    first = client.get(f"/tiles/items/{tile_of(6)}.mvt")
    assert first["Cache-Control"].startswith("private")
    assert first["Content-Type"] == "application/vnd.mapbox-vector-tile"
    again = client.get(f"/tiles/items/{tile_of(6)}.mvt", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    ItemFactory()
    assert client.get(f"/tiles/items/{tile_of(6)}.mvt", headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", ["30/0/0", "-1/0/0", "3/8/0", "3/0/8", "3/-1/0", "999999999/0/0"])
@pytest.mark.parametrize("layer", ["base", "items", "coverages/any/2024"])
def test_an_address_outside_the_pyramid_is_refused(client, layer, address, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(f"/tiles/{layer}/{address}.mvt")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:dinamis:problem:bad_tile"


def test_a_wrong_filter_is_refused_by_its_name(client):
    response = client.get(f"/tiles/items/{tile_of(6)}.mvt", {"cloud": "x"})
    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"cloud"}


def test_a_tile_stays_below_its_limit(client, monkeypatch):
    for step in range(40):
        ItemFactory(footprint=square(3.8 + step * 0.001, 43.5))
    monkeypatch.setattr(tiles, "MAX_BYTES", 2000)
    response = client.get(f"/tiles/items/{tile_of(6)}.mvt")
    assert 0 < len(response.content) <= 2000
    assert 0 < len(layers(response.content)["items"]) < 40


def test_the_base_has_more_places_the_closer_one_looks(client):
    big = MultiPolygon(square(3, 43, 2), srid=4326)
    AdminUnitFactory(kind=AdminKind.REGION, code="76", name="Occitanie", geometry=big)
    AdminUnitFactory(kind=AdminKind.DEPARTEMENT, code="34", name="Hérault", geometry=big)
    AdminUnitFactory(code="34172", name="Montpellier")
    names = {zoom: client.get(f"/tiles/base/{tile_of(zoom)}.mvt") for zoom in (1, 4, 6, 11)}
    assert {zoom: sorted(layers(found.content)) for zoom, found in names.items()} == {
        1: ["land"],
        4: ["land", "region"],
        6: ["departement", "land", "region"],
        11: ["commune", "departement", "land", "region"],
    }
    assert layers(names[11].content)["commune"] == [{"code": "34172", "name": "Montpellier"}]
    assert names[11]["Cache-Control"].startswith("public")


def test_the_base_is_kept_until_places_are_loaded(client, django_assert_num_queries):
    AdminUnitFactory(kind=AdminKind.REGION, code="76")
    address = f"/tiles/base/{tile_of(2)}.mvt"
    first = client.get(address)
    with django_assert_num_queries(1):
        assert client.get(address).content == first.content
    AdminUnitFactory(kind=AdminKind.REGION, code="84", geometry=MultiPolygon(square(5, 45, 2), srid=4326))
    assert len(layers(client.get(address).content)["land"]) == 2


def test_cells_have_their_status_and_the_state_of_the_person(client):
    world = build_world()
    coverage = CoverageFactory(collection=world.items["held"].collection)
    CoverageCellFactory(coverage=coverage, code="A", status=CellStatus.DELIVERED, item=world.items["held"])
    CoverageCellFactory(coverage=coverage, code="B")
    address = f"/tiles/coverages/{coverage.collection.slug}/2024/{tile_of(6)}.mvt"

    def cells():
        return {one["code"]: (one["status"], one["state"]) for one in layers(client.get(address).content)["cells"]}

    assert cells() == {"A": ("delivered", "none"), "B": ("planned", "none")}
    client.force_login(world.people["entitled"])
    assert cells() == {"A": ("delivered", "held"), "B": ("planned", "none")}
    assert client.get(f"/tiles/coverages/none/2024/{tile_of(6)}.mvt").status_code == 404
