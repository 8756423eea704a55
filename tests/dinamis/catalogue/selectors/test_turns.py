# SPDX-License-Identifier: AGPL-3.0-or-later
"""A page looks through months in turns; nothing is lost or told twice between them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from dinamis.catalogue.selectors import stac_query
from dinamis.catalogue.selectors.shelves import read_shelves
from dinamis.catalogue.selectors.stac_order import SortKey
from dinamis.catalogue.selectors.stac_query import ItemSearch, page_sql
from dinamis.catalogue.selectors.stac_search import find
from dinamis.catalogue.selectors.turns import EARLIEST, LATEST, turns_of
from dinamis.catalogue.selectors.viewer import viewer_of
from tests.factories.catalogue import ItemFactory, square

months = st.dates().map(lambda day: day.replace(day=1))
WITHIN = (date(2012, 9, 1), date(2026, 11, 1))


def next_month(month):
    return (month + timedelta(days=31)).replace(day=1)


@given(months, months, st.booleans())
def test_every_month_has_one_turn_in_the_order_of_the_page(one, other, newest_first):
    first, last = sorted((one, other))
    turns = turns_of(first, last, WITHIN, newest_first=newest_first)
    ends = [tuple(map(date.fromisoformat, turn)) for turn in turns]
    in_time = ends[::-1] if newest_first else ends
    assert (in_time[0][0], in_time[-1][1]) == (first, last)
    assert all(begin <= end for begin, end in ends)
    assert all(next_month(before[1]) == after[0] for before, after in pairwise(in_time))
    assert ends[0][0] == ends[0][1] or len(ends) == 1


def test_turns_get_longer_and_the_last_one_takes_the_rest():
    first, last = date(2024, 1, 1), date(2024, 8, 1)
    assert turns_of(first, last, WITHIN, newest_first=True) == [
        ("2024-08-01", "2024-08-01"),
        ("2024-06-01", "2024-07-01"),
        ("2024-02-01", "2024-05-01"),
        ("2024-01-01", "2024-01-01"),
    ]
    assert turns_of(first, first, WITHIN, newest_first=False) == [("2024-01-01", "2024-01-01")]


@pytest.mark.parametrize("newest_first", [True, False])
def test_an_open_end_stays_open(newest_first):
    turns = turns_of(None, None, WITHIN, newest_first=newest_first)
    (first, *_middle, last) = turns if not newest_first else turns[::-1]
    assert (first[0], last[1]) == (EARLIEST, LATEST)
    beyond = turns_of(date(2030, 1, 1), None, WITHIN, newest_first=newest_first)
    assert beyond == [("2030-01-01", LATEST)]


@pytest.fixture
def images(db):
    """Three of each of 21 months over one place."""
    ItemFactory(stac_id="old", footprint=square(3, 43), datetime=datetime(1990, 1, 1, tzinfo=UTC))
    found = []
    for number in range(21 * 3):
        year, month = divmod(2020 * 12 + number // 3, 12)
        moment = datetime(year, month + 1, (1, 15, 28)[number % 3], tzinfo=UTC)
        found.append(ItemFactory(stac_id=f"{number:02}", footprint=square(3, 43), datetime=moment).stac_id)
    return found


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("end", [datetime(2021, 9, 28, tzinfo=UTC), None])
def test_pages_follow_each_other_through_all_turns_and_back(images, descending, end):
    asked = {
        "area": box(3, 43, 4, 44), "interval": (datetime(2020, 1, 1, tzinfo=UTC), end), "limit": 5, "counted": False,
        "sort": (SortKey("datetime", descending=descending),),
    }  # fmt: skip
    nobody = viewer_of(AnonymousUser())
    pages = [find(ItemSearch(**asked), nobody)]
    while pages[-1].after:
        pages.append(find(ItemSearch(**asked, token=pages[-1].after), nobody))
    told = [[row.stac_id for row in page.rows] for page in pages]
    assert [*chain.from_iterable(told)] == (images[::-1] if descending else images)
    back = [pages[-1]]
    while back[-1].before:
        back.append(find(ItemSearch(**asked, token=back[-1].before), nobody))
    assert [[row.stac_id for row in page.rows] for page in back[::-1]] == told


def test_a_full_page_leaves_older_months_unread(images, monkeypatch):
    # Of a table that was never analysed PostgreSQL may think that dates are better followed.
    monkeypatch.setattr(stac_query, "DOUBT", 1e9)
    # PostgreSQL sorts 32 rows at a time (its incremental sort), up to the first one of another turn.
    ItemFactory.create_batch(40, footprint=square(3, 43), datetime=datetime(2021, 9, 20, tzinfo=UTC))
    asked = ItemSearch(
        area=box(3, 43, 4, 44), interval=(datetime(2020, 1, 1, tzinfo=UTC), None), limit=2, counted=False
    )
    assert turns_read(asked) == 2
    assert turns_read(replace(asked, limit=200)) == 5


def turns_read(asked):
    """Run the statement of a first page; return how many turns PostgreSQL looked through."""
    statement = page_sql(asked, viewer_of(AnonymousUser()), read_shelves(), None, counted=False)
    with connection.cursor() as cursor:
        # So few images it would rather sort all at once.
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}", statement.params)
        (plan,) = cursor.fetchone()
    waiting, found = [part["Plan"] for part in (plan if isinstance(plan, list) else json.loads(plan))], []
    while waiting:
        node = waiting.pop()
        found += [node["Actual Rows"]] if node.get("Alias") == "turn" else []
        waiting += node.get("Plans", ())
    (read,) = found
    return read
