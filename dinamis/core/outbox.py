# SPDX-License-Identifier: AGPL-3.0-or-later
"""Side effects leave through rows written with the decision; workers claim them with SKIP LOCKED.

A message is a promise: what a dead worker held is driven again when its lease ends, so handlers must do their work
once however often they are called. Broker messages only shorten the wait.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.evidence.context import acting
from dinamis.core.models import OutboxMessage

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=6)


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
    lease: timedelta


_handlers: dict[str, _Registered] = {}


def handles(topic: str, *, lease_seconds: int = 60) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of `topic`; it gets the payload mapping."""

    def register(handler: Handler) -> Handler:
        _handlers[topic] = _Registered(handler, timedelta(seconds=lease_seconds))
        return handler

    return register


def topics() -> tuple[str, ...]:
    """Return every registered topic, sorted."""
    return tuple(sorted(_handlers))


def put(topic: str, payload: Mapping[str, Any], *, key: str = "", at: datetime | None = None) -> OutboxMessage:
    """Write one message in the current transaction; the same `key` again changes nothing.

    `at` delays the first delivery. A hint is sent to the workers after commit.
    """
    due = at or clock.now()
    message, created = OutboxMessage.objects.get_or_create(
        key=key or f"{topic}:{uuid4()}",
        defaults={"topic": topic, "payload": dict(payload), "created_at": clock.now(), "available_at": due},
    )
    if created and due <= clock.now():
        transaction.on_commit(lambda: _hint(message.pk), robust=True)
    return message


def _hint(message_id: int) -> None:
    from dinamis.core.tasks import drive_outbox_message

    drive_outbox_message.delay(message_id=message_id)


def due_ids(limit: int = 100) -> list[int]:
    """Return the ids of messages that should be driven now, oldest first."""
    return list(OutboxMessage.objects.filter(_due()).values_list("pk", flat=True)[:limit])


def _due() -> Q:
    now = clock.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    return Q(done_at__isnull=True, dead_at__isnull=True, available_at__lte=now) & free


def drive(message_id: int) -> bool:
    """Claim one message, run its handler, note the outcome. Returns False when it was not free or not due."""
    message = _claim(message_id)
    if message is None:
        return False
    with _outcome(message), acting(SYSTEM, action=message.topic):
        _handlers[message.topic].handler(message.payload)
    return True


def _claim(message_id: int) -> OutboxMessage | None:
    with transaction.atomic():
        rows = OutboxMessage.objects.select_for_update(skip_locked=True).filter(_due(), pk=message_id)
        message = rows.first()
        if message is None:
            return None
        registered = _handlers.get(message.topic)
        message.attempts += 1
        message.leased_until = clock.now() + (registered.lease if registered else FIRST_RETRY)
        message.save(update_fields=["attempts", "leased_until"])
        return message


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
    OutboxMessage.objects.filter(pk=message.pk, leased_until=message.leased_until).update(leased_until=None, **fields)
