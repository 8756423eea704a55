# SPDX-License-Identifier: AGPL-3.0-or-later
"""Activations of CIEST² for programs: read with a key, made in a browser session only."""

import json

import pytest
from django.test import Client
from shapely.affinity import translate
from shapely.geometry import mapping

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from orders.models import Activation, Order
from tests.factories.accounts import active_membership
from tests.factories.api import caller_of
from tests.factories.emergencies import PLACE, activated, emergency_world
from tests.factories.licensing import approved_adhesion
from tests.factories.orders import neighbour

pytestmark = pytest.mark.django_db
URL = "/api/v1/emergencies"


@pytest.fixture(scope="module")
def written(module_rows):
    return emergency_world()


@pytest.fixture
def session(w):
    client = Client()
    client.force_login(w.researcher)
    return client


def body(**changes):
    asked = {
        "kind": "eruption",
        "place": "Montagne Pelée",
        "event_on": clock.today().isoformat(),
        "justification": "Croissance du dôme.",
        "aoi": mapping(PLACE),
    }
    return json.dumps(asked | changes)


def post(client, **changes):
    return client.post(URL, body(**changes), content_type="application/json")


def test_an_activation_is_made_once_and_told_day_by_day(w, session):
    first, again = post(session), post(session)
    assert (first.status_code, again.status_code) == (201, 200)
    made = first.json()
    assert made == again.json()
    assert (made["state"], made["kind"], len(made["days"])) == ("active", "eruption", 10)
    assert {day["state"] for day in made["days"]} == {"approved"}
    assert Activation.objects.get().order.project.organisation == w.organisation


def test_a_key_reads_and_does_not_activate(w):
    activation = activated(w)
    caller = caller_of(neighbour(w).researcher, scopes=[ApiScope.ORDERS.value])
    (listed,) = caller.get(URL).json()["results"]
    one = caller.get(f"{URL}/{activation.order.reference}").json()
    assert listed == {name: value for name, value in one.items() if name != "days"}
    assert caller.get(f"{URL}/D-1").status_code == 404
    refused = post(
        caller_of(w.researcher, scopes=[ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value]),
        aoi=mapping(translate(PLACE, 2)),
    )
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:dinamis:problem:key_forbidden")
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "party"}, "/kind"),
        ({"aoi": {"type": "Polygon"}}, "/aoi"),
        ({"project": 2**40}, "/project"),
        ({"organisation": 2**40}, "/organisation"),
    ],
)
def test_what_is_wrong_is_pointed_at(session, changes, pointer):
    answer = post(session, **changes)
    assert answer.status_code == 422
    assert pointer.strip("/") in json.dumps(answer.json())
    assert not Order.objects.exists()


def test_who_belongs_to_several_organisations_says_for_which(w, session):
    other = approved_adhesion().organisation
    active_membership(w.researcher, other)
    assert post(session).status_code == 422
    assert post(session, organisation=w.organisation.pk, project=w.project.pk).status_code == 201
    assert Activation.objects.get().order.project == w.project


def test_another_place_name_of_the_same_ground_is_told_what_to_join(w, session):
    activation = activated(w)
    answer = post(session, kind="landslide")
    assert (answer.status_code, answer.json()["reference"]) == (409, activation.order.reference)


def test_who_is_not_named_is_refused(w):
    client = Client()
    client.force_login(neighbour(w).researcher)
    assert post(client).status_code == 403
    assert not Order.objects.exists()
