# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dinamis.catalogue.dimap.times import print_moment, read_moment, read_stamp

HALF_A_DAY = timedelta(hours=12)


@pytest.mark.parametrize(
    ("time", "printed"),
    [
        ("10:29:11.9", "2021-11-07T10:29:11.9Z"),
        ("10:29:11.9Z", "2021-11-07T10:29:11.9Z"),
        ("10:29:11", "2021-11-07T10:29:11Z"),
        ("10:29:10.000Z", "2021-11-07T10:29:10Z"),
        ("10:29:11.1234569", "2021-11-07T10:29:11.123456Z"),
        ("01:00:00+02:00", "2021-11-06T23:00:00Z"),
        ("23:30:00-0130", "2021-11-08T01:00:00Z"),
    ],
)
def test_a_time_without_zone_is_utc_and_a_zone_is_applied(time, printed):
    assert print_moment(read_moment("2021-11-07", time)) == printed


@pytest.mark.parametrize(
    ("date", "time", "reason"),
    [
        ("2021-02-30", "10:00:00", "day is out of range"),
        ("2021-13-01", "10:00:00", "month must be in 1..12"),
        ("2021-11-07", "24:00:00", "hour must be in 0..23"),
        ("2021-11-07", "10:61:00", "minute must be in 0..59"),
        ("2021-11-07", "10:00:75", "second must be in 0..59"),
        ("07/11/2021", "10:00:00", "not a date written"),
        ("IMAGING_DATE", "10:00:00", "not a date written"),
        ("2021-11-07", "IMAGING_TIME", "not a time written"),
        ("2021-11-07", "10h30", "not a time written"),
        ("0001-01-01", "10:00:00", "before 1986"),
        ("1985-12-31", "10:00:00", "before 1986"),
        ("9999-12-31", "23:00:00-05:00", "beyond the calendar"),
        ("2021-11-07", "10:00:00+99:00", "offset must be"),
        ("٢٠٢١-11-07", "10:00:00", "not a date written"),
    ],
)
def test_impossible_dates_are_refused(date, time, reason):
    with pytest.raises(ValueError, match=reason):
        read_moment(date, time)


def test_a_date_alone_is_midnight():
    assert read_stamp("2024-12-05") == datetime(2024, 12, 5, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1986, 1, 1), max_value=datetime(2999, 1, 1), timezones=st.just(UTC)))
def test_what_is_printed_reads_back(moment):
    assert read_stamp(print_moment(moment)) == moment


@given(
    st.datetimes(
        min_value=datetime(1000, 1, 2),
        max_value=datetime(9999, 12, 30),
        timezones=st.builds(timezone, st.timedeltas(min_value=-HALF_A_DAY, max_value=HALF_A_DAY)),
    )
)
def test_moments_are_printed_as_strftime_would(moment):
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert print_moment(moment) == text.rstrip("0").rstrip(".") + "Z"


def test_a_year_has_four_digits():
    assert print_moment(datetime(986, 2, 22, tzinfo=UTC)) == "0986-02-22T00:00:00Z"
