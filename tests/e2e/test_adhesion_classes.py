# SPDX-License-Identifier: AGPL-3.0-or-later
"""An adhesion of each class, on the pages alone, from the form to a right somebody can use."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import people

pytestmark = pytest.mark.slow
PRIVATE = {
    "project_title": "Carte des digues",
    "project_purpose": "public_order",
    "contract": "2026-AO-42",
    "partner": "Agence du littoral normand",
    "project_ends_on": "2099-12-31",
}


@pytest.mark.parametrize(
    ("eligibility_class", "answers"), [("french_institutional", {}), ("private", PRIVATE)], ids=["french", "private"]
)
def test_from_the_form_to_a_usable_right(visitor, site, eligibility_class, answers):
    house = people.invented_institution()
    referent, president, moderator = visitor(), visitor(), visitor()
    people.signed_up(referent, house.referent)
    adhesion = people.filed_adhesion(referent, house, eligibility_class, answers)
    facts = referent.go(adhesion).locator("dl.facts").first
    for name in set(answers) & {"project_title", "contract", "partner"}:
        expect(facts).to_contain_text(answers[name])
    people.signed_from_mail(president, house)
    moderator.sign_in(site.email("moderator"))
    people.approved_adhesion(moderator, house)
    expect(referent.go(adhesion).locator("main")).to_contain_text("DINAMIS-")
    people.sign_licence(people.licence_page(referent, "Pléiades"), house.referent.name)
    page = referent.go("/rights/")
    section = page.locator("section.panel").filter(has=page.locator("h2", has_text=re.compile("Pléiades"))).first
    expect(section).to_contain_text(house.name)
