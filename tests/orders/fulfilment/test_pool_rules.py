# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may be bought as one, on which terms, and why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from dinamis.core import geo
from orders.domain.pool_rules import Ask, Limits, Terms, groups, merge, overlap_clash, together
from orders.enums import SplitRule

KM2 = 1_000_000
BEGIN, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
# Where a straight edge is divided, the geodesics between its points enclose a little more or less.
SHORT = 500
LIMITS = Limits(minimum_m2={"pleiades": 100 * KM2}, option_defaults={"processing_level": "ortho"})


def ask(number=1, *, west=3.0, south=43.0, width=0.2, height=0.2, rate=1250, **fields):
    """A request of 0.2 by 0.2 degrees (some 360 km2) at a rate in cents per km2."""
    area = fields.pop("area", box(west, south, west + width, south + height))
    billed = fields.pop("billed_m2", max(geo.area_m2(area), 100 * KM2))
    facts = {
        "line": number,
        "order": number,
        "name": f"Organisme {number}",
        "area": area,
        "window": (BEGIN, END),
        "family": "pleiades",
        "collection": 1,
        "billed_m2": billed,
        "cents": -(-billed * rate // KM2),
        "cloud_max": 10,
    }
    return Ask(**{**facts, **fields})


def clash(*asks, limits=LIMITS):
    answer = merge(asks, limits)
    assert isinstance(answer, list), answer
    return [(one.code, one.words) for one in answer]


def test_the_strictest_of_each_constraint_holds():
    one = ask(1, cloud_max=20, threshold=40, incidence_max=25, mode="stereo", bh_min=0.2, bh_max=0.6)
    other = ask(2, cloud_max=10, threshold=50, incidence_max=30, mode="stereo", bh_min=0.3)
    other = replace(other, window=(BEGIN + timedelta(days=10), END + timedelta(days=10)))
    terms, window = merge((one, other), LIMITS)
    assert terms == Terms("oneplan", "stereo", 25, 0.3, 0.6, 10, 40, {"processing_level": "ortho"})
    assert window == (BEGIN + timedelta(days=10), END)


@pytest.mark.parametrize(
    ("clouds", "expected"),
    [
        (((20, None), (30, 50)), (20, None)),
        (((20, 60), (30, None)), (20, 30)),
        (((None, None), (30, 50)), (30, 50)),
        (((None, None), (None, None)), (None, None)),
    ],
)
def test_who_names_no_threshold_wants_no_proposals(clouds, expected):
    asks = [ask(place, cloud_max=cloud, threshold=threshold) for place, (cloud, threshold) in enumerate(clouds)]
    terms, _window = merge(asks, LIMITS)
    assert (terms.cloud_max, terms.threshold) == expected


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"family": "spot-6-7"}, "family", "Organisme 2"),
        ({"collection": 2}, "collection", "Organisme 2"),
        ({"programme": "oneseries"}, "programme", "Organisme 2"),
        ({"mode": "stereo"}, "mode", "Organisme 2"),
        ({"options": {"processing_level": "primary"}}, "options", "primary"),
        ({"options": {"pixel_coding": "8bits"}}, "options", "8bits"),
        ({"window": (BEGIN - timedelta(days=60), datetime(2026, 6, 4, tzinfo=UTC))}, "window", "juin"),
        ({"window": (END, END + timedelta(days=60))}, "window", "septembre"),
    ],
)
def test_what_does_not_fit_is_said_in_words(fields, code, words):
    ((found, said),) = clash(ask(1), ask(2, **fields))
    assert found == code
    assert words in said
    assert "Organisme 1" in said


def test_the_day_a_window_ends_is_its_last_one():
    ((_code, said),) = clash(ask(1), ask(2, window=(BEGIN - timedelta(days=60), datetime(2026, 6, 3, 22, tzinfo=UTC))))
    assert "3\xa0juin 2026" in said


def test_b_over_h_that_do_not_meet():
    one, other = ask(1, mode="stereo", bh_max=0.3), ask(2, mode="stereo", bh_min=0.5)
    assert [code for code, _words in clash(one, other)] == ["bh"]


def test_every_reason_is_given_at_once():
    codes = [code for code, _words in clash(ask(1), ask(2, mode="stereo", collection=2))]
    assert codes == ["collection", "mode"]


def test_a_grouping_has_two_requests_of_different_orders():
    assert clash(ask(1))[0][0] == "alone"
    assert clash(ask(1), ask(2, order=1))[0][0] == "same_order"


def test_stereo_serves_mono_only_where_the_scheme_says_so():
    terms, _window = merge((ask(1), ask(2, mode="tristereo")), replace(LIMITS, stereo_serves_mono=True))
    assert terms.mode == "tristereo"


def test_an_option_that_is_the_default_fits_one_that_is_not_named():
    terms, _window = merge((ask(1), ask(2, options={"processing_level": "ortho"})), LIMITS)
    assert terms.options == {"processing_level": "ortho"}


def test_what_is_shared_is_shared_equally_and_the_rest_is_its_askers():
    one, other = ask(1), ask(2, west=3.1)
    both = together((one, other), LIMITS)
    common = geo.area_m2(one.area.intersection(other.area))
    for share, mine in zip(both.shares, (one, other), strict=True):
        assert share.own_m2 == pytest.approx(mine.area_m2 - common, abs=SHORT)
        assert share.shared_m2 == pytest.approx(common / 2, abs=SHORT)
        assert share.m2 == pytest.approx(mine.area_m2 - common / 2, abs=SHORT)
    assert sum(share.m2 for share in both.shares) == both.billed_m2
    assert sum(share.cents for share in both.shares) == both.cents
    assert both.saved_m2 == pytest.approx(common, abs=SHORT)
    assert both.rule == SplitRule.KM2


def test_the_minimum_of_the_provider_is_paid_once():
    one, other = ask(1, width=0.05, height=0.05), ask(2, west=3.02, width=0.05, height=0.05)
    both = together((one, other), LIMITS)
    assert (both.billed_m2, both.saved_m2) == (100 * KM2, 100 * KM2)
    assert [share.m2 for share in both.shares] == [50 * KM2, 50 * KM2]


def test_every_view_of_the_mode_is_billed():
    asks = [ask(n, west=3 + n / 10, mode="stereo", billed_m2=800 * KM2) for n in (0, 1)]
    both = together(asks, LIMITS)
    assert both.billed_m2 == 2 * both.area_m2
    dearer = together(asks, replace(LIMITS, factors={"pleiades": {"stereo": 3}}))
    assert isinstance(dearer, list)


def test_nobody_pays_more_than_alone_unless_they_offer_to():
    cheap, dear = ask(1, rate=1000, width=0.4), ask(2, west=3.1, width=0.2, rate=2000)
    answer = together((cheap, dear), LIMITS)
    assert [one.code for one in answer] == ["no_gain"]
    dear = replace(dear, cents=dear.billed_m2 * 1300 // KM2)
    both = together((replace(cheap, cents=cheap.billed_m2 * 1250 // KM2), dear), LIMITS)
    assert both.rule == SplitRule.KM2
    sponsored = together((ask(1), ask(2, west=3.1)), LIMITS, rule=SplitRule.SPONSOR, sponsor=1)
    assert [share.cents for share in sponsored.shares] == [0, sponsored.cents]


def test_by_purse_where_by_area_somebody_would_pay_more():
    # The second one's rate holds for all; by area the first would pay it for its own part too.
    first, second = ask(1, width=0.8, rate=1000), ask(2, west=3.2, rate=1250)
    both = together((first, second), LIMITS)
    assert both.rule == SplitRule.PURSE
    assert all(share.cents <= one.cents for share, one in zip(both.shares, both.asks, strict=True))


def test_groups_are_found_by_what_they_save():
    asks = [ask(1), ask(2, west=3.02), ask(3, west=3.15), ask(4, west=9.0), ask(5, west=9.1, mode="stereo")]
    (group,) = groups(asks, LIMITS)
    assert [one.line for one in group] == [1, 2, 3]
    (pair,) = groups(asks, replace(LIMITS, members_max=2))
    assert [one.line for one in pair] == [1, 2]


def test_who_left_for_good_is_not_put_with_the_same_again():
    asks = [ask(1), ask(2, west=3.02), ask(3, west=3.04)]
    apart = {frozenset((1, 2))}
    (group,) = groups(asks, LIMITS, apart=apart)
    assert {one.line for one in group} in ({1, 3}, {2, 3})
    assert groups(asks[:2], LIMITS, apart=apart) == []


def test_a_little_overlap_is_not_worth_it():
    one, other = ask(1), ask(2, west=3.18)
    assert groups([one, other], LIMITS) == []
    said = overlap_clash(one, other, LIMITS)
    assert (said.code, "Organisme 2" in said.words) == ("overlap", True)
    assert overlap_clash(one, ask(2, west=3.1), LIMITS) is None
    assert groups([], LIMITS) == []


def test_the_fingerprint_tells_every_change_that_matters():
    base = ask(1)
    same = [replace(base, name="autre"), replace(base, billed_m2=1), replace(base, cents=None)]
    assert {one.fingerprint for one in same} == {base.fingerprint}
    changed = [
        replace(base, cloud_max=11),
        replace(base, window=(BEGIN, END - timedelta(days=1))),
        replace(base, options={"a": "b"}),
        ask(1, width=0.21),
    ]
    assert base.fingerprint not in {one.fingerprint for one in changed}


numbers = st.floats(0, 0.5, allow_nan=False)


@st.composite
def requests(draw):
    """Two to five requests near each other, with constraints of all kinds."""
    asks = []
    for number in range(draw(st.integers(2, 5))):
        begin = BEGIN + timedelta(days=draw(st.integers(0, 60)))
        asks.append(
            ask(
                number,
                west=3 + draw(numbers),
                south=43 + draw(numbers),
                width=0.1 + draw(numbers),
                rate=draw(st.integers(0, 3000)),
                window=(begin, begin + timedelta(days=draw(st.integers(1, 120)))),
                cloud_max=draw(st.none() | st.integers(0, 100)),
                incidence_max=draw(st.integers(5, 47)),
            )
        )
    return asks


@given(requests())
def test_whatever_satisfies_the_whole_satisfies_each(asks):
    for members in groups(asks, LIMITS):
        group = together(members, LIMITS)
        if isinstance(group, list):
            # What a group saves is known once it is priced: a dearer rate for all may undo it.
            assert [clash.code for clash in group] == ["no_gain"]
            continue
        for one, share in zip(group.asks, group.shares, strict=True):
            assert one.window[0] <= group.window[0] < group.window[1] <= one.window[1]
            assert group.terms.incidence_max <= one.incidence_max
            assert one.cloud_max is None or group.terms.cloud_max <= one.cloud_max
            assert group.area.buffer(1e-9).contains(one.area)
            # Splitting an edge moves a geodesic by less than a few m2.
            assert share.m2 <= one.billed_m2 + 10
            assert share.cents <= one.cents + 1
        assert group.saved_m2 > 0
        assert group.saved_cents >= 0


@given(requests())
def test_no_request_is_in_two_groups_and_the_order_of_asking_does_not_break_it(asks):
    found = groups(asks, LIMITS)
    lines = [one.line for group in found for one in group]
    assert len(lines) == len(set(lines))
    assert all(len(group) > 1 and not isinstance(merge(group, LIMITS), list) for group in found)
