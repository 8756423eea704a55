# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carries out the rules of personal data whose time is over. Each app declares its sweeps.

A sweep takes rows in batches, each in a transaction of its own, and skips those that somebody else holds: it may run
beside itself and be killed at any moment. Done twice, nothing more happens.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from dinamis.core import clock, periods
from dinamis.core.actors import SYSTEM
from dinamis.core.evidence.context import acting

BATCH = 500


@dataclass(frozen=True)
class Sweep:
    """The rows whose time is over at a moment, and what is done with one of them, under its lock."""

    name: str
    due: Callable[[datetime], QuerySet[Any]]
    apply: Callable[[Any], object]


_sweeps: dict[str, Sweep] = {}


def sweep(name: str, *, due: Callable[[datetime], QuerySet[Any]], apply: Callable[[Any], object]) -> None:
    """Declare what `apply_retention` does under a name."""
    _sweeps[name] = Sweep(name, due, apply)


def sweeps() -> tuple[Sweep, ...]:
    """Return the sweeps, sorted by name."""
    return tuple(_sweeps[name] for name in sorted(_sweeps))


def delete(row: Any) -> None:
    """Delete one row: the end of most rules."""
    row.delete()


def months_before(now: datetime, setting: str) -> datetime:
    """Return the instant as many calendar months before `now` as `DINAMIS[setting]` says."""
    return periods.months_before(now, settings.DINAMIS[setting])


def apply_retention(*, dry_run: bool = False) -> Iterator[tuple[str, int]]:
    """Carry out every sweep; yield its name and how many rows it met. A dry run counts and changes nothing."""
    now = clock.now()
    for item in sweeps():
        yield item.name, item.due(now).count() if dry_run else _carry_out(item, now)


def _carry_out(item: Sweep, now: datetime) -> int:
    done, last = 0, None
    while True:
        with transaction.atomic(), acting(SYSTEM, action=f"retention.{item.name}"):
            rows = item.due(now).order_by("pk").select_for_update(skip_locked=True, of=("self",))
            # From where the batch before ended: a row that stays due must not be met again.
            batch = list((rows if last is None else rows.filter(pk__gt=last))[:BATCH])
            for row in batch:
                item.apply(row)
        done += len(batch)
        if len(batch) < BATCH:
            return done
        last = batch[-1].pk
