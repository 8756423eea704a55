# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from django.urls import reverse

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.web.items import is_on_this_site
from tests.dinamis.catalogue.cast import build_world
from tests.factories.catalogue import (
    AssetFactory,
    CoverageCellFactory,
    CoverageFactory,
    ItemFactory,
    quicklook_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return build_world()


def page(client, item):
    return client.get(reverse("catalogue:item", args=[item.pk]))


def document(client, item):
    return client.get(reverse("catalogue:item_json", args=[item.pk]))


def test_who_may_download_gets_a_button_for_each_file(client, world):
    AssetFactory(item=world.items["held"], size=1_500_000)
    client.force_login(world.people["entitled"])
    response = page(client, world.items["held"])
    assert response.context["may_download"] is True
    assert response.context["missing"] == []
    assert "1,5\u00a0Mo" in response.content.decode()


def test_who_must_sign_is_told_where(client, world):
    AssetFactory(item=world.items["held"])
    client.force_login(world.people["unsigned"])
    response = page(client, world.items["held"])
    sign = reverse("licensing:sign", args=[world.items["held"].collection.licence_id])
    assert [row["url"] for row in response.context["missing"]] == [sign]
    assert response.context["may_download"] is False


def test_a_visitor_is_told_to_sign_in(client, world):
    response = page(client, world.items["held"])
    assert [row["url"] for row in response.context["missing"]] == [reverse("account_login")]


def test_who_may_download_sees_the_picture_itself(client, world):
    item = world.items["held"]
    AssetFactory(item=item)
    quicklook_of(item)
    still = f'src="{reverse("catalogue:quicklook", args=[item.pk])}"'
    client.force_login(world.people["entitled"])
    text = page(client, item).content.decode()
    assert f'src-picture="/catalogue/items/{item.pk}/preview/{{z}}/{{x}}/{{y}}.webp"' in text
    assert 'bounds="3.800000,43.500000,4.000000,43.700000"' in text
    assert f'href="/catalogue/items/{item.pk}/preview.png?pixels=2048"' in text
    assert still in text
    for who in ("unsigned", "stranger"):
        client.force_login(world.people[who])
        text = page(client, item).content.decode()
        assert "src-picture" not in text
        assert "preview.png" not in text
        assert still in text


def test_a_file_that_is_no_cog_is_not_drawn(client, world):
    AssetFactory(item=world.items["held"], media_type="application/zip")
    client.force_login(world.people["entitled"])
    assert "src-picture" not in page(client, world.items["held"]).content.decode()


def test_a_scene_nobody_has_can_be_ordered(client, world):
    response = page(client, world.items["scene"])
    assert response.context["image"].state == "order"
    assert response.context["missing"] == []


def test_a_scene_delivered_since_leads_to_its_product(client, world):
    product = ItemFactory(source_id="DS_SCENE")
    response = page(client, world.items["scene"])
    assert response.context["twin"].pk == product.pk
    assert reverse("catalogue:item", args=[product.pk]) in response.content.decode()


@pytest.mark.parametrize("name", ["embargo", "reserved_theirs"])
def test_a_withheld_image_tells_its_footprint_and_its_date(client, world, name):
    item = world.items[name]
    AssetFactory(item=item, title="secret file")
    text = page(client, item).content.decode()
    assert "14\u00a0juin 2024" in text
    for secret in ("secret file", item.stac_id, "PLEIADES-1B", "Pléiades\u00a01B", item.collection.title):
        assert secret not in text
    told = document(client, item).json()
    until = {"dinamis:reserved_until"} if name == "reserved_theirs" else set()
    assert set(told["properties"]) == {"datetime", "title", *until}
    assert (told["assets"], told["id"], "collection" in told) == ({}, f"image-{item.pk}", False)
    assert told["geometry"]["type"] == "Polygon"


def test_a_withdrawn_or_unknown_image_is_not_found(client, world):
    for pk in (world.items["withdrawn"].pk, 0):
        for name in ("catalogue:item", "catalogue:item_json", "catalogue:quicklook"):
            assert client.get(reverse(name, args=[pk])).status_code == 404


def test_the_stac_document_never_names_a_file(client, world):
    item = world.items["held"]
    asset = AssetFactory(item=item)
    quicklook_of(item)
    response = document(client, item)
    told = response.json()
    assert response["Content-Type"] == "application/geo+json"
    assert (told["type"], told["stac_version"], told["id"]) == ("Feature", "1.1.0", "held")
    assert told["properties"]["datetime"] == "2024-06-14T10:30:00Z"
    assert told["properties"]["eo:cloud_cover"] == 2
    assert "https://stac-extensions.github.io/eo/v2.0.0/schema.json" in told["stac_extensions"]
    assert told["assets"]["data"]["file:size"] == 1_500_000
    assert told["assets"]["data"]["file:checksum"] == "1220" + "ab" * 32
    assert told["assets"]["quicklook"]["href"].endswith(reverse("catalogue:quicklook", args=[item.pk]))
    assert asset.storage_key not in response.content.decode()


@pytest.mark.parametrize(
    ("who", "state"), [("entitled", "held"), ("unsigned", "unlock"), ("stranger", "none"), (None, "none")]
)
def test_the_stac_document_says_what_its_reader_may_do(client, world, who, state):
    if who:
        client.force_login(world.people[who])
    response = document(client, world.items["held"])
    assert response.json()["properties"]["dinamis:state"] == state
    assert response["Cache-Control"] == "private, no-cache"


def test_the_stac_document_is_valid(client, world):
    import pystac

    item = world.items["held"]
    AssetFactory(item=item)
    assert pystac.Item.from_dict(document(client, item).json()).to_dict()["stac_version"] == "1.1.0"


def test_the_quicklook_is_handed_over_by_the_file_server(client, world):
    item = world.items["held"]
    quicklook_of(item)
    response = client.get(reverse("catalogue:quicklook", args=[item.pk]))
    assert (response.status_code, response["X-Accel-Redirect"]) == (200, f"/_files/public/{item.pk}/quicklook.jpg")
    assert response["Content-Type"] == "image/jpeg"
    assert "public" in response["Cache-Control"]


@pytest.mark.parametrize("name", ["embargo", "reserved_ours"])
def test_the_quicklook_of_a_withheld_image_is_not_found(client, world, name):
    quicklook_of(world.items[name])
    client.force_login(world.people["entitled"])
    assert client.get(reverse("catalogue:quicklook", args=[world.items[name].pk])).status_code == 404


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("/simulator/quicklooks/1.jpg", True),
        ("https://elsewhere.example/1.jpg", False),
        ("//elsewhere.example/1.jpg", False),
        ("/\\elsewhere.example/1.jpg", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_a_picture_elsewhere_is_never_asked_for(client, url, ours):
    item = ItemFactory(quicklook_url=url)
    response = client.get(reverse("catalogue:quicklook", args=[item.pk]))
    assert is_on_this_site(url) is ours
    assert response.status_code == (302 if ours else 404)


def test_a_picture_of_this_site_by_its_full_address(settings):
    assert is_on_this_site(f"{settings.SITE_URL}/simulator/1.jpg")
    assert not is_on_this_site(f"{settings.SITE_URL}.evil.example/1.jpg")


@pytest.fixture
def coverage(world):
    made = CoverageFactory(collection=world.items["held"].collection, year=2024)
    CoverageCellFactory(coverage=made, code="A", status=CellStatus.DELIVERED, item=world.items["held"])
    CoverageCellFactory(coverage=made, code="B", status=CellStatus.PLANNED)
    CoverageCellFactory(coverage=made, code="C", status=CellStatus.PRODUCED, item=world.items["held"])
    AssetFactory(item=world.items["held"])
    return made


def coverage_url(coverage):
    return reverse("catalogue:coverage", args=[coverage.collection.slug, coverage.year])


def test_the_coverage_says_how_far_it_is(client, coverage):
    response = client.get(coverage_url(coverage))
    progress = response.context["progress"]
    assert (progress.cells, progress.delivered, round(progress.delivered_share)) == (3, 1, 33)
    assert [(part.value, part.count) for part in progress.statuses] == [
        ("planned", 1),
        ("acquired", 0),
        ("produced", 1),
        ("delivered", 1),
    ]
    assert coverage_url(coverage) in client.get(reverse("catalogue:coverages")).content.decode()


def test_a_cell_has_the_state_of_its_delivered_image(client, world, coverage):
    def states(**query):
        response = client.get(coverage_url(coverage), query)
        return {row["cell"].code: row["cell"].state for row in response.context["rows"]}

    assert states() == {"A": "none", "B": "none", "C": "none"}
    client.force_login(world.people["entitled"])
    assert states() == {"A": "held", "B": "none", "C": "none"}
    assert states(state="held") == {"A": "held"}
    assert states(status="planned") == {"B": "none"}
    assert len(states(status="nonsense", state="nonsense")) == 3
    client.force_login(world.people["unsigned"])
    assert states()["A"] == "unlock"
    sign = reverse("licensing:sign", args=[world.items["held"].collection.licence_id])
    assert sign in client.get(coverage_url(coverage)).content.decode()


def test_a_coverage_that_is_not_there(client, coverage):
    assert client.get(reverse("catalogue:coverage", args=[coverage.collection.slug, 1999])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_coverage_costs_the_same_whatever_its_cells(client, django_assert_num_queries, count):
    made = CoverageFactory()
    for _number in range(count):
        item = AssetFactory().item
        CoverageCellFactory(coverage=made, status=CellStatus.DELIVERED, item=item)
    with django_assert_num_queries(7):
        assert len(client.get(coverage_url(made)).context["rows"]) == count


def test_an_image_is_told_in_words_and_how_to_use_it(client, world):
    item = world.items["held"]
    AssetFactory(item=item)
    client.force_login(world.people["entitled"])
    text = page(client, item).content.decode()
    assert "Pléiades\u00a01B" in page(client, item).context["in_words"]
    for said in (
        f'.get_collection("{item.collection.slug}").get_item("held")',
        f'json={{"files": [{{"item": {item.pk}, "key": "data"}}]}}',
        "/api/v1/tickets",
        "/vsicurl/$LINK",
        'data-copy="#use-python"',
        "/stac/",
    ):
        assert said in text, said


def test_the_document_leads_to_the_stac_api_and_back(client, world):
    item = world.items["held"]
    links = {link["rel"]: link["href"] for link in document(client, item).json()["links"]}
    path = reverse("stac:item", args=[item.collection.slug, item.stac_id])
    assert links["canonical"].endswith(path)
    assert links["canonical"] in page(client, item).content.decode()
    back = {link["href"] for link in client.get(path).json()["links"] if link["rel"] == "alternate"}
    assert links["alternate"] in back


def test_a_withheld_image_has_no_address_in_the_stac_api(client, world):
    links = document(client, world.items["embargo"]).json()["links"]
    assert "canonical" not in {link["rel"] for link in links}
    assert "/stac/collections/" not in page(client, world.items["embargo"]).content.decode()
