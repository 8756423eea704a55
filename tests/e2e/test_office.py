# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the office and an organisation say to each other: changes asked and made, a right taken away in three steps."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import people
from tests.e2e.looking import look

pytestmark = pytest.mark.slow


@pytest.fixture
def house():
    return people.invented_institution()


@pytest.fixture
def referent(visitor, house):
    """The référent, whose adhesion is on the office's desk; `adhesion` is its address."""
    window = visitor()
    people.signed_up(window, house.referent)
    window.adhesion = people.filed_adhesion(window, house)
    people.signed_from_mail(visitor(), house)
    return window


@pytest.fixture
def moderator(visitor, site):
    window = visitor()
    window.sign_in(site.email("moderator"))
    return window


def decide(page: Page, verdict: str, code: str, words: str, **others: str) -> None:
    """Open a verdict among those of the page, fill it in, send it."""
    form = page.locator(f"#decide form[action$='/{verdict}/']")
    form.locator("xpath=ancestor::details/summary").click()
    form.locator("select[name=code]").select_option(code)
    form.locator("textarea[name=words]").fill(words)
    for name, value in others.items():
        form.locator(f"[name='{name}']").fill(value)
    form.locator("button[type=submit]").click()


def test_changes_are_asked_field_by_field_and_made(referent, moderator, site, house):
    page = people.opened_from_office(moderator, house.name)
    page.locator("form[action$='/claim/'] button[type=submit]").first.click()
    asked = {"change-mission": "Dites à qui les cartes sont remises.", "change-city": "La ville est celle du siège."}
    decide(page, "request_changes", "unclear_use", "Deux points sont à préciser.", **asked)
    expect(page.locator("#decide")).to_have_count(0)
    desk = page.url
    site.wait_mail(house.referent.email, "Deux points sont à préciser")

    page = referent.go(referent.adhesion + "edit/")
    changes = page.locator("#changes article")
    expect(changes).to_have_count(2)
    look(page, "changes-asked")
    city = changes.filter(has_text="La ville est celle du siège.")
    city.locator("textarea").fill("Le siège est bien à Quimper.")
    city.locator("button").click()
    expect(page.locator("#changes .status-ok")).to_have_count(1)
    assert page.locator("form[action$='/resubmit/']").count() == 0
    page.locator("textarea[name=mission]").fill("Suivi des vasières : les cartes vont aux mairies du littoral.")
    page.locator("button[name=preview]").click()
    page.wait_for_url(re.compile(r"/preview/"))
    page.locator("form[action$='/resubmit/'] button").click()
    page.wait_for_url(re.compile(r"/adhesions/\d+/$"))

    page = moderator.go(desk)
    expect(page.locator("main")).to_contain_text("les cartes vont aux mairies du littoral")
    expect(page.locator("main")).to_contain_text("Le siège est bien à Quimper.")
    look(page, "desk-after-changes")
    people.approved_adhesion(moderator, house)
    expect(referent.go(referent.adhesion).locator("main")).to_contain_text("DINAMIS-")


def test_a_revocation_is_announced_answered_and_decided(referent, moderator, site, house):
    people.approved_adhesion(moderator, house)
    desk = moderator.page.url
    people.sign_licence(people.licence_page(referent, "Pléiades"), house.referent.name)
    page = referent.go("/catalogue/?state=held&sensor=pleiades")
    page.locator("article.scene h3 a").first.click()
    link = people.taken_link(page, page.locator("#files form[action*='/files/'] button").first)[0]
    assert people.fetched(link, byte_range="0-99").status_code == 206

    notice = moderator.go(desk).locator("#revocation")
    notice.locator("summary").click()
    notice.locator("select[name=code]").select_option("breach")
    notice.locator("textarea[name=words]").fill("Des images ont été remises à un tiers sans licence.")
    notice.locator("button[type=submit]").click()
    people.agree(moderator.page)
    expect(notice).to_contain_text("Des images ont été remises à un tiers sans licence.")
    site.wait_mail(house.referent.email, "remises à un tiers")
    site.wait_mail(house.president.email, "remises à un tiers")
    assert people.fetched(link, byte_range="0-99").status_code == 206

    answer = referent.go(referent.adhesion).locator("#revocation")
    look(referent.page, "notice-of-revocation")
    answer.locator("textarea[name=words]").fill("Elles l’ont été par erreur et ne sont plus en ligne.")
    answer.locator("button[type=submit]").click()
    expect(answer).to_contain_text("Elles l’ont été par erreur")

    decision = moderator.go(desk).locator("#revocation")
    expect(decision).to_contain_text("Elles l’ont été par erreur")
    look(moderator.page, "desk-revocation")
    form = decision.locator("form[action$='/revoke/']")
    form.locator("select[name=code]").select_option("breach")
    form.locator("textarea[name=words]").fill("La diffusion est établie ; la réponse ne la justifie pas.")
    form.locator("button[type=submit]").click()
    people.agree(moderator.page)
    expect(moderator.page.locator("#revocation form")).to_have_count(0)

    refused = people.fetched(link, byte_range="0-99")
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    page = referent.go("/rights/")
    expect(page.locator("main .status-ok")).to_have_count(0)
    mail = site.wait_mail(house.referent.email, "La diffusion est établie")
    page = referent.go(people.first_link(mail["body"], "/adhesions/"))
    page.locator("main a[href*='/decisions/']").first.click()
    expect(page.locator("main")).to_contain_text("recours")
    look(page, "decision-revoked")
