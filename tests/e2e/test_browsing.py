# SPDX-License-Identifier: AGPL-3.0-or-later
"""Step 4 of the path: look on the map and in the list, narrow, see pictures, download what is held."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e import people

NOT_A_PATH = ("/_files/{key}", "/media/{key}", "/files/{key}", "/protected/{key}", "/static/{key}", "/d/{key}")


@pytest.fixture(scope="module")
def colleague(site, company):
    """Somebody whose organisation holds rights and who signed the licences."""
    person = company()
    person.sign_in(site.email("colleague"))
    return person


def narrowed(page, act, address: str) -> None:
    """Change a filter; the address says it and the answer is another one."""
    before = page.locator("#answer-sentence").inner_text()
    act()
    page.wait_for_url(re.compile(address))
    expect(page.locator("#answer-sentence")).not_to_have_text(before)


def test_filters_change_the_address_and_the_count(colleague):
    page = colleague.go("/catalogue/")
    counts = [people.count_of(page)]
    narrowed(page, lambda: page.locator("#sensor-pleiades").check(), r"[?&]sensor=pleiades(&|$)")
    counts.append(people.count_of(page))
    narrowed(page, lambda: page.locator("input[name=cloud][value='10']").check(), r"[?&]cloud=10")
    counts.append(people.count_of(page))

    def period():
        page.locator("input[name=since]").fill("2022-01-01")
        page.locator("input[name=until]").fill("2023-12-31")
        page.locator("input[name=until]").blur()

    narrowed(page, period, r"[?&]until=2023-12-31")
    counts.append(people.count_of(page))
    assert counts == sorted(counts, reverse=True), counts
    assert len(set(counts)) == 4, counts
    years = page.locator("article.scene time").evaluate_all("all => all.map(t => t.dateTime.slice(0, 4))")
    assert years, "no scene listed"
    assert set(years) <= {"2022", "2023"}, years
    expect(page.locator("article.scene h3", has_not_text=re.compile("Pl[ée]iades", re.IGNORECASE))).to_have_count(0)


@pytest.mark.slow
def test_the_map_draws_itself_and_a_drawn_rectangle_becomes_the_area(colleague):
    page = colleague.go("/catalogue/?sensor=pleiades")
    before = people.count_of(page)
    people.map_ready(page)
    expect(page.locator("[data-aoi-input]")).to_have_value("")
    people.draw_rectangle(page)
    page.wait_for_url(re.compile(r"[?&]aoi=POLYGON"))
    expect(page.locator("[data-aoi-input]")).to_have_value(re.compile("POLYGON|Polygon"))
    assert 0 < people.count_of(page) < before
    expect(page.locator("dinamis-map [data-tool=clear]")).to_be_enabled()
    people.map_ready(page)


@pytest.mark.slow
def test_the_spot_coverages_are_listed_by_year(colleague):
    page = colleague.go("/coverages/")
    spot = page.locator("section.panel").filter(has=page.locator("h2", has_text="SPOT")).first
    years = [int(text) for text in spot.locator("ul.years a").all_inner_texts()]
    assert set(range(2014, 2026)) <= set(years), years
    spot.get_by_role("link", name="2022", exact=True).click()
    page.wait_for_url(re.compile(r"/coverages/[^/]+/2022/$"))
    expect(page.locator("h1")).to_contain_text("2022")
    people.map_ready(page)
    rows = page.locator("table tbody tr")
    expect(rows).not_to_have_count(0)
    all_cells = rows.count()
    page.locator("nav.year-nav a", has_text="2021").click()
    page.wait_for_url(re.compile(r"/2021/$"))
    page.locator("select[name=state]").select_option("held")
    page.wait_for_url(re.compile(r"[?&]state=held"))
    held = page.locator("table tbody tr").count()
    assert held < all_cells, (held, all_cells)


@pytest.mark.slow
def test_the_pleiades_coverage_has_its_own_cells(colleague):
    page = colleague.go("/coverages/")
    panel = page.locator("section.panel").filter(has=page.locator("h2", has_text="Pléiades")).first
    panel.locator("ul.years a").last.click()
    page.wait_for_url(re.compile(r"/coverages/[^/]*pl[^/]*/\d{4}/$"))
    people.map_ready(page)
    expect(page.locator("table tbody tr")).not_to_have_count(0)


def opened_held_scene(visitor, sensor: str = "pleiades"):
    """Go from the list to a scene that can be downloaded."""
    page = visitor.go(f"/catalogue/?state=held&sensor={sensor}")
    page.locator("article.scene h3 a").first.click()
    page.wait_for_url(re.compile(r"/catalogue/items/\d+/"))
    return page


def test_quicklooks_are_pictures(colleague):
    page = opened_held_scene(colleague)
    picture = page.locator("figure.plate img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("img => img.naturalWidth") > 0
    page = colleague.go("/catalogue/?state=held&sensor=pleiades")
    thumb = page.locator("article.scene img.thumb").first
    thumb.scroll_into_view_if_needed()
    expect(thumb).to_have_js_property("complete", True)
    assert thumb.evaluate("img => img.naturalWidth") > 0


@pytest.mark.slow
def test_the_file_itself_is_seen_on_a_map_that_moves(colleague, site):
    page = opened_held_scene(colleague)
    tile = re.compile(r"/preview/\d+/\d+/\d+\.webp$")
    with page.expect_response(tile) as drawn:
        page.reload()
    assert (drawn.value.status, drawn.value.headers["content-type"]) == (200, "image/webp")
    people.map_ready(page)
    with page.expect_response(tile):
        page.locator("#picture [data-tool=zoomIn]").click()
    whole = page.locator("#preview figcaption a").get_attribute("href")
    answer = page.request.get(site.url + whole)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert httpx.get(site.url + whole, timeout=10).status_code == 401


def test_a_held_scene_is_downloaded_through_the_gateway(colleague, site):
    page = opened_held_scene(colleague)
    item = re.search(r"/items/(\d+)/", page.url).group(1)
    link, name = people.taken_link(page, page.locator("#files form[action*='/files/'] button").first)
    assert link.startswith(f"{site.url}/d/")
    part = people.fetched(link, byte_range="0-99")
    assert (part.status_code, len(part.content)) == (206, 100)
    assert part.headers["content-range"].startswith("bytes 0-99/")
    whole = people.fetched(link)
    assert whole.status_code == 200
    assert whole.content[:100] == part.content
    known = {
        a["file:checksum"]: a["file:size"] for a in people.assets_of(page, site, item).values() if "file:checksum" in a
    }
    # multihash: 1220 = sha2-256, 32 bytes (STAC file extension, "file:checksum")
    assert known["1220" + people.sha256(whole.content)] == len(whole.content)
    assert name in whole.headers["content-disposition"]
    assert people.fetched(link, byte_range="99999999999-").status_code == 416


def test_guesses_of_a_file_s_path_find_nothing(colleague, site):
    page = opened_held_scene(colleague)
    name = page.locator("#files code.id").first.inner_text()
    item = re.search(r"/items/(\d+)/", page.url).group(1)
    for guess in NOT_A_PATH:
        for key in (name, f"catalogue/{name}", f"items/{item}/{name}", "../manage.py"):
            answer = httpx.get(site.url + guess.format(key=key), timeout=10)
            assert answer.status_code == 404, (guess, key, answer.status_code)
