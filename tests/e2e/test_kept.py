# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person keeps of the catalogue: images put aside, searches; and tiles that a busy server draws later."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e import looking, people
from tests.e2e.conftest import DESKTOP, Site
from tests.e2e.test_keyboard import tab_to

BASKET_BUTTON = "button[form=basket]"


@pytest.fixture(scope="module")
def colleague(site, company):
    """Somebody who may download what is held."""
    person = company()
    person.sign_in(site.email("colleague"))
    return person


def confirmed(page) -> None:
    page.locator("dialog[open] button[value=yes]").click()


def emptied(colleague) -> None:
    page = colleague.go("/basket/")
    if page.locator("tbody tr").count():
        page.locator("form:has([name=empty]) button").click()
        confirmed(page)
    expect(page.locator(".empty")).to_be_visible()


def test_images_are_put_aside_without_leaving_the_list(colleague):
    emptied(colleague)
    page = colleague.go("/catalogue/?state=held&sensor=pleiades")
    button = page.locator(BASKET_BUTTON).first
    tab_to(page, BASKET_BUTTON)
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("name", "remove")
    expect(button).to_be_focused()
    expect(page.locator("[data-basket-number]")).to_have_text("1")
    expect(page.locator("[data-said]")).to_have_text("Mise dans le panier.")
    page.locator(BASKET_BUTTON).nth(1).click()
    expect(page.locator("[data-basket-number]")).to_have_text("2")
    button.click()
    expect(button).to_have_attribute("name", "add")
    expect(page.locator("[data-basket-number]")).to_have_text("1")
    assert page.url.endswith("/catalogue/?state=held&sensor=pleiades") or "view=" in page.url
    looking.look(page, "catalogue-aside")
    page = colleague.go("/basket/")
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.locator("button[name=format][value=txt]").click()
    assert re.fullmatch(r"(https?://\S+/d/\S+\n)+", download.value.path().read_text())
    emptied(colleague)


def test_a_basket_without_scripts(browser, site: Site, colleague):
    cookies = colleague.context.cookies()
    context = browser.new_context(java_script_enabled=False, locale="fr-FR", viewport=DESKTOP)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{site.url}/catalogue/?state=order&cloud=10")
    page.locator(BASKET_BUTTON).first.click()
    assert page.url.endswith("/catalogue/?state=order&cloud=10")
    expect(page.locator(BASKET_BUTTON).first).to_have_attribute("name", "remove")
    page.locator(".asides a[href='/basket/']").click()
    page.locator("button[name=remove]").click()
    expect(page.locator(".empty")).to_be_visible()
    context.close()


def test_a_search_is_saved_and_told_by_mail_with_the_keyboard(colleague):
    page = colleague.go("/catalogue/?sensor=pleiades&cloud=10")
    tab_to(page, ".asides a[href*='/searches/new/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/searches/new/?sensor=pleiades&cloud=10*")
    tab_to(page, "#id_name")
    page.keyboard.press("Control+a")
    page.keyboard.type("Côtes sans nuages")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/searches/")
    row = page.locator("tbody tr", has_text="Côtes sans nuages")
    expect(row).to_contain_text("chaque jour")
    assert row.locator("th a").get_attribute("href") == "/catalogue/?sensor=pleiades&cloud=10"
    row.locator("button.btn-danger").click()
    confirmed(page)
    expect(page.locator("tbody tr", has_text="Côtes sans nuages")).to_have_count(0)


def test_tiles_of_a_busy_server_are_asked_for_again(colleague):
    page = colleague.go("/catalogue/?state=held&sensor=pleiades")
    address = page.locator("article.scene h3 a").first.get_attribute("href")
    asked: dict[str, int] = {}
    tiles = re.compile(r"/preview/\d+/\d+/\d+\.webp")

    def busy(route: Route) -> None:
        url = route.request.url
        asked[url] = asked.get(url, 0) + 1
        if asked[url] == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, body="")
        else:
            route.continue_()

    colleague.expect_refusal("503")
    page.route(tiles, busy)
    page = colleague.go(address or "")
    people.map_ready(page)
    page.wait_for_function("() => document.querySelector('dinamis-map').map.areTilesLoaded()", timeout=60_000)
    page.unroute(tiles)
    assert asked
    assert set(asked.values()) == {2}
    colleague.complaints.clear()
