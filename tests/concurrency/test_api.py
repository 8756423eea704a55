# SPDX-License-Identifier: AGPL-3.0-or-later
"""The API under several real connections: one execution per Idempotency-Key, a feed that misses nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from dinamis.core import clock
from dinamis.core.idempotency import Request, once
from dinamis.core.models import IdempotencyRecord
from licensing.models import EntitlementChange
from licensing.services.changes import note_changes
from tests.factories.licensing import LicenceFactory, approved_adhesion, grant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def closing(call):
    def run(*args):
        try:
            return call(*args)
        finally:
            connection.close()

    return run


def test_eight_requests_with_one_key_are_one_execution():
    done, gate = [], threading.Barrier(8)

    def execute():
        done.append(1)
        return 201, {"number": len(done)}

    @closing
    def call(_number):
        gate.wait()
        return once(Request("person:1", "POST /x", "k", b"{}"), execute)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert len(done) == 1
    assert {(status, data["number"]) for status, data, _replayed in answers} == {(201, 1)}
    assert [replayed for *_, replayed in answers].count(False) == 1
    assert IdempotencyRecord.objects.count() == 1


def test_after_a_failure_the_next_request_with_the_key_does_the_work():
    request = Request("person:1", "POST /x", "k", b"{}")

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(request, fail)
    assert once(request, lambda: (201, "done")) == (201, "done", False)
    assert once(request, fail) == (201, "done", True)


def test_a_change_committed_late_gets_a_later_number_and_is_not_missed():
    """A transaction writes its right first and commits last: the reader in between must find it afterwards."""
    adhesion = approved_adhesion()
    written, may_commit = threading.Event(), threading.Event()

    @closing
    def slow():
        with transaction.atomic():
            grant(adhesion, LicenceFactory())
            written.set()
            may_commit.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    grant(adhesion, LicenceFactory())
    assert note_changes(at=clock.now()) == 1
    seen = EntitlementChange.objects.latest("pk").pk
    may_commit.set()
    thread.join()
    assert note_changes(at=clock.now()) == 1
    assert EntitlementChange.objects.filter(pk__gt=seen).count() == 1


def test_eight_readers_number_each_change_once():
    adhesion = approved_adhesion()
    for _ in range(5):
        grant(adhesion, LicenceFactory())

    @closing
    def read(_number):
        return note_changes(at=clock.now())

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(read, range(8))) == 5
    assert EntitlementChange.objects.count() == 5
