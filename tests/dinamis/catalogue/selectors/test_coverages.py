# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far a coverage is, in cells and area, and when its images were taken."""

from datetime import date

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.db import IntegrityError, transaction
from django.utils import translation

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.models import CoverageCell
from dinamis.catalogue.selectors.coverages import Progress, ages_of, progress_of, two_months
from tests.factories.catalogue import CoverageCellFactory, CoverageFactory, square

pytestmark = pytest.mark.django_db


def cell(coverage, status=CellStatus.PLANNED, side=0.2, **fields):
    return CoverageCellFactory(
        coverage=coverage, status=status, geometry=MultiPolygon(square(side=side), srid=4326), **fields
    )


def test_progress_counts_cells_and_area(django_assert_num_queries):
    coverage, other = CoverageFactory(year=2023), CoverageFactory(year=2024)
    cell(coverage, CellStatus.DELIVERED)
    cell(coverage, CellStatus.DELIVERED, side=0.1)
    cell(coverage)
    cell(other)
    with django_assert_num_queries(1):
        progress = progress_of(coverage.pk)[coverage.pk]
    assert (progress.cells, progress.delivered) == (3, 2)
    # 0.2 degree squares at 43.5° north: 16.2 km by 22.2 km.
    assert progress.area_m2 == pytest.approx((359 + 90 + 359) * 1e6, rel=0.01)
    assert progress.delivered_share == pytest.approx(100 * 449 / 808, rel=0.01)
    assert [(part.value, part.count, round(part.share)) for part in progress.statuses] == [
        ("planned", 1, 44),
        ("acquired", 0, 0),
        ("produced", 0, 0),
        ("delivered", 2, 56),
    ]
    assert set(progress_of()) == {coverage.pk, other.pk}


def test_a_coverage_without_cells_is_nowhere():
    assert progress_of(CoverageFactory().pk) == {}
    assert (Progress().cells, Progress().delivered_share) == (0, 0.0)


def test_ages_are_two_months_each(django_assert_num_queries):
    coverage = CoverageFactory()
    for day in (date(2024, 4, 1), date(2024, 3, 31), date(2024, 12, 31)):
        cell(coverage, CellStatus.ACQUIRED, acquired_on=day)
    cell(coverage)
    with django_assert_num_queries(1):
        found = ages_of(coverage.pk)
    assert [(part.value, part.count, round(part.share)) for part in found] == [("1", 2, 67), ("5", 1, 33)]
    assert ages_of(CoverageFactory().pk) == []


@pytest.mark.parametrize(("language", "words"), [("fr", "mars à avril"), ("en", "March to April")])
def test_two_months_in_words(language, words):
    with translation.override(language):
        assert two_months(1) == words


@pytest.mark.parametrize(
    "wrong",
    [
        {"acquired_on": date(2024, 5, 2), "produced_on": date(2024, 5, 1)},
        {"produced_on": date(2024, 5, 2), "delivered_on": date(2024, 5, 1)},
    ],
)
def test_dates_out_of_order_are_refused_by_the_database(wrong):
    coverage = CoverageFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        cell(coverage, CellStatus.DELIVERED, **wrong)
    assert not CoverageCell.objects.exists()
