# SPDX-License-Identifier: AGPL-3.0-or-later
"""Side effects leave through rows written with the decision; workers claim them with SKIP LOCKED.

A message is a promise: what a dead worker held is driven again when its lease ends, so handlers must do their work
once however often they are called. A living worker renews its lease. Broker messages only shorten the wait.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q, QuerySet

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.evidence.context import acting
from dinamis.core.keys import refuse_model
from dinamis.core.models import OutboxMessage

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=6)
PROMPT = "prompt"
SLOW = "slow"
QUEUES = (PROMPT, SLOW)
_PUT = """
INSERT INTO core_outboxmessage (topic, key, payload, created_at, available_at, attempts, last_error)
VALUES {} ON CONFLICT (key) DO NOTHING RETURNING *
"""
_ROW = "(%s, %s, %s::jsonb, %s, %s, 0, '')"
LONGEST_RUN = {PROMPT: timedelta(minutes=5), SLOW: timedelta(minutes=45)}
"""A handler that runs longer hangs: its lease is not renewed any more. Below the hour after which Celery's Redis
transport hands an unacknowledged message to another worker (Celery, "Using Redis", visibility timeout)."""


class Again(Exception):
    """Raised by a handler that must be called again later without having failed (a provider still works)."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"again after {after}")
        self.after = after


class Dead(Exception):
    """Raised by a handler when no retry can help; the message stays visible with its error."""


@dataclass(frozen=True)
class _Registered:
    handler: Handler
    queue: str


_handlers: dict[str, _Registered] = {}


def handles(topic: str, *, queue: str = PROMPT) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of `topic`; it gets the payload mapping.

    `queue` is SLOW for what may take longer than a person waits for a mail: providers, images, whole tables.
    """

    def register(handler: Handler) -> Handler:
        _handlers[topic] = _Registered(handler, queue)
        return handler

    return register


def queue_of(topic: str) -> str:
    """Return the queue whose workers drive `topic`; a topic that nobody handles is looked at by the prompt ones."""
    registered = _handlers.get(topic)
    return registered.queue if registered else PROMPT


def topics() -> tuple[str, ...]:
    """Return every registered topic, sorted."""
    return tuple(sorted(_handlers))


def put(topic: str, payload: Mapping[str, Any], *, key: str = "", at: datetime | None = None) -> OutboxMessage:
    """Write one message in the current transaction; the same `key` again changes nothing.

    `at` delays the first delivery. A hint is sent to the workers after commit.
    """
    message = Draft(topic, payload, key or f"{topic}:{uuid4()}", at)
    if new := put_all([message]):
        return new[0]
    return OutboxMessage.objects.get(key=message.key)


@dataclass(frozen=True)
class Draft:
    """A message to be written: as the parameters of `put`, with a key."""

    topic: str
    payload: Mapping[str, Any]
    key: str
    at: datetime | None = None


def put_all(drafts: Sequence[Draft]) -> list[OutboxMessage]:
    """Write messages with one statement; returns those whose key was new, in no order."""
    if not drafts:
        return []
    refuse_model(OutboxMessage)
    now = clock.now()
    rows = [(one.topic, one.key, json.dumps(dict(one.payload)), now, one.at or now) for one in drafts]
    new = list(OutboxMessage.objects.raw(_PUT.format(", ".join([_ROW] * len(rows))), list(chain.from_iterable(rows))))
    for message in new:
        if message.available_at <= now:
            # A function by name: Django names the one that fails in its log.
            transaction.on_commit(lambda message=message: _hint(message), robust=True)  # type: ignore[misc]
    return new


def _hint(message: OutboxMessage) -> None:
    from dinamis.core.tasks import drive_outbox_message

    drive_outbox_message.apply_async(kwargs={"message_id": message.pk}, queue=queue_of(message.topic))


def due_ids(limit: int = 100, *, queue: str = "") -> list[int]:
    """Return the ids of messages that should be driven now, oldest first; of one queue, or of all."""
    due = OutboxMessage.objects.filter(_due())
    slow = [topic for topic in topics() if queue_of(topic) == SLOW]
    if queue:
        due = due.filter(topic__in=slow) if queue == SLOW else due.exclude(topic__in=slow)
    return list(due.values_list("pk", flat=True)[:limit])


def _due() -> Q:
    now = clock.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    return Q(done_at__isnull=True, dead_at__isnull=True, available_at__lte=now) & free


def drive(message_id: int) -> bool:
    """Claim one message, run its handler, note the outcome. Returns False when it was not free or not due."""
    message = _claim(message_id)
    if message is None:
        return False
    with _outcome(message), _lease_renewed(message), acting(SYSTEM, action=message.topic):
        _handlers[message.topic].handler(message.payload)
    return True


def _claim(message_id: int) -> OutboxMessage | None:
    with transaction.atomic():
        rows = OutboxMessage.objects.select_for_update(skip_locked=True).filter(_due(), pk=message_id)
        message = rows.first()
        if message is None:
            return None
        message.attempts += 1
        message.leased_until = clock.now() + _lease()
        message.save(update_fields=["attempts", "leased_until"])
        return message


def _lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


@contextmanager
def _lease_renewed(message: OutboxMessage) -> Iterator[None]:
    ended = threading.Event()
    keeper = threading.Thread(target=_renew, args=(message, ended), name=f"lease-{message.pk}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def _renew(message: OutboxMessage, ended: threading.Event) -> None:
    lease = _lease()
    for _turn in range(3 * LONGEST_RUN[queue_of(message.topic)] // lease):
        if ended.wait(lease.total_seconds() / 3):
            return
        try:
            if not _held(message).update(leased_until=clock.now() + lease):
                return
        except (DatabaseError, InterfaceError):
            # A database that restarts: the next turn asks again, the lease lasts for three of them.
            log.warning("the lease of outbox %s was not renewed", message, exc_info=True)
        finally:
            connection.close()


def _held(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    """The row while it is ours: an attempt whose lease ended is never taken back, so a successor's number is higher."""
    return OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts, leased_until__isnull=False)


@contextmanager
def _outcome(message: OutboxMessage) -> Iterator[None]:
    try:
        yield
    except Again as later:
        _note(message, available_at=clock.now() + later.after, attempts=F("attempts") - 1, last_error="")
    except Dead as error:
        log.error("outbox %s is dead: %s", message, error)
        _note(message, dead_at=clock.now(), last_error=str(error))
    except Exception as error:
        log.exception("outbox %s failed", message)
        wait = min(FIRST_RETRY * 2 ** min(message.attempts, 16), LONGEST_RETRY)
        _note(message, available_at=clock.now() + wait, last_error=f"{type(error).__name__}: {error}")
    else:
        _note(message, done_at=clock.now(), last_error="")


def _note(message: OutboxMessage, **fields: Any) -> None:
    # A worker that lost its lease must not overwrite what its successor wrote.
    _held(message).update(leased_until=None, **fields)
