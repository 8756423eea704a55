# SPDX-License-Identifier: AGPL-3.0-or-later
"""The month an image was taken in: a column that PostgreSQL writes, which parts an index of place (decision 61).

A GiST index parts its pages by its first column alone unless all of it is the same: of (place, moment) all moments of a
place are read, of (moment, place) all places. Months are few enough to be the same, and short enough to leave little.
"""

from datetime import UTC, date, datetime

from django.db.models import DateField, Func, GeneratedField

MONTH = "date_trunc('month', datetime AT TIME ZONE 'UTC')::date"


def month() -> GeneratedField:
    """The first day, in UTC, of the month of `datetime`."""
    return GeneratedField(
        expression=Func(template=MONTH, output_field=DateField()), output_field=DateField(), db_persist=True
    )


def month_of(moment: datetime) -> date:
    """Return the same of a moment (with a time zone); of one beyond the first or the last year, that end."""
    try:
        day = moment.astimezone(UTC).date()
    except OverflowError:
        day = moment.date()
    return day.replace(day=1)
