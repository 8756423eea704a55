# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue's formula: between 0 and 1, monotone in each fact, an order of all however they came."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from licensing.enums import Purpose
from orders.domain.fair_share import FACTORS, Facts, Formula, factors, points

areas = st.floats(0, 1e14, allow_nan=False)
facts = st.builds(
    Facts,
    purpose=st.sampled_from([*Purpose.values, "", "other"]),
    waited=st.timedeltas(timedelta(days=-10), timedelta(days=4000)),
    used_m2=areas,
    mean_m2=areas,
    organisations=st.integers(0, 5000),
    emergency=st.booleans(),
)
weights = st.fixed_dictionaries({name: st.integers(0, 10_000) for name in FACTORS})
formulas = st.builds(
    Formula,
    weights=weights,
    age_days=st.integers(1, 3650),
    half_life_days=st.integers(1, 3650),
    reuse_full=st.integers(1, 100),
)


def score(known: Facts, formula: Formula) -> int:
    return sum(points(factors(known, formula), formula.weights).values())


@given(facts, formulas)
def test_every_factor_is_between_0_and_1(known, formula):
    assert all(0 <= value <= 1 for value in factors(known, formula).values())
    assert 0 <= score(known, formula) <= 100 * sum(formula.weights.values())


@given(facts, formulas, st.timedeltas(timedelta(0), timedelta(days=4000)), areas, st.integers(0, 100))
def test_more_waiting_more_need_of_others_and_less_use_never_cost_a_place(known, formula, longer, less, others):
    now = score(known, formula)
    assert score(replace(known, waited=known.waited + longer), formula) >= now
    assert score(replace(known, organisations=known.organisations + others), formula) >= now
    assert score(replace(known, used_m2=max(0, known.used_m2 - less)), formula) >= now
    assert score(replace(known, emergency=True), formula) >= now
    assert score(replace(known, purpose=Purpose.PUBLIC_SERVICE), formula) >= now


@given(facts, formulas, st.sampled_from(FACTORS), st.integers(0, 1000))
def test_a_larger_weight_never_takes_points(known, formula, name, more):
    larger = replace(formula, weights={**formula.weights, name: formula.weights[name] + more})
    assert score(known, larger) >= score(known, formula)


@given(st.lists(facts, min_size=1, max_size=20), formulas, st.randoms())
def test_the_ranking_is_a_permutation_that_does_not_depend_on_how_they_came(many, formula, random):
    rows = [SimpleNamespace(pk=pk, points=score(one, formula), waited=one.waited) for pk, one in enumerate(many)]

    def ranked(some):
        return [row.pk for row in sorted(some, key=lambda row: (-row.points, -row.waited, row.pk))]

    shuffled = list(rows)
    random.shuffle(shuffled)
    assert ranked(shuffled) == ranked(rows)
    assert sorted(ranked(rows)) == [row.pk for row in rows]
