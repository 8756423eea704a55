# SPDX-License-Identifier: AGPL-3.0-or-later
"""Legal days are Paris days, also on the nights the clocks change and on leap days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dinamis.core import clock
from dinamis.core.periods import anniversary, day_after, day_start, last_day


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        (date(2026, 1, 1), datetime(2025, 12, 31, 23, tzinfo=UTC), 24),
        (date(2026, 7, 14), datetime(2026, 7, 13, 22, tzinfo=UTC), 24),
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
    ],
)
def test_a_day_of_paris(day, begins, hours):
    assert day_start(day).astimezone(UTC) == begins
    assert day_after(day).astimezone(UTC) - begins == timedelta(hours=hours)
    assert last_day(day_after(day)) == day


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_the_last_day_of_a_period_that_ends_with_a_day(day):
    assert last_day(day_after(day)) == day
    assert day_after(day) == day_start(day + timedelta(days=1))


@pytest.mark.parametrize(
    ("moment", "years", "last"),
    [
        (datetime(2026, 11, 25, 13, tzinfo=UTC), 3, date(2029, 11, 24)),
        # 23:30 UTC is the next day in Paris.
        (datetime(2026, 11, 25, 23, 30, tzinfo=UTC), 3, date(2029, 11, 25)),
        (datetime(2028, 2, 29, 9, tzinfo=UTC), 3, date(2031, 2, 28)),
        (datetime(2028, 2, 29, 9, tzinfo=UTC), 4, date(2032, 2, 28)),
        (datetime(2025, 3, 29, 9, tzinfo=UTC), 1, date(2026, 3, 28)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), 1, date(2027, 10, 24)),
    ],
)
def test_anniversaries(moment, years, last):
    assert last_day(anniversary(moment, years)) == last


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2028, 2, 29, 22, 59, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_today_is_the_day_of_paris(moment, day):
    with clock.at(moment):
        assert clock.today() == day
