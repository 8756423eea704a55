# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page that compares two years, and the map of one year by progress and age."""

from datetime import date

import pytest
from django.urls import reverse

from dinamis.catalogue.enums import CellStatus
from tests.factories.catalogue import CoverageCellFactory, CoverageFactory, ItemFactory, quicklook_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection():
    made = CoverageFactory(year=2024)
    for year in (2022, 2023):
        CoverageFactory(year=year, collection=made.collection)
    for coverage in made.collection.coverages.all():
        item = ItemFactory(collection=made.collection, stac_id=f"A-{coverage.year}")
        quicklook_of(item)
        CoverageCellFactory(
            coverage=coverage,
            code="A",
            status=CellStatus.DELIVERED,
            item=item,
            acquired_on=date(coverage.year, 6, 14),
        )
        CoverageCellFactory(coverage=coverage, code="B")
    return made.collection


def page(client, collection, **query):
    return client.get(reverse("catalogue:compare", args=[collection.slug]), query)


@pytest.mark.parametrize(
    ("query", "years"),
    [
        ({}, (2023, 2024)),
        ({"left": "2022"}, (2022, 2024)),
        ({"left": "2024", "right": "2022"}, (2024, 2022)),
        ({"right": "2022"}, (2024, 2022)),
        ({"left": "1999", "right": "nonsense"}, (2023, 2024)),
        ({"left": "²", "right": "-1"}, (2023, 2024)),
    ],
)
def test_the_years_are_those_asked_or_the_last_two(client, collection, query, years):
    context = page(client, collection, **query).context
    assert (context["left"].year, context["right"].year) == years


def test_both_lists_are_there_without_a_script(client, collection):
    response = page(client, collection)
    text = response.content.decode()
    assert [side["year"] for side in response.context["both_years"]] == [2023, 2024]
    assert [row["code"] for row in response.context["both_years"][0]["rows"]] == ["A", "B"]
    assert text.count("14\u00a0juin") == 2
    assert '<input class="swipe-slider" type="range"' in text
    assert "<img" not in text.split('id="pairs-title"')[1].split("</section>")[0]


def test_a_named_cell_shows_its_two_pictures(client, collection):
    response = page(client, collection, cell="A")
    rows = [side["rows"] for side in response.context["both_years"]]
    assert [[row["code"] for row in side] for side in rows] == [["A"], ["A"]]
    assert response.content.decode().count('.jpg" alt=""') == 2
    assert response.context["bounds"].startswith("3.8000,43.5000,")


def test_what_there_is_not_is_not_found(client, collection):
    assert client.get("/coverages/nothing/compare/").status_code == 404


def test_the_map_of_a_year_by_progress_age_or_right(client, collection):
    address = reverse("catalogue:coverage", args=[collection.slug, 2024])
    text = client.get(address).content.decode()
    assert 'cells-by="status"' in text
    assert "key-cell-delivered" in text
    assert "mai à juin" in text
    text = client.get(address, {"map": "age"}).content.decode()
    assert 'cells-by="age"' in text
    assert "key-age-2" in text
    assert 'cells-by="state"' in client.get(address, {"map": "state"}).content.decode()
    assert 'cells-by="status"' in client.get(address, {"map": "nonsense"}).content.decode()
    assert reverse("catalogue:compare", args=[collection.slug]) + "?right=2024" in text
    assert reverse("orders:coverage_files", args=[collection.slug, 2024]) in text
