# SPDX-License-Identifier: AGPL-3.0-or-later
"""A scientific institution abroad, on the pages alone: form, signature, two opinions by their own accounts, right."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import people

pytestmark = pytest.mark.slow
ANSWERS = {
    "project_title": "Mangroves du delta",
    "cooperation": "Thèse en cotutelle ; les images servent au suivi du trait de côte.",
    "partner": "Université de l’Estuaire",
    "project_ends_on": "2099-12-31",
    "nationality_condition": "yes",
    "nationality_source": "Attestation de l’ambassade, annexe 1",
}
BODIES = {"opinion_cnes": "CNES", "opinion_airbus": "Airbus DS"}


def given_opinion(visitor, account: str, house) -> None:
    """Sign in as who speaks for a body, read what is asked, give a favourable opinion."""
    visitor.sign_in(visitor.site.email(account))
    page = visitor.go("/opinions/")
    page.locator("section[aria-labelledby=waiting] li.card a").filter(has_text=house.name).click()
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text(ANSWERS["project_title"])
    # What an opinion does not need is not shown: neither the legal representative nor the documents.
    expect(page.locator("main")).not_to_contain_text(house.president.email)
    expect(page.locator("main a[href*='/documents/']")).to_have_count(0)
    page.locator("input[name=verdict][value=yes]").check()
    page.locator("textarea[name=words]").fill("Coopération établie.")
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/opinions/$"))
    expect(page.locator("section[aria-labelledby=given]")).to_contain_text(house.name)


@pytest.mark.timeout(600)
def test_from_the_form_through_two_opinions_to_a_right(visitor, site):
    house = people.invented_institution("PT")
    scientist, president, moderator = visitor(), visitor(), visitor()
    people.signed_up(scientist, house.referent)
    adhesion = people.filed_adhesion(scientist, house, "foreign_scientific", ANSWERS)
    people.signed_from_mail(president, house)
    moderator.sign_in(site.email("moderator"))
    desk = people.claimed_adhesion(moderator, house)
    opinions = desk.locator("#opinions")
    for body in BODIES.values():
        expect(opinions.locator("article").filter(has_text=body)).to_contain_text("demandé")
    # An approval before the opinions is refused, and says which are awaited.
    review = desk.url
    moderator.expect_refusal(r"409 \(Conflict\)")
    people.approving(desk)
    for body in BODIES.values():
        expect(desk.locator("main")).to_contain_text(body)
    moderator.go(review)
    expect(opinions.locator("article")).to_have_count(2)
    for account in BODIES:
        site.wait_mail(site.email(account), re.escape(house.name))
        given_opinion(visitor(), account, house)
    desk.reload()
    expect(opinions.locator(".status-ok")).to_have_count(2)
    people.approved(desk)
    expect(scientist.go(adhesion).locator("main")).to_contain_text("DINAMIS-")
    people.sign_licence(people.licence_page(scientist, "Pléiades"), house.referent.name)
    section = scientist.go("/rights/").locator("section.panel")
    right = section.filter(has=scientist.page.locator("h2", has_text=re.compile("Pléiades"))).first
    expect(right).to_contain_text(house.name)
    expect(right).to_contain_text(ANSWERS["project_title"])
