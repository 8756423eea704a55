# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody who cannot point orders an image: Tab, Enter, Space and typing, from the home page to the order sent."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

# The focused element matches the selector, is in view, and shows that it has the focus (WCAG 2.4.7, 2.4.11).
FOCUSED = """(selector) => {
  const here = document.activeElement;
  if (!here || !here.matches(selector)) return "";
  const { outlineStyle, boxShadow } = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  const inView = box.bottom > 0 && box.top < innerHeight;
  return inView && (outlineStyle !== "none" || boxShadow !== "none") ? "seen" : `unseen ${outlineStyle} ${box.top}`;
}"""
MOST_STOPS = 150


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on what the selector names; it must be seen there."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if found := page.evaluate(FOCUSED, selector):
            assert found == "seen", (selector, found)
            return
    raise AssertionError(f"{selector} is not reached within {MOST_STOPS} stops of {page.url}")


def enter(page: Page, selector: str, address: str) -> None:
    """Go to a link or button and press Enter; wait for the page it leads to."""
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(address))


def typed(page: Page, selector: str, text: str) -> None:
    """Go to a field and type; what it held is replaced."""
    tab_to(page, selector)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


@pytest.mark.slow
def test_an_order_is_written_and_sent_with_the_keyboard_alone(site, visitor):
    person = visitor()
    page = person.go("/")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED, ".skip a") == "seen"
    enter(page, "a[href^='/account/login/']", "/account/login/")
    typed(page, "input[name=login]", site.email("colleague"))
    typed(page, "input[name=password]", site.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/account/login" not in url)
    enter(page, "a[href='/catalogue/']", r"/catalogue/$")
    tab_to(page, "input#state-order")
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("state=order"))
    tab_to(page, "input#sensor-pleiades")
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("sensor=pleiades"))
    enter(page, "article.scene h3 a", r"/catalogue/items/\d+/$")
    enter(page, "a[href*='/orders/new/']", r"/orders/new/")
    title = f"Au clavier {secrets.token_hex(3)}"
    tab_to(page, "input[name=whole]")
    page.keyboard.press("Space")
    typed(page, "input[name=title]", title)
    typed(page, "input[name=new_project]", f"Projet {title}")
    tab_to(page, "button[name=step][value=compute]")
    page.keyboard.press("Enter")
    expect(page.locator("#costs tfoot")).to_contain_text("€")
    tab_to(page, "button[name=step][value=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/orders/D-[^/]+/"))
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("ol.timeline [aria-current=step]")).to_contain_text("Déposée")
    # And cancels it, with a reason.
    enter(page, "a[href$='/cancel/']", r"/orders/D-[^/]+/cancel/$")
    tab_to(page, "select[name=code]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "main form button.btn-danger")
    page.keyboard.press("Enter")
    expect(page.locator("header .status")).to_have_text(re.compile("annulée", re.IGNORECASE))
