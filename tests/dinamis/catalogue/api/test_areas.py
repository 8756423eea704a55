# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from shapely import get_num_coordinates

from dinamis.catalogue.models import SearchArea
from dinamis.core.geo import to_shapely
from tests.dinamis.core.areas.made import BOUNDS, WKT, coast, geopackage
from tests.factories.accounts import UserFactory
from tests.factories.api import basic, key_of
from tests.factories.catalogue import ItemFactory, square

pytestmark = pytest.mark.django_db
URL = "/api/v1/areas"


@pytest.fixture
def credentials():
    _key, halves = key_of(UserFactory())
    return {"Authorization": basic(halves)}


@pytest.fixture
def send(client, credentials):
    def sent(data, query="", content_type="application/octet-stream"):
        return client.post(f"{URL}{query}", data, content_type=content_type, headers=credentials)

    return sent


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/geopackage+sqlite3", "application/json"])
def test_a_file_is_read_whatever_its_header_says(send, kind):
    answer = send(geopackage(), content_type=kind)
    assert answer.status_code == 200
    told = answer.json()
    assert told["aoi"].startswith("POLYGON(")
    assert told["bbox"] == pytest.approx(BOUNDS)
    assert told["simplified"] is None
    assert told["page"].endswith("/catalogue/?aoi=" + told["aoi"].replace("(", "%28").replace(" ", "+").replace(
        ",", "%2C").replace(")", "%29"))  # fmt: skip


def test_as_curl_sends_it(send):
    assert send(WKT.encode(), content_type="application/x-www-form-urlencoded").json()["bbox"] == list(BOUNDS)


def test_what_simplifying_cost_is_told_and_the_area_is_searched_by_its_name(send, client, credentials, settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 500}
    near = ItemFactory()
    ItemFactory(footprint=square(-1, 47))
    told = send(coast(2_000).wkt.encode()).json()
    kept = to_shapely(SearchArea.objects.get().geometry)
    cost = told["simplified"]
    assert (cost["before"], cost["after"]) == (2_000, get_num_coordinates(kept))
    assert 0 < cost["error_percent"] < 2
    assert cost["error_m2"] == pytest.approx(told["area_m2"] * cost["error_percent"] / 100, rel=0.01)
    assert 0 < cost["tolerance_m"] < 500
    found = client.get("/api/v1/items", {"aoi": told["aoi"]}, headers=credentials).json()
    assert [row["id"] for row in found["results"]] == [near.pk]


def test_the_axes_may_be_confirmed(send):
    somalia = b"POLYGON((45 2, 46 2, 46 3, 45 3, 45 2))"
    assert send(somalia).json()["errors"][0]["code"] == "axes_swapped"
    assert send(somalia, "?axes_checked=true").status_code == 200


def test_what_is_refused_says_why_and_keeps_nothing(send, client, settings):
    refused = send(b"Montpellier")
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert send(b"").status_code == 422
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_BYTES": 100}
    assert send(b"x" * 101).status_code == 413
    assert client.post(URL, WKT, content_type="text/plain").status_code == 401
    assert send(WKT, "?colour=red").status_code == 400
    assert not SearchArea.objects.exists()
