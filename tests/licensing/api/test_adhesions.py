# SPDX-License-Identifier: AGPL-3.0-or-later
"""Adhesions through the API: read within reach; decided on only in a browser session with a second factor."""

import time

import pytest
from django.test import Client

from dinamis.core.actors import Reason
from licensing.enums import EligibilityClass
from licensing.models import Adhesion, Decision
from licensing.services import adhesion as verbs
from tests.cast import signed_adhesion
from tests.factories.accounts import ModeratorFactory
from tests.factories.api import caller_of

pytestmark = pytest.mark.django_db
LIST = "/api/v1/adhesions"
WORDS = {"words": "Dossier complet.", "reason_code": "complete"}


@pytest.fixture
def waiting(cast):
    return signed_adhesion(cast.remi, "Observatoire", 9, EligibilityClass.FRENCH_INSTITUTIONAL)


def session(user, *, second_factor=True, **options):
    browser = Client(**options)
    browser.force_login(user)
    state = browser.session
    state.pop("account_authentication_methods", None)
    state.save()
    if second_factor:
        state["account_authentication_methods"] = [
            {"method": "password", "at": time.time()},
            {"method": "mfa", "type": "totp", "at": time.time()},
        ]
        state["account_authentication_methods_user"] = str(user.pk)
        state.save()
    return browser


def post(browser, adhesion, verb, body=None, **headers):
    return browser.post(f"{LIST}/{adhesion.pk}/{verb}", body or {}, content_type="application/json", headers=headers)


def state_of(adhesion):
    return Adhesion.objects.get(pk=adhesion.pk).state


def test_a_referent_and_the_office_read_what_is_theirs(cast, waiting):
    own = caller_of(cast.remi).get(LIST).json()["results"]
    assert {one["organisation"]["name"] for one in own} == {cast.institute.name, "Observatoire"}
    office = caller_of(cast.dora).get(LIST).json()["results"]
    assert len(office) == Adhesion.objects.count()
    assert caller_of(cast.alice).get(LIST).json()["results"] == []
    assert caller_of(cast.alice, name="2").get(f"{LIST}/{waiting.pk}").status_code == 404


def test_a_moderator_claims_and_approves_with_if_match(cast, waiting):
    browser = session(cast.dora)
    tag = browser.get(f"{LIST}/{waiting.pk}")["ETag"]
    claimed = post(browser, waiting, "claim", **{"If-Match": tag})
    assert claimed.status_code == 200, claimed.content
    assert (claimed.json()["state"], claimed.json()["claimed_by"]) == ("in_review", "Dora Office")
    assert post(browser, waiting, "approve", WORDS, **{"If-Match": tag}).status_code == 412
    assert state_of(waiting) == "in_review"
    approved = post(browser, waiting, "approve", WORDS, **{"If-Match": claimed["ETag"]})
    assert (approved.status_code, approved.json()["state"]) == (200, "approved"), approved.content
    assert approved["ETag"] == browser.get(f"{LIST}/{waiting.pk}")["ETag"]
    assert Decision.objects.filter(adhesion=waiting, verdict="approve", decided_by=cast.dora).count() == 1


@pytest.mark.parametrize("verb", ["claim", "approve", "refuse", "request-changes"])
def test_no_key_decides(cast, waiting, verb):
    answer = post(caller_of(cast.dora), waiting, verb, {**WORDS, "version": waiting.version})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:dinamis:problem:key_forbidden")
    assert state_of(waiting) == "submitted"


@pytest.mark.parametrize("verb", ["claim", "approve", "refuse", "request-changes"])
def test_nobody_decides_without_a_second_factor_or_without_the_token_of_the_page(cast, waiting, verb):
    body = {**WORDS, "version": waiting.version}
    answer = post(session(cast.dora, second_factor=False), waiting, verb, body)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:dinamis:problem:second_factor_required")
    answer = post(session(cast.dora, enforce_csrf_checks=True), waiting, verb, body)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    answer = post(Client(), waiting, verb, body)
    assert answer.status_code == 401
    assert state_of(waiting) == "submitted"
    assert not Decision.objects.filter(adhesion=waiting).exists()


def test_a_referent_and_a_moderator_of_the_organisation_decide_on_nothing(cast, waiting):
    assert post(session(cast.remi), waiting, "claim").status_code == 403
    assert post(session(cast.alice), waiting, "claim").status_code == 404
    assert state_of(waiting) == "submitted"


def test_a_stale_decision_is_409_and_names_who_decided_meanwhile(cast, waiting):
    other = ModeratorFactory(name="Karim Autre")
    verbs.claim_adhesion(adhesion=waiting, actor=cast.dora)
    waiting.refresh_from_db()
    seen = waiting.version
    tag = session(cast.dora).get(f"{LIST}/{waiting.pk}")["ETag"]
    verbs.refuse_adhesion(adhesion=waiting, actor=cast.dora, reason=Reason("unproved", "non"), expected_version=seen)
    answer = post(session(other), waiting, "approve", {**WORDS, "version": seen})
    assert answer.status_code == 409, answer.content
    assert answer.json()["changed_by"] == "Dora Office"
    assert "Dora Office" in answer.json()["detail"]
    assert post(session(other), waiting, "approve", WORDS, **{"If-Match": tag}).status_code == 412
    assert state_of(waiting) == "refused"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"words": "x"}, "/version"), ({"version": 3}, "/words"), ({"words": " ", "version": 3}, "/words")],
)
def test_a_decision_that_lacks_something_says_what(cast, waiting, body, pointer):
    verbs.claim_adhesion(adhesion=waiting, actor=cast.dora)
    answer = post(session(cast.dora), waiting, "approve", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert state_of(waiting) == "in_review"


def test_a_repeated_decision_gets_its_first_answer(cast, waiting):
    browser = session(cast.dora)
    claimed = post(browser, waiting, "claim")
    headers = {"If-Match": claimed["ETag"], "Idempotency-Key": "once"}
    first = post(browser, waiting, "approve", WORDS, **headers)
    again = post(browser, waiting, "approve", WORDS, **headers)
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (200, 200, "true")
    assert first.json() == again.json()
    assert post(browser, waiting, "approve", {"words": "autre"}, **headers).status_code == 409
    assert Decision.objects.filter(adhesion=waiting).count() == 1
