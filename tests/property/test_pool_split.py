# SPDX-License-Identifier: AGPL-3.0-or-later
"""The cost of a grouping is split to the m2 and to the cent, whatever the areas, prices and rule."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from shapely import union_all
from shapely.geometry import box

from dinamis.core import geo
from orders.domain.pool_rules import _areas, allot, together
from orders.enums import SplitRule
from tests.orders.fulfilment.test_pool_rules import LIMITS, ask

weights = st.lists(st.integers(0, 10**13) | st.fractions(0, 10**9), min_size=1, max_size=12)


@given(st.integers(0, 10**15), weights)
def test_parts_are_whole_and_their_sum_is_exact(total, given_weights):
    parts = allot(total, given_weights)
    assert sum(parts) == total
    whole = sum(given_weights)
    for part, weight in zip(parts, given_weights, strict=True):
        exact = Fraction(total) * weight / whole if whole else Fraction(total, len(parts))
        assert abs(part - exact) < 1
        assert part >= 0


@given(st.integers(0, 10**12), st.integers(1, 12))
def test_equals_differ_by_one_unit_at_most(total, count):
    parts = allot(total, [7] * count)
    assert max(parts) - min(parts) <= 1


@given(st.integers(0, 10**12), weights)
def test_who_asked_for_nothing_pays_nothing(total, given_weights):
    if any(given_weights):
        parts = allot(total, given_weights)
        assert not any(part for part, weight in zip(parts, given_weights, strict=True) if not weight)


sides = st.integers(1, 60)
boxes = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80), sides, sides), min_size=2, max_size=6)


@given(boxes)
def test_what_was_asked_together_is_counted_once(corners):
    areas = [box(3 + w / 100, 43 + s / 100, 3 + (w + x) / 100, 43 + (s + y) / 100) for w, s, x, y in corners]
    own, parts = _areas([ask(number, area=area) for number, area in enumerate(areas)])
    union = geo.area_m2(union_all(areas))
    # A new vertex on an edge between two moves the geodesic that joins them: less than 0.1 % of these areas.
    assert abs(sum(parts) - union) <= union / 1000
    for place, area in enumerate(areas):
        others = union_all([other for number, other in enumerate(areas) if number != place])
        alone = area.difference(others)
        assert abs(own[place] - (geo.area_m2(alone) if alone.area else 0)) <= union / 1000
        assert own[place] <= parts[place]


rules = st.sampled_from([None, SplitRule.KM2, SplitRule.PURSE, SplitRule.SPONSOR])


@given(boxes, st.lists(st.integers(0, 5000), min_size=6, max_size=6), rules)
def test_shares_add_up_to_the_whole(corners, rates, rule):
    asks = [
        ask(n, area=box(3 + w / 100, 43 + s / 100, 3 + (w + x) / 100, 43 + (s + y) / 100), rate=rates[n])
        for n, (w, s, x, y) in enumerate(corners)
    ]
    merged = together(asks, LIMITS, rule=rule, sponsor=0)
    if isinstance(merged, list):
        assert [clash.code for clash in merged] == ["no_gain"]
        return
    assert sum(share.m2 for share in merged.shares) == merged.billed_m2
    assert sum(share.cents for share in merged.shares) == merged.cents
    if merged.rule == SplitRule.PURSE:
        assert all(share.cents <= one.cents for share, one in zip(merged.shares, asks, strict=True))
        assert all(share.m2 <= one.billed_m2 for share, one in zip(merged.shares, asks, strict=True))
