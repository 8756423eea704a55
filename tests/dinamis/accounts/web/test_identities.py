# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sign-in through a provider of OpenID Connect, which runs as a process of its own; linking and unlinking."""

import html
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from dinamis.accounts.models import AffiliationEvidence, Membership, User
from dinamis.accounts.services.identity import switch_on_rule
from dinamis.core import outbox
from dinamis.settings import identity as configuration
from tests.factories.accounts import (
    ModeratorFactory,
    OrganisationFactory,
    UserFactory,
    active_membership,
    code_now,
)
from tests.identity import running

pytestmark = pytest.mark.django_db
SCOPE = "univ-causse.fr"
PAGE = "/account/identities/"


@pytest.fixture(scope="module")
def idp():
    with running() as provider:
        yield provider


@pytest.fixture
def institution(idp, settings):
    """The site with one provider of identity, which may speak of one scope."""
    described = configuration.provider(
        "institution",
        name="Université du Causse",
        issuer=idp.issuer,
        client=("dinamis", "secret"),
        scope=["openid", "profile", "email"],
        vouches_for=[SCOPE],
    )
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [described]}}
    return idp


def leave(client, **data):
    """Press the button; return the address of the provider that the page leads to."""
    answer = client.post(reverse("identity_begin", args=["institution"]), data)
    assert answer.status_code == 200, answer.get("Location")
    return html.unescape(re.search(r'content="0;url=([^"]+)"', answer.content.decode())[1])


def come_back(client, idp, subject, **data):
    """Sign in at the provider and come back."""
    back = urlsplit(idp.recognise(leave(client, **data), subject))
    return client.get(f"{back.path}?{back.query}")


def linked(user, subject):
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return SocialAccount.objects.create(user=user, provider="institution", uid=subject, extra_data={"iss": "x"})


def signed_in(client):
    return client.session.get("_auth_user_id")


def test_without_a_configured_provider_there_is_no_button(client):
    assert "identities/" not in client.get(reverse("account_login")).content.decode()
    assert client.post(reverse("identity_begin", args=["institution"])).status_code == 404


def test_the_environment_names_the_providers(monkeypatch):
    assert configuration.providers() == []
    monkeypatch.setenv("ORCID_CLIENT_ID", "APP-1")
    monkeypatch.setenv("ORCID_CLIENT_SECRET", "s")
    monkeypatch.setenv("OIDC_CLIENT_ID", "dinamis")
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "s")
    monkeypatch.setenv("OIDC_ISSUER", "https://id.example.fr/")
    monkeypatch.setenv("OIDC_AFFILIATION_SCOPES", "Univ-A.fr, univ-b.fr")
    orcid, other = configuration.providers()
    assert (orcid["provider_id"], orcid["settings"]["server_url"]) == ("orcid", "https://orcid.org")
    assert other["settings"]["vouches_for"] == ["univ-a.fr", "univ-b.fr"]
    monkeypatch.setenv("OIDC_ISSUER", "http://id.example.fr")
    with pytest.raises(ImproperlyConfigured, match="write https://"):
        configuration.providers()


def test_a_newcomer_checks_what_is_said_and_verifies_the_address_by_mail(client, institution):
    institution.knows("nora", email="nora@univ-causse.fr", email_verified=True, name="Nora Nouvelle")
    answer = come_back(client, institution, "nora")
    assert answer["Location"] == reverse("socialaccount_signup")
    assert not User.objects.exists()
    form = client.get(answer["Location"]).context["form"]
    assert (form.initial["name"], form.initial["email"]) == ("Nora Nouvelle", "nora@univ-causse.fr")
    client.post(answer["Location"], {"name": "Nora Nouvelle", "email": "nora@univ-causse.fr"})
    nora = User.objects.get()
    assert (nora.name, nora.has_usable_password(), signed_in(client)) == ("Nora Nouvelle", False, None)
    assert not EmailAddress.objects.get(user=nora).verified
    assert [message.to for message in mail.outbox] == [["nora@univ-causse.fr"]]
    confirm = re.search(r"/account/confirm-email/[^/\s]+/", mail.outbox[0].body)[0]
    client.post(confirm)
    come_back(client, institution, "nora")
    assert signed_in(client) == str(nora.pk)
    assert AffiliationEvidence.objects.filter(user=nora, occasion="signed_in").exists()


@pytest.mark.parametrize("verified", [True, False])
def test_an_account_is_never_found_by_its_address(client, institution, verified):
    alice = UserFactory(email="alice@univ-causse.fr")
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    institution.knows("mallory", email=alice.email, email_verified=verified, name="Mallory")
    answer = come_back(client, institution, "mallory")
    client.post(answer["Location"], {"name": "Mallory", "email": alice.email})
    assert signed_in(client) is None
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_what_was_said_is_kept_as_it_was_said(client, institution):
    alice = UserFactory()
    linked(alice, "alice")
    institution.knows(
        "alice",
        eduperson_scoped_affiliation=["member@univ-causse.fr", "alum@elsewhere.fr", ""],
        schac_home_organization="univ-causse.fr",
        eduperson_orcid="https://orcid.org/0000-0002-1825-0097",
        birthdate="1990-01-01",
    )
    come_back(client, institution, "alice")
    evidence = AffiliationEvidence.objects.get()
    assert (evidence.user, evidence.issuer, evidence.subject) == (alice, institution.issuer, "alice")
    assert evidence.said == {
        "eduperson_scoped_affiliation": ["member@univ-causse.fr", "alum@elsewhere.fr", ""],
        "schac_home_organization": "univ-causse.fr",
        "eduperson_orcid": "https://orcid.org/0000-0002-1825-0097",
    }
    assert "birthdate" not in str(SocialAccount.objects.get().extra_data)
    assert not Membership.objects.exists()


@pytest.fixture
def causse():
    """An organisation whose référent was vouched for, and let members of the institution in."""
    home = OrganisationFactory()
    referent = UserFactory()
    active_membership(referent, home, role="referent")
    AffiliationEvidence.objects.create(
        user=referent,
        occasion="linked",
        provider="institution",
        issuer="x",
        subject="referent",
        claims='{"eduperson_scoped_affiliation": "employee@univ-causse.fr"}',
    )
    return home, referent


@pytest.mark.parametrize(("effect", "state"), [("propose", "requested"), ("activate", "active")])
def test_a_rule_that_is_met_proposes_or_activates(client, institution, causse, effect, state):
    home, referent = causse
    switch_on_rule(organisation=home, actor=referent, scope=SCOPE, affiliation="member", effect=effect)
    alice = UserFactory()
    linked(alice, "alice")
    institution.knows("alice", eduperson_scoped_affiliation=["Member@Univ-Causse.fr"])
    come_back(client, institution, "alice")
    assert alice.memberships.get().state == state
    client.logout()
    come_back(client, institution, "alice")
    assert alice.memberships.count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"eduperson_scoped_affiliation": ["member@elsewhere.fr"]},
        {"eduperson_scoped_affiliation": ["member@sub.univ-causse.fr", "member@univ-causse.fr.evil.example"]},
        {"eduperson_scoped_affiliation": ["@univ-causse.fr", "member@", "member", "", "a@b@univ-causse.fr"]},
        {"eduperson_scoped_affiliation": ""},
        {"eduperson_scoped_affiliation": None},
        {"eduperson_scoped_affiliation": {"member": SCOPE}},
        {"eduperson_scoped_affiliation": ["student@univ-causse.fr"]},
        {"schac_home_organization": SCOPE, "email": "alice@univ-causse.fr", "email_verified": True},
        {},
    ],
)
def test_foreign_scopes_and_empty_values_meet_no_rule(client, institution, causse, said):
    home, referent = causse
    switch_on_rule(organisation=home, actor=referent, scope=SCOPE, affiliation="member", effect="activate")
    alice = UserFactory()
    linked(alice, "alice")
    institution.knows("alice", **said)
    come_back(client, institution, "alice")
    assert signed_in(client) == str(alice.pk)
    assert not alice.memberships.exists()


def test_a_provider_does_not_skip_the_second_factor(client, institution):
    dora = ModeratorFactory()
    linked(dora, "dora")
    institution.knows("dora", name="Dora")
    answer = come_back(client, institution, "dora")
    assert answer["Location"] == reverse("mfa_authenticate")
    assert signed_in(client) is None
    assert not AffiliationEvidence.objects.exists()
    client.post(reverse("mfa_authenticate"), {"code": code_now(dora)})
    assert signed_in(client) == str(dora.pk)
    assert AffiliationEvidence.objects.count() == 1


def test_an_office_person_without_factor_is_led_to_enrolment_by_this_door_too(client, institution):
    dora = ModeratorFactory(enrolled=False)
    linked(dora, "dora2")
    institution.knows("dora2", name="Dora")
    come_back(client, institution, "dora2")
    assert client.get("/office/")["Location"] == reverse("mfa_index")
    assert client.get(PAGE)["Location"] == reverse("mfa_index")


def test_the_office_is_drawn_into_no_organisation(client, institution, causse):
    home, referent = causse
    switch_on_rule(organisation=home, actor=referent, scope=SCOPE, affiliation="member", effect="activate")
    dora = ModeratorFactory()
    linked(dora, "dora3")
    institution.knows("dora3", eduperson_scoped_affiliation="member@univ-causse.fr")
    come_back(client, institution, "dora3")
    client.post(reverse("mfa_authenticate"), {"code": code_now(dora)})
    assert AffiliationEvidence.objects.filter(user=dora).exists()
    assert not dora.memberships.exists()


def test_an_identity_is_linked_and_unlinked(client, institution):
    alice = UserFactory()
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    prove(client)
    institution.knows("0000-0002", eduperson_scoped_affiliation="member@univ-causse.fr")
    answer = come_back(client, institution, "0000-0002")
    assert answer["Location"] == PAGE
    identity = SocialAccount.objects.get(user=alice)
    page = client.get(PAGE).content.decode()
    assert "member@univ-causse.fr" in page
    client.post(reverse("identity_unlink", args=[identity.pk]))
    assert not SocialAccount.objects.exists()
    assert list(AffiliationEvidence.objects.values_list("occasion", flat=True)) == ["linked", "unlinked"]
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    assert [message.to for message in mail.outbox] == [[alice.email]] * 2


def prove(client, age=0):
    """The session holds a proof of identity of this age, in seconds."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() - age}]
    session.save()


@pytest.mark.parametrize("act", ["begin", "unlink"])
def test_an_old_session_proves_itself_again(client, institution, act):
    alice = UserFactory()
    identity = linked(alice, "alice")
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    prove(client, age=3600)
    target = reverse("identity_unlink", args=[identity.pk]) if act == "unlink" else None
    answer = client.post(target or reverse("identity_begin", args=["institution"]))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert SocialAccount.objects.get() == identity


def test_the_only_means_of_signing_in_stays(client, institution):
    # A passkey of somebody else is no means of one's own.
    Authenticator.objects.create(user=UserFactory(), type=Authenticator.Type.WEBAUTHN, data={})
    alice = UserFactory()
    alice.set_unusable_password()
    alice.save()
    identity = linked(alice, "alice")
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    prove(client)
    client.post(reverse("identity_unlink", args=[identity.pk]))
    assert SocialAccount.objects.get() == identity
    assert reverse("identity_unlink", args=[identity.pk]) not in client.get(PAGE).content.decode()
    assert not AffiliationEvidence.objects.exists()


def test_somebody_elses_identity_is_neither_linked_nor_unlinked(client, institution):
    identity = linked(UserFactory(), "bob")
    alice = UserFactory()
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    prove(client)
    assert client.post(reverse("identity_unlink", args=[identity.pk])).status_code == 404
    institution.knows("bob", name="Bob")
    come_back(client, institution, "bob")
    assert SocialAccount.objects.get() == identity
    assert signed_in(client) == str(alice.pk)


def test_an_answer_nobody_asked_for_signs_nobody_in(client, institution):
    linked(UserFactory(), "alice")
    back = reverse("openid_connect_callback", args=["institution"])
    for query in ("?code=abc&state=def", "?code=abc", "?error=access_denied&state=x", ""):
        assert client.get(back + query).status_code in {200, 401}
        assert signed_in(client) is None


def test_a_state_serves_once_and_for_its_own_session(client, institution):
    linked(UserFactory(), "alice")
    institution.knows("alice", name="Alice")
    back = urlsplit(institution.recognise(leave(client), "alice"))
    stranger = type(client)()
    stranger.get(f"{back.path}?{back.query}")
    assert signed_in(stranger) is None
    assert parse_qs(back.query)["state"]
    client.get(f"{back.path}?{back.query}")
    assert signed_in(client)


def test_a_token_of_somebody_else_is_refused(client, institution, monkeypatch):
    from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter as Adapter

    linked(UserFactory(), "alice")
    monkeypatch.setattr(Adapter, "_fetch_user_info", lambda self, token: {"sub": "alice"})
    institution.knows("mallory", name="Mallory")
    come_back(client, institution, "mallory")
    assert signed_in(client) is None


def test_a_provider_that_does_not_answer_is_said(client, institution, settings):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    answer = client.post(reverse("identity_begin", args=["institution"]), follow=True)
    assert answer.redirect_chain == [(reverse("account_login"), 302)]
    assert "Université du Causse" in answer.content.decode()


def test_another_site_cannot_begin_a_link(institution):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(), "django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("identity_begin", args=["institution"])).status_code == 403
    assert client.get(reverse("identity_begin", args=["institution"])).status_code == 405
