# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from dinamis.core import geo
from dinamis.core.exceptions import Invalid

SQUARE = {"type": "Polygon", "coordinates": [[[3, 43], [3, 44], [4, 44], [4, 43], [3, 43]]]}


def test_a_drawn_polygon_is_wound_as_rfc_7946_says():
    area = geo.parse_area(json.dumps(SQUARE))
    assert area.exterior.is_ccw
    assert area.equals(box(3, 43, 4, 44))


def test_features_collections_and_wkt_are_read():
    feature = {"type": "Feature", "properties": {}, "geometry": SQUARE}
    expected = box(3, 43, 4, 44)
    for text in (
        json.dumps(feature),
        json.dumps({"type": "FeatureCollection", "features": [feature]}),
        json.dumps({"type": "GeometryCollection", "geometries": [SQUARE]}),
        "POLYGON((3 43, 4 43, 4 44, 3 44, 3 43))",
    ):
        assert geo.parse_area(text).equals(expected)


def test_several_overlapping_polygons_become_one_area():
    other = {"type": "Polygon", "coordinates": [[[3.5, 43], [4.5, 43], [4.5, 44], [3.5, 44], [3.5, 43]]]}
    text = json.dumps({"type": "GeometryCollection", "geometries": [SQUARE, other]})
    assert geo.parse_area(text).equals(box(3, 43, 4.5, 44))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ('{"type": "FeatureCollection", "features": []}', "empty"),
        ("POLYGON EMPTY", "empty"),
        ("{not json", "not_json"),
        ("[1, 2]", "not_geojson"),
        ('{"type": "Polygon"}', "not_geojson"),
        ('{"type": "Polygon", "coordinates": "x"}', "not_geojson"),
        ("somewhere near Brest", "not_wkt"),
        ("POINT(3 43)", "not_a_surface"),
        ('{"type": "LineString", "coordinates": [[3, 43], [4, 44]]}', "not_a_surface"),
        ("POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))", "self_intersecting"),
        ("POLYGON((3 43, 3 43, 3 43, 3 43))", "self_intersecting"),
        ("POLYGON((3 43, 190 43, 190 44, 3 43))", "out_of_range"),
        ("POLYGON((-181 -91, 181 -91, 181 91, -181 91, -181 -91))", "out_of_range"),
        ("POLYGON((43 103, 44 103, 44 104, 43 103))", "out_of_range"),
        ('{"type": "Polygon", "coordinates": [[[3, 43], [4, NaN], [4, 44], [3, 43]]]}', "not_finite"),
        ('{"type": "Polygon", "coordinates": [[[3, 43], [1e999, 43], [4, 44], [3, 43]]]}', "not_finite"),
        ("POLYGON((3 43, 3.000000001 43, 3.000000001 43.000000001, 3 43))", "empty"),
    ],
)
def test_an_unusable_area_is_refused_with_its_reason_and_repair(text, code):
    with pytest.raises(Invalid) as caught:
        geo.parse_area(text)
    assert (caught.value.code, caught.value.pointer) == (code, "aoi")
    assert str(caught.value)
    assert caught.value.repair


def test_an_area_of_too_many_vertices_is_refused(settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 10}
    with pytest.raises(Invalid, match="10") as caught:
        geo.checked_area(Polygon(box(3, 43, 4, 44).buffer(1).exterior))
    assert caught.value.code == "too_many_vertices"


def test_an_area_of_too_many_bytes_is_refused_before_it_is_read(settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_BYTES": 20}
    with pytest.raises(Invalid) as caught:
        geo.parse_area(json.dumps(SQUARE))
    assert caught.value.code == "too_large"


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


def test_nested_collections_are_refused_before_they_are_followed():
    depth = 20_000
    with pytest.raises(Invalid) as refused:
        geo.parse_area("GEOMETRYCOLLECTION(" * depth + "POINT(0 0)" + ")" * depth)
    assert refused.value.code == "not_a_surface"
