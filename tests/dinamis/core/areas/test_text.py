# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest
from shapely.geometry import box, mapping

from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid
from tests.dinamis.core.areas.made import comb

SQUARE = {"type": "Polygon", "coordinates": [[[3, 43], [3, 44], [4, 44], [4, 43], [3, 43]]]}


def test_a_drawn_polygon_is_wound_as_rfc_7946_says():
    area = read_area(json.dumps(SQUARE)).geometry
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
        assert read_area(text).geometry.equals(expected)


def test_several_overlapping_polygons_become_one_area():
    other = {"type": "Polygon", "coordinates": [[[3.5, 43], [4.5, 43], [4.5, 44], [3.5, 44], [3.5, 43]]]}
    text = json.dumps({"type": "GeometryCollection", "geometries": [SQUARE, other]})
    assert read_area(text).geometry.equals(box(3, 43, 4.5, 44))


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
        read_area(text)
    assert (caught.value.code, caught.value.pointer) == (code, "aoi")
    assert str(caught.value)
    assert caught.value.repair


def test_an_area_of_too_many_bytes_is_refused_before_it_is_read(settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_BYTES": 20}
    with pytest.raises(Invalid) as caught:
        read_area(json.dumps(SQUARE))
    assert caught.value.code == "too_large"


def test_nested_collections_are_refused_before_they_are_followed():
    depth = 20_000
    with pytest.raises(Invalid) as refused:
        read_area("GEOMETRYCOLLECTION(" * depth + "POINT(0 0)" + ")" * depth)
    assert refused.value.code == "not_a_surface"


def test_combs_laid_across_each_other_are_refused_before_they_are_joined():
    crossed = {"type": "GeometryCollection", "geometries": [mapping(comb(400)), mapping(comb(400, lying=True))]}
    with pytest.raises(Invalid) as refused:
        read_area(json.dumps(crossed))
    assert refused.value.code == "too_many_crossings"
