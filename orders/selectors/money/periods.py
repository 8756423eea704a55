# SPDX-License-Identifier: AGPL-3.0-or-later
"""The periods of envelopes: quarters and years of Paris (domain facts, 5: Pléiades by quarter, SPOT by year)."""

from datetime import datetime

from django.conf import settings

from dinamis.core import clock

QUARTER, YEAR = "quarter", "year"
MONTHS = {QUARTER: 3, YEAR: 12}


def period_of(family: str, moment: datetime) -> tuple[datetime, datetime]:
    """Return the period of a family that contains `moment` (aware): its first instant and the first one after it."""
    local = moment.astimezone(clock.PARIS)
    months = MONTHS[_length(family)]
    first = (local.month - 1) // months * months
    after = local.year * 12 + first + months
    return (
        datetime(local.year, first + 1, 1, tzinfo=clock.PARIS),
        datetime(after // 12, after % 12 + 1, 1, tzinfo=clock.PARIS),
    )


def next_period(family: str, end: datetime) -> tuple[datetime, datetime]:
    """Return the period that follows one which ended at `end` (aware): it begins there and ends with the calendar."""
    return end, period_of(family, end)[1]


def period_label(family: str, moment: datetime) -> str:
    """Return the name of the period that contains `moment`: "2026 T4" for a quarter, "2026" for a year."""
    start = period_of(family, moment)[0]
    return f"{start.year} T{start.month // 3 + 1}" if _length(family) == QUARTER else str(start.year)


def _length(family: str) -> str:
    return str(settings.DINAMIS["ENVELOPE_PERIODS"].get(family, YEAR))
