# SPDX-License-Identifier: AGPL-3.0-or-later
import io
import json
import zipfile

import pytest
import shapefile
from django.conf import settings
from pyproj import CRS

from dinamis.core.areafile import read_area_file
from dinamis.core.exceptions import Invalid

RING = [(3.8, 43.5), (4.0, 43.5), (4.0, 43.6), (3.8, 43.6), (3.8, 43.5)]
BOUNDS = (3.8, 43.5, 4.0, 43.6)
WKT = "POLYGON((3.8 43.5, 4 43.5, 4 43.6, 3.8 43.6, 3.8 43.5))"
GEOJSON = json.dumps({"type": "Polygon", "coordinates": [RING]})


def kml(ring=RING, head=""):
    points = " ".join(f"{x},{y},0" for x, y in ring)
    return (
        f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon><outerBoundaryIs><LinearRing>'
        f"<coordinates>{points}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"
    ).encode()


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def shapes(rings, epsg=4326, kind=shapefile.POLYGON):
    parts = {"shp": io.BytesIO(), "shx": io.BytesIO(), "dbf": io.BytesIO()}
    with shapefile.Writer(**parts, shapeType=kind) as writer:
        writer.field("id", "N")
        for ring in rings:
            if kind == shapefile.POLYGON:
                writer.poly([ring[::-1]])
            else:
                writer.point(*ring[0])
            writer.record(1)
    members = {f"zone.{name}": stream.getvalue() for name, stream in parts.items()}
    if epsg:
        members["zone.prj"] = CRS.from_epsg(epsg).to_wkt("WKT1_ESRI").encode()
    return members


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("zone.geojson", GEOJSON.encode()),
        ("zone.json", b"\xef\xbb\xbf" + GEOJSON.encode()),
        ("zone.wkt", WKT.encode()),
        ("zone.wkt", f"SRID=4326;{WKT}".encode()),
        ("zone.kml", kml()),
        ("ZONE.KML", kml(RING[:-1])),
        ("zone.kmz", zipped({"doc.kml": kml()})),
        ("zone.zip", zipped(shapes([RING]))),
    ],
)
def test_every_kind_of_file_gives_the_same_area(name, data):
    area = read_area_file(name, data)
    assert area.bounds == pytest.approx(BOUNDS)
    assert area.exterior.is_ccw
    assert area.is_valid


def test_a_projected_shapefile_is_turned_into_degrees():
    # Corners of the cell in Lambert-93, metres, from IGN's own conversion to a metre.
    ring = [
        (764_600, 6_266_900),
        (780_800, 6_266_900),
        (780_800, 6_278_100),
        (764_600, 6_278_100),
        (764_600, 6_266_900),
    ]
    area = read_area_file("zone.zip", zipped(shapes([ring], epsg=2154)))
    west, south, east, north = area.bounds
    assert (3.7 < west < east < 4.1, 43.4 < south < north < 43.7) == (True, True)


def test_several_polygons_become_one_area():
    other = [(x + 1, y) for x, y in RING]
    area = read_area_file("zone.zip", zipped(shapes([RING, other])))
    assert (area.geom_type, area.bounds) == ("MultiPolygon", pytest.approx((3.8, 43.5, 5.0, 43.6)))


def test_a_hole_of_a_kml_is_kept():
    ring = "<LinearRing><coordinates>3.85,43.52 3.9,43.52 3.9,43.55</coordinates></LinearRing>"
    hole = f"<innerBoundaryIs>{ring}</innerBoundaryIs></Polygon>"
    data = kml().replace(b"</Polygon>", hole.encode())
    assert len(read_area_file("zone.kml", data).interiors) == 1


REFUSED = {
    "empty file": ("a.geojson", b"", "empty"),
    "empty geometry": ("a.wkt", b"POLYGON EMPTY", "empty"),
    "crosses itself": ("a.wkt", b"POLYGON((3 43, 4 44, 4 43, 3 44, 3 43))", "self_intersecting"),
    "larger than the Earth": ("a.wkt", b"POLYGON((0 0, 720 0, 720 80, 0 80, 0 0))", "out_of_range"),
    "not a number": ("a.geojson", GEOJSON.replace("3.8", "NaN").encode(), "not_finite"),
    "latitude first": ("a.wkt", b"POLYGON((43.5 3.8, 43.5 4, 43.6 4, 43.5 3.8))", "axes_swapped"),
    "latitude first, overseas": (
        "a.geojson",
        b'{"type":"Polygon","coordinates":[[[-22.3,166.4],[-22.2,166.4],[-22.2,166.5],[-22.3,166.4]]]}',
        "axes_swapped",
    ),
    "points": ("a.geojson", b'{"type":"Point","coordinates":[3,43]}', "not_a_surface"),
    "no polygon in kml": ("a.kml", b"<kml><Placemark/></kml>", "not_a_surface"),
    "gpx": ("a.gpx", b"<gpx><trk/></gpx>", "gpx"),
    "other xml": ("a.kml", b"<html/>", "unknown_kind"),
    "broken xml": ("a.kml", b"<kml>", "not_xml"),
    "words in kml": ("a.kml", kml([("a", "b"), ("c", "d"), ("e", "f")]), "not_kml"),
    "two points": ("a.kml", kml(RING[:2]), "bad_ring"),
    "entities": ("a.kml", kml(head='<!DOCTYPE k [<!ENTITY x "y">]>'), "unsafe_xml"),
    "external entity": ("a.kml", kml(head='<!DOCTYPE k SYSTEM "file:///etc/passwd">'), "unsafe_xml"),
    "a picture": ("a.png", b"\x89PNG\r\n\x1a\n", "unknown_kind"),
    "words": ("a.txt", b"Montpellier", "unknown_kind"),
    "broken json": ("a.geojson", b'{"type":', "not_json"),
    "deep json": ("a.geojson", b'{"a":' + b"[" * 100_000, "not_json"),
    "old crs": (
        "a.geojson",
        b'{"crs":{"properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},"type":"Point","coordinates":[1,2]}',
        "wrong_crs",
    ),
    "damaged zip": ("a.zip", zipped({"zone.shp": b"x" * 5000})[:-40], "bad_archive"),
    "no shapefile": ("a.zip", zipped({"readme.txt": b"x"}), "no_shapefile"),
    "no prj": ("a.zip", zipped(shapes([RING], epsg=None)), "no_prj"),
    "strange prj": ("a.zip", zipped({**shapes([RING]), "zone.prj": b"LOCAL_CS[nothing]"}), "wrong_crs"),
    "points in shapefile": ("a.zip", zipped(shapes([RING], kind=shapefile.POINT)), "not_a_surface"),
    "damaged shapefile": ("a.zip", zipped({**shapes([RING]), "zone.shp": b"\0" * 60}), "not_shapefile"),
    "two shapefiles": ("a.zip", zipped({**shapes([RING]), "other.shp": b"x"}), "several_shapefiles"),
    "climbing member": ("a.zip", zipped({"../zone.shp": b"x"}), "unsafe_archive"),
    "bomb": ("a.kmz", zipped({"doc.kml": b" " * 20_000_000}), "unsafe_archive"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_says_why_and_what_to_do(kind):
    name, data, code = REFUSED[kind]
    with pytest.raises(Invalid) as refused:
        read_area_file(name, data)
    assert (refused.value.code, refused.value.pointer) == (code, "aoi")
    assert str(refused.value)
    assert str(refused.value.repair)


def test_an_area_abroad_is_taken_once_a_person_says_that_the_axes_are_right():
    somalia = b"POLYGON((45 2, 46 2, 46 3, 45 3, 45 2))"
    with pytest.raises(Invalid):
        read_area_file("a.wkt", somalia)
    assert read_area_file("a.wkt", somalia, axes_checked=True).bounds == (45, 2, 46, 3)


def test_a_file_too_large_is_refused_before_it_is_parsed():
    data = b"{" * (settings.DINAMIS["AOI_MAX_BYTES"] + 1)
    with pytest.raises(Invalid) as refused:
        read_area_file("a.geojson", data)
    assert refused.value.code == "too_large"


def test_too_many_vertices_are_refused_in_every_kind(settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 4}
    for name, data in [("a.wkt", WKT.encode()), ("a.kml", kml()), ("a.zip", zipped(shapes([RING])))]:
        with pytest.raises(Invalid) as refused:
            read_area_file(name, data)
        assert refused.value.code == "too_many_vertices"
