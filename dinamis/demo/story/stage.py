# SPDX-License-Identifier: AGPL-3.0-or-later
"""The past of the demonstration is played with the services of the applications, on a clock that is moved back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction

from dinamis.core import clock, outbox
from dinamis.core.models import OutboxMessage

# The mails of the past are sent in the past; PDF files and provider calls are left to the workers.
MAIL_TOPICS = ("core.send_mail", "licensing.mail_signing_link", "licensing.mail_signing_code")
NEVER = timedelta(days=3650)


@contextmanager
def days_ago(days: float, hour: int = 10) -> Iterator[datetime]:
    """Play a scene `days` before today at `hour` o'clock of Paris: all of it or nothing, mails included.

    `days` 0 with an hour that is still to come is now.
    """
    today = clock.now().astimezone(clock.PARIS)
    moment = (today - timedelta(days=days)).replace(hour=hour, minute=12, second=0, microsecond=0)
    with clock.at(min(moment, clock.now())), transaction.atomic():
        yield moment
        send_mails()


def send_mails() -> None:
    """Send the mails that were queued at this moment of the play."""
    for message in _waiting():
        outbox.drive(message.pk)


def _waiting() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(topic__in=MAIL_TOPICS, done_at__isnull=True, available_at=clock.now()))


def postpone(key: str) -> None:
    """Let a side effect wait for years: the play stops before it."""
    waiting = OutboxMessage.objects.filter(key=key, done_at__isnull=True)
    waiting.update(available_at=clock.now() + NEVER)


def release(key: str) -> None:
    """Let a side effect that was postponed happen now."""
    OutboxMessage.objects.filter(key=key, done_at__isnull=True).update(available_at=clock.now())
