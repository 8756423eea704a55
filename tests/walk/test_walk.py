# SPDX-License-Identifier: AGPL-3.0-or-later
"""The walk: every role and every key visits every address, and gets what is declared in tests/architecture (I11).

How to add a row: see tests/architecture/test_routes.py.
"""

import functools
import itertools
import re
from contextlib import closing, contextmanager
from unittest import mock

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.template.base import Template
from django.urls import reverse

from dinamis.catalogue.models import AdminUnit, SearchArea
from tests.walk.keys import make_keys
from tests.walk.table import (
    ALL,
    HEADER,
    HEADER_OF_KEYS,
    METHODS,
    NO_ROW,
    Route,
    cells_of,
    model_of_admin,
    row_of,
    row_of_keys,
)
from tests.walk.world import ROLES, Case

# Half an hour of one processor: the declared table itself is checked in every run (tests/architecture/test_routes.py).
pytestmark = pytest.mark.slow

# A drawn area is kept under a name made of its outline for whoever looks: no fact about anybody.
UNWATCHED = {
    *("django_session", "django_content_type", "auth_permission"),
    *(model._meta.db_table for model in (AdminUnit, SearchArea)),
}
WRITING = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY)\b")
RENDERED = {"anonymous", "referent", "moderator", "administrator"}
FIRST_ONLY = False
SIGN_IN_PAGES = ("/account/login/", "/admin/login/")


WATCHED = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - UNWATCHED
COUNTS = "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"


def counts() -> set[tuple[str, int]]:
    """How many rows of each table this transaction wrote, those that were taken back too."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        return set(cursor.fetchall())


def snapshot(tables: set[str]) -> set[tuple[object, ...]]:
    """A number for the rows of each table, another when any of them differs."""
    parts = (
        f"SELECT '{table}', count(*), sum(('x' || substr(md5(t::text), 1, 8))::bit(32)::bigint) FROM {table} t"
        for table in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return set(cursor.fetchall())


def address(route: Route, case: Case) -> str:
    """The address a browser asks for."""
    if route.reversible and ".*" not in route.pattern:
        path = reverse(route.name, args=case.args or _admin_args(route.name))
    else:
        path = "/" + route.pattern.replace("<path:object_id>", "1").replace("(?P<url>.*)$", "nowhere").replace(
            "^.*$", "nowhere"
        )
    return f"{path}?{case.query}" if case.query else path


def _admin_args(name: str) -> tuple[object, ...]:
    """The first row of the model that an object page of the admin shows, 0 when there is none."""
    model = model_of_admin(name)
    first = model._base_manager.order_by("pk").first() if model else None
    return () if model is None else (first.pk if first else 0,)


class Answer(str):
    """What is compared with the table: the status and its marks; the names of the tables that were written."""

    def __new__(cls, text: str, written: list[str] | None = None):
        one = super().__new__(cls, text)
        one.written = sorted(written or [])
        return one


class Writes:
    """Notes whether anything but a session was written while it is on."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, execute, sql, params, many, context):
        writing = WRITING.search(sql if isinstance(sql, str) else str(sql))
        self.seen |= bool(writing) and "django_session" not in sql
        return execute(sql, params, many, context)


def visits(world, route: Route, prepare, clients):
    """Yield (method, who, answer) for everybody and every method, each from the same beginning."""
    with transaction.atomic():
        case = prepare(world)
        path = address(route, case)
        for method, (who, client) in itertools.product(METHODS, clients.items()):
            with transaction.atomic():
                opened = opening_of(case, who, world)
                answer = visit(client(), method, path, case, opened, rendered=who in RENDERED)
                transaction.set_rollback(True)
            yield method, who, answer
        transaction.set_rollback(True)


def opening_of(case: Case, role: str, world):
    """What a browser of this role did or was handed before the visit; a key does nothing before."""
    if role == "legal_representative":
        return case.opening
    person = world.people.get(role)
    return (lambda client: case.personal(person)) if case.personal and person else None


@contextmanager
def filled_in(rendered: bool):
    """Pages are filled in for a role of each kind; for the others the answer is all that is asked, and it is quick."""
    if rendered:
        yield
        return
    with mock.patch.object(Template, "render", return_value=""):
        yield


def visit(client, method: str, path: str, case: Case, opening, *, rendered: bool) -> "Answer":
    """One answer; rows are compared with what they were when anything was written at all."""
    data = {**case.data, **(opening(client) if opening else {})}
    writes, before, point = Writes(), counts(), transaction.savepoint()
    for sent in data.values():
        if hasattr(sent, "seek"):
            sent.seek(0)
    with connection.execute_wrapper(writes), filled_in(rendered):
        if method == "POST":
            response = (
                client.post(path, data, content_type="application/json") if case.json else client.post(path, data)
            )
        else:
            response = client.get(path)
    touched = writes.seen and {table for table, _rows in counts() - before} & WATCHED
    if not touched:
        return Answer(said(response))
    after = snapshot(touched)
    transaction.savepoint_rollback(point)
    written = [row[0] for row in after - snapshot(touched)]
    return Answer(said(response) + ("*" if written else ""), written)


def said(response) -> str:
    """The status, or `login`; `+` when nginx is told to hand over protected bytes."""
    if response.status_code == 302 and response["Location"].startswith(SIGN_IN_PAGES):
        return "login"
    handed = response.get("X-Accel-Redirect", "").removeprefix(settings.FILES_INTERNAL_PREFIX)
    return f"{response.status_code}{'+' if handed and not handed.startswith(settings.PUBLIC_FILES_FOLDER) else ''}"


def wrong_answers(world, name, clients, row_of, header):
    """Yield what is not as declared, in words; at the end the rows that the table has not."""
    unknown: dict[tuple[str, str, str], list[str]] = {}
    model = model_of_admin(name)
    for cell, prepare in cells_of(name).items():
        if model and (cell == NO_ROW) == model._base_manager.exists():
            continue
        with closing(visits(world, ALL[name], prepare, clients)) as seen:
            for method, who, answer in seen:
                row = row_of(name, method, cell)
                if row is None:
                    unknown.setdefault((name, method, cell), []).append(answer)
                elif row[who] != answer:
                    yield f"{name}: {method} {cell} as {who}: declared {row[who]}, observed {answer} {answer.written}"
    if unknown:
        rows = [",".join((*key, *answers)) for key, answers in unknown.items()]
        yield "\n".join(("not in the table; read every cell, then add:", ",".join(header), *rows))


def gathered(answers):
    """All that is wrong, or the first of it where nobody reads more (tests/mutation)."""
    with closing(answers):
        wrong = list(itertools.islice(answers, 1 if FIRST_ONLY else None))
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_role_gets_the_declared_answer(world, name):
    clients = {role: functools.partial(world.client, role) for role in ROLES}
    gathered(wrong_answers(world, name, clients, row_of, HEADER))


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_key_gets_the_declared_answer(world, name):
    with transaction.atomic():
        gathered(wrong_answers(world, name, make_keys(world), row_of_keys, HEADER_OF_KEYS))
        transaction.set_rollback(True)
