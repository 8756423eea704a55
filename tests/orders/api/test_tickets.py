# SPDX-License-Identifier: AGPL-3.0-or-later
"""/tickets: links for who may, none at all for who may not, and once for one Idempotency-Key."""

import pytest
from django.test import Client

from dinamis.accounts.services.api_client import revoke_api_client
from dinamis.core import clock
from dinamis.core.models import IdempotencyRecord
from licensing.models import Project, Suspension
from orders.models import DownloadTicket, TicketObject
from orders.services.downloads.ticket import issue_ticket
from tests.factories.api import caller, caller_of, key_of
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory
from tests.factories.licensing import person_signs

pytestmark = pytest.mark.django_db
TICKETS = "/api/v1/tickets"


@pytest.fixture
def assets(cast):
    collection = CollectionFactory(licence=cast.licences["pleiades-uia"])
    return [AssetFactory(item=ItemFactory(collection=collection)) for _ in range(2)]


def ask(api, assets, *, key="", **more):
    body = {"files": [{"item": asset.item_id, "key": asset.key} for asset in assets], **more}
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(TICKETS, body, content_type="application/json", headers=headers)


def signs(cast, person):
    person_signs(person, cast.licences["pleiades-uia"].versions.get(state="published"))


def test_a_key_gets_links_that_the_gateway_serves_until_the_right_ends(cast, assets):
    signs(cast, cast.alice)
    answer = ask(caller_of(cast.alice), assets)
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    links = answer.json()["links"]
    assert [(one["item"], one["sha256"]) for one in links] == [(asset.item_id, asset.sha256) for asset in assets]
    assert DownloadTicket.objects.get().person == cast.alice
    path = "/d/" + links[0]["href"].split("/d/")[1]
    assert "X-Accel-Redirect" in Client().get(path)
    right = TicketObject.objects.earliest("pk").entitlement
    Suspension.objects.create(entitlement=right, cause="inquiry", words="essai")
    assert Client().get(path).status_code == 403


def test_a_link_ends_with_the_key_that_asked_for_it(cast, assets):
    signs(cast, cast.alice)
    key, credentials = key_of(cast.alice)
    link = "/d/" + ask(caller(credentials), assets).json()["links"][0]["href"].split("/d/")[1]
    in_browser = "/d/" + issue_ticket(person=cast.alice, assets=assets, project=None, at=clock.now())[1]
    assert DownloadTicket.objects.earliest("pk").api_client == key
    assert "X-Accel-Redirect" in Client().get(link)

    revoke_api_client(client=key, actor=cast.alice)
    refused = Client().get(link)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:dinamis:problem:key_ended")
    assert "X-Accel-Redirect" not in refused
    assert "X-Accel-Redirect" in Client().get(f"{in_browser}/{assets[0].file_name}")


def test_without_the_signature_no_link_is_made_and_everything_missing_is_said(cast, assets):
    answer = ask(caller_of(cast.alice), assets)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["type"] == "urn:dinamis:problem:not_entitled"
    assert [one["code"] for one in answer.json()["missing"]] == ["person_acceptance_missing"]
    assert not DownloadTicket.objects.exists()


def test_an_organisation_downloads_nothing_and_a_key_without_the_scope_neither(cast, assets):
    signs(cast, cast.remi)
    answer = ask(caller_of(cast.remi, organisation=cast.institute), assets)
    assert (answer.status_code, answer.json()["scopes"]) == (403, ["tickets:create"])
    answer = ask(caller_of(cast.remi, scopes=["rights:read"]), assets)
    assert answer.json()["type"] == "urn:dinamis:problem:scope_missing"
    assert not DownloadTicket.objects.exists()


def test_the_same_idempotency_key_gets_the_same_links(cast, assets):
    signs(cast, cast.alice)
    api = caller_of(cast.alice)
    first, again = ask(api, assets, key="k1"), ask(api, assets, key="k1")
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert DownloadTicket.objects.count() == 1
    other = ask(api, assets[:1], key="k1")
    assert (other.status_code, other.json()["type"]) == (409, "urn:dinamis:problem:idempotency_key_reused")
    assert ask(api, assets, key="k2").json() != first.json()
    assert DownloadTicket.objects.count() == 2
    token = first.json()["links"][0]["href"].split("/d/")[1].split("/")[0]
    assert token.encode() not in b"".join(bytes(row.answer) for row in IdempotencyRecord.objects.all())


def test_keys_of_two_callers_are_two_keys(cast, assets):
    for person in (cast.alice, cast.bob):
        signs(cast, person)
        assert ask(caller_of(person), assets, key="same").status_code == 201
    assert set(DownloadTicket.objects.values_list("person", flat=True)) == {cast.alice.pk, cast.bob.pk}


def test_a_refusal_leaves_the_key_free(cast, assets):
    api = caller_of(cast.alice)
    assert ask(api, assets, key="k").status_code == 403
    assert not IdempotencyRecord.objects.exists()
    signs(cast, cast.alice)
    assert ask(api, assets, key="k").status_code == 201


@pytest.mark.parametrize("key", ["x" * 201])
def test_a_key_too_long_is_refused(cast, assets, key):
    assert ask(caller_of(cast.alice), assets, key=key).status_code == 422
    assert not DownloadTicket.objects.exists()


def test_a_file_or_a_project_there_is_not_is_pointed_at(cast, assets):
    signs(cast, cast.alice)
    api = caller_of(cast.alice)
    other = Project.objects.create(organisation=cast.university, owner=cast.charlie, title="Autre")
    answer = ask(api, assets, project=other.pk)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/project")
    hidden = AssetFactory(item=assets[0].item, key="thumb", public=True)
    answer = ask(api, [assets[0], hidden])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/files/1")
    assert ask(api, assets * 33).status_code == 422
    assert ask(api, [assets[0], assets[0]]).status_code == 422
    assert not DownloadTicket.objects.exists()
