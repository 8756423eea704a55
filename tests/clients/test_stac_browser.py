# SPDX-License-Identifier: AGPL-3.0-or-later
"""STAC Browser, a page of another site, walked in Chromium: catalogue, collection, image.

Building it takes 420 MB and some minutes: `sh tests/clients/build_stac_browser.sh` does it once.
"""

import functools
import http.server
import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.clients.conftest import FOLDER, program
from tests.e2e.conftest import CHROMIUM_FLAGS, DESKTOP

BUILT = FOLDER / "stac-browser" / "dist"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address that the built pages are served at."""
    if not (BUILT / "index.html").exists():
        pytest.skip("stac-browser is not built: sh tests/clients/build_stac_browser.sh")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=BUILT))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    """Return a page of Debian's Chromium. Its own instance: it ends with the test, so that others may start theirs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport=DESKTOP, locale="en-GB")
        page.set_default_timeout(20_000)
        yield page
        browser.close()


def test_catalogue_collection_and_image_are_shown(address, root, page):
    refused: list[str] = []
    page.on("requestfailed", lambda request: refused.append(request.url) if request.url.startswith(root) else None)
    page.goto(f"{address}/#/external/{root.replace('://', ':/')}/")
    page.get_by_role("link", name=re.compile("Pléiades coasts")).first.click()
    expect(page.locator("h1")).to_contain_text("Pléiades coasts")
    page.locator(".items .card a, .items a").first.click()
    expect(page.locator("body")).to_contain_text(re.compile("Cloud Cover"))
    expect(page).to_have_url(re.compile("PHR1[AB]_20"))
    page.screenshot(path=FOLDER / "stac-browser.png", full_page=True)
    assert refused == []
