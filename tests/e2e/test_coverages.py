# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two years swiped with the keyboard, the maps of a year, and a list of links that a program fetches."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import looking, people

COMPARE = "/coverages/spot-6-7-coverage/compare/?left=2024&right=2025"


@pytest.fixture(scope="module")
def colleague(site, company):
    """Somebody whose organisation holds rights and who signed the licences."""
    person = company()
    person.sign_in(site.email("colleague"))
    return person


def ready(page) -> None:
    page.locator("dinamis-swipe[data-ready]").wait_for(timeout=60_000)


def test_two_years_are_swiped_with_the_keyboard(colleague):
    page = colleague.go(COMPARE)
    ready(page)
    slider = page.get_by_role("slider")
    slider.focus()
    border = page.locator("dinamis-swipe")
    for key, value in (("ArrowRight", "51"), ("Home", "0"), ("End", "100"), ("ArrowLeft", "99")):
        page.keyboard.press(key)
        expect(slider).to_have_value(value)
        assert border.evaluate("element => element.style.getPropertyValue('--swipe')") == f"{value}%"
    assert looking.faults_of(page, "fr") == {}


@pytest.mark.slow
def test_both_maps_move_together(colleague):
    page = colleague.go(COMPARE)
    ready(page)
    page.locator("#map-left [data-tool=zoomIn]").click()
    together = "() => { const [a, b] = [...document.querySelectorAll('dinamis-map')].map(m => m.map);"
    together += " return a.getZoom() === b.getZoom() && !a.isMoving(); }"
    page.wait_for_function(together)


@pytest.mark.slow
def test_a_cell_shows_its_two_pictures(colleague):
    page = colleague.go(f"{COMPARE}&cell=H08")
    ready(page)
    pictures = page.locator(".pairs img")
    expect(pictures).to_have_count(2)
    assert looking.faults_of(page, "fr") == {}


@pytest.mark.slow
@pytest.mark.parametrize("coloured", ["status", "age", "state"])
def test_the_map_of_a_year_has_its_legend_and_no_fault(colleague, coloured):
    page = colleague.go(f"/coverages/spot-6-7-coverage/2025/?map={coloured}")
    people.map_ready(page)
    expect(page.locator(".legend li").first).to_be_visible()
    assert looking.faults_of(page, "fr") == {}


def test_a_list_for_wget_is_fetched_without_a_session(colleague):
    page = colleague.go("/coverages/spot-6-7-coverage/2025/files/?cell=H08")
    button = page.get_by_role("button", name="Liste pour wget")
    # The images of the demo are made by a worker, after the site answers.
    for _second in range(60):
        if button.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as sent:
        button.click()
    lines = sent.value.path().read_text().splitlines()
    assert lines
    assert all(re.search(r"/d/[\w-]{43}/", line) for line in lines)
    assert people.fetched(lines[0], byte_range="0-9").status_code == 206
