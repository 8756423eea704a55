# SPDX-License-Identifier: AGPL-3.0-or-later
"""A new legal representative on the pages: declared with a document, signed from the mail, confirmed by the office."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.e2e import people

PDF = b"%PDF-1.4\n%an invented act\n%%EOF\n"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_declared_signed_confirmed(visitor, site):
    house = people.invented_institution()
    referent, president, successor, moderator = visitor(), visitor(), visitor(), visitor()
    people.admitted(house, referent=referent, president=president, moderator=moderator)

    after = replace(house, president=replace(house.president, name="Nadia Bellec", email=f"n.{house.president.email}"))
    page = referent.go("/organisation/")
    page.locator("a[href$='/representative/']").click()
    expect(page.locator("main")).to_contain_text(house.president.name)
    page.locator("input[name=name]").fill(after.president.name)
    page.locator("input[name=email]").fill(after.president.email)
    page.locator("select[name=reason]").select_option("end_of_mandate")
    page.locator("input[name=file]").set_input_files(
        {"name": "arrete.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.locator("main form[enctype] button[type=submit]").click()
    expect(page.locator("main section.card")).to_contain_text(after.president.name)

    people.signed_from_mail(successor, after)
    expect(successor.page.locator("main")).to_contain_text("bureau DINAMIS")

    page = moderator.go("/office/adhesions/")
    page.locator("section[aria-labelledby=representatives] a").filter(has_text=house.name).click()
    form = page.locator("form[action$='/confirm/']")
    form.locator("select[name=code]").select_option("proved")
    form.locator("textarea[name=words]").fill("L’arrêté la nomme.")
    form.locator("button[type=submit]").click()
    expect(page.locator("section[aria-labelledby=now]")).to_contain_text(after.president.name)
    site.wait_mail(house.president.email, "représentant légal")

    page = referent.go("/organisation/")
    page.locator("a[href*='/certificates/']").first.click()
    page.wait_for_url(re.compile(r"/certificates/"))
    expect(page.locator("main")).to_contain_text(after.president.name)
