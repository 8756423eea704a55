# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a program says who it is, and how it is refused: 401 in problem+json, never a redirect."""

import base64

import pytest
from django.test import Client

from dinamis.accounts.enums import MemberRole
from dinamis.accounts.models import ApiClient
from dinamis.accounts.services.api_client import revoke_api_client
from dinamis.core import keys
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership
from tests.factories.api import basic, caller, key_of

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


@pytest.fixture
def person():
    return UserFactory(name="Alice")


@pytest.fixture
def made(person):
    return key_of(person)


def refused(response):
    assert response.status_code == 401, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"] == 'Basic realm="dinamis", charset="UTF-8"'
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response
    return response.json()


def test_basic_and_the_header_pair_are_the_same_key(person, made):
    client, credentials = made
    pair = {"access-key": credentials.access_key, "secret-key": credentials.secret_key}
    for headers in ({"Authorization": basic(credentials)}, pair):
        answer = Client().get(ME, headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer.json()["person"]["name"] == "Alice"
        assert answer.json()["key"]["access_key"] == client.access_key
    assert ApiClient.objects.get().last_used_at is not None


def raw(text):
    return {"Authorization": "Basic " + base64.b64encode(text).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer abc"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        raw(b"\xff\xfe"),
        raw(b"no colon"),
        raw(b"dk_nobody:secret"),
        {"access-key": "dk_nobody"},
        {"secret-key": "x"},
        {"access-key": "a\x00b", "secret-key": "x"},
    ],
)
def test_without_good_credentials_the_answer_is_401(made, headers):
    problem = refused(Client().get(ME, headers=headers))
    assert problem["type"] == "urn:dinamis:problem:not_authenticated"


def test_a_good_pair_by_another_scheme_is_refused(made):
    _client, credentials = made
    pair = basic(credentials).partition(" ")[2]
    assert Client().get(ME, headers={"Authorization": f"basic {pair}"}).status_code == 200
    refused(Client().get(ME, headers={"Authorization": f"Bearer {pair}"}))


def test_a_wrong_secret_and_an_unknown_key_are_told_apart_by_nobody(made):
    client, _ = made
    known = refused(Client().get(ME, headers=raw(f"{client.access_key}:wrong".encode())))
    assert known == refused(Client().get(ME, headers=raw(b"dk_nobody:wrong")))


def test_a_revoked_key_and_a_closed_account_are_refused_at_the_next_request(person, made):
    client, credentials = made
    assert caller(credentials).get(ME).status_code == 200
    revoke_api_client(client=client, actor=person)
    refused(caller(credentials).get(ME))
    _, other = key_of(person, name="autre")
    assert caller(other).get(ME).status_code == 200
    person.is_active = False
    person.save()
    refused(caller(other).get(ME))


def test_a_key_bound_to_a_network_is_refused_from_elsewhere(person):
    _, credentials = key_of(person, networks=["192.0.2.0/24"])
    refused(caller(credentials).get(ME))
    assert caller(credentials).get(ME, headers={"X-Forwarded-For": "192.0.2.9"}).status_code == 200


def test_an_organisations_key_acts_for_it_and_for_nobody(person):
    home = OrganisationFactory(name="Institut")
    active_membership(person, home, MemberRole.REFERENT)
    _, credentials = key_of(person, organisation=home)
    answer = caller(credentials).get(ME).json()
    assert (answer["person"], answer["organisations"], answer["key"]["organisation"]) == (None, [], "Institut")


def test_a_browser_session_works_too(person, client):
    client.force_login(person)
    answer = client.get(ME).json()
    assert (answer["person"]["email"], answer["key"]) == (person.email, None)


def test_a_key_acts_until_the_end_of_its_request_and_no_longer(made):
    _, credentials = made
    assert caller(credentials).get(ME).status_code == 200
    assert keys.acting() is None


def test_a_key_opens_no_page(made):
    _, credentials = made
    for page in ("/rights/", "/account/api-keys/"):
        answer = caller(credentials).get(page)
        assert (answer.status_code, answer["Location"][:15]) == (302, "/account/login/")
