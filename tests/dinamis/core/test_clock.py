# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from dinamis.core import clock

MOMENT = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)


def database_now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT dinamis_now()")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_python_and_sql_jump_together_and_come_back():
    with clock.at(MOMENT):
        assert clock.now() == MOMENT
        assert database_now() == MOMENT
        with clock.at(MOMENT.replace(year=2020)):
            assert database_now().year == clock.now().year == 2020
        assert database_now() == MOMENT
    assert clock.now() > MOMENT
    assert database_now() > MOMENT


@pytest.mark.django_db
def test_the_legal_day_is_the_one_of_paris():
    with clock.at(MOMENT):
        assert clock.today() == date(2026, 1, 1)


@pytest.mark.django_db
def test_the_clock_stands_firm_where_it_may_not_be_moved(settings):
    settings.DINAMIS = {**settings.DINAMIS, "CLOCK_SETTABLE": False}
    with pytest.raises(RuntimeError), clock.at(MOMENT):
        pass
    assert clock.now() > MOMENT
