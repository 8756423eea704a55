# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox: written with the decision, driven once, driven again when a worker died."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from dinamis.core import clock, outbox
from dinamis.core.models import OutboxMessage
from dinamis.core.tasks import drive_outbox_message

pytestmark = pytest.mark.django_db

TOPIC = "test.topic"


@pytest.fixture
def handler():
    """Register a handler whose behaviour the test chooses; it keeps what it was given."""
    seen: list[dict] = []
    acts: list = []

    @outbox.handles(TOPIC)
    def handle(payload):
        seen.append(dict(payload))
        if acts:
            acts.pop(0)()

    yield seen, acts
    outbox._handlers.pop(TOPIC)


def raising(error):
    def act():
        raise error

    return act


def fresh(message):
    return OutboxMessage.objects.get(pk=message.pk)


def test_a_message_is_driven_once(handler):
    seen, _acts = handler
    message = outbox.put(TOPIC, {"id": 1}, key="one")
    assert outbox.due_ids() == [message.pk]
    assert outbox.drive(message.pk)
    assert not outbox.drive(message.pk)
    assert seen == [{"id": 1}]
    assert (fresh(message).done_at is not None, fresh(message).attempts, outbox.due_ids()) == (True, 1, [])


def test_the_same_key_is_one_message(handler):
    first = outbox.put(TOPIC, {"id": 1}, key="one")
    second = outbox.put(TOPIC, {"id": 2}, key="one")
    assert first.pk == second.pk
    assert fresh(first).payload == {"id": 1}


def test_a_message_without_key_is_always_new(handler):
    assert outbox.put(TOPIC, {}).pk != outbox.put(TOPIC, {}).pk


def test_a_rolled_back_decision_leaves_no_message(handler):
    with transaction.atomic():
        outbox.put(TOPIC, {}, key="lost")
        transaction.set_rollback(True)
    assert OutboxMessage.objects.count() == 0


def test_a_message_for_later_waits(handler):
    message = outbox.put(TOPIC, {}, key="later", at=clock.now() + timedelta(hours=1))
    assert (outbox.due_ids(), outbox.drive(message.pk)) == ([], False)
    with clock.at(clock.now() + timedelta(hours=1, seconds=1)):
        assert outbox.due_ids() == [message.pk]
        assert outbox.drive(message.pk)


def test_a_failure_is_noted_and_tried_again_later_and_later(handler):
    seen, acts = handler
    message = outbox.put(TOPIC, {}, key="fails")
    now, waits = clock.now(), []
    for _ in range(3):
        acts.append(raising(ValueError("non")))
        with clock.at(now):
            assert outbox.drive(message.pk)
        waits.append((fresh(message).available_at - now).total_seconds())
        now = fresh(message).available_at
    assert waits == [10, 20, 40]
    row = fresh(message)
    assert (row.attempts, row.last_error, row.leased_until, row.done_at) == (3, "ValueError: non", None, None)
    with clock.at(now):
        outbox.drive(message.pk)
    assert (fresh(message).done_at is not None, fresh(message).last_error, len(seen)) == (True, "", 4)


def test_polling_is_not_failing(handler):
    _seen, acts = handler
    acts.append(raising(outbox.Again(timedelta(seconds=30))))
    message = outbox.put(TOPIC, {}, key="poll")
    now = clock.now()
    with clock.at(now):
        outbox.drive(message.pk)
    row = fresh(message)
    assert (row.attempts, row.last_error, row.done_at) == (0, "", None)
    assert row.available_at == now + timedelta(seconds=30)


def test_a_dead_message_stays_visible_and_is_not_driven(handler):
    seen, acts = handler
    acts.append(raising(outbox.Dead("jamais")))
    message = outbox.put(TOPIC, {}, key="dead")
    outbox.drive(message.pk)
    row = fresh(message)
    assert (row.dead_at is not None, row.last_error, outbox.due_ids(), outbox.drive(message.pk)) == (
        True,
        "jamais",
        [],
        False,
    )
    assert len(seen) == 1


def test_a_topic_that_nobody_handles_is_kept_for_a_newer_worker():
    message = outbox.put("nobody.handles", {}, key="unknown")
    outbox.drive(message.pk)
    assert (fresh(message).done_at, fresh(message).dead_at) == (None, None)
    assert fresh(message).last_error.startswith("KeyError")


def test_what_a_dead_worker_held_is_driven_again_when_its_lease_ends(handler):
    seen, acts = handler

    class Killed(BaseException):
        pass

    acts.append(raising(Killed()))
    message = outbox.put(TOPIC, {}, key="killed")
    now = clock.now()
    with clock.at(now), pytest.raises(Killed):
        outbox.drive(message.pk)
    with clock.at(now + timedelta(seconds=59)):
        assert (outbox.due_ids(), outbox.drive(message.pk)) == ([], False)
    with clock.at(now + timedelta(seconds=61)):
        assert outbox.due_ids() == [message.pk]
        assert outbox.drive(message.pk)
    assert (len(seen), fresh(message).done_at is not None) == (2, True)


def test_a_worker_that_lost_its_lease_does_not_overwrite_its_successor(handler):
    _seen, acts = handler
    message = outbox.put(TOPIC, {}, key="slow")
    now = clock.now()

    def slow():
        with clock.at(now + timedelta(seconds=120)):
            assert outbox.drive(message.pk)
        raise ValueError("too late")

    acts.append(slow)
    with clock.at(now):
        outbox.drive(message.pk)
    row = fresh(message)
    assert (row.done_at is not None, row.last_error, row.attempts) == (True, "", 2)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_undoes_nothing(handler, monkeypatch, caplog):
    """The sweep finds what no hint was sent of."""
    monkeypatch.setattr(drive_outbox_message, "apply_async", lambda **_given: raising(OperationalError("away"))())
    with transaction.atomic():
        message = outbox.put(TOPIC, {"id": 1}, key="unheard")
    assert "away" in caplog.text
    assert outbox.due_ids() == [message.pk]
    assert outbox.drive(message.pk)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_workers_drive_a_message_once(handler):
    seen, acts = handler
    inside, release = threading.Event(), threading.Event()
    message = outbox.put(TOPIC, {}, key="contended")
    answers: list[bool] = []

    def wait():
        inside.set()
        assert release.wait(10)

    acts.append(wait)

    def work():
        try:
            answers.append(outbox.drive(message.pk))
        finally:
            connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert inside.wait(10)
    others = [threading.Thread(target=work) for _ in range(3)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(10)
    release.set()
    first.join(10)
    assert (sorted(answers), len(seen)) == ([False, False, False, True], 1)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_lease_while_it_works(handler, settings):
    settings.OUTBOX_LEASE_SECONDS = 1
    seen, acts = handler
    message = outbox.put(TOPIC, {}, key="long")
    held: list[bool] = []

    def work_for_two_leases():
        for _ in range(5):
            time.sleep(0.5)
            held.append(fresh(message).leased_until > clock.now() and not outbox.drive(message.pk))

    acts.append(work_for_two_leases)
    assert outbox.drive(message.pk)
    row = fresh(message)
    assert (held, len(seen), row.attempts, row.leased_until) == ([True] * 5, 1, 1, None)
    assert row.done_at is not None


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_handler_that_hangs_loses_its_lease_and_its_word(handler, settings, monkeypatch):
    settings.OUTBOX_LEASE_SECONDS = 1
    monkeypatch.setitem(outbox.LONGEST_RUN, outbox.PROMPT, timedelta(seconds=1))
    seen, acts = handler
    message = outbox.put(TOPIC, {}, key="hangs")

    def hang():
        deadline = time.monotonic() + 20
        while message.pk not in outbox.due_ids() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert outbox.drive(message.pk)
        raise ValueError("too late")

    acts.append(hang)
    outbox.drive(message.pk)
    row = fresh(message)
    assert (len(seen), row.attempts, row.last_error, row.done_at is not None) == (2, 2, "", True)


def test_each_queue_has_its_own_messages(handler):
    @outbox.handles("test.slow", queue=outbox.SLOW)
    def slow(payload):
        raise AssertionError

    try:
        prompt, long = outbox.put(TOPIC, {}, key="p"), outbox.put("test.slow", {}, key="s")
        unknown = outbox.put("nobody.handles", {}, key="u")
        assert outbox.due_ids(queue=outbox.PROMPT) == [prompt.pk, unknown.pk]
        assert outbox.due_ids(queue=outbox.SLOW) == [long.pk]
        assert outbox.due_ids() == [prompt.pk, long.pk, unknown.pk]
    finally:
        outbox._handlers.pop("test.slow")


def test_every_queue_is_swept_and_has_a_worker(settings):
    entries = settings.CELERY_BEAT_SCHEDULE.values()
    swept = [entry["options"]["queue"] for entry in entries if entry["task"] == "core.drive_due"]
    assert sorted(swept) == sorted(outbox.QUEUES)
    assert settings.CELERY_TASK_DEFAULT_QUEUE in outbox.QUEUES


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_claims_is_skipped_not_waited_for(handler):
    seen, _acts = handler
    message = outbox.put(TOPIC, {}, key="locked")
    answers: list[bool] = []

    def work():
        try:
            answers.append(outbox.drive(message.pk))
        finally:
            connection.close()

    with transaction.atomic():
        OutboxMessage.objects.select_for_update().get(pk=message.pk)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
    assert (answers, seen) == ([False], [])
    assert outbox.drive(message.pk)
