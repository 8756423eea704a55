# SPDX-License-Identifier: AGPL-3.0-or-later
"""Office people and their second factor; the recent proof of identity before a signature; sign-in by mailed code."""

import re
import time

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from dinamis.accounts.enums import OfficeRole
from dinamis.accounts.selectors.second_factor import has_second_factor
from licensing.models import Acceptance
from licensing.services.load_licences import load_licences
from tests.factories.accounts import PASSWORD, ModeratorFactory, UserFactory, code_now, enrol

pytestmark = pytest.mark.django_db
OFFICE = [role for role in OfficeRole if role != OfficeRole.NONE]


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


def with_password(client, user):
    """Post address and password, as the page does."""
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


def type_code(client, code):
    """Type the code of the second page."""
    return client.post(reverse("mfa_authenticate"), {"code": code})


@pytest.mark.parametrize("role", OFFICE)
@pytest.mark.parametrize("page", ["/office/", "/admin/", "/", "/rights/", "/account/api-keys/"])
def test_an_office_person_without_factor_is_led_to_enrolment(client, role, page):
    user = UserFactory(office_role=role, is_staff=True, enrolled=False)
    with_password(client, user)
    assert client.session["_auth_user_id"] == str(user.pk)
    answer = client.get(page)
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index"))


@pytest.mark.parametrize("role", OFFICE)
def test_a_program_gets_a_problem_and_no_redirection(client, role):
    with_password(client, UserFactory(office_role=role, enrolled=False))
    answer = client.get("/orders/", headers={"accept": "application/json"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["type"] == "urn:dinamis:problem:second_factor_required"


def test_the_ways_to_enrol_to_leave_and_to_change_language_stay_open(client):
    with_password(client, ModeratorFactory(enrolled=False))
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("account_email")).status_code == 200
    assert client.post(reverse("set_language"), {"language": "en"}).status_code == 302
    assert client.post(reverse("account_logout")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_people_outside_the_office_need_no_factor(client):
    with_password(client, UserFactory())
    assert client.get("/rights/").status_code == 200


def test_a_moderator_signs_in_with_password_and_code(client):
    dora = ModeratorFactory()
    answer = with_password(client, dora)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get("/office/").status_code == 302
    type_code(client, code_now(dora))
    assert client.get("/office/").status_code == 200


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_works_once_during_its_whole_life(client, steps):
    dora = ModeratorFactory()
    code = code_now(dora, steps)
    with_password(client, dora)
    type_code(client, code)
    assert client.session["_auth_user_id"]
    client.post(reverse("account_logout"))
    with_password(client, dora)
    assert type_code(client, code).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("code", ["000000", "", "12345", "abcdef", "１２３４５６"])
def test_a_wrong_code_signs_nobody_in(client, code):
    dora = ModeratorFactory()
    with_password(client, dora)
    wrong = code if code != code_now(dora) else "111111"
    assert type_code(client, wrong).status_code == 200
    assert "_auth_user_id" not in client.session


def test_codes_of_a_stale_step_are_refused(client):
    dora = ModeratorFactory()
    with_password(client, dora)
    assert type_code(client, code_now(dora, -4)).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_a_new_moderator_enrols_and_goes_on(client):
    dora = ModeratorFactory(enrolled=False)
    with_password(client, dora)
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="totp-secret">([A-Z2-7]+)<', page)[1]
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    assert has_second_factor(dora)
    assert not has_second_factor(UserFactory())
    stored = Authenticator.objects.get(user=dora, type="totp").data["secret"]
    assert secret not in stored
    assert client.get("/office/").status_code == 200


def code_for(secret):
    """The code an application shows for a secret."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_a_session_that_never_saw_the_factor_is_closed_once_there_is_one(client):
    dora = ModeratorFactory(enrolled=False)
    with_password(client, dora)
    enrol(dora)
    answer = client.get("/office/")
    assert answer["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_recovery_codes_alone_are_no_second_factor(client):
    dora = ModeratorFactory(enrolled=False)
    Authenticator.objects.create(user=dora, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    with_password(client, dora)
    assert client.get("/office/")["Location"] == reverse("mfa_index")


def test_the_admin_site_has_no_door_of_its_own(client):
    admin = UserFactory(office_role=OfficeRole.ADMINISTRATOR, is_staff=True, is_superuser=True)
    answer = client.post("/admin/login/", {"username": admin.email, "password": PASSWORD})
    assert answer["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


@pytest.fixture
def signing(client):
    """A researcher on the page of a licence; the form as the page gives it."""
    licence = next(one for one in load_licences() if one.code == "pleiades-uia")
    alice = UserFactory(name="Alice Martin")
    client.force_login(alice)
    url = reverse("licensing:sign", args=[licence.pk])
    page = client.get(url).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(mark|language)" value="([^"]*)"', page))
    return alice, url, {**hidden, "accept": "on", "typed_name": "Alice Martin"}


def age_session(client, seconds):
    """Let the sign-in of a client lie `seconds` back."""
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= seconds
    session[AUTHENTICATION_METHODS_SESSION_KEY] = list(session[AUTHENTICATION_METHODS_SESSION_KEY])
    session.save()


def test_an_old_session_proves_itself_before_it_signs_and_loses_nothing(client, signing, settings):
    alice, url, form = signing
    age_session(client, settings.DINAMIS["SIGNING_SESSION_MINUTES"] * 60 + 5)
    answer = client.post(url, form)
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not Acceptance.objects.filter(person=alice).exists()
    client.post(answer["Location"], {"password": "wrong", "next": url})
    assert not Acceptance.objects.filter(person=alice).exists()
    client.post(answer["Location"], {"password": PASSWORD, "next": url})
    assert Acceptance.objects.filter(person=alice).count() == 1


def test_a_person_without_password_signs_in_again(client, signing):
    alice, url, form = signing
    alice.set_unusable_password()
    alice.save()
    client.force_login(alice)
    age_session(client, 10**6)
    assert client.post(url, form)["Location"].startswith(reverse("account_login"))
    assert not Acceptance.objects.filter(person=alice).exists()
    assert "_auth_user_id" not in client.session


def test_sign_in_by_mailed_code(client):
    alice = UserFactory()
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client.post(reverse("account_request_login_code"), {"email": alice.email})
    code = re.search(r"(?m)^([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body)[1]
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_the_mailed_code_of_a_moderator_is_not_enough(client):
    dora = ModeratorFactory()
    EmailAddress.objects.create(user=dora, email=dora.email, verified=True, primary=True)
    client.post(reverse("account_request_login_code"), {"email": dora.email})
    code = re.search(r"(?m)^([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body)[1]
    answer = client.post(reverse("account_confirm_login_code"), {"code": code})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_asking_for_a_code_does_not_tell_who_has_an_account(client):
    alice = UserFactory()
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    known = client.post(reverse("account_request_login_code"), {"email": alice.email}, follow=True)
    stranger = type(client)().post(reverse("account_request_login_code"), {"email": "nobody@x.example"}, follow=True)
    assert (known.status_code, known.redirect_chain) == (stranger.status_code, stranger.redirect_chain)
    blank = re.compile(r"value=\"[^\"]*\"|person\d+@example.org|nobody@x.example")
    assert blank.sub("", known.content.decode()) == blank.sub("", stranger.content.decode())


def test_the_pages_of_factors_are_whole_in_both_languages(client):
    dora = ModeratorFactory()
    client.force_login(dora)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    for name in ("mfa_index", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
        for language in ("fr", "en"):
            page = client.get(reverse(name), headers={"accept-language": language})
            assert page.status_code == 200, name
            assert f'lang="{language}"' in page.content.decode()
