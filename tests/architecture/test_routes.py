# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every address × method × ownership × role has a declared answer, in routes.csv beside this file (I11).

A cell of the table is the HTTP status, `login` for a redirect to a sign-in page, or `-` where a role is not asked. A
`*` says that the request changed a row of the database: a refused POST has none, so it left everything as it was. A
`+` says that protected bytes were handed over.

A new address fails until it has its rows:

1. When it takes arguments or a form, add it to CELLS in tests/walk/cells.py: one cell per ownership that makes a
   difference, each in the state in which the right person succeeds.
2. Run `pytest tests/walk -k <name>`: it prints the rows it observed.
3. Read every cell as a stranger would. What is wrong is repaired in the view, never declared.
4. Copy the rows into routes.csv. The laws at the end of this file are asked of every row.

A name may hold `*` (`admin:*_add`): it stands for every route that has no row of its own.

routes_of_keys.csv says the same of each kind of API key. Outside the API a key is nobody (the row of `*`: `=` is the
answer anonymous gets); an address of the API needs rows of its own there, which the walk prints too.
"""

from fnmatch import fnmatchcase

import pytest

from tests.walk.keys import KEYS
from tests.walk.table import (
    ALL,
    AS_ANONYMOUS,
    DECLARED,
    DECLARED_OF_KEYS,
    FOLDER,
    METHODS,
    PROGRAMS,
    cells_of,
    row_of,
    row_of_keys,
)
from tests.walk.world import ROLES

OFFICE_PAGES = (
    "licensing:review",
    "licensing:entitlement_",
    "licensing:suspension_",
    "licensing:block_",
    "orders:claim",
)
OFFICE = ("moderator", "moderator_of_same_organisation")


@pytest.mark.parametrize(("file_name", "find"), [("routes.csv", row_of), ("routes_of_keys.csv", row_of_keys)])
def test_every_address_has_its_rows(file_name, find):
    missing = [
        f"{name},{method},{cell}"
        for name in ALL
        for cell in cells_of(name)
        for method in METHODS
        if find(name, method, cell) is None
    ]
    assert not missing, "\n".join((f"see the head of this file; no row in {file_name} for:", *missing))


def changed(row: dict[str, str], *roles: str) -> list[str]:
    return [role for role in roles if "*" in row[role]]


def rows(*prefixes: str, method: str = "") -> list[dict[str, str]]:
    return [row for key, row in DECLARED.items() if key[0].startswith(prefixes or "") and method in {"", key[1]}]


@pytest.mark.parametrize("file_name", ["routes.csv", "routes_of_keys.csv"])
def test_no_answer_is_declared_twice(file_name):
    keys = [line.split(",")[:3] for line in (FOLDER / file_name).read_text(encoding="utf-8").splitlines()]
    assert [key for key in keys if keys.count(key) > 1] == []


def test_the_table_names_existing_routes_and_cells_only():
    for name, method, cell in DECLARED:
        matching = [route for route in ALL if fnmatchcase(route, name)] if "*" in name else [name]
        assert matching, name
        assert all(route in ALL for route in matching), name
        assert method in METHODS, name
        assert "*" in name or cell in cells_of(name), (name, cell)


def test_outside_the_api_a_key_is_nobody():
    pages = [row for key, row in DECLARED_OF_KEYS.items() if not key[0].startswith(PROGRAMS)]
    assert [set(map(row.get, KEYS)) for row in pages] == [{AS_ANONYMOUS}]
    for name, method, cell in DECLARED_OF_KEYS:
        assert name == "*" or (method in METHODS and cell in cells_of(name)), (name, method, cell)


def test_a_key_leaves_nothing_but_tickets_projects_orders_and_the_numbers_of_changes():
    left = {row["route"] for row in DECLARED_OF_KEYS.values() if changed(row, *KEYS)}
    projects = {"api:projects", "api:project_end", "api:project_members"}
    orders = {"api:orders", "api:order_submit", "api:order_cancel"}
    assert left == {"api:publications", "api:tickets", "api:entitlement_changes", *projects, *orders}


def test_a_key_decides_nothing():
    verbs = [row for row in DECLARED_OF_KEYS.values() if row["route"].startswith("api:adhesion_")]
    assert len(verbs) >= 16
    assert {row[key] for row in verbs for key in KEYS} == {"403"}


def test_a_key_reads_what_its_person_reads():
    for name in (name for name in ALL if name.startswith("api:")):
        for cell in cells_of(name):
            mine, theirs = row_of_keys(name, "GET", cell), row_of(name, "GET", cell)
            for kind in KEYS:
                role = kind.removeprefix("key_of_")
                if role in theirs and mine[kind].startswith("2"):
                    assert theirs[role].startswith("2"), (name, cell, kind)


def test_no_answer_is_a_crash():
    assert [row for row in DECLARED.values() if any(row[role].startswith("5") for role in ROLES)] == []
    assert [row for row in DECLARED_OF_KEYS.values() if any(row[key].startswith("5") for key in KEYS)] == []


def test_reading_changes_nothing():
    # The first time a file was handed over; the numbers of changes that have become known.
    noted = {"orders:gateway", "api:entitlement_changes"}
    assert {row["route"] for row in rows(method="GET") if changed(row, *ROLES)} == noted


def test_nobody_without_an_account_changes_anything_but_by_the_link_or_to_sign_in():
    free = {"account_login", "account_signup", "admin:login", "orders:gateway"}
    for row in rows():
        if row["route"] not in free and row["cell"] != "with the link":
            assert changed(row, "anonymous", "legal_representative") == [], row


def test_a_moderator_of_the_same_organisation_decides_nothing_on_it():
    office = rows(
        "licensing:review",
        "licensing:entitlement_",
        "licensing:suspension_",
        "licensing:block_",
        "orders:review",
        "orders:claim",
    )
    assert len(office) > 20
    for row in office:
        if row["cell"] == "home":
            assert changed(row, "moderator_of_same_organisation") == [], row
        if row["method"] == "POST":
            assert row["moderator"].endswith("*") or row["route"] in {"licensing:review"}, row


def test_the_office_does_not_exist_for_anybody_else():
    for row in rows(
        "licensing:review",
        "licensing:entitlement_",
        "licensing:suspension_",
        "licensing:block",
        "orders:desk",
        "orders:claim",
    ):
        for role in set(ROLES) - set(OFFICE):
            wanted = {"login"} if role in {"anonymous", "legal_representative"} else {"404"}
            assert row[role] in wanted, (row["route"], role, row[role])


def test_the_administrator_and_the_opinion_giver_move_no_adhesion_order_or_right():
    movers = {"licensing:adhesion_new", "licensing:sign", "accounts:join", "licensing:opinion", "orders:opinion"}
    # Their own absence.
    movers.add("orders:absence")
    # The texts are the office's to write, the administrator's too: they decide on no organisation.
    publishes = tuple(f"licensing:office_{page}" for page in ("draft", "licence_settings", "version"))
    for row in rows("licensing:", "orders:", "accounts:"):
        if row["route"] not in movers and row["cell"] != "with the link" and row["route"] != "orders:gateway":
            roles = ("opinion_giver",) if row["route"].startswith(publishes) else ("administrator", "opinion_giver")
            assert changed(row, *roles) == [], row


def test_only_the_body_that_is_asked_gives_an_opinion():
    for row in rows("licensing:opinion", method="POST"):
        if row["route"] == "licensing:opinion":
            mine = row["cell"] == "asked of CNES"
            assert changed(row, *ROLES) == (["opinion_giver"] if mine else []), row


def test_strangers_do_not_even_learn_that_a_thing_exists():
    # What is under way is shown to all members, as a grid cell and without a name; an emergency is no secret, nor is
    # that one may ask to join or to stop it: who may not is told so.
    public = {"licensing:certificate", "orders:join", "orders:running_follow"}
    public |= {"orders:emergency", "orders:emergency_join", "orders:emergency_stop"}
    for row in rows("licensing:", "orders:", "accounts:member"):
        if row["cell"] == "home" and row["route"] not in public and "elsewhere" in cells_of(row["route"]):
            for role in ("foreign_scientist", "contractor"):
                assert row[role] in {"404", "405"}, (row["route"], role, row[role])
        if row["cell"] == "elsewhere" and row["route"] not in public:
            for role in ("researcher", "colleague", "referent", "foreign_scientist", "contractor"):
                assert row[role] in {"404", "405"}, (row["route"], role, row[role])


def test_protected_bytes_leave_by_few_doors():
    doors = {row["route"] for row in rows() if any("+" in row[role] for role in ROLES)}
    papers = {"licensing:evidence_file", "licensing:certificate_pdf", "licensing:decision_pdf", "orders:quote_pdf"}
    papers |= {"api:order_quote_pdf", "orders:obligation_pdf", "orders:invoice_document"}
    papers |= {"orders:account_document"}
    assert doors == {"orders:gateway", "my_data:download", *papers}
