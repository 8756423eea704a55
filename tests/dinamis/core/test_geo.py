# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from dinamis.core import geo
from dinamis.core.exceptions import Invalid


def test_an_area_of_too_many_vertices_is_refused(settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 10}
    with pytest.raises(Invalid, match="10") as caught:
        geo.checked_area(Polygon(box(3, 43, 4, 44).buffer(1).exterior))
    assert caught.value.code == "too_many_vertices"


def test_areas_are_geodesic():
    # One degree square at the equator on WGS 84: 12 308.778 km² (geographiclib, Karney 2013).
    assert geo.area_m2(box(0, 0, 1, 1)) == pytest.approx(12_308_778_361, rel=1e-6)


def test_storage_and_back_keep_the_geometry():
    stored = geo.to_multipolygon(box(3, 43, 4, 44))
    assert (stored.srid, stored.geom_type) == (4326, "MultiPolygon")
    assert geo.to_shapely(stored).equals(box(3, 43, 4, 44))
    assert geo.to_geojson(box(3, 43, 4, 44))["type"] == "Polygon"


@given(
    west=st.floats(-170, 160),
    south=st.floats(-80, 70),
    width=st.floats(0.01, 10),
    height=st.floats(0.01, 10),
    reverse=st.booleans(),
)
def test_whatever_the_winding_the_area_is_the_same(west, south, width, height, reverse):
    ring = [(west, south), (west + width, south), (west + width, south + height), (west, south + height)]
    ring = ring[::-1] if reverse else ring
    area = geo.checked_area(Polygon(ring))
    assert area.exterior.is_ccw
    assert geo.area_m2(area) == geo.area_m2(box(west, south, west + width, south + height))
