# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Point

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.selectors.facets import CLOUD_CLASSES, INCIDENCE_CLASSES, RESOLUTION_CLASSES, answer, facets
from dinamis.catalogue.selectors.filters import SearchFilters, area_of
from dinamis.catalogue.selectors.search import page, search
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import clock
from tests.dinamis.catalogue.cast import build_world
from tests.factories.catalogue import AdminUnitFactory, CollectionFactory, ItemFactory, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody():
    return viewer_of(AnonymousUser())


@pytest.fixture
def images():
    pleiades = CollectionFactory(slug="pleiades")
    spot = CollectionFactory(slug="spot-6-7", family=ProductFamily.SPOT_6_7)
    return {
        "near": ItemFactory(collection=pleiades, stac_id="near", title="Près de Sète", cloud_cover=3),
        "far": ItemFactory(collection=pleiades, stac_id="far", footprint=square(-1, 47), cloud_cover=30, held=False),
        "spot": ItemFactory(
            collection=spot,
            stac_id="spot",
            platform="SPOT-7",
            datetime=datetime(2021, 12, 31, 23, 30, tzinfo=UTC),
            incidence_angle=25,
            cloud_cover=None,
            gsd=1.5,
            processing_level="L1A",
            stereo_count=2,
        ),
    }


def found(viewer, **conditions):
    return {item.stac_id for item in search(SearchFilters(**conditions), viewer)}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, {"near", "far", "spot"}),
        ({"sensors": ("spot-6-7",)}, {"spot"}),
        ({"collections": ("pleiades",)}, {"near", "far"}),
        ({"platforms": ("SPOT-7",)}, {"spot"}),
        ({"cloud": 3}, {"near"}),
        ({"incidence": 20}, {"near", "far"}),
        ({"resolution": 0.5}, {"near", "far"}),
        ({"levels": ("L1A",)}, {"spot"}),
        ({"stereo": (2, 3)}, {"spot"}),
        ({"licences": ("nobody-s",)}, set()),
        ({"text": "sète"}, {"near"}),
        ({"text": "sète far"}, set()),
        ({"states": ("order",)}, {"far"}),
        ({"bbox": (3.7, 43.4, 4.2, 43.8)}, {"near", "spot"}),
        ({"aoi": Point(-0.9, 47.1, srid=4326)}, {"far"}),
        # 23:30 UTC on 31 December is already the new year in Paris.
        ({"years": (2022,)}, {"spot"}),
        ({"since": date(2022, 1, 1), "until": date(2022, 1, 1)}, {"spot"}),
        ({"until": date(2021, 12, 31)}, set()),
    ],
)
def test_each_condition(images, nobody, conditions, expected):
    assert found(nobody, **conditions) == expected


def test_a_licence_is_named_by_its_code(images, nobody):
    assert found(nobody, licences=(images["spot"].collection.licence.code,)) == {"spot"}


def test_a_place_is_an_area(images, nobody):
    AdminUnitFactory(code="34301", name="Sète")
    assert found(nobody, place="commune:34301") == {"near", "spot"}
    assert area_of(SearchFilters(place="commune:99999")) is None
    assert area_of(SearchFilters(place="planet:1")) is None


def test_a_condition_on_details_never_finds_a_withheld_image(nobody):
    soon = clock.now() + timedelta(days=3)
    hidden = ItemFactory(stac_id="hidden", title="secret", embargo_until=soon)
    assert found(nobody) == {"hidden"}
    assert found(nobody, bbox=(3.7, 43.4, 4.2, 43.8)) == {"hidden"}
    for conditions in (
        {"text": "secret"},
        {"cloud": 50},
        {"incidence": 50},
        {"platforms": ("PLEIADES-1B",)},
        {"sensors": ("pleiades",)},
        {"resolution": 1},
        {"levels": ("L3",)},
        {"stereo": (1,)},
        {"licences": (hidden.collection.licence.code,)},
        {"collections": (hidden.collection.slug,)},
    ):
        assert found(nobody, **conditions) == set(), conditions


def test_a_delivered_scene_stands_for_its_archive_entry(nobody):
    ItemFactory(stac_id="entry", source_id="DS_1", held=False)
    product = ItemFactory(stac_id="product", source_id="DS_1")
    assert found(nobody) == {"product"}
    product.embargo_until = clock.now() + timedelta(days=1)
    product.save()
    assert found(nobody) == {"entry", "product"}


@pytest.mark.parametrize("order", ["recent", "oldest", "clouds", "covers"])
def test_pages_have_every_image_once_forwards_and_back(nobody, order):
    for number in range(7):
        ItemFactory(
            stac_id=f"n{number}",
            datetime=datetime(2024, 1, 1 + number // 2, tzinfo=UTC),
            cloud_cover=[5, None][number % 2],
            footprint=square(side=0.05 * (1 + number // 2)),
        )
    area = square(side=0.3)
    whole = [item.pk for item in page(SearchFilters(order=order, aoi=area), nobody, size=50).items]
    seen, token, last = [], "", None
    while True:
        last = page(SearchFilters(order=order, aoi=area, after=token), nobody, size=3)
        seen += [item.pk for item in last.items]
        if not last.after:
            break
        token = last.after
    assert seen == whole
    assert len(set(seen)) == 7
    back = page(SearchFilters(order=order, aoi=area, before=last.before), nobody, size=3)
    assert [item.pk for item in back.items] == whole[3:6]
    assert page(SearchFilters(order=order, aoi=area, before=back.before), nobody, size=3).before == ""


def test_the_order_of_a_list(images, nobody):
    assert [item.stac_id for item in page(SearchFilters(order="clouds"), nobody).items] == ["near", "far", "spot"]
    assert page(SearchFilters(order="oldest"), nobody).items[0].stac_id == "spot"


@pytest.mark.parametrize("token", ["x", "%%%", "WzFd", "bnVsbA", "WyJ4IiwgMV0"])
def test_a_wrong_token_is_the_first_page(images, nobody, token):
    assert len(page(SearchFilters(after=token), nobody).items) == 3
    assert len(page(SearchFilters(before=token, order="clouds"), nobody).items) == 3


def test_how_much_of_the_area_an_image_covers(nobody):
    ItemFactory(stac_id="half", footprint=square(3.8, 43.5, 0.1))
    asked = square(3.8, 43.5, 0.2)
    assert [round(item.covers) for item in page(SearchFilters(aoi=asked), nobody).items] == [25]
    assert [item.covers for item in page(SearchFilters(), nobody).items] == [None]


def test_facets_count_what_the_list_would_have():
    world = build_world()
    spot = CollectionFactory(family=ProductFamily.SPOT_6_7)
    ItemFactory(platform="SPOT-7", collection=spot, cloud_cover=15, gsd=1.5, incidence_angle=28, stereo_count=3)
    viewer = viewer_of(world.people["unsigned"])
    filters = SearchFilters(cloud=20, states=("unlock", "order", "none"))
    counts = facets(filters, viewer, None)

    def listed(**conditions):
        return search(SearchFilters(**{"cloud": 20, "states": filters.states, **conditions}), viewer).count()

    assert counts.states == {
        state: listed(states=(state,)) for state in ("unlock", "order", "none") if listed(states=(state,))
    }
    for sensor, count in counts.sensors.items():
        assert count == listed(sensors=(sensor,))
    for slug, count in counts.collections.items():
        assert count == listed(collections=(slug,))
    for year, count in counts.years.items():
        assert count == listed(years=(year,))
    for level, count in counts.levels.items():
        assert count == listed(levels=(level,))
    for images_of_a_pass, count in counts.stereo.items():
        assert count == listed(stereo=(images_of_a_pass,))
    for licence, count in counts.licences.items():
        assert count == listed(licences=(licence,))
    assert len(counts.licences) == len(counts.stereo) == 2
    assert counts.clouds == {most: listed(cloud=most) for most in CLOUD_CLASSES}
    assert counts.incidences == {most: listed(incidence=most) for most in INCIDENCE_CLASSES}
    assert counts.resolutions == {most: listed(resolution=most) for most in RESOLUTION_CLASSES}
    assert counts.resolutions[1.5] == counts.resolutions[0.5] + 1
    assert answer(filters, viewer, None, counts).total == listed()


def test_the_answer_divides_the_area_once():
    world = build_world()
    viewer = viewer_of(world.people["entitled"])
    collection = world.items["held"].collection
    ItemFactory(collection=collection, footprint=square(4.0, 43.5, 0.2), held=False)
    area = square(3.8, 43.5, 0.4)
    filters = SearchFilters(aoi=area)
    said = answer(filters, viewer, area, facets(filters, viewer, area))
    assert (round(said.held), round(said.unlock), round(said.order), round(said.none)) == (25, 0, 25, 50)
    assert said.downloadable == 3


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_costs_the_same_whatever_it_finds(nobody, django_assert_num_queries, count):
    collection = CollectionFactory()
    ItemFactory.create_batch(count, collection=collection)
    # What each kind of images means is asked once.
    facets(SearchFilters(), nobody, None)
    # The collections, the tallies, and three of what they leave to be counted; by text, with four around the images.
    with django_assert_num_queries(5):
        facets(SearchFilters(cloud=20, states=("order",)), nobody, None)
    with django_assert_num_queries(9):
        facets(SearchFilters(cloud=20, states=("order",), text="PHR"), nobody, None)
    with django_assert_num_queries(1):
        assert len({(item.pk, item.collection.licence.name) for item in page(SearchFilters(), nobody).items}) == count
