# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one clock. SQL asks `dinamis_now()`, Python asks `now()`; `at()` moves both where the settings allow it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

PARIS = ZoneInfo("Europe/Paris")
_frozen: ContextVar[datetime | None] = ContextVar("dinamis_now", default=None)


def now() -> datetime:
    """Return the current instant, aware and in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """Return the current legal day in Paris."""
    return now().astimezone(PARIS).date()


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Run a block as if it were `moment` (aware). Raises RuntimeError where the clock may not be moved."""
    if not settings.DINAMIS["CLOCK_SETTABLE"]:
        raise RuntimeError("The clock can only be moved in the demonstration and in tests.")
    token = _frozen.set(moment.astimezone(UTC))
    _tell_database(moment.isoformat())
    try:
        yield moment
    finally:
        _frozen.reset(token)
        outer = _frozen.get()
        _tell_database(outer.isoformat() if outer else "")


def _tell_database(value: str) -> None:
    # In a transaction already broken by an error the server refuses any statement, and forgets the setting with it.
    if connection.connection is not None and connection.in_atomic_block and connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('dinamis.now', %s, false)", [value])
