# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which sensors are offered for a period, and when only radar is searched."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from dinamis.catalogue.enums import ProductFamily, SensorKind
from dinamis.catalogue.models import Sensor
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.sensors import offered, only_radar, out_of_service, period
from tests.factories.catalogue import CollectionFactory, SensorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def spot():
    SensorFactory(platform="SPOT-6", family=ProductFamily.SPOT_6_7, launched_on=date(2012, 9, 9))
    SensorFactory(
        platform="SPOT-7", family=ProductFamily.SPOT_6_7, launched_on=date(2014, 6, 30), ended_on=date(2023, 3, 17)
    )
    SensorFactory(platform="PHR")


@pytest.mark.parametrize(
    ("asked", "platforms"),
    [
        ({}, {"SPOT-6", "SPOT-7", "PHR"}),
        ({"sensors": ("spot-6-7",)}, {"SPOT-6", "SPOT-7"}),
        ({"since": date(2023, 3, 17)}, {"SPOT-6", "SPOT-7", "PHR"}),
        ({"since": date(2023, 3, 18)}, {"SPOT-6", "PHR"}),
        ({"years": (2024,)}, {"SPOT-6", "PHR"}),
        ({"years": (2022, 2024)}, {"SPOT-6", "SPOT-7", "PHR"}),
        ({"years": (2023,), "since": date(2023, 6, 1)}, {"SPOT-6", "PHR"}),
        ({"until": date(2014, 6, 29)}, {"SPOT-6", "PHR"}),
        ({"until": date(2000, 1, 1)}, {"PHR"}),
    ],
)
def test_nothing_is_offered_outside_its_service(spot, asked, platforms):
    filters = SearchFilters(**asked)
    assert {sensor.platform for sensor in offered(filters)} == platforms


def test_what_is_named_though_it_had_ended_is_found_out(spot, django_assert_num_queries):
    after = SearchFilters(since=date(2024, 1, 1))
    with django_assert_num_queries(1):
        assert [sensor.platform for sensor in out_of_service(["SPOT-6", "SPOT-7", "unknown"], after)] == ["SPOT-7"]
    assert out_of_service(["SPOT-7"], SearchFilters()) == []


def test_a_period_is_the_narrowest_of_what_is_said():
    assert period(SearchFilters()) == (None, None)
    assert period(SearchFilters(years=(2022, 2023), until=date(2022, 5, 1))) == (date(2022, 1, 1), date(2022, 5, 1))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, False),
        ({"sensors": ("terrasar-x",)}, True),
        ({"sensors": ("terrasar-x", "pleiades")}, False),
        ({"platforms": ("TSX",)}, True),
        ({"platforms": ("TSX", "PHR")}, False),
        ({"collections": ("radar",)}, True),
        ({"collections": ("mixed",)}, False),
        ({"collections": ("mixed",), "sensors": ("terrasar-x",)}, True),
        ({"collections": ("unknown",)}, False),
    ],
)
def test_only_radar(asked, answer, django_assert_max_num_queries):
    radar, mixed = CollectionFactory(slug="radar"), CollectionFactory(slug="mixed")
    SensorFactory(platform="TSX", family=ProductFamily.TERRASAR_X, kind=SensorKind.SAR).collections.set([radar, mixed])
    SensorFactory(platform="PHR").collections.set([mixed])
    with django_assert_max_num_queries(1):
        assert only_radar(SearchFilters(**asked)) is answer


@pytest.mark.parametrize(
    "wrong", [{"launched_on": date(2020, 1, 2), "ended_on": date(2020, 1, 1)}, {"resolution": 0.0}]
)
def test_a_sensor_that_cannot_be_is_refused_by_the_database(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        SensorFactory(**wrong)
    assert not Sensor.objects.exists()
