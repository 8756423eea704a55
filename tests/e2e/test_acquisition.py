# SPDX-License-Identifier: AGPL-3.0-or-later
"""An acquisition request in the browser: a bundle, options that follow, what is typed is kept, a submission."""

import json
import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from shapely.geometry import box, mapping

from tests.e2e import looking
from tests.e2e.conftest import DESKTOP, Site

PAGE = "/orders/acquisition/"
# A browser keeps the fragment of the address a form was sent to.
ORDER = re.compile(r"/orders/D-\d{4}-\d+/(#.*)?$")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def researcher(site, company):
    person = company()
    person.sign_in(site.email("colleague"))
    return person


def described(page) -> None:
    first = date.today() + timedelta(days=30)
    page.locator("[name=aoi]").fill(json.dumps(mapping(box(-2.1, 47.2, -2.0, 47.3))))
    page.locator("[name=first]").fill(first.isoformat())
    page.locator("[name=last]").fill((first + timedelta(days=60)).isoformat())
    page.locator("[name=title]").fill("Relief de l’estuaire")
    page.locator("[name=project]").select_option(index=1)
    page.locator("[name=justification]").fill("Modèle de surface.")


def test_a_bundle_is_followed_and_the_request_is_sent(researcher):
    page = researcher.go(PAGE)
    if page.locator("button[name=step][value=forget]").count():
        page.locator("button[name=step][value=forget]").click()
    described(page)
    page.locator("[name=bundle][value=surface]").check()
    expect(page.locator("[name=mode]")).to_have_value("stereo")
    expect(page.locator("[name=processing_level]")).to_have_value("primary")
    expect(page.locator("[name=bundle][value=surface]")).to_be_checked()
    page.locator("[name=radiometric_processing]").select_option("display")
    expect(page.locator("[name=pixel_coding]")).to_have_value("8bits")
    expect(page.locator("#how [role=status]")).to_contain_text("gardée")
    # Left and found again.
    page = researcher.go(PAGE)
    page.locator("a[href='?kept=1']").click()
    expect(page.locator("[name=title]")).to_have_value("Relief de l’estuaire")
    expect(page.locator("[name=pixel_coding]")).to_have_value("8bits")
    page.locator("button[name=step][value=compute]").click()
    expect(page.locator("#costs > .table-wrap tbody tr")).to_have_count(1)
    looking.look(page, "acquisition-computed")
    page.locator("button[name=step][value=submit]").click()
    page.wait_for_url(ORDER)
    expect(page.locator("body")).to_contain_text("couple stéréo")
    looking.look(page, "acquisition-sent")


def test_the_page_without_scripts(browser, site: Site, researcher):
    context = browser.new_context(java_script_enabled=False, locale="fr-FR", viewport=DESKTOP)
    context.add_cookies(researcher.context.cookies())
    page = context.new_page()
    page.goto(f"{site.url}{PAGE}")
    described(page)
    page.locator("[name=bundle][value=look]").check()
    page.locator("button[name=step][value=compute]").click()
    # The values of the bundle are shown before anything is judged.
    expect(page.locator("[name=pixel_coding]")).to_have_value("8bits")
    expect(page.locator("#costs")).to_have_count(0)
    page.locator("button[name=step][value=compute]").click()
    expect(page.locator("#costs > .table-wrap tbody tr")).to_have_count(1)
    page.locator("button[name=step][value=save]").click()
    page.wait_for_url(ORDER)
    context.close()
