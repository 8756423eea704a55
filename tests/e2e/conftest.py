# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real processes (PostgreSQL, Redis, nginx, web, worker, beat, simulator) and a real browser.

The instance is called `e2e` and lives beside the demo, with the settings of `site_settings`. `DINAMIS_E2E=<path of a
demo.json>` uses one that runs already; start it with `DJANGO_SETTINGS_MODULE=tests.e2e.site_settings`.
"""

import base64
import hmac
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.identity import Provider, running

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# What headless Chromium says about its own software renderer; none of it comes from our pages.
RENDERER_NOISE = re.compile(r"GPU stall due to ReadPixels|WebGL-0x|GL Driver Message|swiftshader", re.IGNORECASE)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder and let it come last.

    An open browser keeps an event loop in this thread, in which Django's ORM refuses to work for the other tests.
    """
    here = [item for item in items if Path(item.path).is_relative_to(Path(__file__).parent)]
    for item in here:
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.timeout(300))
    mine = set(here)
    items.sort(key=mine.__contains__)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keep a picture and the words of every open window when a test fails: var/screens/failed."""
    report = yield
    if report.failed and report.when != "teardown":
        folder = ROOT / "var" / "screens" / "failed"
        folder.mkdir(parents=True, exist_ok=True)
        for number, each in enumerate(OPEN):
            with suppress(PlaywrightError):
                each.page.screenshot(path=folder / f"{item.name}-{number}.png", full_page=True)
                words = each.page.locator("body").inner_text()
                (folder / f"{item.name}-{number}.txt").write_text(f"{each.page.url}\n{each.complaints}\n{words}")
    return report


SETTINGS = "tests.e2e.site_settings"


def _embedded(*arguments: str, **more: str) -> str:
    # The servers of this instance have addresses of their own: nothing of the test run's environment may leak in.
    names = ("DATABASE", "REDIS", "DINAMIS_", "DJANGO_", "PORT", "SITE_URL", "SIMULATOR", "SECRET_KEY", "STATIC_ROOT")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(names) or k == "DINAMIS_SAMPLES"}
    environment |= more
    command = [sys.executable, "-m", "dinamis.embedded", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


@dataclass
class Site:
    """The running demo: its addresses, people and mails."""

    about: dict[str, Any]
    instance: str = "e2e"

    @property
    def url(self) -> str:
        return self.about["url"].rstrip("/")

    @property
    def password(self) -> str:
        return self.about["password"]

    def email(self, who: str) -> str:
        """Return the address of one of the cast."""
        return self.about["accounts"][who]

    def run(self, *words: str) -> str:
        """Run a command inside the instance, beside its processes; return what it printed."""
        return _embedded("run", "--name", self.instance, "--", *words, DJANGO_SETTINGS_MODULE=SETTINGS)

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Return the mails sent to an address, newest first."""
        answer = httpx.get(self.about["mailbox_url"], params={"to": to, "format": "json"}, timeout=10)
        answer.raise_for_status()
        return [mail for mail in answer.json() if to in mail["to"]]

    def wait_mail(self, to: str, pattern: str, *, seconds: int = 90, after: int = 0) -> dict[str, Any]:
        """Wait until one more than `after` mails to `to` match `pattern`; return the newest of them."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [m for m in self.mails(to) if re.search(pattern, m["subject"] + "\n" + m["body"])]
            if len(found) > after:
                return found[0]
            time.sleep(0.3)
        raise AssertionError(f"no mail to {to} matches {pattern!r}: {[m['subject'] for m in self.mails(to)]}")


@pytest.fixture(scope="session")
def identity_provider() -> Iterator[Provider]:
    """Return the provider of identity that the site is configured with."""
    with running() as provider:
        yield provider


@pytest.fixture(scope="session")
def site(identity_provider: Provider) -> Iterator[Site]:
    """Return the running site; started here unless one is named."""
    if given := os.environ.get("DINAMIS_E2E"):
        folder = Path(given).resolve().parent.name
        yield Site(json.loads(Path(given).read_text()), "" if folder == "var" else folder)
        return
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    institution = {"OIDC_CLIENT_ID": "dinamis", "OIDC_CLIENT_SECRET": "secret", "OIDC_NAME": "Université du Causse"}
    more = {"OIDC_ISSUER": identity_provider.issuer, "DJANGO_SETTINGS_MODULE": SETTINGS}
    _embedded("up", "--name", "e2e", "--fresh", **more, **institution)
    try:
        yield Site(json.loads((ROOT / "var" / "e2e" / "demo.json").read_text()))
    finally:
        _embedded("down", "--name", "e2e")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


PERIOD = 30  # seconds, RFC 6238 §4.1
TYPED: set[tuple[str, int]] = set()


def totp(secret: str, counter: int) -> str:
    """Return the code of RFC 6238 for a Base32 secret in the period `counter` of 30 s since 1970."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 10**6:06d}"


def fresh_code(secret: str) -> str:
    """Return a code nobody typed yet, of this period or a neighbour of it; if all were typed, wait for the next."""
    while True:
        now = int(time.time()) // PERIOD
        for counter in (now, now - 1, now + 1):
            if (secret, counter) not in TYPED:
                TYPED.add((secret, counter))
                return totp(secret, counter)
        time.sleep(PERIOD - time.time() % PERIOD)


@dataclass
class Visitor:
    """One person at one browser window. What the console or the page complains about fails the test."""

    site: Site
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Collect errors of pages and consoles."""
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not RENDERER_NOISE.search(message.text):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def expect_refusal(self, pattern: str) -> None:
        """Say that the browser will report a refused request whose line matches `pattern`."""
        self.expected.append(pattern)

    def go(self, path: str) -> Page:
        """Open a path of the site."""
        self.page.goto(path if path.startswith("http") else self.site.url + path)
        return self.page

    def sign_in(self, email: str, password: str | None = None) -> Page:
        """Sign in through the page."""
        self.go("/account/login/")
        self.page.locator("input[name=login]").fill(email)
        self.page.locator("input[name=password]").fill(password or self.site.password)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.wait_for_url(lambda url: "/account/login" not in url)
        if "/2fa/authenticate" in self.page.url:
            self.type_code(self.site.about["totp"][email])
        return self.page

    def type_code(self, secret: str) -> None:
        """Type the code of an authenticator application; each works once, and another run may have typed this one."""
        for _attempt in range(3):
            self.page.locator("input[name=code]").fill(fresh_code(secret))
            with self.page.expect_navigation():
                self.page.locator("form.form button[type=submit]").first.click()
            if "/2fa/authenticate" not in self.page.url:
                return
        raise AssertionError(self.page.locator("main").inner_text())

    def check(self) -> None:
        """Fail on any complaint that was not expected."""
        left = [line for line in self.complaints if not any(re.search(p, line) for p in self.expected)]
        assert left == []


OPEN: list[Visitor] = []


@contextmanager
def windows(site: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Give a factory of visitors, each with a session of its own; what they complained about is asserted at the end."""
    visitors: list[Visitor] = []

    def open_window(*, locale: str = "fr", viewport: dict[str, int] | None = None) -> Visitor:
        context = browser.new_context(
            locale=f"{locale}-{'FR' if locale == 'fr' else 'GB'}", viewport=viewport or DESKTOP, accept_downloads=True
        )
        context.set_default_timeout(20_000)
        visitors.append(Visitor(site, context, context.new_page()))
        visitors[-1].listen()
        OPEN.append(visitors[-1])
        return visitors[-1]

    yield open_window
    for each in visitors:
        OPEN.remove(each)
        each.context.close()
    for each in visitors:
        each.check()


@pytest.fixture
def visitor(site: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Return a factory of visitors for one test; errors fail the test at its end."""
    with windows(site, browser) as open_window:
        yield open_window


@pytest.fixture(scope="module")
def company(site: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Return a factory of visitors whose sessions last as long as the tests of one file."""
    with windows(site, browser) as open_window:
        yield open_window
