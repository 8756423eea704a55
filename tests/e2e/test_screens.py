# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every page of the path, as each role, in French and English, on a desktop and a phone; pictures go to var/screens."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.e2e import looking
from tests.e2e.conftest import DESKTOP, PHONE, Site, Visitor

SIZES = {"desktop": DESKTOP, "phone": PHONE}


@dataclass(frozen=True)
class Screen:
    """A page: its name, who looks, its path, and how its first link is followed to reach what has no fixed path."""

    name: str
    who: str
    path: str
    follow: str = ""
    then: str = ""


SCREENS = [
    Screen("home", "anonymous", "/"),
    Screen("about", "anonymous", "/about/"),
    Screen("transparency", "anonymous", "/transparency/"),
    Screen("accessibility", "anonymous", "/accessibility/"),
    Screen("legal", "anonymous", "/legal/"),
    Screen("sign-in", "anonymous", "/account/login/"),
    Screen("sign-up", "anonymous", "/account/signup/"),
    Screen("password", "anonymous", "/account/password/reset/"),
    Screen("catalogue-anonymous", "anonymous", "/catalogue/"),
    Screen("stac", "anonymous", "/stac/"),
    Screen("item-anonymous", "anonymous", "/catalogue/?sensor=pleiades", "article.scene h3 a"),
    Screen("coverages", "anonymous", "/coverages/"),
    Screen("coverage-spot", "anonymous", "/coverages/", "ul.years a:text-is('2022')"),
    Screen("coverage-age", "anonymous", "/coverages/spot-6-7-coverage/2025/?map=age"),
    Screen("age", "anonymous", "/catalogue/age/?whose=all"),
    Screen("coverage-compare", "anonymous", "/coverages/spot-6-7-coverage/compare/"),
    Screen("coverage-cell", "anonymous", "/coverages/spot-6-7-coverage/compare/?cell=H08"),
    Screen("coverage-files", "colleague", "/coverages/spot-6-7-coverage/2025/files/"),
    Screen("demo-people", "anonymous", "/demo/"),
    Screen("demo-mailbox", "anonymous", "/demo/mailbox/"),
    Screen("demo-mail", "anonymous", "/demo/mailbox/", "a.mail-link"),
    Screen("signing", "anonymous", "<signing>"),
    Screen("signing-closed", "anonymous", "/signature/unknown/"),
    Screen("certificate-public", "anonymous", "<certificate>"),
    Screen("join", "newcomer", "/organisation/join/"),
    Screen("join-found", "newcomer", "/organisation/join/?q=estuaire"),
    Screen("adhesion-new", "newcomer", "/adhesions/new/"),
    Screen("organisation", "referent", "/organisation/"),
    Screen("adhesions", "referent", "/adhesions/"),
    Screen("adhesion", "referent", "/adhesions/", "li.card a"),
    Screen("certificate", "referent", "/adhesions/", "li.card a", "section.panel a[href*='/certificates/']"),
    Screen("adhesion-edit", "drafter", "/adhesions/", "li.card a", "a[href$='/edit/']"),
    Screen("adhesion-preview", "drafter", "/adhesions/", "li.card a", "a[href$='/preview/']"),
    Screen("rights", "researcher", "/rights/"),
    Screen("right", "researcher", "/rights/", "main details a[href^='/rights/']"),
    Screen("signatures", "researcher", "/rights/signatures/"),
    Screen("sign-licence", "researcher", "/rights/", "a.btn[href*='/sign/']"),
    Screen("licence-text", "researcher", "/rights/", "a[href*='/licences/texts/']"),
    Screen("projects", "researcher", "/projects/"),
    Screen("project-new", "researcher", "/projects/new/"),
    Screen("project", "researcher", "/projects/", "ul.cards a"),
    Screen("project-edit", "researcher", "/projects/", "ul.cards a", "a[href$='/edit/']"),
    Screen("catalogue", "researcher", "/catalogue/?sensor=pleiades"),
    Screen("catalogue-empty", "researcher", "/catalogue/?sensor=spot-1-5&until=1987-01-01"),
    Screen("item-order", "researcher", "/catalogue/?state=order&sensor=pleiades", "article.scene h3 a"),
    Screen("item-unlock", "researcher", "/catalogue/?state=unlock", "article.scene h3 a"),
    Screen("item-held", "colleague", "/catalogue/?state=held&sensor=pleiades", "article.scene h3 a"),
    Screen("coverage-pleiades", "colleague", "/coverages/", "a[href*='/coverages/pl']"),
    Screen("item-denied", "contractor", "<held>"),
    Screen("orders", "researcher", "/orders/"),
    Screen("orders-map", "researcher", "/orders/?view=map"),
    Screen("orders-calendar", "researcher", "/orders/?view=calendar"),
    Screen("running", "researcher", "/orders/running/"),
    Screen("needs", "researcher", "/orders/needs/"),
    Screen("emergencies", "colleague", "/orders/emergency/"),
    Screen("emergency", "researcher", "/orders/emergency/", "table tbody a"),
    Screen("emergency-scientists", "moderator", "/office/emergency/"),
    Screen("publishing", "administrator", "/office/publishing/"),
    Screen(
        "order-new",
        "colleague",
        "/catalogue/?state=order&sensor=pleiades",
        "article.scene h3 a",
        "a[href*='/orders/new/']",
    ),
    Screen("new-archive", "researcher", "/orders/archive/?where=Montpellier+(34172)&sensor=pleiades"),
    Screen("new-acquisition", "researcher", "/orders/acquisition/"),
    Screen("check", "researcher", "/orders/check/?where=Montpellier+(34172)&sensor=pleiades"),
    Screen("order", "researcher", "/orders/", "table tbody a"),
    Screen("order-delivered", "colleague", "/orders/", "table tbody tr:has(.status-ok) a"),
    Screen("proposal", "colleague", "/orders/", "table a:has-text('Herbiers de Chausey')", "a[href*='/proposals/']"),
    Screen("office", "moderator", "/office/"),
    Screen("review-adhesion", "moderator", "/office/", "table a.btn[href*='/office/adhesions/']"),
    Screen("review-order", "moderator", "/office/", "table a.btn[href*='/office/orders/']"),
    Screen("tickets", "moderator", "/office/tickets/"),
    Screen("pools", "moderator", "/office/pools/"),
    Screen("envelopes", "moderator", "/envelopes/"),
    Screen("envelope", "moderator", "/envelopes/", "table a[href^='/envelopes/']"),
    Screen("envelope-new", "moderator", "/office/envelopes/new/"),
    Screen("tariffs", "moderator", "/office/tariffs/"),
    Screen("invoices", "moderator", "/office/invoices/?state=approved"),
    Screen("invoice-new", "moderator", "/office/invoices/new/"),
    Screen("invoice", "moderator", "/office/invoices/?state=recorded", "table tbody a"),
    Screen("reconciliation", "moderator", "/office/reconciliation/"),
    Screen("account", "moderator", "/office/accounts/"),
    Screen("account-entries", "moderator", "/office/accounts/", "table tbody a"),
    Screen("envelopes-own", "referent", "/envelopes/"),
    Screen("account-own", "referent", "/envelopes/account/"),
    Screen("basket", "researcher", "/basket/"),
    Screen("saved-searches", "researcher", "/account/searches/"),
    Screen("save-search", "researcher", "/account/searches/new/?sensor=pleiades&cloud=10"),
    Screen("email", "researcher", "/account/email/"),
    Screen("password-change", "researcher", "/account/password/change/"),
    Screen("second-factor", "researcher", "/account/2fa/"),
    Screen("identities", "researcher", "/account/identities/"),
    Screen("my-data", "researcher", "/account/my-data/"),
    Screen("erasure", "researcher", "/account/my-data/erasure/"),
    Screen("api-keys", "researcher", "/account/api-keys/"),
    Screen("invitations", "referent", "/organisation/", "a[href$='/invitations/']"),
    Screen("affiliations", "referent", "/organisation/", "a[href$='/affiliations/']"),
    Screen("representative", "referent", "/organisation/", "a[href$='/representative/']"),
    Screen("desk", "moderator", "/office/adhesions/"),
    Screen("queue", "researcher", "/orders/queue/"),
    Screen("queue-office", "moderator", "/office/queue/?age=0"),
    Screen("queue-rules", "moderator", "/office/queue/rules/"),
    Screen("queue-order", "moderator", "/office/queue/", "table a[href$='/queue/']"),
    Screen("board", "moderator", "/office/orders/"),
    Screen("sessions", "moderator", "/office/sessions/"),
    Screen("session", "moderator", "/office/sessions/", "main a[href^='/office/sessions/']"),
    Screen("absence", "moderator", "/account/absence/"),
    Screen("board-table", "moderator", "/office/orders/?view=table"),
    Screen("board-map", "moderator", "/office/orders/?view=map"),
    Screen("office-representative", "moderator", "/office/adhesions/", "main a[href$='/representative/']"),
    Screen("blocks", "moderator", "/office/blocks/"),
    Screen("block-new", "moderator", "/office/blocks/new/"),
    Screen("office-licences", "moderator", "/office/licences/"),
    Screen("office-licence", "moderator", "/office/licences/", "table a.btn"),
    Screen("office-licence-settings", "moderator", "/office/licences/", "table a.btn", "a[href$='/settings/']"),
    Screen("office-draft", "moderator", "/office/licences/", "table a.btn", "a[href$='/draft/']"),
    Screen("opinions", "opinion_cnes", "/opinions/"),
    Screen("opinion", "opinion_cnes", "/opinions/", "a[href^='/opinions/']"),
    Screen("opinions-orders", "opinion_cnes", "/opinions/orders/"),
    Screen("opinion-order", "opinion_cnes", "/opinions/orders/", "a[href^='/opinions/orders/']"),
    Screen("obligations", "researcher", "/obligations/"),
    Screen("obligation", "researcher", "/obligations/", "main table a"),
    Screen("order-quote", "researcher", "/orders/?q=Morbihan", "table tbody a"),
    Screen("order-reserved", "researcher", "/orders/?q=Aiguillon", "table tbody a"),
    Screen("pool", "researcher", "/orders/?q=Basse", "table tbody a", "main a[href*='/pools/']"),
    Screen("publication-new", "researcher", "/publications/new/"),
    Screen("office-obligations", "moderator", "/office/obligations/"),
    Screen("not-found", "anonymous", "/nothing-here/"),
]
REFUSED = {"signing-closed": 404, "not-found": 404}
MAIN_ONES = [
    ("home", "fr", "desktop"),
    ("catalogue", "fr", "phone"),
    ("item-denied", "en", "desktop"),
    ("signing", "fr", "phone"),
    ("order", "en", "phone"),
    ("order-new", "fr", "desktop"),
    ("office", "en", "desktop"),
    ("review-adhesion", "fr", "desktop"),
]
BY_NAME = {screen.name: screen for screen in SCREENS}
EMAILS = {"newcomer": "fanny.delorme@port-brume.example", "drafter": "jeanne.auclerc@geomatique-valmeyrac.example"}


@pytest.fixture(scope="module")
def seats(site: Site, company) -> Callable[[str, str], Visitor]:
    """Return the window of a person in a language, opened once."""
    taken: dict[tuple[str, str], Visitor] = {}

    def seat(who: str, language: str) -> Visitor:
        if (who, language) not in taken:
            person = company(locale=language)
            if who != "anonymous":
                person.sign_in(EMAILS.get(who) or site.email(who))
            person.page.context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
            taken[who, language] = person
        return taken[who, language]

    return seat


@pytest.fixture(scope="module")
def paths(site: Site, seats) -> dict[str, str]:
    """Return the addresses that are found in mails and on pages of others."""
    mails = httpx.get(site.about["mailbox_url"], params={"format": "json"}, timeout=20).json()
    # The demo data may have been loaded while the site had another port.
    links = [path for mail in mails for path in re.findall(r"https?://[^/\s]+(/signature/\S+)", mail["body"])]
    signing = next(path for path in links if httpx.get(site.url + path, timeout=20).status_code == 200)
    page = seats("colleague", "fr").go("/catalogue/?state=held&sensor=pleiades")
    held = page.locator("article.scene h3 a").first.get_attribute("href") or ""
    page = seats("referent", "fr").go("/organisation/")
    certificate = page.locator("a[href*='/certificates/']").first.get_attribute("href") or ""
    return {"<signing>": signing, "<held>": held, "<certificate>": certificate}


def opened(person: Visitor, screen: Screen, paths: dict[str, str]) -> int:
    """Open a page and return the status of the answer."""
    answer = person.page.goto(person.site.url + paths.get(screen.path, screen.path))
    assert answer is not None
    for selector in filter(None, (screen.follow, screen.then)):
        href = person.page.locator(selector).first.get_attribute("href")
        answer = person.page.goto(person.site.url + (href or "/") if (href or "/").startswith("/") else href or "")
        assert answer is not None
    return answer.status


def look(person: Visitor, screen: Screen, paths: dict[str, str], language: str, size: str) -> None:
    if screen.name in REFUSED:
        person.expect_refusal(rf"{REFUSED[screen.name]} \(Not Found\)")
    person.complaints.clear()
    person.page.set_viewport_size(SIZES[size])
    status = opened(person, screen, paths)
    looking.settled(person.page)
    looking.pictured(person.page, f"{screen.name}-{language}-{size}")
    faults = looking.faults_of(person.page, language)
    assert (status, faults) == (REFUSED.get(screen.name, 200), {})
    person.check()


@pytest.mark.parametrize(("name", "language", "size"), MAIN_ONES)
def test_a_main_page(name, language, size, seats, paths):
    screen = BY_NAME[name]
    look(seats(screen.who, language), screen, paths, language, size)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", BY_NAME)
def test_a_page(name, language, size, seats, paths):
    if (name, language, size) in MAIN_ONES:
        pytest.skip("looked at in every run")
    screen = BY_NAME[name]
    look(seats(screen.who, language), screen, paths, language, size)
