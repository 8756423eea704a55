# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ten acceptance tests of ordering (reference: ordering systems, 6.3), each against the real processes.

1. An area that others' images cover is unlocked and downloaded in one visit:
   `test_held_first::test_an_image_that_another_organisation_bought_is_signed_for_and_downloaded_in_one_visit`
2. Overlapping requests of two organisations are proposed as one: `test_pooling` (the whole file)
3. A contract ends at midnight, its links a minute after:
   `test_a_contract_that_ended_at_midnight_opens_nothing_a_minute_later` (here)
4. A new version of a licence:
   `test_licences::test_an_order_of_before_a_new_version_stands_and_a_new_one_needs_the_signature`
5. A difficult Shapefile: `test_held_first::test_a_difficult_shapefile_becomes_outlines_that_a_provider_takes`
6. The same POST at once: `test_the_same_order_sent_twice_at_once_is_one_order` (here); what six at once write:
   `tests/concurrency/test_same_post.py`
7. A provider that stops answering: `test_a_provider_that_stops_answering_is_told_of_and_nothing_else_changes` (here)
8. An image that is clear for one and cloudy for the other:
   `test_proposals::test_taken_where_it_is_clear_and_sought_again_where_it_is_not`
9. A network that breaks: `test_cut_network` (what a person fetches, 4 GB of it too; what we fetch of the provider)
10. Euros avoided, with method and CSV: `test_the_euros_avoided_this_quarter_are_public` (here)
"""

import csv
import io
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx
import psycopg
import pytest
from playwright.sync_api import expect

from dinamis.core.clock import PARIS
from tests.e2e import people
from tests.e2e.asking import Simulator, archive_order, asked, at_hour, granted, ordered, session_of
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.looking import look

MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(site):
    """A connection as the role of the site itself."""
    with psycopg.connect(site.about["database_url"], autocommit=True) as connection:
        yield connection


def count(database, statement: str, *values) -> int:
    return database.execute(statement, values).fetchone()[0]


# --- 3. the end of a contract ---


@pytest.fixture
def contractor(visitor, site):
    """A company under a public contract that lasts three more days; its référent signed the licence of Pléiades."""
    last = datetime.now(PARIS).date() + timedelta(days=3)
    answers = {
        "project_title": "Carte des digues",
        "project_purpose": "public_order",
        "contract": "2026-AO-42",
        "partner": "Agence du littoral normand",
        "project_ends_on": last.isoformat(),
    }
    house, person, moderator = people.invented_institution(), visitor(), visitor()
    people.signed_up(person, house.referent)
    people.filed_adhesion(person, house, "private", answers)
    people.signed_from_mail(visitor(), house)
    moderator.sign_in(site.email("moderator"))
    people.approved_adhesion(moderator, house)
    people.sign_licence(people.licence_page(person, r"^(?=.*Pl[ée]iades)(?!.*Neo)"), house.referent.name)
    return person, datetime.combine(last + timedelta(days=1), datetime.min.time(), PARIS)


def test_a_contract_that_ended_at_midnight_opens_nothing_a_minute_later(contractor, database):
    """A link is asked for again, and one that was given before is followed: both are refused, with the reason."""
    person, midnight = contractor
    page = person.go("/catalogue/?state=held&sensor=pleiades")
    page.locator("article.scene h3 a").first.click()
    item, key = re.search(
        r"/items/(\d+)/files/(\w+)/", page.locator("#files form[action*='/files/']").first.get_attribute("action")
    ).groups()
    files = {"files": [{"item": int(item), "key": key}]}

    given = asked(person, "POST", "tickets", files, **at_hour(midnight - MINUTE))
    assert given.status == 201, given.text()
    (link,) = (one["href"] for one in given.json()["links"])
    part = {"Range": "bytes=0-99"}
    assert httpx.get(link, headers=part | at_hour(midnight - MINUTE)).status_code == 206

    tickets = count(database, "SELECT count(*) FROM orders_downloadticket")
    person.expect_refusal(r"403 \(Forbidden\)")
    refused = asked(person, "POST", "tickets", files, **at_hour(midnight + MINUTE))
    followed = httpx.get(link, headers=part | {"Accept-Language": "fr"} | at_hour(midnight + MINUTE))
    for status, problem in ((refused.status, refused.json()), (followed.status_code, followed.json())):
        assert (status, problem["status"]) == (403, 403)
        reasons = {reason["code"]: reason["detail"] for reason in problem["missing"]}
        assert "entitlement_expired" in reasons, problem
        assert reasons["entitlement_expired"]
    assert count(database, "SELECT count(*) FROM orders_downloadticket") == tickets
    # Nothing was changed: the day before, it is open again.
    assert httpx.get(link, headers=part | at_hour(midnight - MINUTE)).status_code == 206


# --- 6. the same order twice ---


def test_the_same_order_sent_twice_at_once_is_one_order(visitor, site, database):
    person = visitor()
    person.sign_in(site.email("colleague"))
    title = f"Deux fois la même {secrets.token_hex(3)}"
    body = archive_order(person, title)
    headers = session_of(person) | {"Idempotency-Key": secrets.token_hex(8)}

    def send(_number=0) -> httpx.Response:
        return httpx.post(f"{site.url}/api/v1/orders", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, range(2)))
    # Who waited longer than the lock is held is told to come again.
    answers = [send() if answer.status_code == 503 else answer for answer in answers]
    assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
    assert answers[0].json() == answers[1].json()
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False, True]
    assert count(database, "SELECT count(*) FROM orders_order WHERE title = %s", title) == 1


# --- 7. a provider that stops answering ---


STANDS = """
SELECT o.state, i.state, p.state,
       (SELECT count(*) FROM core_statechange c WHERE c.aggregate = 'orders.providerorder' AND c.object_id = p.id),
       (SELECT count(*) FROM orders_ledgerentry e WHERE e.order_item_id = i.id)
FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id
     JOIN orders_providerorder p ON p.id = i.provider_order_id
WHERE o.reference = %s AND p.provider_id <> ''
"""


@pytest.mark.slow
def test_a_provider_that_stops_answering_is_told_of_and_nothing_else_changes(visitor, site, database):
    """Placed, then asked in vain where the order stands: twice the usual time later the office has a ticket."""
    person, office, simulator = visitor(), visitor(), Simulator(site)
    person.sign_in(site.email("colleague"))
    office.sign_in(site.email("moderator"))
    reference = ordered(person, archive_order(person, f"Sans réponse {secrets.token_hex(3)}", rank=1))
    simulator.faults(server_error={"path": "/activities/search"})
    try:
        granted(office, reference)
        page = person.go(f"/orders/{reference}/")
        people.reloaded_until(page, lambda: database.execute(STANDS, [reference]).fetchone() is not None, seconds=180)
        before = database.execute(STANDS, [reference]).fetchone()
        assert before[:3] == ("placed", "placed", "received")
        site.wait_mail(site.email("colleague"), rf"{reference}[\s\S]*L’opérateur n’a pas répondu")
        site.wait_mail(site.email("moderator"), reference)
        assert database.execute(STANDS, [reference]).fetchone() == before
        page.reload()
        expect(page.locator("main")).to_contain_text("Cela dure plus longtemps que d’habitude")
        expect(page.locator("main")).to_contain_text("Rien n’a changé et rien n’est perdu")
        ticket = office.go("/office/tickets/").locator("tbody tr").filter(has_text=reference)
        expect(ticket).to_have_count(1)
        look(office.page, "office-ticket-fr-1280")
    finally:
        simulator.faults(server_error=None)


# --- 10. the public figure ---


def cents(said: str) -> int:
    """An amount as a page writes it, in either language."""
    digits = re.sub(r"[^\d,.]", "", said)
    if not digits:
        return 0
    whole, mark, rest = digits.rpartition("," if re.search(r",\d\d$", digits) else ".")
    euros, hundredths = (whole, rest) if mark and len(rest) == 2 else (digits, "00")
    return int(re.sub(r"\D", "", euros)) * 100 + int(hundredths)


def shown(page) -> str:
    """The amount avoided this quarter, as the page writes it."""
    return page.locator("#this-quarter").inner_text().split(":")[1]


def this_quarter(rows: list[dict]) -> dict:
    today = datetime.now(PARIS)
    key = ("quarter", str(today.year), str((today.month + 2) // 3))
    return next(row for row in rows if (row["cut"], str(row["year"]), str(row["quarter"])) == key)


def test_the_euros_avoided_this_quarter_are_public(visitor, site):
    """Anybody reads the figure, how it is counted, and takes it away as CSV or JSON: it is the same everywhere."""
    windows = [visitor(locale=locale, viewport=size) for locale in ("fr", "en") for size in (DESKTOP, PHONE)]
    first = windows[0].go("/transparency/")
    # The play of the demonstration is still being delivered, fetched by others and counted.
    people.reloaded_until(first, lambda: cents(shown(first)) > 0, seconds=150)
    for window in windows:
        page = window.go("/transparency/")
        language = page.locator("html").get_attribute("lang")
        expect(page.locator("#method li")).not_to_have_count(0)
        expect(page.locator("#method")).to_contain_text("évités" if language == "fr" else "avoided")
        with page.expect_download() as told:
            page.locator("#method a[href$='.csv']").click()
        rows = list(csv.DictReader(io.StringIO(told.value.path().read_text())))
        answer = httpx.get(site.url + page.locator("#method a[href$='.json']").get_attribute("href")).json()
        figure = this_quarter(rows)
        assert this_quarter(answer["figures"])["avoided_eur"] == float(figure["avoided_eur"])
        assert cents(shown(page)) == round(float(figure["avoided_eur"]) * 100)
        look(page, f"transparency-{language}-{page.viewport_size['width']}", language)
