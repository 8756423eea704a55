# SPDX-License-Identifier: AGPL-3.0-or-later
"""The factors of the queue's formula, one by one."""

from datetime import timedelta

import pytest

from dinamis.core import clock
from licensing.enums import Purpose
from orders.domain.fair_share import FACTORS, NEED, Facts, Formula, age, decayed, factors, need, past_use, points, reuse

DAY = timedelta(days=1)
NOTHING = Facts(purpose="", waited=timedelta(0), used_m2=0, mean_m2=0, organisations=0)


def test_every_purpose_has_a_need_and_an_unknown_one_none():
    assert set(NEED) == set(Purpose)
    assert need(Purpose.PUBLIC_SERVICE) == 1
    assert need("whatever") == 0


@pytest.mark.parametrize(("days", "value"), [(-1, 0), (0, 0), (15, 0.25), (60, 1), (600, 1)])
def test_age_saturates(days, value):
    assert age(days * DAY, 60) == value


@pytest.mark.parametrize(("days", "left"), [(-5, 100), (0, 100), (180, 50), (360, 25)])
def test_use_halves_with_time_and_the_future_counts_in_full(days, left):
    at = clock.now()
    assert decayed(100, at - days * DAY, at, 180) == left


@pytest.mark.parametrize(("used", "mean", "value"), [(0, 0, 1), (0, 10, 1), (10, 10, 0.5), (20, 10, 0.25)])
def test_past_use_is_against_an_equal_share(used, mean, value):
    assert past_use(used, mean) == value


def test_past_use_of_one_who_took_nearly_all_is_nearly_nothing():
    assert 0 < past_use(1e15, 1) < 1e-18


@pytest.mark.parametrize(("organisations", "value"), [(0, 0), (1, 0.2), (5, 1), (50, 1)])
def test_reuse_saturates(organisations, value):
    assert reuse(organisations, 5) == value


def test_points_are_values_times_weights_and_an_emergency_goes_before_all():
    formula = Formula()
    best = Facts(Purpose.PUBLIC_SERVICE, 900 * DAY, 0, 1, 99)
    urgent = Facts("", timedelta(0), 1e15, 1, 0, emergency=True)
    assert points(factors(NOTHING, formula), formula.weights) == dict.fromkeys(FACTORS, 0) | {"use": 3000}
    assert sum(points(factors(best, formula), formula.weights).values()) == 10_000
    assert sum(points(factors(urgent, formula), formula.weights).values()) == 100_000
