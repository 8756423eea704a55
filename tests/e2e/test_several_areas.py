# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas drawn one after the other, taken away by keyboard; an area ordered from the archive, some scenes left out."""

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import box, mapping

from tests.e2e import looking
from tests.e2e.test_acquisition import ORDER, PAGE, researcher  # noqa: F401

pytestmark = pytest.mark.slow
AREA = json.dumps(mapping(box(3.6, 43.5, 4.2, 43.9)))


def drawn(page: Page, place: float) -> None:
    """Draw a rectangle by two clicks, `place` of the width from the left."""
    field = page.locator("dinamis-map canvas").first.bounding_box()
    page.locator("[data-tool=rectangle]").click()
    expect(page.locator("[data-tool=rectangle]")).to_have_attribute("aria-pressed", "true")
    x, y = field["x"] + place * field["width"], field["y"] + 0.4 * field["height"]
    page.mouse.click(x, y)
    page.mouse.move(x + 30, y + 30)
    page.mouse.move(x + 60, y + 60)
    page.mouse.click(x + 60, y + 60)
    expect(page.locator("[data-tool=edit]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")


def test_areas_are_drawn_listed_and_removed_by_keyboard(researcher):  # noqa: F811
    page = researcher.go(PAGE)
    if page.locator("button[name=step][value=forget]").count():
        page.locator("button[name=step][value=forget]").click()
    expect(page.locator("dinamis-map[data-ready]")).to_be_attached(timeout=20_000)
    lines = page.locator("#price tbody tr")
    drawn(page, 0.35)
    expect(page.locator(".areas li")).to_have_count(1)
    expect(lines.first).to_be_visible(timeout=15_000)
    # The lines of an area, and their sum.
    of_one = lines.count()
    drawn(page, 0.6)
    expect(page.locator(".areas li")).to_have_count(2)
    expect(page.locator(".areas li").last).to_contain_text(re.compile(r"Zone 2\s:.*km²"))
    expect(lines).not_to_have_count(of_one, timeout=15_000)
    page.locator(".areas button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".areas li")).to_have_count(1)
    expect(page.locator(".areas button")).to_be_focused()
    expect(lines).to_have_count(of_one, timeout=15_000)
    # Who does not see the page hears what was taken away and what is left to pay.
    heard = page.locator("[role=status]")
    expect(heard.filter(has_text="Zone 1 retirée.")).to_be_attached()
    price = heard.filter(has_text="Prix en tout")
    of_one_view = price.inner_text()
    page.locator("[name=bundle][value=surface]").check()
    page.locator("#step-submit").focus()
    expect(price).not_to_have_text(of_one_view, timeout=15_000)
    expect(page.locator("#step-submit")).to_be_focused()


def test_an_area_of_the_archive_is_ordered(researcher):  # noqa: F811
    page = researcher.go(f"/orders/archive/?aoi={quote(AREA)}&family=pleiades")
    rows = page.locator("#costs tbody tr")
    expect(rows.first).to_be_visible()
    count = rows.count()
    page.locator("[name=scene]").first.uncheck()
    expect(page.locator("#costs")).to_contain_text("laissée de côté")
    expect(rows).to_have_count(count)
    expect(page.locator("#costs")).to_contain_text("Si elle était approuvée maintenant")
    looking.look(page, "archive-left-out")
    page.locator("[name=project]").select_option(index=1)
    page.locator("[name=justification]").fill("Suivi de la garrigue.")
    page.locator("button[name=step][value=save]").click()
    page.wait_for_url(ORDER)
