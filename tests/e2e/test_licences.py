# SPDX-License-Identifier: AGPL-3.0-or-later
"""A licence in the browser: the office publishes with a dry run, a person is warned, refused, and signs again."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import people
from tests.e2e.asking import answered, archive_order, asked, granted, ordered
from tests.e2e.looking import look

# No other test needs this licence: whoever signed it has to sign again.

pytestmark = pytest.mark.slow
LICENCE = re.compile("Licence Pléiades Neo")


@pytest.fixture
def moderator(visitor, site):
    window = visitor()
    window.sign_in(site.email("moderator"))
    return window


@pytest.fixture
def house():
    return people.invented_institution()


@pytest.fixture
def referent(visitor, house, moderator):
    """The référent of an organisation that has just joined."""
    window = visitor()
    people.signed_up(window, house.referent)
    people.filed_adhesion(window, house)
    people.signed_from_mail(visitor(), house)
    people.approved_adhesion(moderator, house)
    return window


def office_page(moderator) -> Page:
    """The office's page of the licence."""
    page = moderator.go("/office/licences/")
    page.locator("tr").filter(has_text=LICENCE).locator("a.btn").first.click()
    page.wait_for_url(re.compile(r"/office/licences/\d+/$"))
    return page


def new_draft(page: Page, sentence: str, grace_days: int) -> Page:
    """Write one more sentence into both texts; end on the page of the draft."""
    page.locator("a.btn[href$='/draft/']").click()
    for language in ("fr", "en"):
        box = page.locator(f"textarea[name=text_{language}]")
        box.fill(f"{box.input_value()}\n\n{sentence}")
    page.locator("input[name=material]").set_checked(True)
    page.locator("input[name=grace_days]").fill(str(grace_days))
    page.locator("button[name=preview]").click()
    expect(page.locator("article.licence-text").first).to_contain_text(sentence)
    page.locator("form.form button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/office/versions/\d+/$"))
    return page


def publish(page: Page) -> None:
    """Confirm what the dry run said."""
    page.locator("input[name=confirm]").check()
    page.locator("form.form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/office/licences/\d+/$"))


def right_of(page: Page) -> Locator:
    """The block of the licence on the page of one's rights."""
    return page.locator("section.panel").filter(has=page.locator("h2", has_text=LICENCE)).first


def test_a_new_version_warns_then_refuses_until_it_is_signed(referent, moderator, site, house):
    people.sign_licence(people.licence_page(referent, LICENCE.pattern), house.referent.name)
    page = referent.go("/rights/")
    expect(right_of(page).locator(".status-ok").first).to_be_visible()

    draft = new_draft(office_page(moderator), "Une copie de travail est détruite dans les trente jours.", 30)
    expect(draft.locator("#effect ~ p").first).to_contain_text(re.compile(r"\d+ personnes? perdrai"))
    expect(draft.locator("ins").first).to_contain_text("Une copie de travail")
    look(draft, "licence-draft")
    publish(draft)
    page = referent.go("/rights/")
    expect(right_of(page)).to_contain_text("Votre ancienne signature compte")
    expect(right_of(page).locator(".status-ok").first).to_be_visible()
    look(page, "rights-within-grace")
    site.wait_mail(house.referent.email, "Nouvelle version d’une licence")

    page = people.licence_page(referent, LICENCE.pattern)
    form = page.locator("form.signature")
    form.locator("input[type=checkbox]").first.check()
    form.locator("input[name=typed_name]").fill(house.referent.name)
    publish(new_draft(office_page(moderator), "Le présent article prend effet aussitôt.", 0))
    referent.expect_refusal("409")
    with page.expect_response(lambda answer: answer.status == 409):
        form.locator("button[type=submit]").click()
    expect(page.locator("body")).to_contain_text("Le texte a changé depuis")
    expect(page.locator("article.licence-text")).to_contain_text("Le présent article prend effet aussitôt.")
    expect(page.locator("form.signature input[type=checkbox]").first).not_to_be_checked()

    page = referent.go("/rights/")
    expect(right_of(page).locator(".status-ok")).to_have_count(0)
    expect(right_of(page)).to_contain_text("Vous n’avez pas signé la licence en vigueur.")
    people.sign_licence(people.licence_page(referent, LICENCE.pattern), house.referent.name)
    page = referent.go("/rights/")
    expect(right_of(page)).not_to_contain_text("Vous n’avez pas signé la licence en vigueur.")
    mail = site.wait_mail(house.president.email, r"/signature/", after=1)
    people.signed_for_organisation(moderator, house, people.first_link(mail["body"], "/signature/"))
    expect(right_of(referent.go("/rights/")).locator(".status-ok").first).to_be_visible()


# Two organisations' worth of people, and an order that is produced meanwhile.
@pytest.mark.timeout(600)
def test_an_order_of_before_a_new_version_stands_and_a_new_one_needs_the_signature(referent, moderator, site, house):
    """The fourth acceptance test: what was placed under version 1 comes; under version 2 one signs first."""
    people.sign_licence(people.licence_page(referent, LICENCE.pattern), house.referent.name)
    before = ordered(referent, archive_order(referent, "Sous la première version", "pleiades-neo", rank=0))
    after = archive_order(referent, "Sous la seconde version", "pleiades-neo", rank=1)
    granted(moderator, before)
    page = referent.go(f"/orders/{before}/")
    people.reloaded_until(
        page, lambda: "Transmise à l’opérateur" in page.locator("ol.timeline").inner_text(), seconds=180
    )

    publish(new_draft(office_page(moderator), "Les copies de travail sont déclarées chaque année.", 0))

    refused = asked(referent, "POST", "orders", after)
    assert refused.status == 403, refused.text()
    assert {"person_acceptance_missing", "organisation_acceptance_missing"} & {
        reason["code"] for reason in refused.json()["missing"]
    }
    titles = [one["title"] for one in answered(referent, "GET", "orders")["results"]]
    assert "Sous la seconde version" not in titles
    # The one of before goes on to its image, and nothing of it was given back.
    referent.go(f"/orders/{before}/")
    people.reloaded_until(page, lambda: page.locator("header .status").first.inner_text() == "livrée", seconds=180)
    expect(page.locator("ol.timeline .timeline-bad")).to_have_count(0)
    expect(page.locator("ol.timeline")).not_to_contain_text("Rendu à l’enveloppe")

    people.sign_licence(people.licence_page(referent, LICENCE.pattern), house.referent.name)
    mails = [mail["body"] for mail in site.mails(house.president.email) if "/signature/" in mail["body"]]
    people.signed_for_organisation(moderator, house, people.first_link(mails[0], "/signature/"))
    assert ordered(referent, after).startswith("D-")
