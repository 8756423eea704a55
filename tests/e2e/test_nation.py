# SPDX-License-Identifier: AGPL-3.0-or-later
"""A map of the nation is read with the keyboard: the middle of the map says its cell, Enter what can be done there."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.e2e import looking, people

SECONDS = 180


@pytest.mark.slow
def test_a_cell_is_read_and_asked_for_with_the_keyboard(site, visitor):
    person = visitor(locale="en")
    page = person.go("/catalogue/age/?whose=all&departement=14")
    # The cells are laid by a worker, after the site answers.
    deadline = time.monotonic() + SECONDS
    while not page.locator("#age-map").count() and time.monotonic() < deadline:
        time.sleep(2)
        page.reload()
    people.map_ready(page)
    canvas = page.locator("#age-map canvas")
    page.locator("#age-map [data-tool=home]").focus()
    for _stop in range(12):
        if canvas.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab")
    said = page.locator("#age-map .map-said")
    expect(said).to_have_text(re.compile(r"\(14\) · (no image|newest image)"))
    before = said.inner_text()
    for _step in range(2):
        page.keyboard.press("ArrowRight")
    expect(said).not_to_have_text(before)
    page.keyboard.press("Enter")
    ask = page.locator(".map-pop a", has_text="Ask for this place")
    expect(ask).to_have_attribute("href", re.compile(r"^/orders/acquisition/\?bbox=-?\d\.\d,4\d\.\d,-?\d\.\d,4\d\.\d$"))
    assert looking.faults_of(page, "en") == {}
