# SPDX-License-Identifier: AGPL-3.0-or-later
"""In an area the facets tell what looking at each image tells, whoever asks for whatever wherever."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from shapely import affinity

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.box_counts import is_countable
from dinamis.catalogue.selectors.facet_choices import FACETS
from dinamis.catalogue.selectors.facets import facets
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.search import search
from dinamis.catalogue.selectors.shares import RANKS, _uncovered, shares_of_area
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.selectors.windows import Spread, Window
from dinamis.core import clock
from tests.dinamis.catalogue.cast import build_world
from tests.dinamis.catalogue.looked_at import images_for, looked_at
from tests.factories.catalogue import CollectionFactory
from tests.factories.licensing import LicenceFactory

pytestmark = pytest.mark.django_db

DATELINE = shapely.MultiPolygon([shapely.box(179.5, -17, 180, -16), shapely.box(-180, -17, -179.5, -16)])
BOXES = [
    (1, 43, 3, 45),
    (1.5, 43.5, 1.7, 43.7),
    (-180, -90, 180, 90),
    (0.013, 42.987, 2.501, 43.9),
    (179, -18, 180, -15),
]
AREAS = {
    **{f"box {bounds}": shapely.box(*bounds) for bounds in BOXES},
    "small": shapely.box(2.001, 44.001, 2.02, 44.02),
    "drawn": affinity.rotate(shapely.box(1, 43, 3, 45), 20),
    "dateline": DATELINE,
    "point": shapely.Point(2, 44),
}
FILTERS = [
    {},
    {"cloud": 20, "incidence": 30},
    {"states": ("order", "none"), "years": (2022, 2023), "resolution": 1.5},
    {"platforms": ("SPOT7",), "levels": ("L3",), "stereo": (1, 2)},
    {"sensors": ("pleiades",), "cloud": 12.5},
    {"since": date(2020, 1, 1), "until": date(2022, 12, 31), "resolution": 5, "incidence": 17},
    {"text": "image-1", "years": (2021, 2022)},
    {"until": date(2022, 12, 31), "states": ("order", "none")},
]


def geos(shape):
    return GEOSGeometry(memoryview(shape.wkb), srid=4326)


def footprint(chance):
    """A rectangle or triangle, often tilted, now and then with sides on the very lines of a box, or very large."""
    if chance.random() < 0.05:
        return DATELINE if chance.random() < 0.5 else shapely.box(-20, 40, 30, 44)
    west, south = chance.choice([(chance.uniform(-1, 4), chance.uniform(42, 46)), (chance.choice((1, 3)), 44), (0, 43)])
    shape = shapely.box(west, south, west + chance.choice((0.05, 0.8, 1, 2.5)), south + chance.choice((0.1, 1, 3)))
    if chance.random() < 0.3:
        shape = shapely.Polygon(shape.exterior.coords[:3])
    return affinity.rotate(shape, chance.uniform(0, 90)) if chance.random() < 0.6 else shape


def some_images(chance, collections, organisation):
    now = clock.now()
    maybe = lambda value: value if chance.random() < 0.1 else None  # noqa: E731
    for number in range(150):
        reserved = maybe(now + timedelta(days=chance.choice((-5, 5))))
        yield Item(
            collection=chance.choice(collections),
            stac_id=f"image-{number}",
            footprint=geos(footprint(chance)),
            datetime=chance.choice(
                (now - timedelta(days=50), datetime(chance.randint(2019, 2023), 12, 31, 23, 30, tzinfo=UTC))
            ),
            platform=chance.choice(("PLEIADES-1B", "SPOT7")),
            processing_level=chance.choice(("L1A", "L3")),
            stereo_count=chance.randint(1, 3),
            cloud_cover=chance.choice((None, 3, 12, 20, 80)),
            incidence_angle=chance.choice((None, 5, 15, 40)),
            gsd=chance.choice((None, 0.5, 1.5, 20)),
            held=chance.random() < 0.5,
            source_id=chance.choice(("", "DS_1", "DS_2", f"DS_{number}")),
            embargo_until=maybe(now + timedelta(days=chance.choice((-5, 5)))),
            hold_back_until=reserved,
            hold_back_organisation=organisation if reserved else None,
            withdrawn_at=maybe(now),
        )


@pytest.fixture
def people():
    world = build_world()
    young = CollectionFactory(licence=LicenceFactory(embargo_days=100))
    ours = world.items["reserved_ours"].hold_back_organisation
    Item.objects.bulk_create(some_images(random.Random(7), [world.items["held"].collection, young], ours))
    return world.people


@pytest.mark.parametrize("kind", ["anonymous", "entitled", "unsigned"])
def test_they_tell_what_looking_at_each_image_tells(people, kind):
    viewer = viewer_of(people[kind])
    images = images_for(viewer)
    shapes = shapely.from_wkb([bytes(item.footprint.wkb) for item in images])
    assert len(images) > 90
    for place, (name, shape) in enumerate(AREAS.items(), 3 * list(people).index(kind)):
        area = geos(shape)
        touched = [item for item, touches in zip(images, shapely.intersects(shapes, shape), strict=True) if touches]
        assert touched, name
        filters = SearchFilters(aoi=area, **FILTERS[place % len(FILTERS)])
        counts = facets(filters, viewer, area)
        assert {facet: dict(getattr(counts, facet)) for facet in FACETS} == looked_at(filters, touched), (name, filters)


@pytest.mark.parametrize("kind", ["anonymous", "entitled", "unsigned"])
def test_shares_are_what_the_footprints_cover(people, kind):
    viewer = viewer_of(people[kind])
    area = AREAS["drawn"]
    for filters in (SearchFilters(), SearchFilters(years=(2019, 2020, 2021), cloud=20)):
        left, expected = area, []
        found = search(filters, viewer)
        for state, _held in RANKS:
            shapes = [item.footprint for item in found if item.state == state]
            rest = left.difference(shapely.union_all(shapely.from_wkb([bytes(one.wkb) for one in shapes])))
            expected.append(100 * (left.area - rest.area) / area.area)
            left = rest
        assert shares_of_area(filters, viewer, geos(area)) == pytest.approx(expected, abs=0.02)
        assert filters.years or sum(expected) > 5


def test_windows_of_time_leave_no_image_out(people):
    viewer = viewer_of(people["anonymous"])
    area = shapely.box(-1, 42, 8, 49)
    found = search(SearchFilters(years=(2020, 2021)), viewer)
    shapes = shapely.from_wkb([bytes(item.footprint.wkb) for item in found])
    rest = area.difference(shapely.union_all(shapes)).area
    assert 0 < rest < area.area
    moments = tuple(datetime(year, 6, 1, tzinfo=UTC).timestamp() for year in range(2019, 2024))
    for share in (0.01, 0.2, 1.0):
        window = Window(Spread(100.0, moments), share)
        assert _uncovered(found, area, 0.0, window).area == pytest.approx(rest)


def test_boxes_are_counted_by_the_index():
    assert [is_countable(geos(shape)) for shape in AREAS.values()] == [True] * 5 + [False] * 4
