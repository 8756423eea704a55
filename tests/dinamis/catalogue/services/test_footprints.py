# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables of footprints, from the file to the catalogue."""

import io
import json
import struct
from pathlib import Path

import pytest
import shapely
from django.conf import settings
from django.core.management import CommandError, call_command

from dinamis.catalogue.foreign import Refused
from dinamis.catalogue.foreign.footprints import MAX_SHAPE_BYTES
from dinamis.catalogue.foreign.mapping import read_mapping
from dinamis.catalogue.models import Item, ItemDocument
from dinamis.catalogue.selectors.item_body import unpacked
from dinamis.catalogue.services import footprints
from dinamis.catalogue.services.footprints import load_footprints
from dinamis.core.exceptions import NotVisible
from tests.dinamis.catalogue.foreign.tables import MAPPING, ROW, csv_file, geopackage, gp
from tests.factories.catalogue import CollectionFactory

pytestmark = pytest.mark.django_db
PARIS = shapely.box(650_000, 6_860_000, 651_000, 6_861_000)
PLAIN = '[columns]\nid = "IDENT"\ndatetime = "DATE_ACQ"\n'


@pytest.fixture(autouse=True)
def archive():
    return CollectionFactory(slug="archive")


def load(path, mapping=MAPPING, **options):
    return load_footprints(path, read_mapping(mapping), collection="archive", **options)


def told(report):
    return [(one.position, one.fault.member, one.fault.reason) for one in report.refusals]


# --- rows ---


def test_a_row_becomes_an_image(tmp_path):
    report = load(csv_file(tmp_path, ROW.format(id="A"), ROW.format(id="B")))
    assert (report.created, report.refused) == (2, 0)
    one = Item.objects.get(stac_id="A")
    assert (one.platform, one.gsd, one.cloud_cover, one.incidence_angle) == ("PHR1A", 0.5, 5, 12.5)
    assert one.instruments == ["hiri"]
    assert one.datetime.isoformat() == "2024-06-14T10:30:00+00:00"
    assert one.footprint.extent == (3, 43, 4, 44)
    body = unpacked(ItemDocument.objects.get(item=one).body)
    assert b'"thumbnail":{"href":"https://example.org/A.jpg","roles":["thumbnail"]}' in body
    again = load(csv_file(tmp_path, ROW.format(id="A"), ROW.format(id="B").replace("0,05", "0,5")))
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path):
    path = csv_file(tmp_path, ROW.format(id="A"), ROW.format(id=""))
    report = load(path, dry_run=True)
    assert (report.created, report.refused) == (1, 1)
    assert not Item.objects.exists()
    assert told(load(path)) == told(report)


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("{id}", "", "IDENT", "it is empty"),
        ("14/06", "31/02", "DATE_ACQ", "is not a date of the form %d/%m/%Y %H:%M"),
        ("0,05", "few", "NUAGES", "is not a number"),
        ("0,05", "5", "NUAGES (eo:cloud_cover)", "a number from 0 to 100"),
        ("1A", "x" * 41, "SAT (platform)", "up to 40 characters"),
        ("https://example.org", "", "URL_QL (assets.thumbnail.href)", "an absolute address"),
        ("4 44", "9 x", "EMPRISE (geometry)", "it cannot be read"),
        ("4 44", "400 44", "EMPRISE (geometry)", "outside the Earth"),
        ("4 44,3 44", "3 44,4 44", "EMPRISE (geometry)", "Self-intersection"),
        ("POLYGON((3 43,4 43,4 44,3 44,3 43))", "POLYGON EMPTY", "EMPRISE (geometry)", "the row has none"),
        ("POLYGON((3 43,4 43,4 44,3 44,3 43))", "P" * MAX_SHAPE_BYTES + "P", "EMPRISE", "longer than"),
        (
            "POLYGON((3 43,4 43,4 44,3 44,3 43))",
            "MULTIPOINT(" * 3000,
            "EMPRISE (geometry)",
            "it cannot be read",
        ),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_by_row_column_reason_and_repair(tmp_path, old, new, column, reason):
    bad = ROW.replace(old, new, 1).format(id="B")
    report = load(csv_file(tmp_path, ROW.format(id="A"), bad))
    ((position, member, words),) = told(report)
    assert (position, member) == (2, column)
    assert reason in words
    assert report.refusals[0].fault.repair
    assert list(Item.objects.values_list("stac_id", flat=True)) == ["A"]


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    report = load(csv_file(tmp_path, ROW.format(id="A")), MAPPING.replace('"SAT"', '"SATELLITE"'))
    assert told(report)[0][:2] == (1, "SATELLITE")
    assert "DATE_ACQ" in report.refusals[0].fault.repair
    assert not Item.objects.exists()


def test_long_tables_are_one_transaction(tmp_path, monkeypatch):
    monkeypatch.setattr(footprints, "ROWS_AT_ONCE", 2)
    report = load(csv_file(tmp_path, *(ROW.format(id=f"i{n}") for n in range(4)), ROW.format(id="")))
    assert (report.created, report.refused, told(report)[0][0]) == (4, 1, 5)


def test_nothing_is_left_of_a_table_that_breaks_off(tmp_path, monkeypatch):
    monkeypatch.setattr(footprints, "ROWS_AT_ONCE", 1)
    path = csv_file(tmp_path, ROW.format(id="A"))
    path.write_bytes(path.read_bytes() + b" " * 20_000 + b"\xe9\n")
    with pytest.raises(Refused, match="encoding"):
        load(path)
    assert not Item.objects.exists()


def test_points_of_degrees_and_other_characters(tmp_path):
    path = tmp_path / "points.csv"
    path.write_bytes('id,quand,lon,lat,capteur\nA,2024-06-14T10:30:00,"3,5",43.5,Pléiades\n'.encode("cp1252"))
    mapping = """
        encoding = "cp1252"
        [columns]
        id = "id"
        datetime = "quand"
        longitude = "lon"
        latitude = "lat"
        note = "capteur"
    """
    assert load(path, mapping).created == 1
    one = Item.objects.get()
    assert (one.footprint.x, one.footprint.y) == (3.5, 43.5)
    assert one.datetime.isoformat() == "2024-06-14T10:30:00+00:00"
    assert one.document.properties["note"] == "Pléiades"


# --- files ---


def test_a_geojson_of_before_2016_says_its_reference_system(tmp_path):
    path = tmp_path / "a.geojson"
    feature = {"type": "Feature", "properties": {"IDENT": "A", "DATE_ACQ": "2024-06-14T10:30:00Z"}}
    feature["geometry"] = json.loads(shapely.to_geojson(PARIS))
    document = {"type": "FeatureCollection", "features": [feature, "none"]}
    path.write_text(
        json.dumps({**document, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}})
    )
    report = load(path, PLAIN)
    assert (report.created, report.refused) == (1, 1)
    west, south, east, north = Item.objects.get().footprint.extent
    assert 2.2 < west < east < 2.5
    assert 48.8 < south < north < 49
    assert load(path, f'crs = "EPSG:4326"\n{PLAIN}').refused == 2


def test_a_geopackage_is_read_in_its_reference_system(tmp_path):
    rows = [("A", "2024-06-14T10:30:00Z", gp(PARIS)), ("B", "2024-06-14", gp(PARIS, envelope=False)), ("C", "x", None)]
    report = load(geopackage(tmp_path / "a.gpkg", rows), PLAIN)
    assert (report.created, told(report)[0][:2]) == (2, (3, "DATE_ACQ"))
    west, south, _east, _north = Item.objects.get(stac_id="A").footprint.extent
    assert (round(west), round(south)) == (2, 49)


@pytest.mark.parametrize("blob", [None, b"", b"GP\0\1", b"XX" + b"\0" * 50, b"GP\0\x0f" + b"\0" * 60, "text"])
def test_a_geometry_that_is_none_refuses_its_row(tmp_path, blob):
    rows = [("A", "2024-06-14T10:30:00Z", gp(PARIS)), ("B", "2024-06-14T10:30:00Z", blob)]
    report = load(geopackage(tmp_path / "a.gpkg", rows), PLAIN)
    ((position, member, reason),) = told(report)
    assert (position, member) == (2, "geometry")
    assert reason
    assert Item.objects.count() == 1


def test_a_column_of_bytes_has_no_place_in_an_item(tmp_path):
    path = geopackage(tmp_path / "a.gpkg", [("A", b"2024", gp(PARIS))])
    assert told(load(path, PLAIN)) == [(1, "DATE_ACQ", "it holds bytes")]


def test_collections_within_collections_do_not_end_the_process(tmp_path):
    deep = struct.pack("<BII", 1, 7, 1) * (MAX_SHAPE_BYTES // 9 - 2)
    rows = [("A", "2024-06-14T10:30:00Z", gp(deep)), ("B", "2024-06-14T10:30:00Z", gp(deep * 20))]
    assert load(geopackage(tmp_path / "a.gpkg", rows), PLAIN).refused == 2


def test_of_several_layers_one_is_named(tmp_path):
    path = geopackage(tmp_path / "a.gpkg", [("A", "2024-06-14T10:30:00Z", gp(PARIS))], layers=("un", 'de"ux'))
    for mapping in (PLAIN, f'layer = "trois"\n{PLAIN}'):
        with pytest.raises(Refused, match='un, de"ux'):
            load(path, mapping)
    assert load(path, f"layer = 'de\"ux'\n{PLAIN}").created == 1


def test_a_view_is_not_read(tmp_path):
    extra = ['DROP TABLE "scenes"', "CREATE VIEW scenes AS SELECT 1 AS IDENT, 2 AS DATE_ACQ, zeroblob(9) AS geom"]
    with pytest.raises(Refused, match=r"a\.gpkg: .*scenes"):
        load(geopackage(tmp_path / "a.gpkg", [], extra=extra), PLAIN)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.gpkg", "no database"),
        ("a.gpkg", ""),
        ("a.geojson", "{"),
        ("a.geojson", "[]"),
        ("a.shp", ""),
        ("a.csv", "id\n1\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(Refused) as caught:
        load(path, PLAIN)
    assert caught.value.repair
    assert not Item.objects.exists()


def test_a_collection_that_is_not_there(tmp_path):
    with pytest.raises(NotVisible):
        load_footprints(csv_file(tmp_path, ROW.format(id="A")), read_mapping(MAPPING), collection="nowhere")


# --- the mapping ---


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("[columns", "mapping"),
        ("colums = 1", "colums"),
        ("columns = 1", "columns"),
        ("[columns]", "columns.id"),
        ('[columns]\nid = ""\ndatetime = "d"', "columns.id"),
        ("[columns]\nid = 5", "columns.id"),
        ('[columns]\nid = "i"', "columns.datetime"),
        ('[columns]\nid = "i"\nstart_datetime = "d"', "columns.datetime"),
        (f'{PLAIN}longitude = "x"', "columns.latitude"),
        (f'{PLAIN}[constants]\ndatetime = "2024-01-01T00:00:00Z"', "constants.datetime"),
        (f"{PLAIN}[constants]\nquicklook = 'x'", "constants.quicklook"),
        (f"{PLAIN}[factors]\nplatform = 2", "factors.platform"),
        (f"{PLAIN}[factors]\ngsd = 0", "factors.gsd"),
        (f"{PLAIN}[factors]\ngsd = true", "factors.gsd"),
        (f"{PLAIN}[values]\nplatform = 'x'", "values.platform"),
        (f"{PLAIN}[dates]\nform = 'x'", "dates.form"),
        (f"{PLAIN}[dates]\nzone = 'Paris'", "dates.zone"),
        (f"{PLAIN}[dates]\nzone = '/etc/passwd'", "dates.zone"),
        (f"crs = 'EPSG:9'\n{PLAIN}", "crs"),
        (f"encoding = 'none'\n{PLAIN}", "encoding"),
        (f"delimiter = 'ab'\n{PLAIN}", "delimiter"),
        (f"delimiter = 5\n{PLAIN}", "delimiter"),
        ("#" * 2**21, "mapping"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_the_key(text, member):
    with pytest.raises(Refused) as caught:
        read_mapping(text)
    assert caught.value.member == member
    assert caught.value.repair


# --- the command ---


def test_the_example_of_the_documentation_is_read(tmp_path):
    page = (Path(settings.BASE_DIR) / "docs" / "footprints.md").read_text()
    mapping, table = (page.split(f"```{kind}\n")[1].split("```")[0] for kind in ("toml", "csv"))
    (tmp_path / "m.toml").write_text(mapping)
    (tmp_path / "t.csv").write_text(table)
    out, err = io.StringIO(), io.StringIO()
    options = {"mapping": tmp_path / "m.toml", "collection": "archive", "stdout": out, "stderr": err}
    call_command("load_footprints", tmp_path / "t.csv", dry_run=True, **options)
    call_command("load_footprints", tmp_path / "t.csv", **options)
    assert out.getvalue().splitlines() == [
        "2 new, 0 changed, 0 as before, 1 refused; nothing was written",
        "2 new, 0 changed, 0 as before, 1 refused",
    ]
    said = err.getvalue().splitlines()
    assert said[0] == said[1]
    assert said[0] in page


def test_the_command_says_why_nothing_can_be_read(tmp_path):
    (tmp_path / "m.toml").write_text("[columns]")
    with pytest.raises(CommandError, match=r"columns.id: it is missing. Name the column"):
        call_command("load_footprints", tmp_path / "t.csv", mapping=tmp_path / "m.toml", collection="archive")
