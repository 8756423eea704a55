# SPDX-License-Identifier: AGPL-3.0-or-later
"""An image that two organisations share: 40 % cloudy, 2 % over the area of one, 70 % over that of the other."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import people

WEST = ("mona.quere@aln.example", "Havre de Regnéville, hiver")
EAST = ("charlie.bertin@obs-saintes-iles.example", "Herbiers de Chausey à la côte")
LINK = "a[href*='/proposals/']"

pytestmark = pytest.mark.slow


def proposed(visitor, who):
    """The page of the proposed image, as one of its requesters comes to it from the list of orders."""
    email, title = who
    person = visitor()
    person.sign_in(email)
    page = person.go("/orders/")
    page.get_by_role("link", name=re.compile(title)).first.click()
    people.reloaded_until(page, lambda: page.locator(LINK).count() > 0, seconds=120)
    address = page.url
    page.locator(LINK).first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page, address


def cloud_here(page):
    """What the page says of the cloud over the reader's own area, in percent."""
    (said,) = page.locator("section.panel dl.facts dd strong").all_inner_texts()
    return int(re.sub(r"\D", "", said))


# Two people, a production and a delivery: on a busy machine longer than the others.
@pytest.mark.timeout(600)
def test_taken_where_it_is_clear_and_sought_again_where_it_is_not(site, visitor):
    """The eighth acceptance test of the reference."""
    west, west_order = proposed(visitor, WEST)
    east, east_order = proposed(visitor, EAST)
    for page, cloud in ((west, 2), (east, 70)):
        assert cloud_here(page) == cloud
        assert "40" in page.locator("aside dl.facts").last.inner_text()
        expect(page.locator(".proposal-picture svg path.proposal-area")).to_have_count(1)
        expect(page.locator(".proposal-picture svg path.proposal-clouds")).to_have_count(1)
        assert page.locator(".proposal-picture svg image").evaluate(
            "image => fetch(image.href.baseVal).then(answer => answer.headers.get('content-type'))"
        ) == ("image/jpeg")
    west.get_by_role("button", name="La prendre", exact=True).click()
    expect(west.locator("section.panel dl.facts")).to_contain_text("la prendre pour toute ma zone")
    east.locator("select[name=reason_code]").select_option("clouds_over_area")
    east.get_by_role("button", name="La refuser").click()
    expect(east.locator("section.panel dl.facts")).to_contain_text("la refuser pour ma zone")
    for email, _title in (WEST, EAST):
        site.wait_mail(email, "est retenue")
    west.goto(west_order)
    files = west.locator("form[action*='/files/'] button")
    people.reloaded_until(west, lambda: files.count() > 0, seconds=150)
    east.goto(east_order)
    expect(east.locator("main")).to_contain_text("Image proposée retenue")
    assert east.locator("form[action*='/files/']").count() == 0
    east.get_by_role("link", name=re.compile("Mes commandes")).first.click()
    row = east.locator("tr").filter(has_text=EAST[1])
    expect(row).to_contain_text("en cours")
