# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import override
from shapely.geometry import mapping

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import SearchArea
from dinamis.catalogue.selectors.places import plain, read_coordinates
from dinamis.core.areas.area import fitted
from dinamis.core.geo import area_m2, to_shapely
from tests.dinamis.catalogue.cast import build_world
from tests.dinamis.core.areas.made import WKT, coast, kml
from tests.factories.accounts import active_membership
from tests.factories.catalogue import AdminUnitFactory, CollectionFactory, ItemFactory, quicklook_of, square
from tests.factories.licensing import ProjectFactory

pytestmark = pytest.mark.django_db
URL = "/catalogue/"


@pytest.fixture
def places():
    AdminUnitFactory(code="34172", name="Montpellier", population=300_000)
    AdminUnitFactory(code="34301", name="Sète")
    AdminUnitFactory(code="76351", name="Le Havre")
    AdminUnitFactory(kind=AdminKind.DEPARTEMENT, code="34", name="Hérault")
    for code in ("11001", "22001"):
        AdminUnitFactory(code=code, name="Saint-Martin")


def ids(response):
    return [row["item"].stac_id for row in response.context["rows"]]


def test_the_page_answers_without_javascript_and_signed_out(client):
    item = ItemFactory(stac_id="one")
    response = client.get(URL)
    text = response.content.decode()
    assert response.status_code == 200
    assert ids(response) == ["one"]
    assert reverse("catalogue:item", args=[item.pk]) in text
    assert "Pléiades\u00a01B · ortho 0,5\u00a0m" in text
    assert '<form method="get" action="/catalogue/"' in text


def test_the_state_is_that_of_the_person(client):
    world = build_world()
    client.force_login(world.people["unsigned"])
    response = client.get(URL, {"state": "unlock"})
    assert set(ids(response)) == {"held", "embargo_over", "reserved_ours"}
    licence = world.items["held"].collection.licence
    assert reverse("licensing:sign", args=[licence.pk]) in response.content.decode()


def test_a_withheld_image_shows_its_date_and_nothing_else(client):
    world = build_world()
    for item in (world.items["embargo"], world.items["reserved_theirs"]):
        quicklook_of(item)
    text = client.get(URL).content.decode()
    assert "reserved_theirs" not in text
    for item in (world.items["embargo"], world.items["reserved_theirs"]):
        assert reverse("catalogue:quicklook", args=[item.pk]) not in text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cloud": "many"}, "cloud"),
        ({"cloud": "101"}, "cloud"),
        ({"cloud": "nan"}, "cloud"),
        ({"since": "31/02/2024"}, "since"),
        ({"since": "2024-05-01", "until": "2024-04-01"}, "until"),
        ({"sensor": "hubble"}, "sensor"),
        ({"year": "x"}, "year"),
        ({"order": "magic"}, "order"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "5,2,3,4"}, "bbox"),
        ({"bbox": "nan,nan,nan,nan"}, "bbox"),
        ({"aoi": "POLYGON((3 43, 4 44, 4 43, 3 44, 3 43))"}, "aoi"),
        ({"aoi": "POINT(300 2)"}, "aoi"),
        ({"place": "commune:99999"}, "place"),
        ({"where": "Xyzzy"}, "where"),
        ({"project": "1"}, "project"),
        ({"resolution": "0"}, "resolution"),
        ({"level": "L3'); --"}, "level"),
        ({"stereo": "4"}, "stereo"),
        ({"licence": "mit"}, "licence"),
        ({"view": "4.2,43.5"}, "view"),
        ({"q": "a\x00b"}, "q"),
    ],
)
def test_a_wrong_value_is_explained_and_the_page_stays(client, query, field):
    ItemFactory(stac_id="one")
    response = client.get(URL, query)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert ids(response) == ["one"]
    assert client.get(response.context["tiles"].format(z=0, x=0, y=0)).status_code == 200


def test_every_facet_is_a_choice_with_its_count(client):
    spot = ItemFactory(gsd=1.5, incidence_angle=25, processing_level="L1A", stereo_count=2)
    ItemFactory(stac_id="other")
    response = client.get(URL)
    chosen = {
        "sensors": ("pleiades", 2),
        "clouds": ("5", 2),
        "incidences": ("20", 1),
        "resolutions": ("0.5", 1),
        "levels": ("L1A", 1),
        "stereos": ("2", 1),
        "licences": (spot.collection.licence.code, 1),
    }
    for name, counted in chosen.items():
        assert counted in [(str(row["value"]), row["count"]) for row in response.context[name]], name
    names = {"resolutions": "resolution", "incidences": "incidence", "levels": "level", "stereos": "stereo"}
    asked = {names.get(name, name.removesuffix("s")): value for name, (value, _count) in chosen.items()}
    asked |= {"incidence": "25", "resolution": "1.5", "licence": spot.collection.licence.code}
    narrowed = client.get(URL, asked)
    assert ids(narrowed) == [spot.stac_id]
    assert narrowed.context["more_open"] is True
    # A maximum that is no class stays chosen, so that sending the form again does not lose it.
    assert [row["value"] for row in narrowed.context["incidences"] if row["checked"]] == ["25"]


def test_a_project_named_is_one_of_the_person_s(client):
    mine, theirs = ProjectFactory(), ProjectFactory()
    active_membership(mine.owner, mine.organisation)
    client.force_login(mine.owner)
    assert "project" not in client.get(URL, {"project": mine.pk}).context["form"].errors
    assert "project" in client.get(URL, {"project": theirs.pk}).context["form"].errors


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("montpellier", "commune:34172"),
        ("SETE", "commune:34301"),
        ("herault", "departement:34"),
        ("34", "departement:34"),
        ("le havre", "commune:76351"),
        ("Saint-Martin (22001)", "commune:22001"),
    ],
)
def test_a_place_is_found_by_what_people_type(client, places, typed, place):
    response = client.get(URL, {"where": typed})
    assert response.context["form"].filters.place == place


def test_a_name_of_several_places_offers_them(client, places):
    ItemFactory(stac_id="elsewhere", footprint=square(-1, 47))
    response = client.get(URL, {"where": "saint martin"})
    assert [place.reference for place, _url in response.context["suggested"]] == ["commune:11001", "commune:22001"]
    assert ids(response) == ["elsewhere"]
    assert "where=Saint-Martin+%2811001%29" in response.content.decode()


def test_places_are_suggested_as_one_types(client, places):
    answer = client.get("/catalogue/places.json", {"q": "sèt"})
    sete = {"label": "Sète (34301)", "kind": "commune", "kind_name": "commune", "name": "Sète", "code": "34301"}
    assert answer.json() == {"places": [sete]}
    assert "Accept-Language" in answer["Vary"]


def test_names_are_compared_as_the_database_does():
    assert plain("L’Haÿ-les-Roses") == "l hay les roses"
    assert plain("Œuilly") == "oeuilly"


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("43.6, 3.88", (3.88, 43.6)),
        ("43,6 ; 3,88", (3.88, 43.6)),
        ("43.6 3.88", (3.88, 43.6)),
        ("22.3 S 166.4 E", (166.4, -22.3)),
        ("14.6° N 61° O", (-61, 14.6)),
        ("143, 3", None),
        ("Paris", None),
        ("12", None),
    ],
)
def test_coordinates_as_people_copy_them(text, point):
    found = read_coordinates(text)
    assert (found.coords if found else None) == point


def upload(client, name, data, **fields):
    sent = SimpleUploadedFile(name, data)
    return client.post("/catalogue/area/", {"query": "cloud=10&where=Nantes&after=x", **fields, "area_file": sent})


def test_an_uploaded_area_goes_into_the_address(client):
    ItemFactory(stac_id="near")
    ItemFactory(stac_id="far", footprint=square(-1, 47))
    response = upload(client, "zone.kml", kml())
    assert response.status_code == 302
    assert response.url.startswith("/catalogue/?cloud=10&aoi=POLYGON")
    assert ids(client.get(response.url)) == ["near"]


def test_an_area_too_long_for_the_address_is_kept_whole_and_its_name_shared(client):
    ItemFactory(stac_id="near")
    ItemFactory(stac_id="far", footprint=square(-1, 47))
    outline = coast(3_000)
    response = upload(client, "zone.wkt", outline.wkt.encode(), query="cloud=10&where=Nantes&view=1,2,3&after=x")
    row = SearchArea.objects.get()
    assert response.url == f"/catalogue/?cloud=10&aoi=area-{row.token}"
    assert to_shapely(row.geometry).equals(outline)
    page = client.get(response.url)
    assert ids(page) == ["near"]
    assert page.context["area_m2"] == area_m2(outline)
    assert f'name="aoi" value="area-{row.token}"' in page.content.decode()
    assert f"aoi=area-{row.token}" in page.context["tiles"]
    assert client.get(page.context["tiles"].format(z=0, x=0, y=0)).status_code == 200
    # The same area from another file is the same row.
    assert upload(client, "zone.kml", kml(list(outline.exterior.coords)[::-1])).url.endswith(f"aoi=area-{row.token}")
    assert SearchArea.objects.count() == 1


def test_a_short_area_is_not_kept(client):
    assert "aoi=POLYGON" in upload(client, "zone.kml", kml()).url
    assert not SearchArea.objects.exists()


@pytest.mark.parametrize("name", ["area-" + "x" * 22, "area-x", "area-" + "é" * 22, "area-"])
def test_the_name_of_no_area_is_explained(client, name):
    ItemFactory(stac_id="one")
    response = client.get(URL, {"aoi": name})
    assert "aoi" in response.context["form"].errors
    assert ids(response) == ["one"]


def test_a_drawn_area_too_long_is_kept_for_the_script_that_asks(client):
    drawn = json.dumps(mapping(coast(300)))
    answer = client.post("/catalogue/area/", {"aoi": drawn}, headers={"Accept": "application/json"})
    assert answer.json() == {"aoi": f"area-{SearchArea.objects.get().token}"}
    bow_tie = "POLYGON((3 43, 4 44, 4 43, 3 44, 3 43))"
    refused = client.post("/catalogue/area/", {"aoi": bow_tie}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["pointer"]) == (422, "aoi")
    assert SearchArea.objects.count() == 1


def test_a_drawn_area_too_long_is_kept_without_a_script_too(client):
    response = client.post("/catalogue/area/", {"aoi": json.dumps(mapping(coast(300))), "query": "cloud=10"})
    assert response.url == f"/catalogue/?cloud=10&aoi=area-{SearchArea.objects.get().token}"


def test_what_simplifying_cost_is_said(client, settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 100}
    response = upload(client, "zone.wkt", coast(2_000).wkt.encode())
    with override("fr"):
        told = str(fitted(coast(2_000)).simplified)
    assert "km²" in told
    assert told in client.get(response.url, headers={"Accept-Language": "fr"}).content.decode()


def test_a_refused_area_is_explained_on_a_page_that_still_works(client):
    ItemFactory(stac_id="one")
    response = upload(client, "zone.gpx", b"<gpx/>")
    assert response.status_code == 422
    assert ids(response) == ["one"]
    assert "GPX" in response.content.decode()
    assert response.context["form"].data["cloud"] == "10"


def test_axes_in_doubt_can_be_confirmed(client):
    somalia = b"POLYGON((45 2, 46 2, 46 3, 45 3, 45 2))"
    response = upload(client, "zone.wkt", somalia)
    assert response.status_code == 422
    assert 'name="axes_checked"' in response.content.decode()
    assert upload(client, "zone.wkt", somalia, axes_checked="on").status_code == 302


def test_no_file_is_said(client):
    assert client.post("/catalogue/area/", {"query": ""}).status_code == 422
    assert client.get("/catalogue/area/").status_code == 405


def test_the_map_gets_the_area_and_the_same_filters(client):
    response = client.get(URL, {"aoi": WKT, "cloud": "10", "order": "clouds"})
    text = response.content.decode()
    tiles = "/tiles/items/{z}/{x}/{y}.mvt?aoi=POLYGON%28%283.8+43.5"
    assert f'src-items="{tiles}' in text
    assert "order=" not in response.context["tiles"]
    drawn = text.split('id="search-area" type="application/json">')[1].split("<")[0]
    assert json.loads(drawn)["coordinates"][0][0] == [3.8, 43.5]


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_whatever_it_lists(client, django_assert_num_queries, count):
    world = build_world()
    client.force_login(world.people["entitled"])
    ItemFactory.create_batch(count, collection=CollectionFactory(slug="many"))
    # What each kind of images means is asked once.
    client.get(URL)
    with django_assert_num_queries(14):
        assert len(client.get(URL, {"collection": "many"}).context["rows"]) == count


def test_the_next_page_keeps_the_filters(client):
    ItemFactory.create_batch(21, collection=CollectionFactory(slug="many"))
    response = client.get(URL, {"collection": "many"})
    assert len(response.context["rows"]) == 20
    following = client.get(f"{URL}{response.context['next_page']}")
    assert (len(following.context["rows"]), following.context["next_page"]) == (1, "")
    assert following.context["previous_page"].startswith("?collection=many&before=")


def test_home_says_what_there_is(client):
    ItemFactory()
    ItemFactory(held=False)
    response = client.get("/")
    assert response.status_code == 200
    assert (response.context["holdings"].images, response.context["holdings"].held) == (2, 1)
    assert reverse("catalogue:search") in response.content.decode()
