# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acquisition requests: what is written, what is refused and leaves nothing, what is looked at again later."""

import itertools
from datetime import date, timedelta

import pytest
from django.contrib.gis.geos import GEOSGeometry
from shapely.geometry import box

from dinamis.accounts.services.membership import leave
from dinamis.catalogue.models import Sensor
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotEntitled, NotPermitted, SeveralInvalid, StaleVersion
from orders.domain.windows import windows
from orders.models import Acquisition, Order, OrderItem
from orders.selectors.requests.products import taskable
from orders.services.requests.acquisition_draft import edit_acquisition, wanted_of
from orders.services.requests.submission import submit_order
from orders.services.reviewing.review import approve_order, pass_on, request_changes, start_review
from tests.factories.orders import AREA, KM2, CollectionFactory, SceneFactory, drafted, world
from tests.orders.requests.wishes import ATLANTIC, PYONGYANG, WRONGS, day, requested, wanted
from tests.orders.reviewing.committee import with_stages

pytestmark = pytest.mark.django_db
NORTH = box(3.7, 44.0, 3.8, 44.1)


def nothing_written():
    return (Order.objects.count(), OrderItem.objects.count(), Acquisition.objects.count()) == (0, 0, 0)


def test_one_line_for_each_area(w):
    order = requested(w, areas=[AREA, NORTH], bundle="surface")
    row = order.acquisition
    assert (order.kind, order.family, order.state) == ("acquisition", "pleiades", "draft")
    assert (row.mode, row.bh_min, row.bh_max, row.cloud_max, row.proposal_threshold) == ("stereo", 0.25, 0.6, 5, 10)
    first, second = order.items.order_by("position")
    assert (first.scene, second.scene) == (None, None)
    assert first.label != second.label
    # Below 100 km2 the minimum is billed, and a pair counts twice.
    assert first.area_m2 < 100 * KM2
    assert (first.billed_area_m2, first.price_cents) == (200 * KM2, 104_400)
    assert order.options["processing_level"] == "primary"
    assert "projection" not in order.options
    assert wanted_of(order).parameters == wanted(w, bundle="surface").parameters


def test_a_series_has_one_line_for_each_window(w):
    order = requested(w, first=day(10), last=day(10 + 365), repeat="quarterly", programme="oneseries")
    lines = list(order.items.order_by("position"))
    assert len(lines) == 4
    assert all(one.period.upper == two.period.lower for one, two in itertools.pairwise(lines))
    assert (lines[0].period.lower, lines[-1].period.upper) == (
        order.acquisition.period.lower,
        order.acquisition.period.upper,
    )


@pytest.mark.parametrize(
    ("last", "repeat", "expected"),
    [
        (date(2027, 3, 30), "none", [(31, 30)]),
        (date(2027, 3, 30), "monthly", [(31, 27), (28, 30)]),
        (date(2027, 3, 5), "monthly", [(31, 5)]),
        (date(2027, 5, 30), "quarterly", [(31, 29), (30, 30)]),
    ],
)
def test_windows_follow_the_months(last, repeat, expected):
    found = windows(date(2027, 1, 31), last, repeat, minimum_days=14)
    assert [(first.day, end.day) for first, end in found][: len(expected)] == expected or repeat == "quarterly"
    assert found[0][0] == date(2027, 1, 31)
    assert found[-1][1] == last
    assert all(two[0] - one[1] == timedelta(days=1) for one, two in itertools.pairwise(found))


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.name)
def test_what_is_wrong_is_named_and_nothing_is_written(w, wrong):
    with pytest.raises(Invalid) as refused:
        requested(w, **wrong.changes)
    assert (refused.value.pointer, refused.value.code) == (wrong.pointer, wrong.code)
    assert str(refused.value)
    assert refused.value.repair
    assert nothing_written()


def test_every_field_is_named_at_once(w):
    with pytest.raises(SeveralInvalid) as refused:
        requested(w, cloud_max=130, bh_min=0.3, first=day(3), last=day(3), options={"colour": "blue", "dem": "none"})
    assert [error.pointer for error in refused.value.errors] == [
        "period",
        "bh_min",
        "cloud_max",
        "options/colour",
        "options/dem",
    ]
    assert nothing_written()


def test_a_threshold_not_named_follows_the_cloud(w):
    assert requested(w, cloud_max=25).acquisition.proposal_threshold == 25
    row = requested(w).acquisition
    assert (row.cloud_max, row.proposal_threshold) == (10, 20)


def test_a_value_beside_a_bundle_wins_and_the_rest_follows(w):
    order = requested(w, bundle="look", options={"radiometric_processing": "reflectance"})
    assert (order.options["radiometric_processing"], order.options["pixel_coding"]) == ("reflectance", "12bits")
    row = requested(w, bundle="surface", mode="mono").acquisition
    assert (row.mode, row.bh_min, row.bh_max) == ("mono", None, None)


def radar_world(settings):
    known = settings.DINAMIS["TASKING_PRODUCT_TYPES"]
    plan = known["oneplan"] | {"terrasar-x": "TSXTasking"}
    settings.DINAMIS = settings.DINAMIS | {"TASKING_PRODUCT_TYPES": known | {"oneplan": plan}}
    Sensor.objects.get_or_create(
        platform="TERRASAR-X", defaults={"name": "TerraSAR-X", "family": "terrasar-x", "kind": "sar", "resolution": 1}
    )
    return world(family="terrasar-x")


def test_a_radar_knows_no_clouds(settings):
    w = radar_world(settings)
    row = requested(w, bundle="look").acquisition
    assert (row.cloud_max, row.proposal_threshold) == (None, None)
    with pytest.raises(Invalid) as refused:
        requested(w, cloud_max=10)
    assert (refused.value.pointer, refused.value.code) == ("cloud_max", "cloud_on_radar")
    assert Order.objects.count() == 1


def test_nothing_offers_a_satellite_that_ended(w, settings):
    Sensor.objects.all().delete()
    gone = CollectionFactory(licence=w.licence, family="spot-6-7")
    Sensor.objects.create(
        platform="SPOT-7", name="SPOT 7", family="spot-6-7", resolution=1.5, ended_on=date(2023, 3, 17)
    )
    Sensor.objects.create(platform="PLEIADES-1A", name="Pléiades 1A", family="pleiades", resolution=0.5)
    assert set(taskable(clock.today())) == {w.collection}
    with pytest.raises(Invalid) as refused:
        requested(w, collection=gone)
    assert (refused.value.pointer, refused.value.code) == ("collection", "out_of_service")
    with pytest.raises(Invalid) as refused:
        requested(w, collection=CollectionFactory(licence=w.licence, family="aster"))
    assert refused.value.code == "not_ordered"
    assert nothing_written()


def test_at_sea_a_primary_image_may_be_asked_and_near_the_coast_an_ortho(w):
    assert requested(w, areas=[ATLANTIC], options={"processing_level": "primary"}).items.count() == 1
    # The usual area lies in the sea, eight kilometres off Sète.
    assert requested(w, options={"processing_level": "ortho"}).items.count() == 1


def test_a_rule_may_be_about_one_family_alone(w, settings):
    rule = {"country": "408", "families": ("spot-6-7",), "fr": "Non.", "en": "No."}
    settings.DINAMIS = settings.DINAMIS | {"DENY_RULES": (rule,)}
    assert requested(w, areas=[PYONGYANG]).items.count() == 1


def test_an_archive_order_over_a_denied_country_is_refused(w):
    outline = GEOSGeometry(memoryview(PYONGYANG.wkb), srid=4326)
    with pytest.raises(Invalid) as refused:
        drafted(w, scenes=[SceneFactory(collection=w.collection, footprint=outline)], aoi=None)
    assert (refused.value.pointer, refused.value.code) == ("aoi", "denied_place")
    assert nothing_written()


def test_editing_writes_the_lines_anew(w):
    order = requested(w)
    common = {"order": order, "actor": w.researcher, "project": w.project, "title": "Deux zones"}
    edit_acquisition(wanted=wanted(w, areas=[AREA, NORTH]), expected_version=0, **common)
    order.refresh_from_db()
    assert (order.title, order.version, order.items.count()) == ("Deux zones", 1, 2)
    with pytest.raises(StaleVersion):
        edit_acquisition(wanted=wanted(w), expected_version=0, **common)
    with pytest.raises(NotPermitted):
        edit_acquisition(wanted=wanted(w), **{**common, "actor": w.moderator})
    with pytest.raises(Invalid):
        edit_acquisition(wanted=wanted(w, cloud_max=101), **common)
    assert (order.items.count(), order.acquisition.cloud_max) == (2, 10)


def test_the_office_approves_a_request(w):
    order = requested(w, submit=True)
    assert order.state == "submitted"
    order = start_review(order=order, actor=w.moderator)
    order = approve_order(order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope)
    assert (order.state, order.items.get().state) == ("approved", "approved")


def test_days_that_passed_are_counted_at_the_submission(w):
    order = requested(w, first=day(1), last=day(40))
    with clock.at(clock.now() + timedelta(days=20)):
        assert submit_order(order=order, actor=w.researcher).state == "submitted"
    late = requested(w, first=day(1), last=day(40))
    with clock.at(clock.now() + timedelta(days=35)), pytest.raises(Invalid) as refused:
        submit_order(order=late, actor=w.researcher)
    assert (refused.value.pointer, refused.value.code) == ("period", "period_too_short")
    late.refresh_from_db()
    assert (late.state, late.reviews.count()) == ("draft", 0)


def test_a_project_that_ended_meanwhile_stops_the_submission(w):
    order = requested(w)
    w.project.ended_at = clock.now()
    w.project.save()
    with pytest.raises(NotEntitled) as refused:
        submit_order(order=order, actor=w.researcher)
    assert "project_ended" in {reason["code"] for reason in refused.value.extra["missing"]}
    order.refresh_from_db()
    assert (order.state, order.reviews.count()) == ("draft", 0)


def test_a_person_who_moved_meanwhile_is_asked_again(w):
    order = requested(w, submit=True)
    order = start_review(order=order, actor=w.moderator)
    leave(membership=w.researcher.memberships.get(state="active"), actor=w.researcher)
    with pytest.raises(NotEntitled) as refused:
        approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope)
    assert "membership_inactive" in {reason["code"] for reason in refused.value.extra["missing"]}
    order.refresh_from_db()
    assert order.state == "in_review"


def test_a_request_sent_back_after_a_stage_spoke_of_its_lines_is_rewritten(w):
    order = requested(w, submit=True, areas=[AREA, NORTH])
    start_review(order=order, actor=w.moderator)
    with with_stages():
        pass_on(order=order, actor=w.moderator, reason="Complet.")
        request_changes(order=order, actor=w.moderator, reason="Une seule zone suffit.")
    edit_acquisition(
        order=order, actor=w.researcher, project=w.project, wanted=wanted(w, areas=[NORTH]), title="Une zone"
    )
    order.refresh_from_db()
    assert (order.items.count(), order.state) == (1, "changes_requested")
