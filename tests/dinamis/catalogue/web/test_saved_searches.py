# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from dinamis.catalogue.enums import Alert
from dinamis.catalogue.models import SavedSearch
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import AdminUnitFactory

pytestmark = pytest.mark.django_db
LIST, NEW = "/account/searches/", "/account/searches/new/"


@pytest.fixture
def owner(client):
    person = UserFactory(language="en")
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return person


def test_the_catalogue_leads_to_saving_what_is_shown(client, owner):
    page = client.get("/catalogue/?sensor=pleiades&cloud=10").content.decode()
    assert f'href="{NEW}?sensor=pleiades&amp;cloud=10"' in page
    form = client.get(f"{NEW}?sensor=pleiades&cloud=10")
    assert form.context["form"].initial["name"] == "Pléiades · clouds ≤ 10%"
    assert form.context["form"].initial["alert"] == Alert.OFF
    sent = client.post(f"{NEW}?sensor=pleiades&cloud=10", {"name": "Sea", "alert": "weekly"})
    assert (sent.status_code, sent["Location"]) == (302, LIST)
    search = SavedSearch.objects.get()
    assert (search.owner, search.name, search.query) == (owner, "Sea", "sensor=pleiades&cloud=10")
    page = client.get(LIST).content.decode()
    assert 'href="/catalogue/?sensor=pleiades&amp;cloud=10"' in page
    assert "Pléiades · clouds ≤ 10%" in page


def test_who_is_not_signed_in_is_led_to_it_and_back(client):
    answer = client.get(f"{NEW}?cloud=10")
    assert answer["Location"] == "/account/login/?next=/account/searches/new/%3Fcloud%3D10"


def test_a_search_that_cannot_be_run_leads_back_with_the_reason(client, owner):
    for method in (client.get, client.post):
        answer = method(f"{NEW}?cloud=lots", {"name": "x", "alert": "off"} if method == client.post else {})
    assert answer["Location"] == "/catalogue/?cloud=lots"
    assert "Clouds" in str(next(iter(client.get(answer["Location"]).context["messages"])))
    assert not SavedSearch.objects.exists()


def test_what_is_wrong_is_said_on_the_form(client, owner):
    client.post(NEW, {"name": "Sea", "alert": "off"})
    for data, field in (
        ({"name": "sea", "alert": "off"}, "name"),
        ({"name": "", "alert": "off"}, "name"),
        ({"name": "Land", "alert": "hourly"}, "alert"),
    ):
        answer = client.post(NEW, data)
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
    assert SavedSearch.objects.count() == 1


def test_changing_and_deleting(client, owner):
    client.post(NEW, {"name": "Sea", "alert": "off"})
    search = SavedSearch.objects.get()
    assert client.get(f"{LIST}{search.pk}/").context["form"].initial == {"name": "Sea", "alert": "off"}
    client.post(f"{LIST}{search.pk}/", {"name": "Coast", "alert": "daily"})
    search.refresh_from_db()
    assert (search.name, search.alert) == ("Coast", "daily")
    assert client.get(f"{LIST}{search.pk}/delete/").status_code == 405
    client.post(f"{LIST}{search.pk}/delete/")
    assert not SavedSearch.objects.exists()


def test_those_of_others_are_not_found(client, owner):
    search = SavedSearch.objects.create(owner=UserFactory(), name="theirs", query="")
    assert "theirs" not in client.get(LIST).content.decode()
    for method, path in ((client.get, ""), (client.post, ""), (client.post, "delete/")):
        assert method(f"{LIST}{search.pk}/{path}").status_code == 404
    assert SavedSearch.objects.count() == 1


def test_a_search_whose_place_is_gone_says_so(client, owner):
    place = AdminUnitFactory(code="34172", name="Montpellier")
    client.post(f"{NEW}?place=commune:34172", {"name": "There", "alert": "off"})
    place.delete()
    assert "This place is not known." in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{SavedSearch.objects.get().pk}/").status_code == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "All images"),
        ("where=43.6, 3.88", "43.6000, 3.8800"),
        ("bbox=3,43,4,44", "an area of 8,985 km²"),
        ("q=DS_PHR&since=2024-01-01&until=2024-12-31", "“DS_PHR” · from 1 January 2024 to 31 December 2024"),
        ("until=2024-12-31&stereo=2", "until 31 December 2024 · stereo pair"),
        ("since=2024-12-31&year=2024&year=2023", "2023, 2024 · since 31 December 2024"),
        ("state=held&state=unlock&level=L3", "Downloadable, After a signature · ortho"),
        ("platform=PLEIADES-1B&resolution=0.5&incidence=20", "Pléiades 1B · resolution ≤ 0.5 m · incidence ≤ 20°"),
    ],
)
def test_searches_in_words(client, owner, query, words):
    assert client.get(f"{NEW}?{query}").context["asked"].replace("\u00a0", " ") == words
