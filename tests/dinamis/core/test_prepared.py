# SPDX-License-Identifier: AGPL-3.0-or-later
"""A statement is planned once for each connection, and counts as one query."""

import pytest
from django.db import DataError, connection, transaction

from dinamis.core import prepared
from dinamis.core.prepared import Prepared, planned_once

pytestmark = pytest.mark.django_db
DIVIDED = Prepared("test_divided", "SELECT %(a)s / %(b)s AS result, %(a)s AS again", {"a": "int", "b": "int"})


def planned() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'test_divided'")
        return cursor.fetchone()[0]


def test_it_is_prepared_once_and_each_use_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert DIVIDED.rows({"a": 6, "b": 3}) == [{"result": 2, "again": 6}]
        assert DIVIDED.rows({"b": 2, "a": 6}) == [{"result": 3, "again": 6}]
    assert planned() == 1


def test_it_outlives_a_transaction_that_is_rolled_back():
    with pytest.raises(DataError), transaction.atomic():
        DIVIDED.rows({"a": 1, "b": 0})
    assert DIVIDED.rows({"a": 4, "b": 4}) == [{"result": 1, "again": 4}]


def test_a_new_connection_prepares_it_again():
    DIVIDED.rows({"a": 4, "b": 2})
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements")
            assert cursor.fetchone() == (0,)
    finally:
        other.close()


def test_a_missing_parameter_is_told_before_anything_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(KeyError, match="b"):
        DIVIDED.rows({"a": 4})


def kept(word: str = "") -> int:
    """How many texts with `word` this connection keeps; other tests have left theirs."""
    with connection.cursor() as cursor:
        sql = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'planned_%%' AND statement LIKE %s"
        cursor.execute(sql, (f"%{word}%",))
        return cursor.fetchone()[0]


def test_a_text_is_planned_once_for_each_kind_of_its_values():
    text = "SELECT %s::bigint IS NULL AS kept_here, %s = ANY(%s)"
    assert planned_once(text, (None, "a", ["a", "b"])) == [(True, True)]
    assert planned_once(text, (None, "c", ["a", "b"])) == [(True, False)]
    assert kept("kept_here") == 1
    assert planned_once(text, (7, "c", ["a"])) == [(False, False)]
    assert kept("kept_here") == 2
    assert planned_once("SELECT 1", ()) == [(1,)]


def test_only_the_texts_used_last_are_kept(monkeypatch):
    monkeypatch.setattr(prepared, "MOST_KEPT", 3)
    for number in range(10):
        assert planned_once(f"SELECT {number} + %s", (1,)) == [(number + 1,)]
    assert kept() <= 3
    assert planned_once("SELECT 0 + %s", (1,)) == [(1,)]
