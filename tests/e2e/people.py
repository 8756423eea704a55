# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do on the pages, in their words: sign up, file, sign, decide, order, download."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Site, Visitor

PASSWORD = "un-mot-de-passe-de-demonstration"
EVIDENCE = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
# Images of the demonstration that may arrive while a test looks: two of each day of an emergency.
ARRIVALS = 20


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has no account yet."""

    name: str
    email: str
    password: str = PASSWORD


@dataclass(frozen=True)
class Institution:
    """An invented organisation that has not joined yet; its numbers differ from one run to the next."""

    name: str
    siret: str
    referent: Newcomer
    president: Newcomer
    researcher: Newcomer
    country: str = "FR"


@dataclass
class Adhered:
    """What is known of an adhesion once it was decided."""

    institution: Institution
    adhesion_url: str
    signing_url: str
    certificate_number: str = ""
    certificate_url: str = ""
    pdf: bytes = b""


@dataclass
class Placed:
    """An order and what became of it."""

    reference: str
    scene_id: str
    title: str
    scene_name: str
    item_id: str = ""
    steps: list[str] = field(default_factory=list)


def luhn(digits: str) -> str:
    """Append the check digit of INSEE's numbers."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - position % 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def invented_institution(country: str = "FR") -> Institution:
    """Make up an organisation nobody has seen, with a SIRET whose check digits are right; abroad it has none."""
    number = secrets.randbelow(9000) + 1000
    tag = secrets.token_hex(3)
    domain = f"observatoire-{tag}.example"
    siret = luhn(f"{luhn(f'0009{number}')}{secrets.randbelow(9000) + 1000}")
    return Institution(
        name=f"Observatoire des estuaires {tag}",
        siret=siret if country == "FR" else "",
        country=country,
        referent=Newcomer("Rose Kerbrat", f"rose.kerbrat@{domain}"),
        president=Newcomer("Émile Tanguy", f"emile.tanguy@{domain}"),
        researcher=Newcomer("Anaïs Le Goff", f"anais.legoff@{domain}"),
    )


def first_link(text: str, path: str) -> str:
    """Return the first address of a mail whose path holds `path`."""
    found = re.search(rf"https?://[^\s<>]*{path}[^\s<>]*", text)
    assert found, f"no link with {path} in:\n{text}"
    return found.group()


def agree(page: Page) -> None:
    """Say yes to the question a dangerous button asks."""
    page.locator("dialog.dialog button[value=yes]").click()


def signed_up(visitor: Visitor, person: Newcomer) -> Page:
    """Ask for an account, open the mail, verify the address, sign in."""
    page = visitor.go("/account/signup/")
    page.locator("input[name=name]").fill(person.name)
    page.locator("input[name=email]").fill(person.email)
    page.locator("input[name=password1]").fill(person.password)
    page.locator("input[name=password2]").fill(person.password)
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(lambda url: "/account/signup" not in url)
    mail = visitor.site.wait_mail(person.email, r"/account/confirm-email/")
    page.goto(first_link(mail["body"], "/account/confirm-email/"))
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(lambda url: "/account/confirm-email" not in url)
    return page if "/account/login" not in page.url else visitor.sign_in(person.email, person.password)


def filed_adhesion(
    visitor: Visitor,
    house: Institution,
    eligibility_class: str = "french_institutional",
    answers: Mapping[str, str] | None = None,
) -> str:
    """Open an adhesion, fill it in, add a document, send it to the legal representative; return its address.

    `answers` are those to the questions of the class.
    """
    page = visitor.go("/adhesions/new/")
    page.locator(f"input[name=eligibility_class][value={eligibility_class}]").check()
    page.locator("input[name=name]").fill(house.name)
    page.locator("input[name=city]").fill("Quimper")
    page.locator("input[name=country]").fill(house.country)
    page.locator("input[name=siret]").fill(house.siret)
    page.locator("main form.form[method=post] button[type=submit]").click()
    page.wait_for_url(re.compile(r"/adhesions/\d+/edit/"))
    page.locator("input[name=title]").fill("Statuts")
    page.locator("input[name=file]").set_input_files(
        {"name": "statuts.pdf", "mimeType": "application/pdf", "buffer": EVIDENCE}
    )
    page.locator("form[action$='/documents/'] button[type=submit]").click()
    expect(page.locator("#documents .person-name")).to_have_text("Statuts")
    page.locator("input[name=sector]").fill("Recherche publique")
    page.locator("textarea[name=mission]").fill("Suivi des vasières et des traits de côte bretons.")
    for name, value in (answers or {}).items():
        field = page.locator(f"form.form [name={name}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.locator("input[name=legal_representative_name]").fill(house.president.name)
    page.locator("input[name=legal_representative_title]").fill("Président")
    page.locator("input[name=legal_representative_email]").fill(house.president.email)
    page.locator("button[name=preview]").click()
    page.wait_for_url(re.compile(r"/adhesions/\d+/preview/"))
    expect(page.locator("dl.facts")).to_contain_text(house.president.email)
    page.locator("form[action$='/send/'] button[type=submit]").click()
    page.wait_for_url(re.compile(r"/adhesions/\d+/$"))
    expect(page.locator("main")).to_contain_text(house.president.email)
    return page.url


def signed_for_organisation(visitor: Visitor, house: Institution, link: str) -> None:
    """Open the mailed link, read, tick each text, type the name, type the mailed code."""
    page = visitor.go(link)
    boxes = page.locator("form.signature-form input[type=checkbox]")
    expect(boxes).not_to_have_count(0)
    for index in range(boxes.count()):
        expect(boxes.nth(index)).not_to_be_checked()
        boxes.nth(index).check()
    page.locator("input[name=typed_name]").fill(house.president.name)
    page.locator("form.signature-form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/signature/.+/code/$"))
    mail = visitor.site.wait_mail(house.president.email, r"(?m)^\d{6}\s*$")
    code = re.search(r"(?m)^(\d{6})\s*$", mail["body"])
    assert code is not None
    page.locator("input[name=code]").fill(code.group(1))
    page.locator("form.form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/signature/done/$"))


def signed_from_mail(visitor: Visitor, house: Institution) -> None:
    """Wait for the mail to the legal representative, and sign through its link."""
    mail = visitor.site.wait_mail(house.president.email, r"/signature/")
    signed_for_organisation(visitor, house, first_link(mail["body"], "/signature/"))


def opened_from_office(visitor: Visitor, words: str) -> Page:
    """Find a row of the office's inbox by words in it, and open it."""
    page = visitor.go("/office/")
    row = page.locator("table tbody tr").filter(has_text=words)
    expect(row).to_have_count(1)
    row.locator("a.btn").click()
    return page


def claimed_adhesion(visitor: Visitor, house: Institution) -> Page:
    """Find an adhesion in the office's inbox, claim it, look at its document."""
    page = opened_from_office(visitor, house.name)
    page.wait_for_url(re.compile(r"/office/adhesions/\d+/$"))
    page.locator("form[action$='/claim/'] button[type=submit]").first.click()
    document = page.locator("aside a[href*='/documents/']").first
    expect(document).to_have_text("Statuts")
    answer = page.request.get(visitor.site.url + (document.get_attribute("href") or ""))
    assert (answer.status, answer.body()) == (200, EVIDENCE)
    return page


def approved_adhesion(visitor: Visitor, house: Institution) -> Page:
    """Claim an adhesion, then approve it."""
    return approved(claimed_adhesion(visitor, house))


def admitted(house: Institution, *, referent: Visitor, president: Visitor, moderator: Visitor) -> None:
    """An institution joins: its référent files, its legal representative signs, the demo's moderator approves."""
    signed_up(referent, house.referent)
    filed_adhesion(referent, house)
    signed_from_mail(president, house)
    moderator.sign_in(moderator.site.email("moderator"))
    approved_adhesion(moderator, house)


def approving(page: Page) -> None:
    """Send the approval, with a reason, of the adhesion that a page of the office shows."""
    form = page.locator("form[action$='/approve/']")
    form.locator("select[name=code]").select_option("complete")
    form.locator("textarea[name=words]").fill("Dossier complet, mission de service public établie.")
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def approved(page: Page) -> Page:
    """Approve it."""
    approving(page)
    expect(page.locator("form[action$='/approve/']")).to_have_count(0)
    return page


def activated(visitor: Visitor, person: Newcomer) -> None:
    """Activate the account somebody asked for, as the référent."""
    page = visitor.go("/organisation/")
    waiting = page.locator("li.person").filter(has_text=person.email)
    waiting.locator("form[action$='/activate/'] button").click()
    expect(page.locator("li.person form[action$='/activate/']")).to_have_count(0)
    expect(page.locator("li.person").filter(has_text=person.email)).to_have_count(1)


def asked_to_join(visitor: Visitor, house: Institution) -> None:
    """Find the organisation by its name and ask its référent for access."""
    page = visitor.go("/organisation/join/")
    page.locator("input[name=q]").fill(house.name)
    page.locator("form[role=search] button[type=submit]").click()
    choice = page.locator("label").filter(has_text=house.name).locator("input[name=organisation]")
    choice.check()
    page.locator("textarea[name=motivation]").fill("Cartographie des herbiers de zostères.")
    page.locator("form.form[method=post] button[type=submit]").click()
    page.wait_for_url(lambda url: "/organisation/join" not in url or "q=" not in url)


def licence_page(visitor: Visitor, name: str) -> Page:
    """Open the page that signs a licence, found on the page of one's rights."""
    page = visitor.go("/rights/")
    section = page.locator("section.panel").filter(has=page.locator("h2", has_text=re.compile(name)))
    section.first.locator("a.btn[href*='/sign/']").click()
    page.wait_for_url(re.compile(r"/licences/\d+/sign/"))
    return page


def sign_licence(page: Page, name: str) -> None:
    """Tick the box, type the name, sign."""
    form = page.locator("form.signature")
    form.locator("input[type=checkbox]").first.check()
    form.locator("input[name=typed_name]").fill(name)
    form.locator("button[type=submit]").click()
    page.wait_for_url(lambda url: "/sign/" not in url)


def count_of(page: Page) -> int:
    """Return the number the catalogue's answer sentence begins with; thousands are set apart by spaces of any kind."""
    sentence = page.locator("#answer-sentence").inner_text()
    first = re.match(r"\d{1,3}(?:[\s,]?\d{3})*(?!\d)", sentence)
    return int(re.sub(r"\D", "", first[0])) if first else 0


def same_but_for_arrivals(page: Page, before: int) -> bool:
    """Tell whether as many images are found as before, or a few more: those of the emergency arrive day after day."""
    return before <= count_of(page) <= before + ARRIVALS


def map_ready(page: Page) -> Locator:
    """Return the map once it has drawn itself."""
    world = page.locator("dinamis-map").first
    expect(world).to_have_attribute("data-ready", "", timeout=30_000)
    return world


def draw_rectangle(page: Page, *, share: float = 0.12) -> None:
    """Draw a rectangle around the middle of the map; `share` is its size as a part of the canvas."""
    world = map_ready(page)
    world.scroll_into_view_if_needed()
    world.locator("[data-tool=rectangle]").click()
    expect(world).to_have_attribute("data-drawing", "")
    box = world.locator("canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    side = share * min(box["width"], box["height"])
    page.mouse.move(x - side, y - side)
    page.mouse.click(x - side, y - side)
    page.mouse.move(x, y, steps=4)
    page.mouse.move(x + side, y + side, steps=4)
    page.mouse.click(x + side, y + side)


def taken_link(page: Page, button: Locator) -> tuple[str, str]:
    """Press a download button; return the signed link and the name of the file."""
    with page.expect_download() as told:
        button.click()
    link, name = told.value.url, told.value.suggested_filename
    told.value.cancel()
    return link, name


def fetched(link: str, *, byte_range: str = "") -> httpx.Response:
    """Ask for a signed link without any session, as curl does."""
    headers = {"Range": f"bytes={byte_range}"} if byte_range else {}
    return httpx.get(link, headers=headers, timeout=30, follow_redirects=False)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def assets_of(page: Page, site: Site, item: str) -> dict[str, Any]:
    """Return the assets of the STAC document of an image."""
    answer = page.request.get(f"{site.url}/catalogue/items/{item}.json")
    assert answer.status == 200
    assets: dict[str, Any] = answer.json()["assets"]
    return assets


def reloaded_until(page: Page, done: Callable[[], bool], *, seconds: float) -> None:
    """Read a page again and again, as an impatient person does, until it says what was waited for."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        page.wait_for_timeout(1000)
        page.reload()
