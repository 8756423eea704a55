# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two organisations need the same place: each is asked, both accept, one order is placed and both get the image.

Each step is a fixture, as in test_path; requests are written through the API as the person's browser session does.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.asking import Simulator, answered, granted

# Off the Hyères islands, on the shore: 8 by 8 km each, half of it in common.
AREAS = {"referent": (6.10, 43.06, 6.20, 43.13), "colleague": (6.15, 43.06, 6.25, 43.13)}
# The first test that needs the last step plays them all.
WHOLE = pytest.mark.timeout(600)
pytestmark = pytest.mark.slow
PLEIADES = r"^(?=.*Pl[ée]iades)(?!.*Neo)"


def ring(west, south, east, north):
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


@pytest.fixture(scope="module")
def parties(site, company):
    """The référent of the university, who signs the licence first, and the volcanologist of the islands."""
    found = {}
    for who in AREAS:
        found[who] = company()
        found[who].sign_in(site.email(who))
    person = found["referent"]
    page = person.go("/rights/")
    section = page.locator("section.panel").filter(has=page.locator("h2", has_text=re.compile(PLEIADES)))
    if section.first.locator("a.btn[href*='/sign/']").count():
        people.sign_licence(people.licence_page(person, PLEIADES), "Rémi Caron")
    return found


@pytest.fixture(scope="module")
def requests(parties):
    """Each files a request over its area; any cloud will do, so that the first image is taken."""
    made = {}
    for who, visitor in parties.items():
        me = answered(visitor, "GET", "me")
        organisation = next(one for one in me["organisations"])["id"]
        wanted = {"organisation": organisation, "title": f"Herbiers des îles, {who}"}
        project = answered(visitor, "POST", "projects", wanted)["id"]
        made[who] = answered(
            visitor,
            "POST",
            "orders",
            {
                "kind": "acquisition",
                "organisation": organisation,
                "project": project,
                "title": f"Îles d’Hyères, {who}",
                "justification": "Suivi des herbiers après les tempêtes.",
                "collection": "pleiades",
                "areas": [{"type": "Polygon", "coordinates": ring(*AREAS[who])}],
                "period": {
                    "first": (date.today() + timedelta(days=1)).isoformat(),
                    "last": (date.today() + timedelta(days=60)).isoformat(),
                },
                "cloud_max": 100,
                "submit": True,
            },
        )["reference"]
    return made


@pytest.fixture(scope="module")
def proposed(site, parties, requests):
    """A mail comes to each; its link opens the page of the grouping."""
    pools = set()
    for who in requests:
        mail = site.wait_mail(site.email(who), rf"{requests[who]}[\s\S]*/pools/G-")
        pools.add(re.search(r"/pools/(G-\d{4}-\d+)/", mail["body"]).group(1))
    (reference,) = pools
    return reference


@pytest.fixture(scope="module")
def seen(proposed, parties):
    """What each reads of the grouping before anybody has answered: its document, and its page."""
    found = []
    for visitor in parties.values():
        page = visitor.go(f"/pools/{proposed}/")
        expect(page.locator("h1")).to_contain_text(proposed)
        expect(page.locator("table tbody tr")).to_have_count(2)
        expect(page.locator("form[action$='/accept/'] button[type=submit]")).to_have_count(1)
        people.map_ready(page)
        found.append(answered(visitor, "GET", f"pools/{proposed}"))
    return found


@WHOLE
def test_a_proposal_appears_for_both_with_the_split(seen):
    for pool in seen:
        assert len(pool["parties"]) == 2
        assert sum(party["share_m2"] for party in pool["parties"]) == pool["billed_m2"]
        assert sum(party["share_cents"] for party in pool["parties"]) == pool["price_cents"]
        assert [party["exact"] for party in pool["parties"]] == [party["mine"] for party in pool["parties"]]


@pytest.fixture(scope="module")
def agreed(proposed, seen, parties, requests):
    """Both accept on the page, once what stood there was read; each order says so."""
    for who, visitor in parties.items():
        page = visitor.go(f"/orders/{requests[who]}/")
        page.locator(f"a[href$='/pools/{proposed}/']").click()
        page.locator("form[action$='/accept/'] button[type=submit]").click()
        expect(page.locator("form[action$='/accept/']")).to_have_count(0)
    return proposed


@pytest.fixture(scope="module")
def approved(agreed, requests, site, company):
    """The office approves both, stage by stage."""
    office = company()
    office.sign_in(site.email("moderator"))
    for reference in requests.values():
        granted(office, reference)
    return agreed


@pytest.fixture(scope="module")
def delivered(approved, parties, requests, site):
    """Placed once; time passes at the provider; the image comes to both."""
    for visitor in parties.values():
        page = visitor.go(f"/pools/{approved}/")
        people.reloaded_until(page, lambda page=page: page.locator("header .status-progress").count() > 0, seconds=120)
    simulator = Simulator(site)
    items = {}
    for who, visitor in parties.items():
        page = visitor.go(f"/orders/{requests[who]}/")
        came = page.locator("h2 a[href*='/catalogue/items/']")

        def here(came=came):
            simulator.advance(3)
            return came.count() > 0

        people.reloaded_until(page, here, seconds=180)
        items[who] = re.search(r"/items/(\d+)/", came.first.get_attribute("href") or "").group(1)
    return items


@WHOLE
def test_it_is_placed_once_and_delivered_once_to_both(delivered, parties):
    assert len(set(delivered.values())) == 1
    for who, visitor in parties.items():
        page = visitor.go(f"/catalogue/items/{delivered[who]}/")
        link, _name = people.taken_link(page, page.locator("#files form[action*='/files/'] button").first)
        assert people.fetched(link, byte_range="0-99").status_code == 206


@WHOLE
def test_each_pays_its_share_to_the_cent(delivered, approved, parties, requests):
    for who, visitor in parties.items():
        pool = answered(visitor, "GET", f"pools/{approved}")
        (mine,) = [party for party in pool["parties"] if party["mine"]]
        (line,) = answered(visitor, "GET", f"orders/{requests[who]}")["lines"]
        assert (line["billed_area_m2"], line["price_cents"]) == (mine["share_m2"], mine["share_cents"])
        assert sum(party["share_cents"] for party in pool["parties"]) == pool["price_cents"]
