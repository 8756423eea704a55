# SPDX-License-Identifier: AGPL-3.0-or-later
"""A new moderator enrols a second factor in the browser, and signs in with it from then on."""

import re
import secrets
import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PERIOD, Visitor, fresh_code, totp
from tests.e2e.people import Newcomer, signed_up


@pytest.fixture
def newcomer() -> Newcomer:
    """Somebody nobody has seen."""
    return Newcomer("Maud Instructrice", f"maud.{secrets.token_hex(4)}@dinamis.example")


def made_moderator(visitor: Visitor, person: Newcomer) -> None:
    """Give somebody the role of a moderator, as the administrator does it."""
    # The pages of Django's admin name no icon, so the browser asks for the usual one.
    visitor.expect_refusal(r"/favicon\.ico")
    visitor.sign_in(visitor.site.email("administrator"))
    page = visitor.go(f"/admin/accounts/user/?q={person.email}")
    page.locator("#result_list tbody th a").first.click()
    page.locator("select[name=office_role]").select_option("moderator")
    page.locator("input[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def typed(page: Page, code: str) -> None:
    """Type a code and send it."""
    page.locator("input[name=code]").fill(code)
    with page.expect_navigation():
        page.locator("form.form button[type=submit]").first.click()


def wrong_code(secret: str) -> str:
    """Return a code the application does not show, now or in the periods beside."""
    now = int(time.time()) // PERIOD
    right = {totp(secret, counter) for counter in range(now - 2, now + 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def enrolled(page: Page, person: Newcomer) -> str:
    """From the page a moderator is led to: add an application; return its secret."""
    page.locator("a.btn[href$='/2fa/totp/activate/']").click()
    page.locator("input[name=password]").fill(person.password)
    page.locator("main form.form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/2fa/totp/activate/"))
    secret = page.locator("#totp-secret").inner_text()
    typed(page, wrong_code(secret))
    expect(page.locator("#totp-secret")).to_have_text(secret)
    typed(page, fresh_code(secret))
    page.wait_for_url(re.compile(r"/2fa/recovery-codes/"))
    expect(page.locator("main ul code.id")).to_have_count(10)
    return secret


def test_a_new_moderator_enrols_and_signs_in_with_the_code(visitor, newcomer):
    maud = visitor()
    page = signed_up(maud, newcomer)
    made_moderator(visitor(), newcomer)
    maud.go("/office/")
    expect(page).to_have_url(re.compile(r"/account/2fa/$"))
    secret = enrolled(page, newcomer)
    maud.go("/office/")
    expect(page).to_have_url(re.compile(r"/office/$"))

    again = visitor()
    again.go("/account/login/")
    again.page.locator("input[name=login]").fill(newcomer.email)
    again.page.locator("input[name=password]").fill(newcomer.password)
    again.page.locator("main form.form button[type=submit]").first.click()
    again.page.wait_for_url(re.compile(r"/2fa/authenticate/"))
    typed(again.page, wrong_code(secret))
    expect(again.page.locator("input[name=code]")).to_be_visible()
    again.go("/office/")
    expect(again.page).to_have_url(re.compile(r"/account/"))
    again.go("/account/2fa/authenticate/")
    again.type_code(secret)
    again.go("/office/")
    expect(again.page).to_have_url(re.compile(r"/office/$"))


def test_a_security_key_is_enrolled_and_opens_the_account(visitor, newcomer):
    maud = visitor()
    page = signed_up(maud, newcomer)
    browser = maud.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    browser.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    maud.go("/account/2fa/webauthn/add/")
    page.locator("input[name=password]").fill(newcomer.password)
    page.locator("main form.form button[type=submit]").first.click()
    page.locator("input[name=passwordless]").check()
    page.locator("#add-key").click()
    page.wait_for_url(re.compile(r"/2fa/recovery-codes/"))
    maud.go("/account/logout/")
    page.locator("main form.form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/account/logout" not in url)
    maud.go("/account/login/")
    page.locator("#use-passkey").click()
    page.wait_for_url(lambda url: "/account/login" not in url and "/webauthn/" not in url)
    maud.go("/account/2fa/")
    expect(page.locator("h1")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/account/2fa/$"))
