# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from django.utils.translation import override
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box, mapping

from dinamis.catalogue.cql2.geometry import read_geometry
from dinamis.catalogue.selectors.outlines import DETAILED, rough_bounds
from dinamis.core.exceptions import Invalid
from tests.dinamis.core.areas.made import comb

BOW_TIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
CROSSED = Polygon([*comb(400).exterior.coords, *comb(400, lying=True).exterior.coords])


def test_an_outline_that_crosses_itself_is_repaired():
    assert read_geometry(mapping(BOW_TIE), pointer="intersects").area == pytest.approx(0.5)


@pytest.mark.parametrize(
    "geometry", [CROSSED, MultiPolygon([CROSSED, BOW_TIE]), GeometryCollection([MultiPolygon([CROSSED])])]
)
def test_one_that_crosses_itself_without_end_is_refused_before_it_is_repaired(geometry):
    with override("en"), pytest.raises(Invalid) as refused:
        read_geometry(mapping(geometry), pointer="intersects")
    assert (refused.value.code, refused.value.pointer) == ("geometry", "intersects")
    assert "too often" in str(refused.value)


def read(geometry, **options):
    return read_geometry(mapping(geometry), pointer="intersects", **options)


def ring(positions, radius=5.0):
    return Point(0, 45).buffer(radius, positions // 4)


@pytest.mark.parametrize(
    ("drawn", "meant"),
    [
        (box(170, -20, 190, -10), MultiPolygon([box(170, -20, 180, -10), box(-180, -20, -170, -10)])),
        (box(-190, -20, -170, -10), MultiPolygon([box(170, -20, 180, -10), box(-180, -20, -170, -10)])),
        (box(200, 0, 210, 10), box(-160, 0, -150, 10)),
        (box(100, 60, 300, 90), MultiPolygon([box(100, 60, 180, 90), box(-180, 60, -60, 90)])),
        (Point(190, 10), Point(-170, 10)),
        (LineString([(175, 0), (185, 0)]), LineString([(175, 0), (180, 0)]).union(LineString([(-180, 0), (-175, 0)]))),
    ],
)
def test_what_is_drawn_on_beyond_the_antimeridian_lies_on_both_sides_of_it(drawn, meant):
    found = read(drawn)
    assert found.equals(meant)
    assert -180 <= found.bounds[0] <= found.bounds[2] <= 180


@pytest.mark.parametrize(
    "drawn", [box(-200, 0, 200, 10), box(350, 0, 370, 10), box(0, 80, 10, 91), box(-361, 0, -355, 1)]
)
def test_more_than_once_around_and_beyond_the_poles_there_is_nothing(drawn):
    with override("en"), pytest.raises(Invalid) as refused:
        read(drawn)
    assert "outside the Earth" in str(refused.value)


def test_a_collection_becomes_its_points_its_lines_and_its_surfaces():
    line = LineString([(9, 9), (10, 10)])
    inner = GeometryCollection([Point(8, 8), line, GeometryCollection([box(1, 1, 3, 3), Point(7, 7)])])
    found = read(GeometryCollection([box(0, 0, 2, 2), inner]))
    assert [part.geom_type for part in found.geoms] == ["MultiPoint", "LineString", "Polygon"]
    assert found.geoms[2].equals(box(0, 0, 2, 2).union(box(1, 1, 3, 3)))
    assert read(GeometryCollection([box(0, 0, 2, 2)])).equals(box(0, 0, 2, 2))


def test_collections_in_collections_without_end_are_followed():
    document = mapping(Point(1, 1))
    for _depth in range(5_000):
        document = {"type": "GeometryCollection", "geometries": [document]}
    assert read_geometry(document, pointer="intersects").equals(Point(1, 1))


@pytest.mark.parametrize("members", [None, [3], [{"type": "Feature"}], [], [{"type": "Point"}]])
def test_a_collection_of_nothing_that_can_be_read_is_refused(members):
    with pytest.raises(Invalid):
        read_geometry({"type": "GeometryCollection", "geometries": members}, pointer="intersects")


def test_a_caller_says_how_many_positions_are_read(settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 100}
    long = ring(400)
    with pytest.raises(Invalid):
        read(long)
    with pytest.raises(Invalid):
        read(long, limit=399)
    assert read(long, limit=401).equals(long)


def test_a_long_outline_lies_between_two_short_ones():
    long = ring(40_000).difference(ring(8_000, 2.0))
    inner, outer = rough_bounds(long)
    assert long.covers(inner)
    assert outer.covers(long)
    assert len(inner.exterior.coords) + len(outer.exterior.coords) < DETAILED
    assert outer.area - inner.area < 0.1 * long.area


@pytest.mark.parametrize("area", [ring(400), Point(0, 0), LineString([(step, 0) for step in range(DETAILED + 1)])])
def test_what_is_short_or_no_surface_needs_none(area):
    assert rough_bounds(area) is None
