# SPDX-License-Identifier: AGPL-3.0-or-later
"""Five orders that did not go as asked, brought there by people, the office and the provider; what their pages tell a
newcomer in both languages: who acted and in what capacity, why, what was kept, what was given back, who acts next.

Pictures of each page, and of its timeline alone, are kept under var/screens and var/timelines.
"""

import re
import secrets
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from shapely.geometry import box, mapping

from tests.e2e import people
from tests.e2e.asking import Simulator, archive_order, granted, image_of, ordered, wanted
from tests.e2e.conftest import DESKTOP, PHONE, ROOT
from tests.e2e.looking import look

pytestmark = pytest.mark.slow
PICTURES = ROOT / "var" / "timelines"
WINDOW_DAYS = 15
# Inland, far from each other and from everything that is asked elsewhere: nothing is grouped.
PLACES = {
    "partial_delivery": (2.60, 46.50),
    "refused_proposal": (3.90, 47.30),
    "expiry": (1.30, 45.10),
}
CALLED = {"partial_delivery": "Haies du bocage", "refused_proposal": "Étangs de la Puisaye", "expiry": "Causse brûlé"}
PROVIDER = {"fr": "Airbus DS, opérateur", "en": "Airbus DS, the provider"}
OFFICE = {"fr": "Dora Lenoir, bureau DINAMIS", "en": "Dora Lenoir, DINAMIS office"}
SAID = {
    "partial_approval": {
        "fr": (
            r"L’image de la partie accordée est là",
            r"Plus personne n’a à agir",
            r"Accordé : [\d,.]+ km² sur les [\d,.]+ km² demandés\. Non accordé : [\d,.]+ km²",
            r"des images déjà acquises répondent au besoin\. La moitié est est couverte",
            r"Approuvée en partie",
            r"C’est ce que l’opérateur facture pour [\d,.]+ km²",
            r"Mis de côté dans l’enveloppe « .* » : [\d,. ]+ km²",
        ),
        "en": (
            r"The image of the part that was granted is there",
            r"Nobody has to act any more",
            r"Granted: [\d,.]+ km² of the [\d,.]+ km² asked for\. Not granted: [\d,.]+ km²",
            r"images that are held already answer the need\. La moitié est est couverte",
            r"Approved in part",
            r"This is what the provider bills for [\d,.]+ km²",
            r"Set aside in the envelope “.*”: [\d,. ]+ km²",
        ),
    },
    "partial_delivery": {
        "fr": (
            r"Une partie de la zone est là",
            r"Plus personne n’a à agir",
            r"Livrée en partie",
            r"Livré et gardé : [\d,.]+ km² sur les [\d,.]+ km² demandés",
            r"Rendu à l’enveloppe « .* » : [\d,.]+ km² \([\d,. ]+ €\), qui n’ont pas été livrés",
        ),
        "en": (
            r"A part of the area is there",
            r"Nobody has to act any more",
            r"Delivered in part",
            r"Delivered and kept: [\d,.]+ km² of the [\d,.]+ km² asked for",
            r"Given back to the envelope “.*”: [\d,.]+ km² \(€[\d,.]+\), which were not delivered",
        ),
    },
    "refused_proposal": {
        "fr": (
            r"Airbus DS agit ensuite",
            r"Qui agit ensuite\s+l’opérateur",
            r"L’image peut être prise jusqu’au\s+\d",
            r"Image proposée refusée pour cette zone",
            r"Motif : des nuages sur la zone demandée",
            r"Image proposée non retenue",
            r"L’opérateur continue de chercher une image de cette zone",
        ),
        "en": (
            r"Airbus DS acts next",
            r"Who acts next\s+the provider",
            r"The image may be taken until\s+\d",
            r"Proposed image refused for this area",
            r"Reason: clouds over the area that was asked",
            r"Proposed image not taken",
            r"The provider goes on looking for an image of this area",
        ),
    },
    "provider_cancellation": {
        "fr": (
            r"Airbus DS, l’opérateur, a annulé cette commande",
            r"Plus personne n’a à agir",
            r"Annulée par l’opérateur",
            r"Motif : l’opérateur ne prend pas cette commande",
            r"Rendu à l’enveloppe « .* » : [\d,.]+ km² \([\d,. ]+ €\)",
        ),
        "en": (
            r"Airbus DS, the provider, cancelled this order",
            r"Nobody has to act any more",
            r"Cancelled by the provider",
            r"Reason: the provider does not take this order",
            r"Given back to the envelope “.*”: [\d,.]+ km² \(€[\d,.]+\)",
        ),
    },
    "expiry": {
        "fr": (
            r"Le temps prévu pour faire l’image est passé",
            r"Plus personne n’a à agir",
            r"Expirée chez l’opérateur",
            r"Motif : le temps prévu pour faire l’image est passé",
            r"Rendu à l’enveloppe « .* » : [\d,.]+ km² \([\d,. ]+ €\)",
        ),
        "en": (
            r"The time for making the image has passed",
            r"Nobody has to act any more",
            r"Expired at the provider",
            r"Reason: the time for making the image has passed",
            r"Given back to the envelope “.*”: [\d,.]+ km² \(€[\d,.]+\)",
        ),
    },
}


def area_of(name):
    x, y = PLACES[name]
    return box(x, y, x + 0.13, y + 0.09)


def acquisition(person, name, title, days=WINDOW_DAYS):
    first = date.today() + timedelta(days=1)
    period = {"first": first.isoformat(), "last": (first + timedelta(days=days)).isoformat()}
    asked = {"areas": [mapping(area_of(name))], "period": period, "cloud_max": 10, "proposal_threshold": 60}
    return wanted(person, title, kind="acquisition", collection="pleiades", **asked)


def western_half(page):
    """Grant the west of what the office's form shows, since images cover the rest."""
    page.locator("details:has([name=area]) > summary").click()
    west, south, east, north = people_area(page)
    page.locator("[name=area]").fill(box(west, south, (west + east) / 2, north).wkt)
    page.locator("[name=line_reason]").select_option("already_held")
    page.locator("[name=line_words]").fill("La moitié est est couverte par l’image de l’an dernier.")


def people_area(page):
    """The outline of the ordered area, as the map of the page is given it."""
    document = page.locator("#aoi-json").evaluate("element => JSON.parse(element.textContent)")
    points = [point for ring in flat(document["coordinates"]) for point in ring]
    return min(p[0] for p in points), min(p[1] for p in points), max(p[0] for p in points), max(p[1] for p in points)


def flat(coordinates):
    """The rings of a Polygon or a MultiPolygon."""
    return coordinates if isinstance(coordinates[0][0][0], int | float) else [r for part in coordinates for r in part]


@pytest.fixture(scope="module")
def requester(company, site):
    person = company()
    person.sign_in(site.email("colleague"))
    return person


@pytest.fixture(scope="module")
def five(company, site, requester):
    """The references of the five orders, by what became of them."""
    office, simulator, tag = company(), Simulator(site), secrets.token_hex(3)
    office.sign_in(site.email("moderator"))
    page, found = requester.page, {}

    def waited(name, done, seconds=150):
        requester.go(f"/orders/{found[name]}/")
        people.reloaded_until(page, done, seconds=seconds)

    found["partial_approval"] = ordered(requester, archive_order(requester, f"Dunes de la pointe {tag}", rank=3))
    granted(office, found["partial_approval"], fill=western_half)
    waited("partial_approval", lambda: bool(simulator.state(found["partial_approval"])))

    found["provider_cancellation"] = ordered(requester, archive_order(requester, f"Marais du nord {tag}", rank=4))
    simulator.faults(reject_orders={"times": 1}, overcast={})
    granted(office, found["provider_cancellation"])
    waited("provider_cancellation", lambda: page.locator(".timeline-bad").count() > 0)
    try:
        for name, days in (("partial_delivery", WINDOW_DAYS), ("expiry", WINDOW_DAYS), ("refused_proposal", 60)):
            found[name] = ordered(requester, acquisition(requester, name, f"{CALLED[name]} {tag}", days))
            granted(office, found[name])
        taskings = {}
        for name in PLACES:
            waited(name, lambda name=name: bool(simulator.tasking(f"{found[name]}-1")))
            taskings[name] = simulator.tasking(f"{found[name]}-1")
        west, south, east, north = area_of("partial_delivery").bounds
        half = box(west - 0.01, south - 0.01, (west + east) / 2, north + 0.01)
        simulator.acquire(taskings["partial_delivery"], cloud=4, footprint=mapping(half), alone=True)
        seen = area_of("refused_proposal").buffer(0.02, join_style="mitre")
        clouds = box(*seen.bounds[:2], seen.centroid.x, seen.bounds[3])
        image = {"cloud": 45, "footprint": mapping(seen), "cloudMask": mapping(clouds), "alone": True}
        simulator.acquire(taskings["refused_proposal"], **image)
        refuse_it(requester, found["refused_proposal"])
        waited("partial_delivery", lambda: image_of(page) != "")
        simulator.advance(WINDOW_DAYS + 2)
        waited("partial_delivery", lambda: page.locator("main").inner_text().count("Livrée en partie") > 0)
        waited("expiry", lambda: page.locator(".timeline-bad").count() > 0)
    finally:
        simulator.faults(overcast=None)
    waited("refused_proposal", lambda: "Image proposée non retenue" in page.locator("ol.timeline").inner_text())
    waited("partial_approval", lambda: image_of(page) != "")
    return found


def refuse_it(person, reference):
    """Refuse the proposed image on its page, for the clouds."""
    page = person.go(f"/orders/{reference}/")
    link = page.locator("a[href*='/proposals/']")
    people.reloaded_until(page, lambda: link.count() > 0, seconds=150)
    expect(page.locator("main")).to_contain_text("C’est à vous d’agir")
    link.first.click()
    page.locator("select[name=reason_code]").select_option("clouds_over_area")
    page.get_by_role("button", name="La refuser").click()
    expect(page.locator("section.panel dl.facts")).to_contain_text("la refuser pour ma zone")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", SAID)
def test_a_newcomer_understands(name, language, five, site, visitor):
    person = visitor(locale=language)
    person.sign_in(site.email("colleague"))
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size in (DESKTOP, PHONE):
        person.page.set_viewport_size(size)
        page = person.go(f"/orders/{five[name]}/")
        look(page, f"timeline-{name}-{language}-{size['width']}", language)
        panel = page.locator("section.panel", has=page.locator("ol.timeline"))
        # In a window that shows all of it the bar of the site does not lie over its middle.
        page.set_viewport_size({**size, "height": 4000})
        panel.screenshot(path=PICTURES / f"{name}-{language}-{size['width']}.png")
    # Spaces that do not break are spaces here.
    told = re.sub(r"\s+", " ", page.locator("main").inner_text())
    for pattern in SAID[name][language]:
        assert re.search(pattern, told), f"{pattern}\n{told}"
    steps = page.locator("ol.timeline").inner_text()
    assert PROVIDER[language] in steps
    assert OFFICE[language] in steps
    # Each step that happened says by whom; no state or number of the provider's own stands alone.
    for who in page.locator("ol.timeline > li:not(.timeline-next) p.meta").all_inner_texts():
        assert re.match(r"[^\d·]+ · \d", who), who
    assert not re.search(r"^\s*[A-Z_]{5,}\s*$", steps, re.MULTILINE)
