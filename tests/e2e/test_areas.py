# SPDX-License-Identifier: AGPL-3.0-or-later
"""A search by place and by area: the keyboard alone, a file of each kind that matters, an address that is shared."""

import json
import re

import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import mapping

from tests.dinamis.core.areas.made import coast, geopackage, shapes, zipped
from tests.e2e import looking, people
from tests.e2e.conftest import DESKTOP, PHONE, Site, Visitor
from tests.e2e.test_catalogue import listed, searched
from tests.e2e.test_keyboard import tab_to, typed

OUTLINE = coast(3_000)
RING = list(OUTLINE.exterior.coords)
OPTION = "[role=option]"


def opened(person: Visitor) -> Page:
    """The page with its map, and the filters unfolded where the screen is small."""
    page = person.go("/catalogue/")
    people.map_ready(page)
    summary = page.locator("details.filters > summary")
    if not page.locator("#id_where").is_visible():
        summary.click()
    return page


def given(page: Page, name: str, data: bytes) -> None:
    """Send a file as the area."""
    page.locator("#id_area_file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
    page.locator("#area-file button[type=submit]").click()


def test_scenes_are_found_by_the_name_of_a_commune_with_the_keyboard_alone(visitor):
    page = visitor().go("/catalogue/")
    before = people.count_of(page)
    typed(page, "#id_where", "montpel")
    expect(page.locator(OPTION).first).to_contain_text("Montpellier (34172)")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#id_where")).to_have_attribute("aria-activedescendant", "id_where-places-0")
    looking.look(page, "areas-suggested-fr-1280")
    page.keyboard.press("Enter")
    searched(page, r"[?&]where=Montpellier")
    assert 0 < people.count_of(page) < before
    expect(page.locator("#id_where")).to_have_value("Montpellier (34172)")
    expect(page.locator("[data-said]")).to_have_text(page.locator("#answer-sentence").inner_text())
    tab_to(page, "article.scene h3 a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/catalogue/items/\d+/"))


@pytest.mark.parametrize("text", ["MONTPELIER", "montpellier"])
def test_a_name_is_forgiven_its_letters(visitor, text):
    page = visitor().go("/catalogue/")
    typed(page, "#id_where", text)
    expect(page.locator(OPTION).first).to_contain_text("Montpellier (34172) commune")
    page.keyboard.press("Escape")
    expect(page.locator(OPTION).first).to_be_hidden()
    expect(page.locator("#id_where")).to_be_focused()


@pytest.mark.slow
def test_a_zipped_shapefile_is_the_area_and_its_address_is_shared(visitor, site):
    page = opened(visitor())
    before = people.count_of(page)
    given(page, "zone.zip", zipped(shapes([RING])))
    page.wait_for_url(re.compile(r"[?&]aoi=area-[\w-]{22}"))
    expect(page.locator(".message").filter(has_text="zone.zip")).to_be_visible()
    world = people.map_ready(page)
    assert 0 < people.count_of(page) < before
    looking.look(page, "areas-shapefile-fr-1280")
    page.locator("#id_order").select_option("covers")
    searched(page, r"[?&]order=covers")
    world.locator("[data-tool=zoomIn]").click()
    page.wait_for_url(re.compile(r"[?&]view=-?[\d.]+,-?[\d.]+,[\d.]+$"))
    other = visitor()
    theirs = other.go(page.url)
    people.map_ready(theirs)
    assert listed(theirs) == listed(page)
    assert people.count_of(theirs) == people.count_of(page)
    area, view = "map => map.area.coordinates.flat().length", "map => map.view"
    for question in (area, view):
        assert theirs.locator("dinamis-map").evaluate(question) == world.evaluate(question)
    # The language and every other filter keep the area.
    theirs.locator("#sensor-pleiades").check()
    searched(theirs, r"aoi=area-[\w-]{22}.*sensor=pleiades|sensor=pleiades.*aoi=area-[\w-]{22}")


@pytest.mark.slow
def test_an_area_drawn_with_many_vertices_is_kept_under_a_name(visitor):
    person = visitor()
    page = person.go("/catalogue/")
    world = people.map_ready(page)
    world.evaluate("(map, area) => map.setArea(area)", mapping(coast(400)))
    searched(page, r"[?&]aoi=area-[\w-]{22}")
    assert people.count_of(page) > 0
    assert world.evaluate("map => map.area.coordinates.flat().length") == 400
    expect(world.locator("[data-tool=edit]")).to_be_enabled()
    person.expect_refusal("422")
    bow_tie = {"type": "Polygon", "coordinates": [[[3, 43], [4, 44], [4, 43], [3, 44], [3, 43]]]}
    bow_tie["coordinates"][0][:0] = [[3, 43 - index / 1000] for index in range(200, 0, -1)]
    bow_tie["coordinates"][0][-1] = bow_tie["coordinates"][0][0]
    world.evaluate("(map, area) => map.setArea(area)", bow_tie)
    expect(world).to_contain_text("contour se croise")


def test_a_geopackage_is_the_area_without_scripts(browser, site: Site):
    context = browser.new_context(java_script_enabled=False, locale="fr-FR", viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{site.url}/catalogue/")
    before = people.count_of(page)
    given(page, "zone.gpkg", geopackage())
    page.wait_for_url(re.compile(r"[?&]aoi=POLYGON"))
    assert 0 < people.count_of(page) < before
    given(page, "zone.zip", zipped(shapes([RING])))
    page.wait_for_url(re.compile(r"[?&]aoi=area-"))
    assert 0 < people.count_of(page) < before
    page.locator("#sensor-pleiades").check()
    page.locator("form#search button[type=submit]").click()
    page.wait_for_url(re.compile(r"aoi=area-.*sensor=pleiades|sensor=pleiades.*aoi=area-"))
    context.close()


def suggested(page: Page) -> None:
    page.locator("#id_where").press_sequentially("saint mart")
    expect(page.locator(OPTION)).to_have_count(8)
    page.keyboard.press("ArrowDown")


def ambiguous(page: Page) -> None:
    page.locator("#id_where").fill("saint martin")
    page.locator("#id_where").press("Enter")
    expect(page.locator("ul.choices li")).not_to_have_count(0)


def read(page: Page) -> None:
    given(page, "zone.gpkg", geopackage())
    page.wait_for_url(re.compile("aoi=POLYGON"))


def simplified(page: Page) -> None:
    given(page, "cadastre.geojson", json.dumps(mapping(coast(30_000))).encode())
    page.wait_for_url(re.compile("aoi=area-"))


def refused(page: Page) -> None:
    given(page, "zone.zip", zipped(shapes([RING], epsg=None)))
    expect(page.locator(".filters > .error-summary")).to_be_visible()


def forgotten(page: Page) -> None:
    page.goto(page.url + "?aoi=area-" + "x" * 22)
    expect(page.locator("form#search .error-summary")).to_have_count(1)


STATES = {state.__name__: state for state in (suggested, ambiguous, read, simplified, refused, forgotten)}


def look_at(state: str, language: str, size: dict[str, int], visitor) -> None:
    person = visitor(locale=language, viewport=size)
    page = opened(person)
    if state in {"refused", "forgotten"}:
        person.expect_refusal("422")
    STATES[state](page)
    looking.look(page, f"areas-{state}-{language}-{size['width']}", language)


@pytest.mark.slow
@pytest.mark.parametrize(("state", "language", "size"), [("simplified", "en", DESKTOP), ("refused", "fr", PHONE)])
def test_a_state_of_the_page_has_no_fault(state, language, size, visitor, site):
    look_at(state, language, size, visitor)


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_of_the_page_has_no_fault(state, language, size, visitor, site):
    look_at(state, language, size, visitor)
