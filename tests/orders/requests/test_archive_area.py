# SPDX-License-Identifier: AGPL-3.0-or-later
"""An archive order over an area and days: the scenes are sought, cut apart, ticked, ordered."""

from datetime import timedelta

import pytest
import shapely
from shapely.geometry import box

from dinamis.core import clock, geo
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from orders.models import ArchiveSearch, Order, OrderItem
from orders.selectors.holdings.held import of_order, wanted_of
from orders.selectors.requests.archive import Sought, archive_families, scenes_for
from orders.services.requests.archive_draft import ArchiveWanted, edit_archive_area, plan_archive
from orders.services.requests.submission import request_area, submit_order
from tests.factories.catalogue import ItemFactory
from tests.factories.orders import SceneFactory, member_of, submitted, world
from tests.orders.requests.wishes import ATLANTIC, PYONGYANG

pytestmark = pytest.mark.django_db
AREA = box(3.0, 43.6, 4.0, 44.1)
PRIMARY = {"processing_level": "primary"}


@pytest.fixture(scope="module")
def written(module_rows):
    made = world()
    made.scene.delete()
    return made


def scene(w, *bounds, days=30, **fields):
    taken = clock.now() - timedelta(days=days)
    return SceneFactory(collection=w.collection, footprint=geo.to_multipolygon(box(*bounds)), datetime=taken, **fields)


def sought(area=AREA, **changes):
    today = clock.today()
    asked = {"area": area, "family": "pleiades", "first": today - timedelta(days=365), "last": today}
    return Sought(**asked | changes)


def wanted(scenes=None, *, options=None, **changes):
    return ArchiveWanted(sought=sought(**changes), scenes=scenes, options=options or {})


def asked(w, made, *, submit=False, **changes):
    common = {"organisation": w.organisation, "project": w.project, "title": "Garrigue", "justification": ""}
    return request_area(requester=w.researcher, wanted=made, submit=submit, **common | changes)


def nothing_written():
    return (Order.objects.count(), OrderItem.objects.count(), ArchiveSearch.objects.count()) == (0, 0, 0)


def test_few_scenes_cover_what_is_left_and_none_of_it_twice(w):
    west = scene(w, 2.9, 43.5, 3.6, 44.2)
    east = scene(w, 3.4, 43.5, 4.1, 44.2)
    scene(w, 3.3, 43.6, 3.7, 44.1)
    order = asked(w, wanted())
    lines = list(order.items.all())
    assert {line.scene_id for line in lines} == {west.pk, east.pk}
    parts = [geo.to_shapely(line.aoi) for line in lines]
    assert parts[0].intersection(parts[1]).area == pytest.approx(0, abs=1e-12)
    assert shapely.union_all(parts).area == pytest.approx(AREA.area)
    assert order.area_m2 == pytest.approx(sum(line.area_m2 for line in lines), abs=10)
    assert (order.kind, order.archive_search.with_held, order.family) == ("archive", False, "pleiades")
    assert order.options["processing_level"] == "ortho"


def test_what_is_held_or_on_order_is_not_asked_again(w):
    ItemFactory(collection=w.collection, datetime=clock.now(), footprint=geo.to_multipolygon(box(2.9, 43.5, 3.5, 44.2)))
    whole = scene(w, 2.9, 43.5, 4.1, 44.2)
    order = asked(w, wanted())
    assert geo.to_shapely(order.aoi).area == pytest.approx(0.25)
    assert geo.to_shapely(order.archive_search.area).area == pytest.approx(0.5)
    submit_order(order=order, actor=w.researcher)
    with pytest.raises(Invalid) as refusal:
        asked(w, wanted(), title="Encore")
    assert (refusal.value.pointer, refusal.value.code) == ("area", "nothing_left")
    assert Order.objects.count() == 1
    assert [one.pk for one in scenes_for(sought(), w.researcher, but=order).scenes] == [whole.pk]


def test_an_area_that_is_held_is_ordered_all_the_same_with_words(w):
    ItemFactory(collection=w.collection, datetime=clock.now(), footprint=geo.to_multipolygon(box(2.9, 43.5, 4.1, 44.2)))
    scene(w, 2.9, 43.5, 4.1, 44.2)
    with pytest.raises(Invalid) as refusal:
        asked(w, wanted(with_held=True), submit=True)
    assert refusal.value.code == "already_held"
    assert nothing_written()
    order = asked(w, wanted(with_held=True), submit=True, justification="Une autre saison")
    assert of_order(order).held_percent > 90


def test_days_clouds_incidence_and_views_choose(w):
    scene(w, 2.9, 43.5, 4.1, 44.2, days=400)
    scene(w, 2.9, 43.5, 4.1, 44.2, cloud_cover=40)
    scene(w, 2.9, 43.5, 4.1, 44.2, incidence_angle=38)
    pair = scene(w, 2.9, 43.5, 4.1, 44.2, stereo_count=2, incidence_angle=10)
    order = asked(w, wanted(cloud_max=10, incidence_max=20, mode="stereo"))
    assert order.items.get().scene_id == pair.pk
    filters = wanted_of(order)
    assert (filters.cloud, filters.incidence, filters.stereo, filters.sensors) == (10, 20, (2, 3), ("pleiades",))
    with pytest.raises(Invalid) as refusal:
        asked(w, wanted(mode="tristereo"))
    assert (refusal.value.pointer, refusal.value.code) == ("area", "no_scene")


def test_a_scene_left_out_leaves_its_part_to_the_others(w):
    west, east = scene(w, 2.9, 43.5, 3.7, 44.2), scene(w, 3.3, 43.5, 4.1, 44.2)
    both = plan_archive(wanted(), person=w.researcher)
    assert both.found.covered_percent == pytest.approx(100)
    alone = plan_archive(wanted((east.pk,)), person=w.researcher)
    assert [line.scene.pk for line in alone.costs.lines] == [east.pk]
    assert alone.costs.lines[0].aoi.area == pytest.approx(0.35)
    assert alone.found.covered_percent == pytest.approx(70, abs=0.1)
    assert west.pk in [one.pk for one in both.found.scenes]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"first": 10, "last": -10}, "period", "period_to_come"),
        ({"first": -10, "last": -20}, "period", "reversed"),
        ({"first": 5, "last": 20}, "period", "period_to_come"),
        ({"cloud_max": 101}, "cloud_max", "out_of_range"),
        ({"incidence_max": 95.0}, "incidence_max", "out_of_range"),
        ({"mode": "quad"}, "mode", "unknown_value"),
        ({"area": PYONGYANG}, "area", "denied_place"),
        ({"area": ATLANTIC}, "area", "on_the_sea"),
        ({"family": "spot-6-7"}, "area", "no_scene"),
        ({"family": "sentinel-2"}, "family", "not_ordered"),
        ({"options": {"pixel_coding": "8bits", "radiometric_processing": "reflectance"}}, "options/pixel_coding", ""),
        ({"options": {"colour": "blue"}}, "options/colour", "unknown_option"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_what_is_wrong_is_named_and_nothing_is_written(w, changes, pointer, code):
    scene(w, 2.9, 43.5, 4.1, 44.2)
    days = {name: clock.today() + timedelta(days=changes[name]) for name in ("first", "last") if name in changes}
    if days.get("last") and days["last"] < days["first"] and code == "period_to_come":
        days = {"first": clock.today() + timedelta(days=10), "last": clock.today() + timedelta(days=20)}
    with pytest.raises(Invalid) as refusal:
        asked(w, wanted(**changes | days))
    assert refusal.value.pointer == pointer
    assert refusal.value.repair
    assert not code or refusal.value.code == code
    assert nothing_written()


def test_scenes_that_do_not_suit_are_named(w):
    good, late = scene(w, 2.9, 43.5, 4.1, 44.2), scene(w, 2.9, 43.5, 4.1, 44.2, days=800)
    away = scene(w, 7.0, 45.0, 7.1, 45.1)
    for ids in ((late.pk,), (good.pk, away.pk), (10**7,), ()):
        with pytest.raises(Invalid) as refusal:
            asked(w, wanted(ids))
        assert refusal.value.pointer == "scenes"
    with pytest.raises(Invalid) as refusal:
        asked(w, wanted(tuple(range(1, 10_001))))
    assert refusal.value.code == "too_many_lines"
    assert nothing_written()


def test_only_members_order(w):
    scene(w, 2.9, 43.5, 4.1, 44.2)
    stranger = member_of(world().organisation)
    with pytest.raises(NotPermitted):
        request_area(
            requester=stranger,
            organisation=w.organisation,
            project=w.project,
            wanted=wanted(),
            title="Garrigue",
            submit=False,
        )
    assert nothing_written()


def test_a_draft_is_written_anew_and_a_sent_order_is_not(w):
    west, east = scene(w, 2.9, 43.5, 3.7, 44.2), scene(w, 3.3, 43.5, 4.1, 44.2)
    order = asked(w, wanted())
    said = {"order": order, "actor": w.researcher, "project": w.project, "title": "Plus petit"}
    half = wanted((west.pk,), area=box(3.0, 43.6, 3.5, 44.1))
    with pytest.raises(StaleVersion):
        edit_archive_area(**said, wanted=half, expected_version=7)
    edit_archive_area(**said, wanted=half, expected_version=0)
    order.refresh_from_db()
    assert [line.scene_id for line in order.items.all()] == [west.pk]
    assert geo.to_shapely(order.archive_search.area).area == pytest.approx(0.25)
    submit_order(order=order, actor=w.researcher)
    with pytest.raises(IllegalTransition):
        edit_archive_area(**said, wanted=wanted((east.pk,)))
    with pytest.raises(NotPermitted):
        edit_archive_area(**{**said, "actor": world().researcher}, wanted=half)
    assert [line.scene_id for line in order.items.all()] == [west.pk]


def test_what_another_organisation_ordered_is_not_proposed(w):
    other = world()
    taken = scene(other, 2.9, 43.5, 4.1, 44.2)
    scene(w, 2.9, 43.5, 4.1, 44.2)
    submitted(other, scenes=[taken], aoi=box(3.0, 43.6, 3.5, 44.1))
    assert scenes_for(sought(), w.researcher).asked.area == pytest.approx(0.25)


def test_the_families_of_the_archive(w):
    assert "pleiades" in archive_families()
    assert "sentinel-2" not in archive_families()
