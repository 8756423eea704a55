# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive orders over an area, for programs: a dry run shows the scenes, some are kept, they become lines."""

import json
from datetime import timedelta

import pytest
from shapely.geometry import box, mapping

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock, geo
from orders.models import ArchiveSearch, Order, OrderItem
from tests.factories.api import caller_of
from tests.factories.orders import SceneFactory, world
from tests.orders.api.test_orders import SCOPES, URL, send
from tests.orders.requests.wishes import ATLANTIC, PYONGYANG

pytestmark = pytest.mark.django_db
AREA = box(3.0, 43.6, 4.0, 44.1)


@pytest.fixture(scope="module")
def written(module_rows):
    made = world()
    made.scene.delete()
    return made


@pytest.fixture
def scenes(w):
    sides = [box(2.9, 43.5, 3.6, 44.2), box(3.4, 43.5, 4.1, 44.2)]
    return [SceneFactory(collection=w.collection, footprint=geo.to_multipolygon(side)) for side in sides]


@pytest.fixture
def client(w):
    return caller_of(w.researcher, scopes=SCOPES)


def body(w, **changes):
    today = clock.today()
    return {
        "kind": "archive",
        "organisation": w.organisation.pk,
        "project": w.project.pk,
        "title": "Garrigue",
        "area": mapping(AREA),
        "family": "pleiades",
        "period": {"first": (today - timedelta(days=365)).isoformat(), "last": today.isoformat()},
        **changes,
    }


def nothing_written():
    return (Order.objects.count(), OrderItem.objects.count(), ArchiveSearch.objects.count()) == (0, 0, 0)


def test_a_dry_run_shows_the_scenes_and_some_of_them_are_ordered(w, client, scenes):
    answer = send(client, body(w), f"{URL}?dry_run=true")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert {line["scene"] for line in said["lines"]} == {scene.pk for scene in scenes}
    assert (said["reference"], said["search"]["with_held"]) == (None, False)
    assert nothing_written()
    kept = said["lines"][0]["scene"]
    answer = send(client, body(w, scenes=[kept], cloud_max=20) | {"submit": True})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["state"], [line["scene"] for line in made["lines"]]) == ("submitted", [kept])
    assert (made["search"]["cloud_max"], made["search"]["area"]["type"]) == (20, "MultiPolygon")
    assert made["price_cents"] < said["price_cents"]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"period": {"first": "2999-01-01", "last": "2999-02-01"}}, "/period", "period_to_come"),
        ({"period": {"first": "2024-02-01", "last": "2024-01-01"}}, "/period", "reversed"),
        ({"period": None}, "/period", "null"),
        ({"cloud_max": 101}, "/cloud_max", "out_of_range"),
        ({"incidence_max": 95}, "/incidence_max", "out_of_range"),
        ({"family": "sentinel-2"}, "/family", "not_ordered"),
        ({"area": {"type": "Point", "coordinates": [1, 2]}}, "/area", ""),
        ({"area": mapping(PYONGYANG)}, "/area", "denied_place"),
        ({"area": mapping(ATLANTIC)}, "/area", "on_the_sea"),
        ({"scenes": [10**6]}, "/scenes", "unsuited_scene"),
        ({"scenes": list(range(1, 10_001))}, "/scenes", "too_many_lines"),
        ({"collection": "pleiades"}, "/collection", "other_kind"),
        ({"aoi": mapping(AREA)}, "/aoi", "other_kind"),
        ({"bh_min": 0.3}, "/bh_min", "other_kind"),
        ({"options": {"pixel_coding": "8bits", "radiometric_processing": "reflectance"}}, "/options/pixel_coding", ""),
    ],
)
def test_what_is_wrong_is_pointed_at_and_nothing_is_written(w, client, scenes, changes, pointer, code):
    answer = send(client, body(w, **changes))
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert not code or error["code"] == code
    assert nothing_written()


@pytest.mark.parametrize("member", ["period", "family"])
def test_what_an_area_needs_is_named(w, client, scenes, member):
    asked = body(w)
    del asked[member]
    answer = send(client, asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{member}"
    assert nothing_written()


def test_a_draft_keeps_its_scenes_until_it_seeks_anew(w, client, scenes):
    first = send(client, body(w, scenes=[scenes[0].pk])).json()
    url = f"{URL}/{first['reference']}"
    renamed = send(client, {"title": "Autre", "version": 0}, url, "patch").json()
    assert (renamed["title"], renamed["lines"][0]["scene"], len(renamed["lines"])) == ("Autre", scenes[0].pk, 1)
    wider = send(client, {"with_held": True, "version": 1}, url, "patch")
    assert wider.status_code == 200, wider.content
    assert {line["scene"] for line in wider.json()["lines"]} == {scene.pk for scene in scenes}
    refused = send(client, {"aoi": mapping(AREA), "version": 2}, url, "patch")
    assert refused.json()["errors"][0]["code"] == "other_kind"
    late = send(client, {"title": "Trop tard", "version": 0}, url, "patch")
    assert late.status_code == 409
    assert Order.objects.get().title == "Autre"


def test_it_is_written_under_its_own_scope(w, scenes):
    reader = caller_of(w.researcher, scopes=[ApiScope.ORDERS.value])
    assert send(reader, body(w)).status_code == 403
    assert json.loads(reader.get(URL).content)["results"] == []
    assert nothing_written()
