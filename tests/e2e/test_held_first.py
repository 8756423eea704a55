# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first in the browser: an image that others bought is found, unlocked and downloaded in one visit; a difficult
Shapefile becomes outlines that a provider takes."""

import io
import math
import re

import pytest
import shapefile
from playwright.sync_api import expect
from pyproj import CRS
from shapely.geometry import box, shape

from tests.dinamis.core.areas.made import zipped
from tests.e2e import people
from tests.e2e.looking import look

SENTENCE = "#held-sentence"


@pytest.fixture
def newcomer(visitor, site):
    """The référent of an organisation that has just joined, who has signed no licence yet."""
    house = people.invented_institution()
    window = visitor()
    people.signed_up(window, house.referent)
    people.filed_adhesion(window, house)
    people.signed_from_mail(visitor(), house)
    moderator = visitor()
    moderator.sign_in(site.email("moderator"))
    people.approved_adhesion(moderator, house)
    return window, house


def locked_area(window, site):
    """A box of which an image that a signature opens covers four fifths at least."""
    page = window.go("/catalogue/?state=unlock&sensor=pleiades")
    link = page.locator("article.scene h3 a").first.get_attribute("href") or ""
    item = re.search(r"/items/(\d+)/", link)
    assert item is not None
    answer = page.request.get(f"{site.url}/catalogue/items/{item[1]}.json")
    footprint = shape(answer.json()["geometry"])
    x, y = footprint.representative_point().coords[0]
    side = 0.02
    while footprint.contains(box(x - side, y - side, x + side, y + side)):
        side *= 1.1
    west, south, east, north = x - side / 1.1, y - side / 1.1, x + side / 1.1, y + side / 1.1
    return box(west, south, east + (east - west) / 4, north)


def test_an_image_that_another_organisation_bought_is_signed_for_and_downloaded_in_one_visit(newcomer, site):
    window, house = newcomer
    area = locked_area(window, site)
    page = window.go(f"/orders/check/?aoi={area.wkt}&sensor=pleiades")
    sentence = page.locator(SENTENCE)
    expect(sentence).to_contain_text("déjà acquis")
    expect(sentence).to_contain_text("si vous signez")
    held = re.match(r"(\d+)", sentence.inner_text())
    assert held is not None
    assert int(held[1]) >= 79
    people.map_ready(page)
    look(page, "held-before-signing-fr-1280")
    page.locator("#held a.btn[href*='/sign/']").first.click()
    page.wait_for_url(re.compile(r"/licences/\d+/sign/"))
    people.sign_licence(page, house.referent.name)
    page.wait_for_url(re.compile(r"/orders/check/"))
    expect(page.locator(SENTENCE)).to_contain_text("que vous pouvez télécharger maintenant")
    look(page, "held-after-signing-fr-1280")
    page.locator("form[action$='/orders/check/files/'] button[type=submit]").first.click()
    link = page.locator("main table a[href*='/d/']").first.get_attribute("href") or ""
    answer = people.fetched(link, byte_range="0-99")
    assert answer.status_code == 206
    assert len(answer.content) == 100


def difficult_shapefile():
    """An archive with one outline of 5,000 vertices that crosses itself, and two holes, in the open sea."""

    def ring(x, y, radius, corners, wriggle=0.0):
        found = []
        for step in range(corners):
            turn = 2 * math.pi * step / corners
            reach = radius * (1 + wriggle * math.sin(97 * turn))
            found.append((x + reach * math.cos(turn), y + reach * math.sin(turn)))
        return found

    outer = ring(-8.0, 45.0, 0.4, 4_900, 0.004)
    # Two neighbours exchanged: the outline crosses itself there.
    outer[100], outer[130] = outer[130], outer[100]
    large, small = ring(-8.0, 45.0, 0.08, 60)[::-1], ring(-7.8, 45.1, 0.003, 30)[::-1]
    rings = [[*points, points[0]] for points in (outer, large, small)]
    parts = {"shp": io.BytesIO(), "shx": io.BytesIO(), "dbf": io.BytesIO()}
    with shapefile.Writer(**parts, shapeType=shapefile.POLYGON) as writer:
        writer.field("id", "N")
        writer.poly([points[::-1] for points in rings])
        writer.record(1)
    members = {f"zone.{name}": stream.getvalue() for name, stream in parts.items()}
    members["zone.prj"] = CRS.from_epsg(4326).to_wkt("WKT1_ESRI").encode()
    return zipped(members)


@pytest.mark.slow
def test_a_difficult_shapefile_becomes_outlines_that_a_provider_takes(visitor, site):
    window = visitor()
    window.sign_in(site.email("researcher"))
    page = window.go("/orders/check/?sensor=pleiades")
    page.locator("#id_area_file").set_input_files(
        {"name": "zone.zip", "mimeType": "application/zip", "buffer": difficult_shapefile()}
    )
    page.locator("#area-file button[type=submit]").click()
    page.wait_for_url(re.compile(r"aoi=area-"))
    expect(page.locator("main")).to_contain_text("a été réparé")
    expect(page.locator(SENTENCE)).to_contain_text(re.compile("[Pp]ersonne n’a"))
    offers = page.locator("section.panel[aria-labelledby=offers-title]")
    expect(offers).to_contain_text("Petits trous comblés")
    expect(offers).to_contain_text("Trous à travers lesquels le contour a été coupé")
    expect(offers).to_contain_text("erreur de surface")
    expect(offers).to_contain_text(re.compile(r"[2-9] contours"))
    look(page, "held-shapefile-fr-1280")


def test_the_answer_comes_when_the_area_is_drawn(visitor):
    page = visitor().go("/orders/check/")
    people.draw_rectangle(page)
    page.wait_for_url(re.compile(r"aoi=POLYGON"))
    expect(page.locator(SENTENCE)).to_be_visible()
