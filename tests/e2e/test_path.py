# SPDX-License-Identifier: AGPL-3.0-or-later
"""The main job, end to end: an organisation joins, a person orders an image, the next entitled one gets it for free.

Each step is a fixture, so that the tests of this file may run in any order; the first that needs a step plays it.
"""

import io
import json
import re
import secrets
from urllib.parse import urlsplit

import pytest
import rasterio
from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.people import Adhered, Placed

ORDERED = f"Herbiers de zostères {secrets.token_hex(3)}"


# --- 1. an organisation joins ---


@pytest.fixture(scope="module")
def referent(company):
    return company()


@pytest.fixture(scope="module")
def filed(site, referent):
    """A newcomer signs up, opens the adhesion of an invented organisation and sends it to its president."""
    house = people.invented_institution()
    people.signed_up(referent, house.referent)
    address = people.filed_adhesion(referent, house)
    mail = site.wait_mail(house.president.email, r"/signature/")
    return Adhered(house, address, people.first_link(mail["body"], "/signature/"))


@pytest.fixture(scope="module")
def president(company):
    return company()


@pytest.fixture(scope="module")
def signed(filed, president, referent):
    """The president, who has no account, opens the link, as mail scanners do before, and signs."""
    state = referent.go(filed.adhesion_url).locator("header .status").first.inner_text()
    for _ in range(2):
        assert president.page.request.get(filed.signing_url).status == 200
    assert referent.go(filed.adhesion_url).locator("header .status").first.inner_text() == state
    people.signed_for_organisation(president, filed.institution, filed.signing_url)
    assert referent.go(filed.adhesion_url).locator("header .status").first.inner_text() != state
    return filed


@pytest.fixture(scope="module")
def moderator(site, company):
    person = company()
    person.sign_in(site.email("moderator"))
    return person


@pytest.fixture(scope="module")
def adhered(signed, moderator, referent):
    """A moderator approves; the certificate is there for the référent."""
    people.approved_adhesion(moderator, signed.institution)
    page = referent.go(signed.adhesion_url)
    pdf = page.locator("a[href$='certificate.pdf']")
    people.reloaded_until(page, lambda: pdf.count() > 0, seconds=40)
    link = page.locator("section.panel a[href*='/certificates/']").first
    signed.certificate_number = link.inner_text().strip()
    signed.certificate_url = link.get_attribute("href") or ""
    with page.expect_download() as told:
        pdf.click()
    signed.pdf = told.value.path().read_bytes()
    return signed


def test_1_the_certificate_is_a_pdf_and_its_page_says_it_is_valid(adhered, company):
    assert adhered.pdf.startswith(b"%PDF")
    page = company().go(adhered.certificate_url)
    expect(page.locator("h1")).to_have_text(adhered.certificate_number)
    expect(page.locator("header .status")).to_have_text(re.compile("^(Valide|valide|en vigueur|Valable|valable)"))
    expect(page.locator("dl.facts")).to_contain_text(adhered.institution.name)


def test_1_everybody_concerned_had_a_mail(adhered, site):
    for person in (adhered.institution.referent, adhered.institution.president):
        site.wait_mail(person.email, re.escape(adhered.certificate_number))


def test_1_the_link_works_once(adhered, president):
    president.expect_refusal(r"410 \(Gone\)")
    page = president.go(adhered.signing_url)
    expect(page.locator("h1")).to_have_text(re.compile("signée"))
    expect(page.locator("form.signature-form")).to_have_count(0)


# --- 2. a researcher is let in ---


@pytest.fixture(scope="module")
def researcher(adhered, referent, company):
    """A researcher signs up and asks for access; the référent activates the account."""
    person, house = company(), adhered.institution
    people.signed_up(person, house.researcher)
    people.asked_to_join(person, house)
    expect(person.go("/organisation/").locator("main")).to_contain_text(house.name)
    people.activated(referent, house.researcher)
    return person


def test_2_the_researcher_belongs_to_the_organisation(researcher, adhered):
    page = researcher.go("/organisation/")
    panel = page.locator("section.panel").filter(has_text=adhered.institution.name)
    expect(panel.locator(".status-ok").first).to_be_visible()


# --- 3. and signs a licence ---


@pytest.fixture(scope="module")
def licensed(researcher, adhered):
    """The researcher reads and signs the Pléiades licence; without a tick or a name nothing is signed."""
    page = people.licence_page(researcher, r"^(?=.*Pl[ée]iades)(?!.*Neo)")
    expect(page.locator("article.licence-text")).to_have_attribute("lang", "fr")
    assert len(page.locator("article.licence-text").inner_text()) > 400
    expect(page.locator("main p.meta", has_text="Version")).to_have_text(
        re.compile(r"Version\s+\d+.*français", re.DOTALL)
    )
    box = page.locator("form.signature input[type=checkbox]").first
    expect(box).not_to_be_checked()
    researcher.expect_refusal(r"422 \(Unprocessable")
    page.locator("form.signature input[name=typed_name]").fill(adhered.institution.researcher.name)
    page.locator("form.signature button[type=submit]").click()
    expect(page.locator(".error-summary")).to_be_visible()
    box.check()
    page.locator("form.signature input[name=typed_name]").fill("")
    page.locator("form.signature button[type=submit]").click()
    expect(page.locator(".error-summary")).to_be_visible()
    assert page.url.rstrip("/").endswith("/sign")
    people.sign_licence(page, adhered.institution.researcher.name)
    return researcher


def test_3_the_signature_is_listed_with_its_version_and_language(licensed):
    rows = licensed.go("/rights/signatures/").locator("table tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("français")
    expect(rows.first).to_contain_text(re.compile(r"v\d+"))


# --- 5. an order ---


def first_orderable(visitor) -> str:
    """Return the id of an archive scene of Pléiades nobody has."""
    page = visitor.go("/catalogue/?state=order&sensor=pleiades&cloud=10")
    return page.locator("article.scene").first.get_attribute("data-item-id") or ""


def written_order(visitor, scene: str, title: str, area) -> str:
    """Write and submit an order from the page of a scene; return its reference."""
    page = visitor.go(f"/catalogue/items/{scene}/")
    page.locator("a[href*='/orders/new/']").click()
    area(page)
    page.locator("input[name=title]").fill(title)
    page.locator("input[name=new_project]").fill(f"Projet {title}")
    page.locator("button[name=step][value=compute]").click()
    costs = page.locator("#costs tfoot")
    expect(costs).to_contain_text("km²")
    expect(costs).to_contain_text("€")
    page.locator("button[name=step][value=submit]").click()
    expect(page.locator("ol.timeline")).to_be_visible()
    return urlsplit(page.url).path.strip("/").rpartition("/")[2]


def drawn(page) -> None:
    people.draw_rectangle(page)
    expect(page.locator("textarea[name=aoi]")).to_have_value(re.compile(r'"Polygon"'))


@pytest.fixture(scope="module")
def ordered(licensed):
    """The researcher orders a scene that is not held, its area drawn on the map."""
    scene = first_orderable(licensed)
    name = licensed.go(f"/catalogue/items/{scene}/").locator("dl.facts code.id").last.inner_text()
    return Placed(written_order(licensed, scene, ORDERED, drawn), scene, ORDERED, name)


@pytest.fixture(scope="module")
def delivered(ordered, licensed, moderator):
    """A moderator approves with an envelope; the image comes by itself."""
    page = people.opened_from_office(moderator, ordered.reference)
    page.locator("form[action$='/claim/'] button[type=submit]").click()
    page.locator("input[name=envelope]").first.check()
    page.locator("textarea[name=reason]").fill("Besoin établi, aucune image équivalente.")
    page.locator("button[name=decision][value=approve]").click()
    expect(page.locator("button[name=decision]")).to_have_count(0)
    page = licensed.go(f"/orders/{ordered.reference}/")
    came = page.locator("section:has(form[action*='/files/']) h2 a[href*='/catalogue/items/']")
    people.reloaded_until(page, lambda: came.count() > 0, seconds=90)
    ordered.item_id = re.search(r"/items/(\d+)/", came.first.get_attribute("href") or "").group(1)
    ordered.steps = [" ".join(text.split()) for text in page.locator("ol.timeline > li").all_inner_texts()]
    return ordered


def test_5_each_step_is_on_the_timeline_with_who_and_when(delivered, licensed, adhered):
    steps = delivered.steps
    year = re.compile(r"20\d\d")
    assert all(year.search(step) for step in steps), steps
    assert sum(adhered.institution.researcher.name in step for step in steps) >= 2, steps
    assert sum("Dora Lenoir" in step for step in steps) >= 2, steps
    assert sum(bool(re.search("Airbus|OneAtlas|opérateur", step)) for step in steps) >= 2, steps
    assert len(steps) >= 8, steps
    assert (
        "tat"
        not in licensed.go(f"/orders/{delivered.reference}/").locator("ol.timeline .timeline-bad").all_inner_texts()
    )


def test_5_a_mail_says_it_is_there(delivered, site, adhered):
    mail = site.wait_mail(adhered.institution.researcher.email, rf"/catalogue/items/{delivered.item_id}/")
    assert delivered.reference in mail["body"]


def test_5_the_file_is_a_georeferenced_picture(delivered, licensed):
    page = licensed.go(f"/orders/{delivered.reference}/")
    row = page.locator("tr:has(form[action*='/files/'])").filter(has_text=".tif").first
    _link, name = people.taken_link(page, row.locator(".actions-cell form button"))
    assert name.endswith(".tif")
    # The same file by the link that is there to be copied, with the fingerprint its page shows.
    row.locator("form:has(input[name=copy]) button").click()
    content = people.fetched(page.locator("#link").inner_text()).content
    expect(page.locator("dl.facts code.id")).to_have_text(people.sha256(content))
    with rasterio.open(io.BytesIO(content)) as image:
        assert (image.driver, image.crs is not None) == ("GTiff", True)
        pixels = image.read(1)
        assert image.profile["tiled"]
    assert pixels.std() > 1


def test_5_an_area_from_a_file_is_read(licensed, site):
    """The variant without a map: a GeoJSON file, kept as a draft."""
    page = licensed.go("/catalogue/?state=order&sensor=pleiades")
    scene = page.locator("article.scene").nth(3).get_attribute("data-item-id")
    outline = page.request.get(f"{site.url}/catalogue/items/{scene}.json").json()["bbox"]
    x, y = (outline[0] + outline[2]) / 2, (outline[1] + outline[3]) / 2
    ring = [[x + dx, y + dy] for dx, dy in ((-0.01, -0.01), (-0.01, 0.01), (0.01, 0.01), (0.01, -0.01))]
    document = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    page = licensed.go(f"/orders/new/?scene={scene}")
    page.locator("input[name=area_file]").set_input_files(
        {"name": "zone.geojson", "mimeType": "application/geo+json", "buffer": json.dumps(document).encode()}
    )
    page.locator("input[name=new_project]").fill("Vasières")
    page.locator("button[name=step][value=compute]").click()
    expect(page.locator("#costs tfoot")).to_contain_text("km²")
    expect(page.locator("textarea[name=aoi]")).to_have_value(re.compile(r'"(Multi)?Polygon"'))
    page.locator("button[name=step][value=save]").click()
    expect(page.locator("ol.timeline > li")).to_have_count(2)


# --- 6. the next one has it for free ---


def references(person):
    """The orders a person reads of; what they wait for changes meanwhile by itself."""
    return re.findall(r"D-\d{4}-\d{4}", person.go("/orders/").locator("main").inner_text())


def test_6_a_colleague_of_another_organisation_downloads_it_without_an_order(delivered, site, visitor):
    colleague = visitor()
    colleague.sign_in(site.email("colleague"))
    before = references(colleague)
    page = colleague.go("/catalogue/")
    page.locator("details.more", has=page.locator("input[name=q]")).locator("summary").click()
    page.locator("input[name=q]").fill(delivered.scene_name)
    page.locator("input[name=q]").press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))
    found = page.locator(f"article.scene[data-item-id='{delivered.item_id}']")
    expect(found.locator(".badge-held")).to_be_visible()
    found.locator("h3 a").click()
    page.wait_for_url(re.compile(rf"/catalogue/items/{delivered.item_id}/"))
    button = page.locator("#files form[action*='/files/'] button").first
    link, _name = people.taken_link(page, button)
    answer = people.fetched(link)
    assert answer.status_code == 200
    assets = people.assets_of(page, site, delivered.item_id)
    known = {asset.get("file:checksum", "")[4:] for asset in assets.values()}
    assert people.sha256(answer.content) in known
    assert references(colleague) == before


def test_6_a_contractor_who_did_not_sign_is_told_where_to_sign(delivered, site, visitor):
    contractor = visitor()
    contractor.sign_in(site.email("contractor"))
    page = contractor.go(f"/catalogue/items/{delivered.item_id}/")
    expect(page.locator("#files form[action*='/files/']")).to_have_count(0)
    missing = page.locator("#files .deny li")
    expect(missing).not_to_have_count(0)
    missing.locator("a[href*='/sign/']").first.click()
    expect(page.locator("article.licence-text")).to_be_visible()
    expect(page.locator("form.signature input[type=checkbox]").first).not_to_be_checked()


def test_6_somebody_unknown_is_led_to_the_sign_in_page(delivered, visitor):
    page = visitor().go(f"/catalogue/items/{delivered.item_id}/")
    expect(page.locator("#files form[action*='/files/']")).to_have_count(0)
    page.locator("#files .deny li a").first.click()
    page.wait_for_url(re.compile("/account/login/"))
    expect(page.locator("input[name=login]")).to_be_visible()
