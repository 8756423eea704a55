# SPDX-License-Identifier: AGPL-3.0-or-later
"""Links events into the chain and seals each Paris day. Called again, nothing changes; missed days are made up for."""

import logging
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dinamis.core import clock
from dinamis.core.evidence import head, timestamp
from dinamis.core.evidence.chain import GENESIS, seal_digest
from dinamis.core.models import DailySeal, EventLink

log = logging.getLogger(__name__)
BATCH = 50_000


def link_events(*, everything: bool = False) -> int:
    """Link the committed events that are not yet in the chain and note how far it came. Returns how many.

    `everything` also looks for events of transactions that ended long after others.
    """
    linked = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT dinamis_link_events(%s)", [everything])
            (made,) = cursor.fetchone()
        linked += made
        if made < BATCH:
            break
    last = EventLink.objects.order_by("-position").first()
    if last is not None:
        head.write(head.Head(last.position, last.chain))
    return linked


def seal_days() -> list[DailySeal]:
    """Seal every Paris day that is over and not sealed, oldest first; ask for tokens that are still missing."""
    link_events(everything=True)
    sealed = []
    while (seal := _seal_next()) is not None:
        sealed.append(seal)
    if len(sealed) > 1:
        log.error("evidence: %s daily seals were missing, the first of %s", len(sealed), sealed[0].day)
    timestamp_seals()
    return sealed


def _seal_next() -> DailySeal | None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('dinamis.seal', 0))")
        last = DailySeal.objects.order_by("-day").first()
        day = _day_after(last)
        if day is None or day >= clock.today():
            return None
        return _seal(day, last)


def _day_after(last: DailySeal | None) -> date | None:
    if last is not None:
        return last.day + timedelta(days=1)
    first = EventLink.objects.order_by("position").first()
    return first.linked_at.astimezone(clock.PARIS).date() if first else None


def _seal(day: date, last: DailySeal | None) -> DailySeal:
    done, root = (last.last_position, last.root) if last else (0, GENESIS)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.PARIS)
    tip = EventLink.objects.filter(position__gt=done, linked_at__lt=end).order_by("-position").first()
    position, root = (tip.position, tip.chain) if tip else (done, root)
    facts: dict[str, Any] = {
        "day": day,
        "first_position": done + 1,
        "last_position": position,
        "count": position - done,
        "root": root,
        "previous": last.sha256 if last else GENESIS,
    }
    return DailySeal.objects.create(**facts, sha256=seal_digest(**facts), sealed_at=clock.now())


def timestamp_seals() -> int:
    """Ask the time-stamp authority, where one is configured, for the tokens that are missing. Returns how many came."""
    if not settings.TSA_URL:
        return 0
    came = 0
    for seal in DailySeal.objects.filter(token__isnull=True).order_by("day"):
        try:
            token = timestamp.ask(seal.sha256.encode())
        except timestamp.NoToken as error:
            log.error("evidence: no time stamp for the seal of %s: %s", seal.day, error)
            break
        came += DailySeal.objects.filter(pk=seal.pk, token__isnull=True).update(
            token=token.der, token_at=token.generated_at
        )
    return came
