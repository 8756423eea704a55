# SPDX-License-Identifier: AGPL-3.0-or-later
"""Periods are half-open, [begin, end), and legal days are those of Paris: the last day is the one before the end."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from dinamis.core.clock import PARIS


def day_start(day: date) -> datetime:
    """Return the instant a day begins in Paris."""
    return datetime.combine(day, time.min, tzinfo=PARIS)


def day_after(day: date) -> datetime:
    """Return the instant a day is over in Paris: the end of a period whose last day it is."""
    return day_start(day + timedelta(days=1))


def last_day(end: datetime) -> date:
    """Return the last Paris day a period that ends at `end` has an instant of."""
    return (end - timedelta(microseconds=1)).astimezone(PARIS).date()


def anniversary(moment: datetime, years: int) -> datetime:
    """Return the beginning of the Paris day `years` after the one of `moment`; of 1 March where there is no 29th."""
    day = moment.astimezone(PARIS).date()
    try:
        return day_start(day.replace(year=day.year + years))
    except ValueError:
        return day_start(date(day.year + years, 3, 1))


def months_before(moment: datetime, months: int) -> datetime:
    """Return the instant so many calendar months earlier; the last day of a month that is too short."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
