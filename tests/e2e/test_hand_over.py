# SPDX-License-Identifier: AGPL-3.0-or-later
"""The hand-over of a référent on the pages: the last one cannot go, names a member, who accepts; then they may."""

import pytest
from playwright.sync_api import expect

from tests.e2e import people

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
def test_the_last_referent_hands_over(visitor, site):
    house = people.invented_institution()
    referent, president, moderator, member = visitor(), visitor(), visitor(), visitor()
    people.admitted(house, referent=referent, president=president, moderator=moderator)
    people.signed_up(member, house.researcher)
    people.asked_to_join(member, house)
    people.activated(referent, house.researcher)

    page = referent.go("/organisation/")
    page.locator("form[action$='/leave/'] button").click()
    people.agree(page)
    expect(page.locator("main")).to_contain_text("dernier référent")
    page.locator("a[href$='/referents/']").click()
    page.locator("select[name=who]").select_option(label=f"{house.researcher.name} ({house.researcher.email})")
    page.locator("input[name=hands_over]").check()
    page.locator("main form.form button[type=submit]").click()
    expect(page.locator("main li.person").filter(has_text=house.researcher.name)).to_have_count(1)

    asked = site.wait_mail(house.researcher.email, r"/organisation/nominations/\d+/")
    page = member.go(people.first_link(asked["body"], "/organisation/nominations/"))
    page.locator("form[action$='/accept/'] button").click()
    page.wait_for_url("**/organisation/")
    expect(page.locator("a[href$='/referents/']")).to_have_count(1)
    site.wait_mail(house.referent.email, "a accepté d’être référent")

    page = referent.go("/organisation/")
    expect(page.locator("a[href$='/referents/']")).to_have_count(0)
    page.locator("form[action$='/leave/'] button").click()
    people.agree(page)
    page.wait_for_url("**/organisation/join/")
    expect(page.locator("main")).to_contain_text("quitté l’organisme")
