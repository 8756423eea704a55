# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has to be seen on the running site: a right that stops at the next byte range, and a database that refuses."""

import re

import psycopg
import pytest
from playwright.sync_api import expect

from tests.e2e import people

UPDATE = "UPDATE orders_order SET state = 'delivered' WHERE reference = %s"
IGNORE = "SET pgtrigger.ignore = '{orders.Order:fsm,orders.Order:initial}'"


# --- a right that is taken away, and given back ---


@pytest.fixture
def link(site, visitor):
    """A signed link to a file, taken by somebody who may have it."""
    person = visitor()
    # The preview of the page may be drawn so late that the right is gone.
    person.expect_refusal(r"403.*/preview/")
    person.sign_in(site.email("colleague"))
    page = person.go("/catalogue/?state=held&sensor=pleiades")
    page.locator("article.scene h3 a").first.click()
    return people.taken_link(page, page.locator("#files form[action*='/files/'] button").first)[0]


def test_a_link_stops_when_the_right_is_suspended_and_works_again_after(link, site, visitor):
    assert people.fetched(link, byte_range="0-99").status_code == 206
    right = right_in_office(visitor(), site)
    page = right.page
    try:
        right.locator("summary").first.click()
        right.locator("select[name=cause]").select_option("inquiry")
        right.locator("form[action$='/suspend/'] textarea[name=words]").fill("Vérification d’une rediffusion signalée.")
        right.locator("form[action$='/suspend/'] button[type=submit]").click()
        people.agree(page)
        expect(right.locator("form[action$='/lift/']")).to_have_count(1)
        refused = people.fetched(link, byte_range="0-99")
        assert refused.status_code == 403
        assert refused.headers["content-type"].startswith("application/problem+json")
        problem = refused.json()
        assert (problem["status"], [m["code"] for m in problem["missing"]]) == (403, ["entitlement_suspended"])
        assert people.fetched(link).status_code == 403
    finally:
        lift = right.locator("form[action$='/lift/']").first
        lift.locator("textarea[name=words]").fill("Rien à reprocher.")
        lift.locator("button[type=submit]").click()
        expect(right.locator("form[action$='/lift/']")).to_have_count(0)
    again = people.fetched(link, byte_range="0-99")
    assert (again.status_code, len(again.content)) == (206, 100)


def right_in_office(office, site):
    """Open the adhesion of the colleague's organisation as a moderator; return the block of its Pléiades right."""
    office.sign_in(site.email("moderator"))
    page = office.go("/adhesions/")
    card = page.locator("li.card").filter(has_text="Saintes-Îles").filter(has=page.locator(".status-ok"))
    card.locator("a").click()
    page.locator("a[href*='/office/adhesions/']").click()
    page.wait_for_url(re.compile(r"/office/adhesions/\d+/"))
    return page.locator("#rights article").filter(has=page.locator("h3", has_text=re.compile("Pléiades(?! Neo)")))


# --- the database refuses what the application would not do ---


@pytest.fixture
def database(site):
    """Return a connection as the role the site itself uses; nothing it did is kept."""
    with psycopg.connect(site.about["database_url"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def submitted(database) -> str:
    """Return the reference of an order that waits for the office."""
    row = database.execute(
        "SELECT reference FROM orders_order WHERE state = 'submitted' ORDER BY id LIMIT 1"
    ).fetchone()
    assert row is not None
    return row[0]


def refused(database, statement: str, *arguments) -> str:
    """Run a statement in a transaction that is given up; return why the state machine's trigger refused it."""
    with pytest.raises(psycopg.errors.CheckViolation) as told, database.transaction(force_rollback=True):
        database.execute(statement, arguments)
    return str(told.value)


def test_the_web_role_cannot_skip_the_state_machine(database, submitted):
    assert 'from "submitted" to "delivered"' in refused(database, UPDATE, submitted)
    assert state_of(database, submitted) == "submitted"


def state_of(database, reference: str) -> str:
    return database.execute("SELECT state FROM orders_order WHERE reference = %s", [reference]).fetchone()[0]


@pytest.mark.parametrize("switch", ["SET pgtrigger.ignore = '{*}'", IGNORE, "SET session_replication_role = replica"])
def test_nor_with_the_switches_that_put_triggers_to_sleep(database, submitted, switch):
    try:
        database.execute(switch)
    except psycopg.errors.InsufficientPrivilege:
        assert "replication" in switch
    assert 'from "submitted" to "delivered"' in refused(database, UPDATE, submitted)
    assert state_of(database, submitted) == "submitted"


def test_an_order_is_not_born_delivered(database, submitted):
    columns = [
        row[0]
        for row in database.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders_order'"
            " AND is_identity = 'NO' AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'reference', 'state')"
        )
    ]
    names = ", ".join(columns)
    statement = (
        f"INSERT INTO orders_order (reference, state, {names})"
        f" SELECT 'D-0000-0001', '{{}}', {names} FROM orders_order WHERE reference = %s"
    )
    count = database.execute("SELECT count(*) FROM orders_order").fetchone()
    assert '"delivered"' in refused(database, statement.format("delivered"), submitted)
    with database.transaction(force_rollback=True):
        assert database.execute(statement.format("draft"), [submitted]).rowcount == 1
    assert database.execute("SELECT count(*) FROM orders_order").fetchone() == count


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE orders_order DISABLE TRIGGER ALL",
        "ALTER TABLE orders_order DISABLE TRIGGER USER",
        "DROP TABLE orders_order CASCADE",
        "TRUNCATE orders_order CASCADE",
        "DELETE FROM core_statechange",
        "UPDATE core_statechange SET to_state = 'x'",
    ],
)
def test_nor_can_it_take_the_guards_away(database, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(force_rollback=True):
        database.execute(statement)


def test_words_of_a_history_are_erased_or_stay(database):
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="append-only"),
        database.transaction(force_rollback=True),
    ):
        database.execute("UPDATE core_statechange SET words = 'x'")
