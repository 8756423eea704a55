# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody signs in through a real provider of identity: a new account, its verified address, then the page of it."""

import os
import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor


def recognised(visitor: Visitor, subject: str) -> Page:
    """Press the button of the provider, name oneself there, come back."""
    page = visitor.go("/account/login/")
    page.get_by_role("button", name="Université du Causse").click()
    page.wait_for_url(re.compile(r"/oauth2/authorize"))
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.wait_for_url(lambda url: url.startswith(visitor.site.url))
    return page


@pytest.mark.skipif("DINAMIS_E2E" in os.environ, reason="the running site was not configured with our provider")
def test_a_newcomer_signs_in_through_their_institution(visitor, identity_provider):
    nora = visitor()
    # The provider’s own page asks for a style sheet elsewhere, and has no icon.
    nora.expect_refusal(r"ERR_|oauth2/authorize|favicon\.ico")
    subject = f"nora.{secrets.token_hex(4)}"
    address = f"{subject}@univ-causse.example"
    identity_provider.knows(
        subject, name="Nora Nouvelle", email=address, eduperson_scoped_affiliation=["member@univ-causse.example"]
    )
    page = recognised(nora, subject)
    expect(page.locator("input[name=name]")).to_have_value("Nora Nouvelle")
    expect(page.locator("input[name=email]")).to_have_value(address)
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/account/confirm-email/"))
    sent = nora.site.wait_mail(address, r"/account/confirm-email/\S+/")
    nora.go(re.search(r"https?://\S+/account/confirm-email/\S+/", sent["body"])[0])
    page.locator("main form button[type=submit]").first.click()
    if "/organisation/join/" not in page.url:
        page = recognised(nora, subject)
    page.wait_for_url(re.compile(r"/organisation/join/"))
    page = nora.go("/account/identities/")
    expect(page.get_by_role("heading", name="Université du Causse")).to_be_visible()
    expect(page.locator("main")).to_contain_text("member@univ-causse.example")
