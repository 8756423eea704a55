# SPDX-License-Identifier: AGPL-3.0-or-later
"""The windows of a period: the whole of it, or one for each month or quarter of a series."""

from calendar import monthrange
from datetime import date, timedelta

from orders.enums import Repeat

MONTHS = {Repeat.MONTHLY: 1, Repeat.QUARTERLY: 3}


def windows(first: date, last: date, repeat: str, *, minimum_days: int) -> list[tuple[date, date]]:
    """Cut [first, last] (days, both included) into months or quarters counted from `first`; return pairs of days.

    A rest shorter than `minimum_days` is given to the window before it.
    """
    step = MONTHS.get(Repeat(repeat))
    if step is None:
        return [(first, last)]
    starts, number = [], 0
    while (start := months_later(first, number * step)) <= last:
        starts.append(start)
        number += 1
    if len(starts) > 1 and (last - starts[-1]).days + 1 < minimum_days:
        starts.pop()
    ends = [*(start - timedelta(days=1) for start in starts[1:]), last]
    return list(zip(starts, ends, strict=True))


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later; the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
