# SPDX-License-Identifier: AGPL-3.0-or-later
"""Listed by the API = listed by the page = answered by /decisions = `decide()`, in random worlds."""

import os

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings

from dinamis.accounts.models import ApiClient
from dinamis.accounts.services.api_client import Credentials
from dinamis.core import clock
from licensing.enums import Action
from licensing.selectors.decision import decide
from tests.factories.api import OWN, caller
from tests.property.worlds import build, worlds

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("DINAMIS_EXAMPLES", "25"))


def key_of_anybody(person):
    """A key whatever the state of its owner's account: the verb makes none for a closed one."""
    credentials = Credentials.fresh()
    ApiClient.objects.create(
        name="essai",
        person=person,
        scopes=list(OWN),
        access_key=credentials.access_key,
        secret_sha256=credentials.secret_sha256,
        created_by=person,
        expires_at=clock.now().replace(year=clock.now().year + 1, day=1),
    )
    return caller(credentials)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=worlds)
def test_I2_the_api_lists_answers_and_decides_alike(drawn):
    with transaction.atomic():
        world = build(drawn)
        api = key_of_anybody(world.person)
        if not world.person.is_active:
            assert api.get("/api/v1/items").status_code == 401
        else:
            for project in [None, *(project.pk for project in world.projects)]:
                agrees(world, api, project)
        transaction.set_rollback(True)


def agrees(world, api, project):
    items = {item.pk: item for item in world.items}
    allowed = {
        pk: bool(decide(world.person, Action.DOWNLOAD, item.facts, project=project, at=clock.now()))
        for pk, item in items.items()
    }
    query = {"limit": 100} | ({"project": project} if project else {})
    answer = api.get("/api/v1/items", query)
    if answer.status_code == 422:
        # A project of an organisation one has left cannot be named; the page says the same of its form.
        assert answer.json()["errors"][0]["parameter"] == "project"
    else:
        listed = {one["id"]: one for one in answer.json()["results"]}
        assert {pk for pk, one in listed.items() if one["downloadable"]} == {
            pk for pk, yes in allowed.items() if yes and items[pk].held
        }
        assert all(bool(one["missing"]) is not allowed[pk] for pk, one in listed.items())
        assert {pk: one["state"] for pk, one in listed.items()} == on_the_page(world.person, project)
    questions = [{"item": pk, "project": project} for pk in items]
    answers = api.post("/api/v1/decisions", {"items": questions}, content_type="application/json").json()["decisions"]
    assert {one["item"]: one["allowed"] for one in answers} == allowed


def on_the_page(person, project):
    browser = Client()
    browser.force_login(person)
    rows = browser.get("/catalogue/", {"project": project} if project else {}).context["rows"]
    return {row["item"].pk: row["item"].state for row in rows}
