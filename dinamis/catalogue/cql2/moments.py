# SPDX-License-Identifier: AGPL-3.0-or-later
"""Moments and intervals as STAC API reads them: RFC 3339 §5.6, and OGC API Features 1.0 §7.15.3 for intervals."""

import re
from datetime import UTC, datetime, timedelta, timezone

from django.utils.translation import gettext as _

from dinamis.core.exceptions import Invalid

MOMENT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.](\d{1,12}))?([Zz]|([+-])(\d{2}):(\d{2}))", re.ASCII
)
OPEN = {"", ".."}
Interval = tuple[datetime | None, datetime | None]


def read_moment(text: str, *, pointer: str = "datetime") -> datetime:
    """Return the aware moment a text names; digits beyond the microsecond are cut. Raises Invalid.

    A leap second (`:60`) is the second after it, as PostgreSQL reads it too.
    """
    found = MOMENT.fullmatch(text)
    if found is None:
        raise _wrong(text, pointer)
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction = int((found[7] or "0").ljust(6, "0")[:6])
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), fraction, _zone(found))
    except (ValueError, OverflowError) as error:
        raise _wrong(text, pointer) from error
    if second > 60:
        raise _wrong(text, pointer)
    return moment + timedelta(seconds=1) if second == 60 else moment


def _zone(found: "re.Match[str]") -> timezone:
    if found[9] is None:
        return UTC
    hours, minutes = int(found[10]), int(found[11])
    if hours > 23 or minutes > 59:
        raise ValueError(found[0])
    return timezone((1 if found[9] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def read_interval(text: str, *, pointer: str = "datetime") -> Interval:
    """Return (first, last) of a moment or of `first/last`, both included, None where it is open. Raises Invalid."""
    parts = text.split("/")
    if len(parts) == 1:
        moment = read_moment(text, pointer=pointer)
        return moment, moment
    if len(parts) != 2 or set(parts) <= OPEN:
        raise _wrong(text, pointer)
    first, last = (None if part in OPEN else read_moment(part, pointer=pointer) for part in parts)
    if first is not None and last is not None and first > last:
        raise Invalid(
            _("The interval ends before it begins: %(text)s.") % {"text": text[:80]},
            pointer=pointer,
            repair=_("Write the earlier moment first."),
            code="datetime",
        )
    return first, last


def _wrong(text: str, pointer: str) -> Invalid:
    return Invalid(
        _("This is no moment, nor two with a slash between: %(text)s.") % {"text": text[:80] or "“”"},
        pointer=pointer,
        repair=_("Write it as in 2026-03-01T00:00:00Z/2026-04-01T00:00:00Z; “..” leaves one end open."),
        code="datetime",
    )
