# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shares of an area are those that Shapely finds on an equal-area projection, to 0.1 % of the area."""

from datetime import UTC, datetime

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import affinity
from shapely.geometry import box

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.core.surface import surface_m2
from orders.selectors.holdings.held import PartKind, held_first
from tests.factories.catalogue import ItemFactory
from tests.factories.orders import world

# EPSG:6933, WGS 84 / NSIDC EASE-Grid 2.0 Global: cylindrical, equal-area.
EQUAL_AREA = Transformer.from_crs(4326, 6933, always_xy=True)
TOLERANCE = 0.001
# Straight in degrees is not straight on the projection: edges are followed in steps of this many degrees.
STEP = 0.002


def projected(geometry):
    """The geometry on the projection, its edges as they lie on the map."""
    fine = shapely.segmentize(geometry, STEP)
    return shapely.transform(fine, lambda xy: shapely.get_coordinates(shapely.points(*EQUAL_AREA.transform(*xy.T))))


degrees = st.integers(0, 60).map(lambda step: step / 30)
turned = st.tuples(degrees, degrees, st.integers(1, 30), st.integers(1, 30), st.integers(0, 89)).map(
    lambda b: affinity.rotate(box(2 + b[0], 43 + b[1], 2 + b[0] + b[2] / 30, 43 + b[1] + b[3] / 30), b[4])
)
areas = st.lists(turned, min_size=1, max_size=3).map(shapely.union_all)
images = st.lists(st.tuples(turned, st.booleans()), max_size=7)


@given(area=areas)
@settings(max_examples=200, deadline=None)
def test_a_surface_is_that_of_the_equal_area_projection(area):
    assert surface_m2(area) == pytest.approx(projected(area).area, rel=1e-5)


@given(area=areas, other=turned)
@settings(max_examples=100, deadline=None)
def test_parts_add_up_to_the_whole(area, other):
    parts = surface_m2(area.intersection(other)) + surface_m2(area.difference(other))
    assert parts == pytest.approx(surface_m2(area), rel=1e-8)


@pytest.mark.django_db
@given(area=areas, found=images)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_shares_are_those_of_shapely(two_worlds, area, found):
    mine, theirs = two_worlds
    Item.objects.all().delete()
    for number, (outline, open_) in enumerate(found):
        ItemFactory(
            collection=(mine if open_ else theirs).collection,
            footprint=GEOSGeometry(memoryview(outline.wkb), srid=4326),
            datetime=datetime(2024, 1, 1 + number, tzinfo=UTC),
        )
    held = held_first(area, mine.researcher, SearchFilters())
    whole = projected(area)
    open_part = whole.intersection(shapely.union_all([projected(one) for one, open_ in found if open_]))
    any_part = whole.intersection(shapely.union_all([projected(one) for one, _open in found]))
    expected = {
        PartKind.DOWNLOAD: open_part.area,
        PartKind.CLOSED: any_part.area - open_part.area,
        PartKind.NOBODY: whole.area - any_part.area,
    }
    for kind, size in expected.items():
        assert held.part(kind).percent == pytest.approx(100 * size / whole.area, abs=100 * TOLERANCE)
    assert sum(part.percent for part in held.parts) == pytest.approx(100)
    together = shapely.union_all([part.geometry for part in held.parts])
    assert together.symmetric_difference(area).area < TOLERANCE * area.area


@pytest.fixture
def two_worlds():
    return world(), world()
