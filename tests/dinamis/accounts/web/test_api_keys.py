# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of API keys."""

from datetime import timedelta

import pytest

from dinamis.accounts.enums import ApiScope, MemberRole, OfficeRole
from dinamis.accounts.models import ApiClient
from dinamis.accounts.selectors.api_client import find_client
from dinamis.core import clock
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership
from tests.factories.api import key_of

pytestmark = pytest.mark.django_db
LIST, NEW = "/account/api-keys/", "/account/api-keys/new/"


@pytest.fixture
def person(client):
    user = UserFactory()
    client.force_login(user)
    return user


def form(**changes):
    last = (clock.today() + timedelta(days=30)).isoformat()
    return {"name": "QGIS", "scopes": ["rights:read"], "expires_on": last, **changes}


def test_the_secret_is_shown_in_the_answer_and_on_no_other_page(person, client):
    answer = client.post(NEW, form())
    secret = answer.context["credentials"].secret_key
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.decode().count(secret) == 1
    made = ApiClient.objects.get()
    assert find_client(made.access_key, secret) == made
    assert (made.person, made.expires_at) == (person, made.expires_at.astimezone(clock.PARIS).replace(hour=0, minute=0))
    page = client.get(LIST).content.decode()
    assert made.access_key in page
    assert secret not in page
    assert secret not in str(client.session.items())


def test_sending_the_form_twice_makes_one_key(person, client):
    client.post(NEW, form())
    again = client.post(NEW, form())
    assert again.status_code == 422
    assert ApiClient.objects.count() == 1


def test_a_form_that_cannot_be_is_explained_by_field(person, client):
    answer = client.post(NEW, form(networks="nowhere", expires_on="2999-01-01", scopes=["entitlements:read"], name=""))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "scopes"}
    answer = client.post(NEW, form(networks="nowhere"))
    assert set(answer.context["form"].errors) == {"networks"}
    assert not ApiClient.objects.exists()


def test_a_referent_may_choose_the_organisation_an_administrator_any_and_the_partner_scope(person, client):
    home, other = OrganisationFactory(), OrganisationFactory()
    active_membership(person, home, MemberRole.REFERENT)
    assert list(client.get(NEW).context["form"].fields["organisation"].queryset) == [home]
    assert client.post(NEW, form(organisation=other.pk)).status_code == 422
    client.post(NEW, form(organisation=home.pk))
    assert ApiClient.objects.get().organisation == home
    client.force_login(UserFactory(office_role=OfficeRole.ADMINISTRATOR))
    client.post(NEW, form(organisation=other.pk, scopes=[ApiScope.ENTITLEMENTS.value]))
    assert ApiClient.objects.get(organisation=other).scopes == ["entitlements:read"]


def test_renewing_shows_the_new_secret_and_revoking_ends_the_key(person, client):
    made, former = key_of(person)
    answer = client.post(f"{LIST}{made.pk}/rotate/")
    secret = answer.context["credentials"].secret_key
    assert find_client(made.access_key, former.secret_key) is None
    assert find_client(made.access_key, secret) == made
    assert client.post(f"{LIST}{made.pk}/revoke/").url == LIST
    assert ApiClient.objects.get().state == "revoked"
    assert client.post(f"{LIST}{made.pk}/rotate/").url == LIST
    assert find_client(made.access_key, secret).state == "revoked"


def test_nobody_reaches_the_key_of_another(person, client):
    made, credentials = key_of(UserFactory())
    for verb in ("rotate", "revoke"):
        assert client.post(f"{LIST}{made.pk}/{verb}/").status_code == 404
        assert client.get(f"{LIST}{made.pk}/{verb}/").status_code in {404, 405}
    assert find_client(made.access_key, credentials.secret_key).state == "active"
    assert made.name not in client.get(LIST).content.decode()


def test_the_list_costs_the_same_with_one_and_with_three_keys(person, client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    key_of(person, name="1")
    client.get(LIST)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    for name in "23":
        key_of(person, name=name)
    with CaptureQueriesContext(connection) as three:
        client.get(LIST)
    assert len(one) == len(three)
