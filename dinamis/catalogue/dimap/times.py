# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dates and times as DIMAP writes them, and as STAC prints them."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

# SPOT 1, the oldest satellite of the offer, was launched on 1986-02-22 (its year is the floor of what can be real).
FIRST_YEAR = 1986

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})Z?", re.ASCII)
_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,12}))?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII)


def read_moment(date: str, time: str) -> datetime:
    """The UTC moment of a DIMAP date (``2021-11-07``) and time (``10:29:11.9``, ``…Z``, ``…+02:00``).

    A time without zone is UTC: DIMAP states a Temporal_CRS of UTC and writes the times with or
    without ``Z``. Digits below the microsecond are cut. Raises ValueError saying what is impossible.
    """
    day, clock = _DATE.fullmatch(date), _TIME.fullmatch(time)
    if day is None:
        raise ValueError("is not a date written YYYY-MM-DD")
    if clock is None:
        raise ValueError("is not a time written HH:MM:SS")
    year, month, number = (int(part) for part in day.groups())
    if year < FIRST_YEAR:
        raise ValueError(f"is before {FIRST_YEAR}, when the first SPOT satellite flew")
    hour, minute, second, fraction, zone = clock.groups()
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    local = datetime(year, month, number, int(hour), int(minute), int(second), micro, tzinfo=_zone(zone))
    try:
        return local.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is beyond the calendar") from error


def read_stamp(text: str) -> datetime:
    """The UTC moment of one ISO 8601 text (``2024-12-05T18:42:02.113Z`` or a date alone).

    Raises ValueError saying what is impossible.
    """
    date, _, time = text.replace(" ", "T", 1).partition("T")
    return read_moment(date, time or "00:00:00")


def print_moment(moment: datetime) -> str:
    """RFC 3339 in UTC with ``Z``, the fraction without trailing zeros: ``2021-11-07T10:29:11.9Z``."""
    # By `isoformat`, which takes a third of the time of `strftime`: a page prints hundreds.
    text = (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if '.' in text else text}Z"


def _zone(text: str | None) -> tzinfo:
    if text is None or text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
