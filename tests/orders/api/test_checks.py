# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first for programs: the answer, and what is refused by name."""

import json

import pytest
from shapely.geometry import box, mapping, shape

from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.models import SearchArea
from dinamis.core import geo
from tests.factories.api import caller_of
from tests.factories.catalogue import ItemFactory
from tests.factories.orders import world

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/checks"
AREA = box(3.0, 43.0, 4.0, 43.5)


@pytest.fixture(scope="module")
def written(module_rows):
    made = world()
    ItemFactory(collection=made.collection, footprint=geo.to_multipolygon(box(2.9, 42.9, 3.6, 43.6)))
    return made


@pytest.fixture
def ask(w):
    client = caller_of(w.researcher, scopes=[ApiScope.CATALOGUE])

    def post(asked):
        return client.post(ADDRESS, json.dumps(asked), content_type="application/json")

    return post


@pytest.mark.parametrize("area", [mapping(AREA), AREA.wkt])
def test_the_parts_add_up_to_the_area(ask, area):
    answer = ask({"area": area, "sensor": ["pleiades"]})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert {part["kind"]: round(part["percent"]) for part in told["parts"]} == {"download": 60, "nobody": 40}
    assert sum(part["area_m2"] for part in told["parts"]) == pytest.approx(told["area_m2"])
    assert shape(told["parts"][1]["geometry"]).equals_exact(box(3.6, 43.0, 4.0, 43.5), 1e-9, normalize=True)
    assert [offer["kind"] for offer in told["offers"]] == ["archive", "acquisition"]
    assert told["offers"][0]["residual"]["cents"] < told["offers"][0]["whole"]["cents"]
    assert not SearchArea.objects.exists()


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "area"),
        ({"area": "POINT (3 43)"}, "area"),
        ({"area": {"type": "Polygon", "coordinates": []}}, "area"),
        ({"area": "area-0000000000000000000000"}, "area"),
        ({"area": AREA.wkt, "cloud": 101}, "cloud"),
        ({"area": AREA.wkt, "clouds": 10}, "clouds"),
        ({"area": AREA.wkt, "sensor": ["landsat"]}, "sensor"),
        ({"area": AREA.wkt, "since": "2024-02-01", "until": "2024-01-01"}, "until"),
        ({"area": AREA.wkt, "project": 0}, "project"),
        ({"place": "departement:00"}, "place"),
    ],
)
def test_what_cannot_be_used_is_named(ask, asked, pointer):
    answer = ask(asked)
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert any(pointer in error["pointer"] for error in answer.json()["errors"])


def test_without_a_key_nobody_is_answered(client):
    answer = client.post(ADDRESS, json.dumps({"area": AREA.wkt}), content_type="application/json")
    assert answer.status_code == 401
