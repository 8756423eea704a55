# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map and list page: a brush over the years, an address that says everything, its weight, and without scripts."""

import gzip
import os
import re
import subprocess
import sys

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import looking, people
from tests.e2e.conftest import DESKTOP, PHONE, Site, Visitor
from tests.e2e.test_keyboard import tab_to

WORKER = "maplibre-gl-worker.mjs"
MOST_SCRIPT_BYTES = 600_000
SETTLED = "() => !document.querySelector('[data-results][aria-busy]')"


@pytest.fixture(scope="module")
def researcher(site, company):
    """Somebody with rights, some of which want a signature."""
    person = company()
    person.sign_in(site.email("researcher"))
    return person


def listed(page: Page) -> list[str]:
    return page.locator("article.scene h3 a").evaluate_all("links => links.map(link => link.getAttribute('href'))")


def searched(page: Page, address: str) -> None:
    """Wait until the address says something and the list answers it."""
    page.wait_for_url(re.compile(address))
    page.wait_for_function(SETTLED)


def test_the_years_are_brushed_with_the_keyboard(researcher):
    page = researcher.go("/catalogue/?sensor=pleiades")
    before = people.count_of(page)
    tab_to(page, "#brush-from")
    first = int(page.locator("#brush-from").get_attribute("aria-valuetext") or "")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    searched(page, rf"[?&]since={first + 3}-01-01")
    narrowed = people.count_of(page)
    assert 0 < narrowed < before
    # Whoever brushes goes on brushing: the handle keeps the focus, and what it says is heard.
    expect(page.locator("#brush-from")).to_be_focused()
    expect(page.locator("#brush-from")).to_have_attribute("aria-valuetext", str(first + 3))
    expect(page.locator("[data-said]")).to_have_text(page.locator("#answer-sentence").inner_text())
    expect(page.locator("input[name=since]")).to_have_value(f"{first + 3}-01-01")
    page.keyboard.press("Home")
    page.wait_for_url(lambda url: "since=" not in url)
    page.wait_for_function(SETTLED)
    assert people.same_but_for_arrivals(page, before)


@pytest.mark.slow
def test_the_years_are_brushed_with_a_stroke_of_the_pointer(researcher):
    page = researcher.go("/catalogue/?sensor=pleiades")
    before = people.count_of(page)
    bars = page.locator(".brush rect")
    bars.nth(2).scroll_into_view_if_needed()
    start, end = bars.nth(2).bounding_box(), bars.nth(4).bounding_box()
    assert start
    assert end
    base = start["y"] + start["height"] - 2
    page.mouse.move(start["x"] + start["width"] / 2, base)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, base, steps=5)
    page.mouse.up()
    searched(page, r"[?&]since=\d{4}-01-01.*[?&]until=\d{4}-12-31")
    since, until = re.findall(r"(?:since|until)=(\d{4})", page.url)
    assert int(until) - int(since) == 2
    assert 0 < people.count_of(page) < before
    expect(page.locator(".brush-said")).to_have_text(f"{since} – {until}")
    page.go_back()
    page.wait_for_url(re.compile(r"\?sensor=pleiades$"))
    expect(page.locator(".brush rect:not(.on)")).to_have_count(0)
    assert people.same_but_for_arrivals(page, before)


@pytest.mark.slow
def test_an_address_that_is_shared_shows_the_same_filters_list_and_view(researcher, visitor, site):
    page = researcher.go("/catalogue/?sensor=spot-6-7")
    world = people.map_ready(page)
    page.locator("#id_incidence").select_option("20")
    searched(page, r"[?&]incidence=20")
    page.locator("#id_order").select_option("clouds")
    searched(page, r"[?&]order=clouds")
    world.locator("[data-tool=zoomIn]").click()
    page.wait_for_url(re.compile(r"[?&]view=-?[\d.]+,-?[\d.]+,[\d.]+$"))
    page.locator("nav.pagination a[rel=next]").click()
    searched(page, r"[?&]after=")
    assert "view=" in page.url
    other = visitor()
    other.sign_in(site.email("researcher"))
    theirs = other.go(page.url)
    people.map_ready(theirs)
    assert listed(theirs) == listed(page)
    assert people.count_of(theirs) == people.count_of(page)
    expect(theirs.locator("#sensor-spot-6-7")).to_be_checked()
    expect(theirs.locator("#id_incidence")).to_have_value("20")
    expect(theirs.locator("#id_order")).to_have_value("clouds")
    view = "map => map.view"
    assert theirs.locator("dinamis-map").evaluate(view) == page.locator("dinamis-map").evaluate(view)


def test_the_history_goes_back_and_forth_through_searches(researcher):
    page = researcher.go("/catalogue/")
    people.map_ready(page)
    page.evaluate("window.sameDocument = true")
    counts = [people.count_of(page)]
    for choice, address in (("#sensor-pleiades", "sensor=pleiades"), ("#state-order", "state=order")):
        page.locator(choice).check()
        searched(page, address)
        counts.append(people.count_of(page))
    for step in (1, 0):
        page.go_back()
        page.wait_for_function(SETTLED)
        expect.soft(page.locator("#state-order")).not_to_be_checked()
        assert people.same_but_for_arrivals(page, counts[step])
    expect(page.locator("#sensor-pleiades")).not_to_be_checked()
    page.go_forward()
    searched(page, "sensor=pleiades")
    expect(page.locator("#sensor-pleiades")).to_be_checked()
    assert people.same_but_for_arrivals(page, counts[1])
    # The map was drawn once; each search only gave it other tiles.
    assert page.evaluate("window.sameDocument") is True
    expect(page.locator("dinamis-map")).to_have_attribute("src-items", re.compile("sensor=pleiades"))


@pytest.mark.slow
def test_a_row_and_its_footprint_light_up_together(researcher):
    page = researcher.go("/catalogue/?sensor=pleiades")
    people.map_ready(page)
    row = page.locator("article.scene").nth(1)
    number = row.get_attribute("data-item-id")
    row.hover()
    expect(row).to_have_attribute("data-lit", "")
    assert page.locator("dinamis-map").evaluate("map => map.lit.lit.map(String)") == [number]
    page.locator("article.scene h3 a").nth(2).focus()
    expect(page.locator("article.scene").nth(2)).to_have_attribute("data-lit", "")
    expect(row).not_to_have_attribute("data-lit", "")


def test_the_scripts_of_the_page_stay_within_their_weight(visitor, site):
    person = visitor()
    loaded: set[str] = set()
    person.context.on("request", lambda request: loaded.add(request.url))
    page = person.go("/catalogue/")
    world = people.map_ready(page)
    page.wait_for_load_state("networkidle")
    scripts = {url for url in loaded if re.search(r"\.m?js(\?|$)", url)}
    assert {"maplibre-gl.mjs", WORKER} <= {url.split("/")[-1].split("?")[0] for url in scripts}
    assert not [url for url in scripts if "terra-draw" in url]
    weight = sum(len(gzip.compress(httpx.get(url, timeout=20).raise_for_status().content)) for url in scripts)
    assert weight <= MOST_SCRIPT_BYTES, weight
    world.locator("[data-tool=polygon]").click()
    expect(world).to_have_attribute("data-drawing", "")
    assert [url for url in loaded if "terra-draw" in url]


@pytest.mark.slow
def test_the_list_is_painted_within_a_second(visitor):
    person = visitor()
    paints = []
    for _ in range(5):
        page = person.go("/catalogue/")
        page.locator("article.scene").first.wait_for()
        # The list may be there before the browser has told of its first paint.
        while not (
            told := page.evaluate("performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)")
        ):
            page.wait_for_timeout(50)
        paints += told
    assert min(paints) <= 1000, paints


def test_the_page_is_a_form_and_a_list_without_scripts(browser, site: Site):
    context = browser.new_context(java_script_enabled=False, locale="fr-FR", viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{site.url}/catalogue/")
    before = people.count_of(page)
    page.locator("#sensor-pleiades").check()
    page.locator("input[name=since]").fill("2020-01-01")
    page.locator("#id_resolution").select_option("0.5")
    page.locator("form#search button[type=submit]").click()
    assert "since=2020-01-01" in page.url
    assert 0 < people.count_of(page) < before
    page.locator("#id_order").select_option("oldest")
    page.locator(".sort button").click()
    first = page.locator("article.scene time").first.get_attribute("datetime") or ""
    assert first.startswith("2020")
    page.locator("nav.pagination a[rel=next]").click()
    expect(page.locator("#sensor-pleiades")).to_be_checked()
    assert listed(page)
    context.close()


def brushed(page: Page) -> None:
    page.locator("#brush-from").press("ArrowRight")
    searched(page, "since=")


def unfolded(page: Page) -> None:
    page.locator("#more-filters > summary").click()


MIDDLE_OF_AN_IMAGE = """element => {
  const { map } = element;
  const layers = map.getStyle().layers.map(({ id }) => id).filter((id) => /^items-(held|unlock|order|none)$/.test(id));
  const ring = ({ type, coordinates }) => (type === "Polygon" ? coordinates[0] : coordinates[0][0]);
  const mean = (points, axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const found = map.queryRenderedFeatures({ layers }).map(({ geometry }) => ring(geometry).slice(1))
    .map((points) => map.project([mean(points, 0), mean(points, 1)]));
  const { width, height } = element.getBoundingClientRect();
  return found.find(({ x, y }) => x > 120 && y > 80 && x < width - 220 && y < height - 220) ?? null;
}"""


def clicked(page: Page) -> None:
    """Click where the map shows an image: a popup opens and takes the focus."""
    world = people.map_ready(page)
    page.wait_for_load_state("networkidle")
    spot = world.evaluate(MIDDLE_OF_AN_IMAGE)
    assert spot, "no image in the middle of the map"
    box = world.locator("canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + spot["x"], box["y"] + spot["y"])
    expect(world.locator(".map-pop li").first).to_be_visible()


def drawing(page: Page) -> None:
    world = people.map_ready(page)
    world.locator("[data-tool=polygon]").click()
    expect(world).to_have_attribute("data-drawing", "")


STATES = {"brushed": brushed, "unfolded": unfolded, "popup": clicked, "drawing": drawing}


@pytest.mark.slow
@pytest.mark.parametrize(("state", "language", "size"), [("brushed", "fr", DESKTOP), ("popup", "en", DESKTOP)])
def test_a_state_of_the_page_has_no_fault(state, language, size, visitor, site):
    look_at_state(state, language, size, visitor, site)


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("state", ["brushed", "unfolded", "drawing"])
def test_every_state_of_the_page_has_no_fault(state, language, size, visitor, site):
    look_at_state(state, language, size, visitor, site)


def look_at_state(state, language, size, visitor, site):
    person = visitor(locale=language, viewport=size)
    page = person.go("/catalogue/?sensor=pleiades")
    if size == PHONE and state != "drawing":
        page.locator("details.filters > summary").click()
    STATES[state](page)
    looking.look(page, f"catalogue-{state}-{language}-{size['width']}", language)


@pytest.mark.slow
def test_every_state_is_dark_when_the_reader_s_screen_is(browser, site: Site):
    context = browser.new_context(color_scheme="dark", locale="fr-FR", viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{site.url}/catalogue/?sensor=pleiades")
    brushed(page)
    looking.look(page, "catalogue-dark-fr-desktop")
    context.close()


def opened(person: Visitor, state: str = "held") -> Page:
    page = person.go(f"/catalogue/?state={state}&sensor=pleiades")
    page.locator("article.scene h3 a").first.click()
    page.wait_for_url(re.compile(r"/catalogue/items/\d+/"))
    return page


@pytest.fixture(scope="module")
def colleague(site, company):
    """Somebody who may download what is held."""
    person = company()
    person.sign_in(site.email("colleague"))
    return person


def test_a_quicklook_is_looked_at_closely_with_keys_and_buttons(colleague):
    # Of an image one may download the file itself is seen, on a map.
    page = opened(colleague, "order")
    scale = "() => new DOMMatrix(getComputedStyle(document.querySelector('pan-zoom img')).transform)"
    expect(page.locator("pan-zoom [aria-label='Zoom arrière']")).to_be_disabled()
    tab_to(page, ".pan-zoom-pane")
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    matrix = page.evaluate(scale)
    assert matrix["a"] == pytest.approx(2.25)
    assert matrix["e"] < 0
    page.locator("pan-zoom [aria-label^='1:1']").click()
    assert page.evaluate(scale)["a"] == 1
    looking.look(page, "item-held-close")


def test_the_mention_is_copied_with_the_keyboard(colleague):
    page = opened(colleague)
    colleague.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab_to(page, "button[data-copy='#credit']")
    page.keyboard.press("Enter")
    expect(page.locator("button[data-copy='#credit']")).to_have_text(re.compile("Copié"))
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#credit").inner_text()


@pytest.mark.slow
def test_the_python_of_the_page_runs_as_it_is_copied(colleague, site):
    page = opened(colleague)
    pytest.importorskip("pystac_client")
    program = page.locator("#use-python").evaluate("code => code.textContent")
    key = site.about["api_clients"]["colleague"]
    halves = {"DINAMIS_ACCESS_KEY": key["access_key"], "DINAMIS_SECRET_KEY": key["secret_key"]}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | halves,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"\(\d+, 1024, 1024\)|\(\d+, \d+, \d+\)", done.stdout), done.stdout
