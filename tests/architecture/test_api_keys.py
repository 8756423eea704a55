# SPDX-License-Identifier: AGPL-3.0-or-later
"""I12: no API key accepts a licence, decides, invites or manages keys, by any route and by any verb."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from dinamis import api_urls
from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import ApiClient, Membership
from dinamis.accounts.services import api_client as key_verbs
from dinamis.accounts.services import membership as membership_verbs
from dinamis.core import clock, keys
from dinamis.core.actors import Reason
from dinamis.core.keys import KeyForbidden
from licensing.enums import EligibilityClass
from licensing.models import Acceptance, Adhesion, SigningLink
from licensing.selectors.rights import current_version
from licensing.services import adhesion as verbs
from licensing.services import entitlement as right_verbs
from licensing.services import licence as licence_verbs
from tests.cast import REASON, admit, sign, signed_adhesion
from tests.factories.accounts import UserFactory, siret
from tests.factories.api import basic, caller_of, key_of

pytestmark = pytest.mark.django_db
ALL_OF_THE_API = [pattern.name for pattern in api_urls.urlpatterns]
# What a request with a key may leave behind: the use of the key, a ticket, and the answer kept for a repetition.
MAY_CHANGE = {
    "accounts.apiclient",
    "orders.downloadticket",
    "orders.ticketobject",
    "core.idempotencyrecord",
    "licensing.entitlementchange",
    "core.outboxmessage",
    # Under the scope `projects:write`, which the keys below do not have.
    "licensing.project",
    "licensing.projectmember",
    # Under the scope `orders:write`, which the keys below do not have.
    "orders.acquisition",
    "orders.archivesearch",
    "orders.holdback",
    "orders.order",
    "orders.ordermark",
    "orders.publication",
    "orders.orderitem",
    "orders.review",
    # Under the scope `catalogue:write`, which no key below has.
    "catalogue.item",
    "catalogue.itemdocument",
    "catalogue.documentdictionary",
    "catalogue.publication",
}


def photograph():
    """Every row of every table of ours, except what a key may change; views of PostGIS have no order."""
    return {
        model._meta.label_lower: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.managed and model._meta.label_lower not in MAY_CHANGE and model._meta.app_label != "sessions"
    }


def patterns(resolver, prefix=""):
    for one in resolver.url_patterns:
        route = prefix + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from patterns(one, route)
        else:
            yield route


def filled(route):
    """An address that the route answers: the first row of everything, names as they are written."""
    text = re.sub(r"<int:[^>]+>", "1", route.replace("^", "").replace("$", ""))
    text = re.sub(r"<(?:str|slug|uuid|path)?:?[^>]+>", "x", text)
    return "/" + re.sub(r"\(\?P1?[^)]*\)|\\[a-zZ.]|[()*+]", "1", text)


def test_no_route_lets_a_key_change_anything(cast):
    """Dora is a moderator and Rémi a référent: with their keys every address is tried, and nothing moves."""
    waiting = signed_adhesion(cast.remi, "Observatoire", 9, EligibilityClass.FRENCH_INSTITUTIONAL)
    verbs.claim_adhesion(adhesion=waiting, actor=cast.dora)
    addresses = sorted({filled(route) for route in patterns(get_resolver())})
    assert len(addresses) > 60
    for person in (cast.dora, cast.remi, cast.admin):
        _client, credentials = key_of(person)
        browser = Client(headers={"Authorization": basic(credentials)}, raise_request_exception=False)
        before = photograph()
        for address in addresses:
            for method in ("post", "put", "patch", "delete"):
                getattr(browser, method)(address, data="{}", content_type="application/json")
        assert photograph() == before


R, C, T, E = ApiScope.RIGHTS, ApiScope.CATALOGUE, ApiScope.TICKETS, ApiScope.ENTITLEMENTS
W, O, OW = ApiScope.PROJECTS, ApiScope.ORDERS, ApiScope.ORDERS_WRITE
# What a POST is answered; where reading asks for another scope, that is said below.
OPENED_BY = {
    "adhesion": {R},
    "adhesions": {R},
    "areas": {C},
    "checks": {C},
    "decisions": {R, E},
    "emergencies": {O},
    "emergency": {O},
    "entitlement": {R, E},
    "entitlement_changes": {R, E},
    "entitlements": {R, E},
    "envelopes": {O},
    "item": {C},
    "items": {C},
    "obligations": {O},
    "order": {OW},
    "order_cancel": {OW},
    "order_feasibility": {O},
    "order_mark": {OW},
    "order_queue": {O},
    "order_quote": {O},
    "order_quote_pdf": {O},
    "order_quotes": {O},
    "order_submit": {OW},
    "order_timeline": {O},
    "orders": {OW},
    "organisation": {R},
    "pool": {O},
    "pools": {O},
    "products": {O, C},
    "proposal": {O},
    "proposal_votes": {OW},
    "proposals": {O},
    "project": {W},
    "project_end": {W},
    "project_member": {W},
    "project_members": {W},
    "projects": {W},
    "publications": {OW},
    "publishing_rights": {ApiScope.PUBLISH},
    "rights": {R},
    "tickets": {T},
}
READ_BY = {"order": {O}, "order_mark": {O}, "orders": {O}, "project": {R}, "projects": {R}, "publications": {O}}
OPEN_TO_ANY_KEY = {"home", "openapi", "me", "not_found"}
ACTS_OF_PERSONS = ("adhesion_", "pool_", "order_quote_accept")
FOR_NO_KEY = sorted(f"api:{name}" for name in ALL_OF_THE_API if name.startswith(ACTS_OF_PERSONS))


def _refused(cast, method, name, opening):
    """Ask with a key that holds every other scope a person may give it, and read what it is told."""
    held = [scope.value for scope in (R, C, T, W, O, OW) if scope not in opening]
    one = (
        "adhesion",
        "emergency",
        "entitlement",
        "item",
        "order",
        "order_cancel",
        "order_feasibility",
        "order_mark",
        "order_queue",
        "order_quotes",
        "order_submit",
        "order_timeline",
        "organisation",
        "pool",
        "proposal",
        "proposal_votes",
    )
    two = ("order_quote", "order_quote_pdf", "project_member")
    numbers = dict.fromkeys((*one, "project", "project_end", "project_members"), 1) | dict.fromkeys(two, 2)
    address = reverse(f"api:{name}", args=[1] * numbers.get(name, 0))
    answer = getattr(caller_of(cast.alice, scopes=held), method)(address, {}, content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:dinamis:problem:scope_missing")
    assert set(answer.json()["scopes"]) == {scope.value for scope in opening}


@pytest.mark.parametrize("name", OPENED_BY)
def test_a_key_without_the_scope_is_told_which_one_it_lacks(cast, name):
    _refused(cast, "post", name, OPENED_BY[name])


@pytest.mark.parametrize("name", READ_BY)
def test_a_key_that_may_change_does_not_read_for_that(cast, name):
    _refused(cast, "get", name, READ_BY[name])


def test_whatever_else_the_api_offers_is_open_to_any_key_or_to_none():
    verbs = {name.removeprefix("api:") for name in FOR_NO_KEY}
    assert set(ALL_OF_THE_API) - verbs - set(OPENED_BY) == OPEN_TO_ANY_KEY


@pytest.mark.parametrize("name", FOR_NO_KEY)
def test_a_view_for_no_key_declares_no_scope(name):
    """It asks for a second factor; without that question its scopes would let a key in."""
    view = resolve(reverse(name, args=[1] * (2 if name == "api:order_quote_accept" else 1))).func.cls
    assert (*view.scopes, *view.changing_scopes) == ()


@pytest.fixture
def acting(cast):
    """A moderator's key acts."""
    client, _ = key_of(cast.dora)
    with keys.window():
        yield client


def calls(cast):
    """Every verb that accepts, decides, invites or manages keys, ready to be called by who may."""
    first = signed_adhesion(cast.remi, "Observatoire", 9, EligibilityClass.FRENCH_INSTITUTIONAL)
    second = signed_adhesion(cast.remi, "Muséum", 10, EligibilityClass.FRENCH_INSTITUTIONAL)
    verbs.claim_adhesion(adhesion=second, actor=cast.dora)
    second.refresh_from_db()
    running = Adhesion.objects.get(organisation=cast.institute)
    right = running.entitlements.first()
    stopped = right_verbs.suspend_entitlement(entitlement=right, cause="inquiry", words="essai", actor=cast.dora)
    draft = verbs.open_adhesion(
        referent=cast.remi,
        organisation=verbs.OrganisationData(name="Lycée", siret=siret(11), sector="école"),
        eligibility_class=EligibilityClass.FRENCH_INSTITUTIONAL,
        legal_representative=verbs.LegalRepresentative("Hélène Martin", "direction11@example.org", "Directrice"),
        mission="Cartes.",
        answers={},
    )
    verbs.send_for_signature(adhesion=draft, actor=cast.remi, language="fr")
    version = current_version(cast.licences["pleiades-uia"])
    asked = membership_verbs.request_membership(user=UserFactory(), organisation=cast.institute, motivation="essai")
    mine, _ = key_of(cast.dora, name="autre")
    ruling = {"adhesion": second, "actor": cast.dora, "reason": REASON, "expected_version": second.version}
    return {
        "accept_for_self": lambda: licence_verbs.accept_for_self(
            person=cast.alice,
            version=version,
            typed_name=cast.alice.name,
            language="fr",
            sha256=version.sha256_fr,
            ip=None,
            user_agent="",
        ),
        "sign_adhesion": lambda: sign(draft),
        "claim": lambda: verbs.claim_adhesion(adhesion=first, actor=cast.dora),
        "claim again": lambda: verbs.claim_adhesion(adhesion=second, actor=cast.dora),
        "release": lambda: verbs.release_adhesion(adhesion=second, actor=cast.dora),
        "approve": lambda: verbs.approve_adhesion(**ruling),
        "refuse": lambda: verbs.refuse_adhesion(**ruling | {"reason": Reason("unproved", "non")}),
        "request_changes": lambda: verbs.request_changes(**ruling | {"reason": Reason("other", "non")}),
        "suspend": lambda: verbs.suspend_adhesion(
            adhesion=running, actor=cast.dora, reason=Reason("inquiry", "non"), expected_version=running.version
        ),
        "suspend right": lambda: right_verbs.suspend_entitlement(
            entitlement=right, cause="breach", words="essai", actor=cast.dora
        ),
        "lift": lambda: right_verbs.lift_suspension(suspension=stopped, words="essai", actor=cast.dora),
        "activate": lambda: membership_verbs.activate_membership(membership=asked, actor=cast.remi),
        "decline": lambda: membership_verbs.decline_membership(membership=asked, actor=cast.remi, words="non"),
        "request": lambda: membership_verbs.request_membership(
            user=cast.bob, organisation=cast.university, motivation="essai"
        ),
        "create key": lambda: key_of(cast.dora, name="troisième"),
        "rotate key": lambda: key_verbs.rotate_api_client(client=mine, actor=cast.dora),
        "revoke key": lambda: key_verbs.revoke_api_client(client=mine, actor=cast.dora),
    }


def test_no_verb_that_accepts_decides_invites_or_manages_keys_runs_while_a_key_acts(cast, acting):
    ready = calls(cast)
    before, made = photograph(), list(ApiClient.objects.order_by("pk").values())
    keys.act_as(acting)
    for name, call in ready.items():
        with pytest.raises(KeyForbidden), transaction.atomic():
            call()
        assert keys.acting() is acting, name
    assert photograph() == before
    assert list(ApiClient.objects.order_by("pk").values()) == made
    keys.act_as(None)
    for name in ("accept_for_self", "sign_adhesion", "claim", "approve", "lift", "activate", "revoke key"):
        ready[name]()
    assert Acceptance.objects.filter(person=cast.alice).exists()


def test_while_a_key_acts_no_row_is_saved_or_deleted_that_does_not_allow_it(cast, acting):
    keys.act_as(acting)
    membership = Membership.objects.first()
    for attempt in (membership.save, membership.delete, lambda: SigningLink.objects.create(email="x@example.org")):
        with pytest.raises(KeyForbidden), transaction.atomic():
            attempt()
    assert Membership.objects.filter(pk=membership.pk).exists()
    assert {
        model._meta.label_lower for model in apps.get_models() if getattr(model, "keys_may_write", False)
    } <= MAY_CHANGE


def test_after_the_window_persons_act_again(cast):
    client, _ = key_of(cast.dora)
    with keys.window():
        keys.act_as(client)
    assert keys.acting() is None
    admit(signed_adhesion(cast.remi, "Observatoire", 9, EligibilityClass.FRENCH_INSTITUTIONAL), cast.dora)
    assert clock.now() - ApiClient.objects.get().created_at < timedelta(minutes=5)
