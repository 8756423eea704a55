# SPDX-License-Identifier: AGPL-3.0-or-later
import logging

from celery import shared_task

from dinamis.core import idempotency, outbox, retention
from dinamis.core.evidence import sealing

__all__ = ["apply_retention", "drive_due", "drive_outbox_message", "forget_kept_answers", "link_events", "seal_days"]

log = logging.getLogger(__name__)
SWEEP = 20
"""Messages of one sweep; the next one, by another worker maybe, goes on with the rest."""


@shared_task(name="core.drive_outbox_message")
def drive_outbox_message(*, message_id: int) -> None:
    """Drive one outbox message, if it is still due."""
    outbox.drive(message_id)


@shared_task(name="core.drive_due")
def drive_due(*, queue: str) -> None:
    """Drive what is due of one queue: what a lost hint or a dead worker left behind, what is tried again."""
    for message_id in outbox.due_ids(SWEEP, queue=queue):
        outbox.drive(message_id)


@shared_task(name="core.forget_kept_answers")
def forget_kept_answers() -> None:
    """Delete the answers kept for an Idempotency-Key whose time is over."""
    idempotency.forget()


@shared_task(name="core.link_events")
def link_events() -> None:
    """Link the new events into the chain."""
    sealing.link_events()


@shared_task(name="core.seal_days")
def seal_days() -> None:
    """Seal the days that are over."""
    sealing.seal_days()


@shared_task(name="core.apply_retention")
def apply_retention() -> None:
    """Erase or minimise the personal data whose time is over."""
    for name, count in retention.apply_retention():
        log.info("retention, %s: %d", name, count)
