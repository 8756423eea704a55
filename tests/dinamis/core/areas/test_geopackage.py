# SPDX-License-Identifier: AGPL-3.0-or-later
import sqlite3
import struct

import pytest
from pyproj import CRS, Transformer

from dinamis.core.areas import geopackage as module
from dinamis.core.areas import read_area_file
from dinamis.core.exceptions import Invalid
from tests.dinamis.core.areas.made import BOUNDS, RING, blob, geopackage, wkb

HOLE = [(3.85, 43.52), (3.9, 43.52), (3.9, 43.55), (3.85, 43.52)]
FAR = [(x + 1, y) for x, y in RING]


def several(*parts, order="<"):
    return struct.pack(f"{order}BII", order == "<", 6, len(parts)) + b"".join(parts)


def read(data):
    return read_area_file(data).geometry


@pytest.mark.parametrize(
    "made",
    [
        blob(wkb([RING])),
        blob(wkb([RING], order=">")),
        blob(wkb([RING], extra=1)),
        blob(wkb([RING], extra=2)),
        blob(wkb([RING], extra=3)),
        blob(wkb([RING]), flags=0b0011, envelope=struct.pack("<4d", 3.8, 4, 43.5, 43.6)),
        blob(wkb([RING]), flags=0b0101, envelope=struct.pack("<6d", 3.8, 4, 43.5, 43.6, 0, 0)),
        blob(wkb([RING]), flags=0b1001, envelope=struct.pack("<8d", 3.8, 4, 43.5, 43.6, 0, 0, 0, 0)),
        blob(several(wkb([RING]))),
        blob(several(wkb([RING], order=">"), order="<")),
    ],
)
def test_every_form_of_the_binary_gives_the_same_area(made):
    area = read(geopackage({"zone": [made]}))
    assert (area.geom_type, area.bounds) == ("Polygon", pytest.approx(BOUNDS))


def test_holes_stay_and_several_features_are_joined():
    area = read(geopackage({"zone": [blob(wkb([RING, HOLE])), blob(wkb([FAR])), None, blob(b"", flags=0x11)]}))
    assert (area.geom_type, len(area.geoms[0].interiors)) == ("MultiPolygon", 1)


def test_what_is_no_polygon_in_a_layer_of_all_kinds_is_left_alone():
    point = struct.pack("<BIdd", 1, 1, 3, 43)
    assert read(geopackage({"all": [blob(point), blob(wkb([RING]))]}, kind="GEOMETRY")).bounds == pytest.approx(BOUNDS)


def test_lambert_93_is_turned_into_degrees():
    turn = Transformer.from_crs(4326, 2154, always_xy=True).transform
    ring = [turn(x, y) for x, y in RING]
    for system in (None, ("somebody", 1, CRS.from_epsg(2154).to_wkt())):
        area = read(geopackage({"zone": [blob(wkb([ring]))]}, srs=2154, system=system))
        assert area.bounds == pytest.approx(BOUNDS, abs=1e-9)


def test_an_empty_layer_beside_the_area_is_none_of_the_reader_s_choices():
    assert read(geopackage({"zone": [blob(wkb([RING]))], "empty": []})).bounds == pytest.approx(BOUNDS)


def test_names_are_quoted():
    for name in ("l'été; --", "select", "a b"):
        assert read(geopackage({name: [blob(wkb([RING]))]})).bounds == pytest.approx(BOUNDS)


TRIGGER = """
CREATE TABLE witness (seen TEXT);
CREATE TRIGGER rtree_zone_geom_insert AFTER INSERT ON zone BEGIN INSERT INTO witness VALUES ('x'); END;
CREATE TRIGGER harm AFTER UPDATE ON gpkg_contents BEGIN SELECT load_extension('x'); END;
"""


def test_triggers_are_inert():
    data = geopackage(also=TRIGGER)
    assert read(data).bounds == pytest.approx(BOUNDS)


def test_a_file_left_in_the_mode_of_a_log_is_read():
    data = bytearray(geopackage())
    data[18:20] = b"\2\2"
    assert read(bytes(data)).bounds == pytest.approx(BOUNDS)


SWAPPED_FOR_A_VIEW = """
ALTER TABLE zone RENAME TO hidden;
CREATE VIEW zone AS SELECT fid, geom FROM hidden;
"""
LONG_VIEW = """
DROP TABLE zone;
CREATE VIEW zone AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT i AS fid, x'00' AS geom FROM n;
"""
VIRTUAL = "DROP TABLE zone; CREATE VIRTUAL TABLE zone USING fts4(geom);"
COMPUTED = """
DROP TABLE zone;
CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB AS (zeroblob(1000000000 * fid)));
INSERT INTO zone (fid) VALUES (1);
"""
VIEW_OF_LAYERS = """
ALTER TABLE gpkg_contents RENAME TO hidden;
CREATE VIEW gpkg_contents AS SELECT * FROM hidden;
"""
REFUSED = {
    "a view as layer": (geopackage(also=SWAPPED_FOR_A_VIEW), "view_layer"),
    "a view without end": (geopackage(also=LONG_VIEW), "view_layer"),
    "a virtual table": (geopackage(also=VIRTUAL), "view_layer"),
    "a view of the layers": (geopackage(also=VIEW_OF_LAYERS), "view_layer"),
    "a column that is computed": (geopackage(also=COMPUTED), "not_geopackage"),
    "a layer that is not there": (geopackage(also="DROP TABLE zone;"), "not_geopackage"),
    "no contents": (geopackage(also="DROP TABLE gpkg_contents;"), "not_geopackage"),
    "another database": (b"", "not_geopackage"),
    "cut short": (geopackage()[:9000], "not_geopackage"),
    "a header and nothing": (b"SQLite format 3\0" + b"\xff" * 4000, "not_geopackage"),
    "two layers": (geopackage({"north": [blob(wkb([RING]))], "south": [blob(wkb([FAR]))]}), "several_layers"),
    "points": (geopackage({"zone": [blob(struct.pack("<BIdd", 1, 1, 3, 43))]}), "not_a_surface"),
    "a layer of points": (geopackage(kind="POINT"), "not_a_surface"),
    "no system": (geopackage(also="UPDATE gpkg_geometry_columns SET srs_id = 0;"), "no_crs"),
    "a system of nowhere": (geopackage(also="UPDATE gpkg_geometry_columns SET srs_id = 77;"), "no_crs"),
    "a system that is not understood": (geopackage(system=("me", 1, "GEOGCS[")), "wrong_crs"),
    "a code nobody gave": (geopackage(system=("EPSG", 999_999, "")), "wrong_crs"),
    "text as geometry": (geopackage({"zone": ["POLYGON((0 0, 1 0, 1 1, 0 0))"]}), "not_geopackage"),
    "another magic": (geopackage({"zone": [b"XX" + blob(wkb([RING]))[2:]]}), "not_geopackage"),
    "an envelope of kind 7": (geopackage({"zone": [blob(wkb([RING]), flags=0b1111)]}), "not_geopackage"),
    "an extended geometry": (geopackage({"zone": [blob(wkb([RING]), flags=0x21)]}), "not_geopackage"),
    "arcs": (geopackage({"zone": [blob(struct.pack("<BII", 1, 10, 1))]}, kind="CURVEPOLYGON"), "curved"),
    "four billion rings": (geopackage({"zone": [blob(struct.pack("<BII", 1, 3, 2**32 - 1))]}), "not_geopackage"),
    "four billion points": (geopackage({"zone": [blob(struct.pack("<BIII", 1, 3, 1, 2**32 - 1))]}), "not_geopackage"),
    "four billion parts": (geopackage({"zone": [blob(struct.pack("<BII", 1, 6, 2**32 - 1))]}), "not_geopackage"),
    "collections in a multipolygon": (
        geopackage({"zone": [blob(several(struct.pack("<BII", 1, 7, 1) * 300_000))]}),
        "not_geopackage",
    ),
    "two points": (geopackage({"zone": [blob(wkb([RING[:2]]))]}), "bad_ring"),
    "not numbers": (geopackage({"zone": [blob(wkb([[(float("nan"), 1), (2, 2), (3, 1), (1, 1)]]))]}), "bad_ring"),
    "endless numbers": (geopackage({"zone": [blob(wkb([[(0, 0), (float("inf"), 1), (2, 2), (0, 0)]]))]}), "not_finite"),
}


def other_database(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    return path.read_bytes()


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_says_why_and_what_to_do(kind, tmp_path):
    data, code = REFUSED[kind]
    with pytest.raises(Invalid) as refused:
        read_area_file(data or other_database(tmp_path))
    assert (refused.value.code, refused.value.pointer) == (code, "aoi")
    assert refused.value.repair


def test_layers_in_doubt_are_named():
    with pytest.raises(Invalid, match="“north”, “south”"):
        read_area_file(REFUSED["two layers"][0])


def test_absurd_numbers_of_rows_end_the_reading(monkeypatch):
    monkeypatch.setattr(module, "STEPS_AT_ONCE", 100)
    monkeypatch.setattr(module, "MOST_TURNS", 3)
    data = geopackage({"zone": [None] * 5_000 + [blob(wkb([RING]))]})
    with pytest.raises(Invalid) as refused:
        read_area_file(data)
    assert refused.value.code == "not_geopackage"


def test_nothing_but_tables_is_read(tmp_path):
    path = tmp_path / "area.gpkg"
    path.write_bytes(geopackage(also=SWAPPED_FOR_A_VIEW))
    database = module.opened(path)
    for statement in (
        "SELECT geom FROM zone",
        "SELECT load_extension('x')",
        "SELECT zeroblob(10)",
        "ATTACH DATABASE ':memory:' AS other",
        "PRAGMA trusted_schema = ON",
        "DELETE FROM hidden",
    ):
        with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|prohibited|too many attached"):
            database.execute(statement)
    assert database.execute("SELECT fid FROM hidden").fetchall() == [(1,)]
    database.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["area.gpkg"]
