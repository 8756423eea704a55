# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import struct

import pytest
import shapefile
from django.conf import settings
from pyproj import CRS

from dinamis.core.areas import read_area_file
from dinamis.core.exceptions import Invalid
from tests.dinamis.core.areas.made import (
    BOUNDS,
    GEOJSON,
    RING,
    WKT,
    blob,
    coast,
    geopackage,
    gpx,
    kml,
    shapes,
    wkb,
    zipped,
)  # fmt: skip


def ways(ring):
    """The same ring in every kind of file."""
    layer = {"zone": [blob(wkb([ring]))]}
    return {
        "geojson": json.dumps({"type": "Polygon", "coordinates": [ring]}).encode(),
        "kml": kml(ring),
        "gpx": gpx([ring]),
        "shapefile": zipped(shapes([ring])),
        "geopackage": geopackage(layer),
    }


FILES = ways(RING) | {
    "geojson with a mark": b"\xef\xbb\xbf" + GEOJSON.encode(),
    "wkt": WKT.encode(),
    "ewkt": f"SRID=4326;{WKT}".encode(),
    "open kml": kml(RING[:-1]),
    "kml of another encoding": b'<?xml version="1.0" encoding="ISO-8859-1"?><!-- \xe9 -->' + kml(),
    "kml in UTF-16": b'<?xml version="1.0" encoding="UTF-16"?>'.decode().encode("utf-16")
    + kml().decode().encode("utf-16-le"),
    "kmz": zipped({"doc.kml": kml()}),
    "kmz of a folder": zipped({"doc.kml": b"<kml/>", "layers/zone.kml": kml()}),
    "packed by a Mac": zipped({"__MACOSX/._doc.kml": b"x", "doc.kml": kml()}),
    "packed geopackage": zipped({"Zone.GPKG": geopackage()}),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_gives_the_same_area(kind):
    area = read_area_file(FILES[kind])
    assert area.geometry.bounds == pytest.approx(BOUNDS)
    assert area.geometry.exterior.is_ccw
    assert area.geometry.is_valid
    assert area.simplified is None


def test_a_projected_shapefile_is_turned_into_degrees():
    # Corners of the cell in Lambert-93, metres, from IGN's own conversion to a metre.
    ring = [
        (764_600, 6_266_900),
        (780_800, 6_266_900),
        (780_800, 6_278_100),
        (764_600, 6_278_100),
        (764_600, 6_266_900),
    ]
    west, south, east, north = read_area_file(zipped(shapes([ring], epsg=2154))).geometry.bounds
    assert (3.7 < west < east < 4.1, 43.4 < south < north < 43.7) == (True, True)


def test_several_polygons_become_one_area():
    other = [(x + 1, y) for x, y in RING]
    area = read_area_file(zipped(shapes([RING, other]))).geometry
    assert (area.geom_type, area.bounds) == ("MultiPolygon", pytest.approx((3.8, 43.5, 5.0, 43.6)))


def test_a_hole_of_a_kml_is_kept():
    ring = "<LinearRing><coordinates>3.85,43.52 3.9,43.52 3.9,43.55</coordinates></LinearRing>"
    hole = f"<innerBoundaryIs>{ring}</innerBoundaryIs></Polygon>"
    data = kml().replace(b"</Polygon>", hole.encode())
    assert len(read_area_file(data).geometry.interiors) == 1


REFUSED = {
    "empty file": (b"", "empty"),
    "empty geometry": (b"POLYGON EMPTY", "empty"),
    "crosses itself": (b"POLYGON((3 43, 4 44, 4 43, 3 44, 3 43))", "self_intersecting"),
    "larger than the Earth": (b"POLYGON((0 0, 720 0, 720 80, 0 80, 0 0))", "out_of_range"),
    "not a number": (GEOJSON.replace("3.8", "NaN").encode(), "not_finite"),
    "latitude first": (b"POLYGON((43.5 3.8, 43.5 4, 43.6 4, 43.5 3.8))", "axes_swapped"),
    "latitude first, overseas": (
        b'{"type":"Polygon","coordinates":[[[-22.3,166.4],[-22.2,166.4],[-22.2,166.5],[-22.3,166.4]]]}',
        "axes_swapped",
    ),
    "points": (b'{"type":"Point","coordinates":[3,43]}', "not_a_surface"),
    "no polygon in kml": (b"<kml><Placemark/></kml>", "not_a_surface"),
    "an open track": (gpx([[(3.8, 43.5), (4.0, 43.5), (4.0, 43.6), (3.8, 43.6)]]), "open_track"),
    "waypoints": (b'<gpx><wpt lat="43.5" lon="3.8"/><wpt lat="43.5" lon="4"/></gpx>', "open_track"),
    "words in gpx": (gpx([[("a", "b")] * 5]), "not_gpx"),
    "entities in gpx": (b'<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + gpx([RING]), "unsafe_xml"),
    "other xml": (b"<html/>", "unknown_kind"),
    "broken xml": (b"<kml>", "not_xml"),
    "words in kml": (kml([("a", "b"), ("c", "d"), ("e", "f")]), "not_kml"),
    "two points": (kml(RING[:2]), "bad_ring"),
    "entities": (kml(head='<!DOCTYPE k [<!ENTITY x "y">]>'), "unsafe_xml"),
    "laughs": (
        kml(head='<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>'),
        "unsafe_xml",
    ),
    "an encoding nobody has": (b'<?xml version="1.0" encoding="klingon"?>' + kml(), "not_xml"),
    "nested collections": (b'{"type":"GeometryCollection","geometries":[' * 330 + b"]}" * 330, "empty"),
    "external entity": (kml(head='<!DOCTYPE k SYSTEM "file:///etc/passwd">'), "unsafe_xml"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "unknown_kind"),
    "words": (b"Montpellier", "unknown_kind"),
    "broken json": (b'{"type":', "not_json"),
    "deep json": (b'{"a":' + b"[" * 100_000, "not_json"),
    "old crs": (
        b'{"crs":{"properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},"type":"Point","coordinates":[1,2]}',
        "wrong_crs",
    ),
    "damaged zip": (zipped({"zone.shp": b"x" * 5000})[:-40], "bad_archive"),
    "no shapefile": (zipped({"readme.txt": b"x"}), "no_shapefile"),
    "no prj": (zipped(shapes([RING], epsg=None)), "no_prj"),
    "a prj of a building site": (
        zipped({**shapes([RING]), "zone.prj": b'LOCAL_CS["site",LOCAL_DATUM["x",0],UNIT["metre",1],AXIS["X",EAST]]'}),
        "wrong_crs",
    ),
    "a prj of the Moon": (
        zipped({**shapes([RING]), "zone.prj": CRS.from_user_input("IAU_2015:30100").to_wkt("WKT1_ESRI").encode()}),
        "wrong_crs",
    ),
    "an empty prj": (zipped({**shapes([RING]), "zone.prj": b" "}), "wrong_crs"),
    "metres said to be degrees": (zipped(shapes([[(7e5, 6e6), (8e5, 6e6), (8e5, 7e6), (7e5, 6e6)]])), "out_of_range"),
    "strange prj": (zipped({**shapes([RING]), "zone.prj": b"LOCAL_CS[nothing]"}), "wrong_crs"),
    "points in shapefile": (zipped(shapes([RING], kind=shapefile.POINT)), "not_a_surface"),
    "damaged shapefile": (zipped({**shapes([RING]), "zone.shp": b"\0" * 60}), "not_shapefile"),
    "two shapefiles": (zipped({**shapes([RING]), "other.shp": b"x"}), "several_shapefiles"),
    "climbing member": (zipped({"../zone.shp": b"x"}), "unsafe_archive"),
    "a locked archive": (
        zipped({"doc.kml": kml()}).replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"),
        "bad_archive",
    ),
    "many members": (zipped({f"{number}.txt": b"" for number in range(300)}), "unsafe_archive"),
    "a member that is more than it announces": (
        zipped({"doc.kml": kml() + b" " * 900}).replace(struct.pack("<I", len(kml()) + 900), struct.pack("<I", 40)),
        "bad_archive",
    ),
    "bomb": (zipped({"doc.kml": b" " * 20_000_000}), "unsafe_archive"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_says_why_and_what_to_do(kind):
    data, code = REFUSED[kind]
    with pytest.raises(Invalid) as refused:
        read_area_file(data)
    assert (refused.value.code, refused.value.pointer) == (code, "aoi")
    assert str(refused.value)
    assert str(refused.value.repair)


def test_an_area_abroad_is_taken_once_a_person_says_that_the_axes_are_right():
    somalia = b"POLYGON((45 2, 46 2, 46 3, 45 3, 45 2))"
    with pytest.raises(Invalid):
        read_area_file(somalia)
    assert read_area_file(somalia, axes_checked=True).geometry.bounds == (45, 2, 46, 3)


def test_a_file_too_large_is_refused_before_it_is_parsed():
    data = b"{" * (settings.DINAMIS["AOI_MAX_BYTES"] + 1)
    with pytest.raises(Invalid) as refused:
        read_area_file(data)
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("kind", ways(RING))
def test_an_outline_of_too_many_vertices_is_simplified_in_every_kind(kind, settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 100}
    area = read_area_file(ways(list(coast(500).exterior.coords))[kind])
    assert area.geometry.is_valid
    assert (area.simplified.before, area.simplified.after <= 100) == (500, True)


@pytest.mark.parametrize("kind", ways(RING))
def test_more_vertices_than_are_read_are_refused_in_every_kind(kind, settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_READ_VERTICES": 4}
    with pytest.raises(Invalid) as refused:
        read_area_file(ways(RING)[kind])
    assert refused.value.code == "too_many_vertices"


@pytest.mark.parametrize("depth", range(200, 1_000, 20))
def test_however_deep_collections_are_nested_they_are_refused(depth):
    with pytest.raises(Invalid) as refused:
        read_area_file(b'{"type":"GeometryCollection","geometries":[' * depth + b"]}" * depth)
    assert refused.value.code in {"empty", "not_geojson", "not_json"}
