# SPDX-License-Identifier: AGPL-3.0-or-later
"""Months in the order in which a page of images looks through them (decision 62)."""

from datetime import date

# The bounds of a turn that has none, as PostgreSQL writes them (manual, 8.5.1.4).
EARLIEST, LATEST = "-infinity", "infinity"
Turn = tuple[str, str]


def turns_of(first: date | None, last: date | None, within: tuple[date, date], *, newest_first: bool) -> list[Turn]:
    """Part the months from `first` to `last` into turns of 1, 2, 4, … of them; return the ends of each, both included.

    All are first days of months; None is an open end, and `within` tells between which months nearly all images lie:
    the last turn has whatever lies beyond.
    """
    begin, end = _number(first or min(within)), _number(last or max(within))
    bounds = [_written(first, EARLIEST), _written(last, LATEST)]
    turns = []
    length = 1
    while begin + length <= end:
        if newest_first:
            turns.append((_first_day(end - length + 1), bounds[1]))
            end -= length
            bounds[1] = _first_day(end)
        else:
            turns.append((bounds[0], _first_day(begin + length - 1)))
            begin += length
            bounds[0] = _first_day(begin)
        length *= 2
    return [*turns, (bounds[0], bounds[1])]


def _number(month: date) -> int:
    return month.year * 12 + month.month - 1


def _first_day(number: int) -> str:
    return date(number // 12, number % 12 + 1, 1).isoformat()


def _written(month: date | None, otherwise: str) -> str:
    return month.isoformat() if month else otherwise
