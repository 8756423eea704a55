# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the page of the catalogue offers of sensors and clouds, and what it says when they make no sense."""

from datetime import UTC, date, datetime

import pytest

from dinamis.catalogue.enums import ProductFamily, SensorKind
from tests.factories.accounts import UserFactory
from tests.factories.api import caller_of
from tests.factories.catalogue import CollectionFactory, ItemFactory, SensorFactory

pytestmark = pytest.mark.django_db
URL = "/catalogue/"
NO_CLOUDS = "Le radar voit à travers les nuages"


@pytest.fixture(autouse=True)
def images():
    spot = CollectionFactory(slug="spot-6-7", family=ProductFamily.SPOT_6_7)
    radar = CollectionFactory(slug="radar", family=ProductFamily.TERRASAR_X)
    for number, ended in ((6, None), (7, date(2023, 3, 17))):
        sensor = SensorFactory(
            platform=f"SPOT-{number}",
            name=f"SPOT {number}",
            family=ProductFamily.SPOT_6_7,
            launched_on=date(2012 + number, 6, 30),
            ended_on=ended,
        )
        sensor.collections.add(spot)
    sar = SensorFactory(platform="TSX", name="TerraSAR-X", family=ProductFamily.TERRASAR_X, kind=SensorKind.SAR)
    sar.collections.add(radar)
    ItemFactory(collection=spot, stac_id="six", platform="SPOT-6", datetime=datetime(2024, 6, 1, tzinfo=UTC))
    ItemFactory(collection=spot, stac_id="seven", platform="SPOT-7", datetime=datetime(2022, 6, 1, tzinfo=UTC))
    ItemFactory(collection=radar, stac_id="sar", platform="TSX", cloud_cover=None)


def offered(response):
    return [row["value"] for row in response.context["platforms"]]


def ids(response):
    return {row["item"].stac_id for row in response.context["rows"]}


def test_satellites_are_offered_with_their_counts(client):
    response = client.get(URL)
    assert offered(response) == ["SPOT-6", "SPOT-7", "TSX"]
    assert ids(client.get(URL, {"platform": ["SPOT-7", "TSX"]})) == {"seven", "sar"}
    assert 'name="platform" value="SPOT-7"' in response.content.decode()


def test_spot_7_is_not_offered_after_its_end_and_asked_for_it_is_said_why(client):
    assert "SPOT-7" not in offered(client.get(URL, {"since": "2023-03-18"}))
    response = client.get(URL, {"since": "2023-03-18", "platform": "SPOT-7"})
    assert "SPOT-7" not in offered(response)
    assert "SPOT 7 a cessé son service le 17\u00a0mars 2023" in response.content.decode()
    assert ids(response) == set()


@pytest.mark.parametrize("asked", [{"since": "0001-01-01"}, {"until": "9999-12-31"}])
def test_a_day_beyond_all_images_is_refused(client, asked):
    response = client.get(URL, asked)
    assert set(response.context["form"].errors) == set(asked)
    assert ids(response) == {"six", "seven", "sar"}
    assert client.get("/tiles/items/5/16/11.mvt", asked).status_code == 400


def test_a_satellite_before_its_launch_is_not_offered(client):
    response = client.get(URL, {"until": "2010-01-01", "platform": "SPOT-6"})
    assert offered(response) == []
    assert "SPOT 6 n’était pas en service" in response.content.decode()


@pytest.mark.parametrize("asked", [{"sensor": "terrasar-x"}, {"platform": "TSX"}, {"collection": "radar"}])
def test_no_cloud_filter_for_radar(client, asked):
    text = client.get(URL, asked).content.decode()
    assert 'name="cloud"' not in text
    assert text.count(NO_CLOUDS) == 1
    response = client.get(URL, asked | {"cloud": "10"})
    assert ids(response) == {"sar"}
    assert response.content.decode().count(NO_CLOUDS) == 2
    assert not response.context["form"].errors


def test_clouds_are_offered_where_one_sensor_is_optical(client):
    text = client.get(URL, {"sensor": ["terrasar-x", "spot-6-7"]}).content.decode()
    assert 'name="cloud"' in text
    assert NO_CLOUDS not in text


def test_the_tiles_of_such_a_page_are_drawn_all_the_same(client):
    assert client.get("/tiles/items/0/0/0.mvt", {"sensor": "terrasar-x", "cloud": "10"}).status_code == 200


def test_a_program_is_told_by_name():
    api = caller_of(UserFactory())
    response = api.get("/api/v1/items", {"sensor": "terrasar-x", "cloud": "10"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "cloud"
    assert api.get("/api/v1/items", {"sensor": "spot-6-7", "cloud": "10"}).status_code == 200
