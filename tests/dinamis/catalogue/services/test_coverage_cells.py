# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cells of a yearly coverage, from a table to the page: what is told is written, what is not stays."""

import io
import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from dinamis.catalogue.enums import CollectionKind
from dinamis.catalogue.foreign import Refused
from dinamis.catalogue.models import Coverage, CoverageCell
from dinamis.catalogue.services.coverage_cells import load_cells
from dinamis.core import clock
from dinamis.core.exceptions import NotVisible
from tests.factories.catalogue import CollectionFactory, CoverageCellFactory, CoverageFactory, ItemFactory

pytestmark = pytest.mark.django_db
SQUARE = "POLYGON((3 43,4 43,4 44,3 44,3 43))"
HEAD = "code,status,acquired_on,produced_on,delivered_on,scenes,item,geometry"


@pytest.fixture
def coverage():
    return CoverageFactory(collection=CollectionFactory(slug="spot", kind=CollectionKind.COVERAGE), year=2024)


def table(folder, *lines, head=HEAD):
    path = folder / "cells.csv"
    path.write_text("\n".join((head, *lines)) + "\n")
    return path


def load(path, **options):
    return load_cells(path, **{"collection": "spot", "year": 2024, **options})


def rows():
    return list(Coverage.objects.values()), list(CoverageCell.objects.order_by("code").values())


def told(report):
    return [(one.position, one.identifier, one.fault.member) for one in report.refusals]


def test_a_table_makes_the_grid_and_loaded_again_changes_nothing(tmp_path, coverage):
    path = table(tmp_path, f'A,,2024-05-01,,,DS_1 DS_2,,"{SQUARE}"', f'B,planned,,,,,,"{SQUARE}"')
    report = load(path)
    assert (report.created, report.refused) == (2, 0)
    first, second = CoverageCell.objects.order_by("code")
    assert (first.status, first.acquired_on, first.scene_ids) == ("acquired", date(2024, 5, 1), ["DS_1", "DS_2"])
    assert first.geometry.extent == (3, 43, 4, 44)
    assert (second.status, second.scene_ids) == ("planned", [])
    before = rows()
    assert load(path).unchanged == 2
    assert rows() == before


def test_what_a_row_does_not_say_stays(tmp_path, coverage):
    image = ItemFactory(collection=coverage.collection, stac_id="IMAGE")
    CoverageCellFactory(coverage=coverage, code="A", status="acquired", acquired_on=date(2024, 5, 1), scene_ids=["DS"])
    report = load(table(tmp_path, "A,2024-07-01,IMAGE", head="code,delivered_on,item"))
    assert (report.updated, report.refused) == (1, 0)
    cell = CoverageCell.objects.get()
    assert (cell.status, cell.item, cell.acquired_on, cell.scene_ids) == ("delivered", image, date(2024, 5, 1), ["DS"])


AHEAD = (clock.today() + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    ("row", "member"),
    [
        ("new,,,,,,,", "code"),
        (",,,,,,,", "code"),
        ("A,lost,,,,,,", "status"),
        ("A,planned,,,,,,", "status"),
        ("A,,1/5/2024,,,,,", "acquired_on"),
        (f"A,,{AHEAD},,,,,", "acquired_on"),
        ("A,,2024-05-02,2024-05-01,,,,", "produced_on"),
        ("A,,,,2024-04-01,,IMAGE,", "delivered_on"),
        ("A,delivered,,,,,,", "item"),
        ("A,,,,,,elsewhere,", "item"),
        ("A,,,,,,gone,", "item"),
        ("A,,,,," + " ".join(["DS"] * 3 + [str(n) for n in range(101)]) + ",,", "scenes"),
        ('new,,,,,,,"POLYGON((3 43,4 44,4 43,3 44,3 43))"', "geometry"),
        ('new,,,,,,,"POLYGON((300 43,301 43,301 44,300 43))"', "geometry"),
        ('new,,,,,,,"POINT(3 43)"', "geometry"),
        ('new,,,,,,,"POLY"', "geometry"),
    ],
)
def test_a_row_that_cannot_be_is_told_and_the_others_are_written(tmp_path, coverage, row, member):
    ItemFactory(collection=coverage.collection, stac_id="IMAGE")
    ItemFactory(collection=coverage.collection, stac_id="gone", withdrawn_at=clock.now())
    ItemFactory(stac_id="elsewhere")
    CoverageCellFactory(coverage=coverage, code="A", status="acquired", acquired_on=date(2024, 5, 1))
    before = CoverageCell.objects.filter(code="A").values().get()
    report = load(table(tmp_path, row, f'Z,,,,,,,"{SQUARE}"'))
    assert (report.created, report.refused) == (1, 1)
    assert told(report) == [(1, row.partition(",")[0] if report.refusals[0].identifier else "", member)]
    assert CoverageCell.objects.filter(code="A").values().get() == before
    assert set(CoverageCell.objects.values_list("code", flat=True)) == {"A", "Z"}


def test_a_cell_goes_back_when_that_is_said(tmp_path, coverage):
    CoverageCellFactory(coverage=coverage, code="A", status="produced")
    path = table(tmp_path, "A,planned,,,,,,")
    assert load(path).refused == 1
    assert load(path, correct=True).updated == 1
    assert CoverageCell.objects.get().status == "planned"


def test_a_dry_run_writes_nothing(tmp_path, coverage):
    before = rows()
    assert load(table(tmp_path, f'A,,,,,,,"{SQUARE}"'), dry_run=True).created == 1
    assert rows() == before


def test_a_coverage_begins_only_when_that_is_said(tmp_path, coverage):
    path = table(tmp_path, f'A,,,,,,,"{SQUARE}"')
    CollectionFactory(slug="archive")
    before = rows()
    for wrong in ({"year": 2025}, {"collection": "archive", "new": True}, {"collection": "none", "new": True}):
        with pytest.raises(NotVisible):
            load(path, **wrong)
    assert rows() == before
    assert load(path, year=2025, new=True).created == 1
    assert Coverage.objects.get(year=2025).cells.count() == 1


def test_geojson_of_another_reference_system_is_read(tmp_path, coverage):
    ring = [[650_000, 6_860_000], [660_000, 6_860_000], [660_000, 6_870_000], [650_000, 6_860_000]]
    one = {"type": "Feature", "properties": {"code": "A"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}))
    assert load(path, crs="EPSG:2154").created == 1
    west, south, _east, _north = CoverageCell.objects.get().geometry.extent
    assert (round(west), round(south)) == (2, 49)


def test_a_file_that_is_none_is_refused(tmp_path, coverage):
    path = tmp_path / "cells.xls"
    path.write_text("")
    with pytest.raises(Refused):
        load(path)


def test_the_command_says_what_became_of_the_rows(tmp_path, coverage):
    out, faults = io.StringIO(), io.StringIO()
    path = table(tmp_path, f'A,,,,,,,"{SQUARE}"', "B,,,,,,,")
    call_command("load_coverage_cells", path, collection="spot", year=2024, stdout=out, stderr=faults)
    assert out.getvalue().strip() == "1 new, 0 changed, 0 as before, 1 refused"
    assert faults.getvalue().startswith("row 2 (B): code: there is no cell")
    with pytest.raises(CommandError, match="n’a pas de couverture de 1999"):
        call_command("load_coverage_cells", path, collection="spot", year=1999)
