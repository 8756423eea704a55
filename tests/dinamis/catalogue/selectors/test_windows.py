# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.windows import EVER, NEVER, Spread, Window, first_window, spread_of

DAY = 86400.0
# A hundred days in 1970 of as many images each.
EVEN = Spread(1000.0, tuple(DAY * number for number in range(101)))


def day(number):
    return datetime.fromtimestamp(DAY * number, UTC)


def test_a_window_begins_where_its_share_of_all_images_does():
    assert EVEN.since(0.1) == day(90)
    assert EVEN.since(0.005) == day(99.5)
    assert EVEN.since(1) == EVER
    assert Spread(1000.0).since(0.1) == EVER


def test_the_first_window_is_for_a_place_where_a_third_of_all_lies():
    assert first_window(EVEN, SearchFilters(), 10) == Window(EVEN, 0.03)
    assert first_window(EVEN, SearchFilters(), 500).is_last
    assert first_window(Spread(), SearchFilters(), 10).is_last


def test_the_next_window_follows_from_what_was_found():
    window = Window(EVEN, 0.01)
    assert window.wider(100, 400).share == pytest.approx(0.01 * 4 * 1.2)
    assert window.wider(399, 400).share == 0.02
    assert window.wider(0, 400).share == 0.32
    assert Window(EVEN, 0.6).is_last


def test_filters_of_time_bound_the_window_a_day_wide():
    asked = SearchFilters(years=(2015, 2013), since=date(2013, 5, 2))
    window = first_window(EVEN, asked, 10)
    assert (window.begin, window.end) == (datetime(2013, 5, 1, tzinfo=UTC), datetime(2016, 1, 2, tzinfo=UTC))
    window = first_window(EVEN, SearchFilters(until=date(1970, 2, 9)), 10)
    assert (window.begin, window.end) == (EVER, day(41))
    # What was taken since then is passed over.
    assert day(37) < window.since < day(39)


@pytest.mark.parametrize("wanted", [1, 30, 1000])
@pytest.mark.parametrize("images", [0, 50, 1e7])
@pytest.mark.parametrize("moments", [(), (5.0,), (1e9, 1e9, 1e9), EVEN.moments])
def test_windows_grow_until_one_holds_all(moments, images, wanted):
    for found in {0, 1, wanted // 2, wanted - 1}:
        window, steps = first_window(Spread(images, moments), SearchFilters(), wanted), 0
        while not window.is_last:
            window, before, steps = window.wider(found, wanted), window.since, steps + 1
            assert EVER <= window.since <= before
        assert window.since == EVER
        assert steps <= 25


@pytest.mark.django_db
def test_the_spread_is_what_postgresql_counted():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE told (datetime timestamptz) ON COMMIT DROP;"
            "INSERT INTO told SELECT to_timestamp(86400 * n) FROM generate_series(0, 999) n; ANALYZE told"
        )
    spread = spread_of("told")
    assert spread.images == 1000
    assert spread.since(0.25).timestamp() == pytest.approx(DAY * 749.25, abs=20 * DAY)
    assert spread.share_since(day(900)) == pytest.approx(0.1, abs=0.02)
    assert spread.share_since(NEVER) == 0
