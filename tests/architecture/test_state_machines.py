# SPDX-License-Identifier: AGPL-3.0-or-later
"""The database obeys the same tables as the services: for every machine, every pair, whatever a session sets.

A row in a late state needs parents and periods that have nothing to do with its machine; so the very trigger function
of each table is put on an empty copy that has a state and nothing else, and the real table is asked whether it carries
it.
"""

import itertools

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from dinamis.core.models import StatefulModel

MODELS = sorted((m for m in apps.get_models() if issubclass(m, StatefulModel)), key=lambda m: m._meta.label)
ALL_MACHINES = {
    "accounts.membership",
    "accounts.apiclient",
    "accounts.erasure",
    "accounts.invitation",
    "accounts.nomination",
    "licensing.adhesion",
    "licensing.entitlement",
    "licensing.licenceversion",
    "licensing.opinion",
    "licensing.organisationend",
    "licensing.representativechange",
    "licensing.revocation",
    "orders.activation",
    "orders.adjustment",
    "orders.committeesession",
    "orders.delivery",
    "orders.holdback",
    "orders.joinrequest",
    "orders.obligation",
    "orders.officeticket",
    "orders.order",
    "orders.orderitem",
    "orders.pool",
    "orders.proposal",
    "orders.providerinvoice",
    "orders.providerorder",
    "orders.review",
    "orders.quote",
    "orders.stoprequest",
    "orders.yearclosing",
}
CASES = [(model, a, b) for model in MODELS for a, b in itertools.product(model.machine.states, repeat=2) if a != b]
LEGAL = [(model, a, b) for model, a, b in CASES if (a, b) in model.machine.pairs()]
ILLEGAL = [(model, a, b) for model, a, b in CASES if (a, b) not in model.machine.pairs()]


def name(case):
    model, *states = case
    return f"{model._meta.label_lower}: {' to '.join(states)}"


def test_every_machine_is_covered():
    assert {model.machine.aggregate for model in MODELS} == ALL_MACHINES
    assert {model._meta.label_lower for model in MODELS} == ALL_MACHINES
    assert all(model.machine.pairs() for model in MODELS)
    assert {case[0] for case in ILLEGAL} == set(MODELS)


@pytest.fixture
def table(db):
    """Empty copies of the tables with their state triggers and nothing else: no parents, no checks on other columns."""

    def prepare(model, state=None):
        source, copy = model._meta.db_table, f"copy_of_{model._meta.db_table}"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE {copy} (id int, state text, note text)")
            if state is not None:
                cursor.execute(f"INSERT INTO {copy} VALUES (1, %s, '')", [state])
            cursor.execute(
                "SELECT t.tgname, p.proname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
                " WHERE t.tgrelid = %s::regclass AND NOT t.tgisinternal AND t.tgname LIKE 'pgtrigger_state_machine%%'",
                [source],
            )
            ((trigger, function),) = cursor.fetchall()
            cursor.execute(
                f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE OR DELETE ON {copy}"
                f" FOR EACH ROW EXECUTE FUNCTION {function}()"
            )
        return copy

    return prepare


def refused(sql, *values):
    """Run one statement that the database must refuse as a check violation."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    assert caught.value.__cause__.sqlstate == "23514"


def state_in(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT state FROM {table}")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("case", ILLEGAL, ids=name)
def test_an_update_outside_the_table_is_refused(table, case):
    model, before, after = case
    copy = table(model, before)
    refused(f"UPDATE {copy} SET state = %s", after)
    refused(f"UPDATE {copy} SET state = %s, note = 'x'", after)
    assert state_in(copy) == [before]


@pytest.mark.parametrize("case", LEGAL, ids=name)
def test_an_update_along_the_table_passes(table, case):
    model, before, after = case
    copy = table(model, before)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {copy} SET state = %s", [after])
    assert state_in(copy) == [after]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_a_row_starts_only_in_an_initial_state(table, model):
    copy = table(model)
    for state in model.machine.states:
        if state not in model.machine.initial:
            refused(f"INSERT INTO {copy} VALUES (1, %s, '')", state)
    assert state_in(copy) == []
    for state in model.machine.initial:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {copy} VALUES (1, %s, '')", [state])
    assert sorted(state_in(copy)) == sorted(model.machine.initial)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_a_row_is_deleted_only_in_an_initial_state(table, model):
    for state in model.machine.states:
        if state not in model.machine.initial:
            copy = table(model, state)
            refused(f"DELETE FROM {copy}")
            assert state_in(copy) == [state]
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE {copy}")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_the_session_switch_of_pgtrigger_changes_nothing(table, model):
    before, after = next((a, b) for m, a, b in ILLEGAL if m is model)
    copy = table(model, before)
    label = f"{copy}:state_machine"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{label},{model._meta.db_table}:state_machine}}"]
        )
    refused(f"UPDATE {copy} SET state = %s", after)
    assert state_in(copy) == [before]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_the_real_table_carries_the_trigger_for_every_operation(db, model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass"
            " AND tgname LIKE 'pgtrigger_state_machine%%'",
            [model._meta.db_table],
        )
        ((definition, enabled),) = cursor.fetchall()
    assert "BEFORE INSERT OR DELETE OR UPDATE ON" in definition
    assert "FOR EACH ROW EXECUTE FUNCTION" in definition
    assert " WHEN " not in definition
    assert enabled == "O"
