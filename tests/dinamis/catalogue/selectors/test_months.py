# SPDX-License-Identifier: AGPL-3.0-or-later
"""Months part the index of place; nothing that answers is lost at their edges."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.contrib.auth.models import AnonymousUser
from shapely.geometry import box

from dinamis.catalogue.models.month import month_of
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.search import search
from dinamis.catalogue.selectors.shelves import read_shelves
from dinamis.catalogue.selectors.stac_query import ItemSearch, page_sql
from dinamis.catalogue.selectors.stac_search import find
from dinamis.catalogue.selectors.viewer import viewer_of
from tests.factories.catalogue import ItemFactory, square

pytestmark = pytest.mark.django_db
HERE = box(3, 43, 4, 44)
EAST, WEST = (timezone(timedelta(hours=hours)) for hours in (14, -12))


@pytest.fixture(autouse=True)
def long_before():
    """What makes any short interval a small share of all time."""
    ItemFactory(stac_id="old", footprint=square(3, 43), datetime=datetime(1990, 1, 1, tzinfo=UTC))


def found(begin, end, **asked):
    rows = find(ItemSearch(area=HERE, interval=(begin, end), **asked), viewer_of(AnonymousUser())).rows
    return [row.stac_id for row in rows]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2024, 3, 1, tzinfo=UTC),
        datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 3, 1, 13, 59, tzinfo=EAST),
        datetime(2024, 2, 29, 12, tzinfo=WEST),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
@pytest.mark.parametrize("counted", [True, False])
def test_an_image_is_found_by_its_moment_on_either_side_of_a_month(moment, counted):
    image = ItemFactory(stac_id="edge", footprint=square(3, 43), datetime=moment)
    image.refresh_from_db()
    assert image.month == month_of(moment)
    assert found(moment, moment, counted=counted) == ["edge"]


@pytest.mark.parametrize("moment", [datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)])
def test_an_image_is_not_found_by_the_moments_beside_its_own(moment):
    ItemFactory(stac_id="edge", footprint=square(3, 43), datetime=moment)
    second = timedelta(seconds=1)
    assert found(moment + second, moment + 2 * second) == found(moment - 2 * second, moment - second) == []


def test_moments_beyond_all_years_are_asked_like_any_other():
    first, last = datetime(1, 1, 1, tzinfo=EAST), datetime(9999, 12, 31, 23, tzinfo=WEST)
    assert (month_of(first), month_of(last)) == (date(1, 1, 1), date(9999, 12, 1))
    assert found(first, datetime(1, 1, 2, tzinfo=UTC)) == found(last, None) == []


def test_an_image_that_lasts_is_found_by_a_later_month():
    begin, end = datetime(2024, 1, 31, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC)
    ItemFactory(stac_id="long", footprint=square(3, 43), datetime=begin, start_datetime=begin, end_datetime=end)
    assert found(end - timedelta(hours=1), end + timedelta(days=1)) == ["long"]
    assert found(end + timedelta(seconds=1), end + timedelta(days=1)) == []


def test_days_in_paris_begin_in_another_month_than_in_greenwich():
    ItemFactory(stac_id="june", footprint=square(3, 43), datetime=datetime(2020, 5, 31, 22, 30, tzinfo=UTC))
    nobody = viewer_of(AnonymousUser())

    def taken(**days):
        return [item.stac_id for item in search(SearchFilters(bbox=HERE.bounds, **days), nobody)]

    assert taken(since=date(2020, 6, 1), until=date(2020, 6, 1)) == ["june"]
    assert taken(until=date(2020, 5, 31)) == ["old"]
    assert taken(years=(2020,)) == ["june"]


def test_few_months_are_named_and_of_most_there_are_only_the_place():
    ItemFactory(datetime=datetime(2024, 6, 1, tzinfo=UTC))
    assert "catalogue_item.month" in statement_since(2024)
    assert "catalogue_item.month" not in statement_since(1991)


def statement_since(year):
    asked = ItemSearch(area=HERE, interval=(datetime(year, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)))
    return page_sql(asked, viewer_of(AnonymousUser()), read_shelves(), None, counted=True).text
