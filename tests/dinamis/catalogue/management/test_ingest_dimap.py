# SPDX-License-Identifier: AGPL-3.0-or-later
import io
import itertools
import json
import os
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from dinamis.catalogue.models import Item
from tests.factories.catalogue import CollectionFactory
from tests.samples import sample

PNEO = "data/dimap/DIM_PNEO3_202111071029126_PAN_trimmed.XML"
SPOT5 = "data/dimap/SPOT5_HRG1_SCENE_1A_east_synthetic.XML"


def printed(path, *options):
    out = io.StringIO()
    call_command("ingest_dimap", str(path), "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def test_the_real_pleiades_neo_document_prints_its_stac_item():
    item = printed(sample(PNEO), "--dry-run")
    properties = item["properties"]
    assert properties["datetime"] == "2021-11-07T10:29:11.9Z"
    assert (properties["gsd"], properties["eo:cloud_cover"]) == (0.33, 0)
    assert (properties["view:incidence_angle"], properties["view:sun_elevation"]) == (21.78, 29.08)
    assert (properties["proj:code"], properties["processing:level"]) == ("EPSG:4326", "L1A")
    west, south, east, north = item["bbox"]
    assert (round(west, 3), round(east, 3), round(south, 3), round(north, 3)) == (5.307, 5.431, 43.239, 43.341)
    ring = item["geometry"]["coordinates"][0]
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) > 0


def test_the_spot_5_document_of_dimap_v1_prints_its_stac_item():
    properties = printed(sample(SPOT5), "--dry-run")["properties"]
    assert (properties["platform"], properties["datetime"]) == ("SPOT-5", "2008-03-04T12:30:33Z")
    assert properties["view:incidence_angle"] == 15.02


def test_a_dry_run_needs_no_database_and_prints_json_alone():
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@/nothing?host=/nonexistent",
        "DJANGO_SETTINGS_MODULE": "dinamis.settings.test",
    }
    command = [sys.executable, "manage.py", "ingest_dimap", "--dry-run", "--json", str(sample(PNEO))]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["id"] == "PNEO3_202111071029126_PAN_SEN"


@pytest.mark.django_db
def test_ingested_twice_it_is_one_image():
    CollectionFactory(slug="pleiades-neo")
    for _ in range(2):
        call_command("ingest_dimap", str(sample(PNEO)), stdout=io.StringIO())
    item = Item.objects.get()
    assert (item.stac_id, item.held, item.collection.slug) == ("PNEO3_202111071029126_PAN_SEN", False, "pleiades-neo")


@pytest.mark.django_db
def test_another_collection_can_be_named():
    CollectionFactory(slug="essais")
    call_command("ingest_dimap", str(sample(PNEO)), "--collection", "essais", stdout=io.StringIO())
    assert Item.objects.get().collection.slug == "essais"


@pytest.mark.django_db
def test_a_collection_that_is_not_there_is_said():
    with pytest.raises(CommandError, match=r"pleiades-neo.*load_collections|pleiades-neo.*--collection"):
        call_command("ingest_dimap", str(sample(PNEO)))
    assert Item.objects.count() == 0


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


REFUSED = {
    "wrong root": ("DIM_X.XML", b"<Other/>", r"DIM_X\.XML: Other: the root element"),
    "not xml": ("DIM_X.XML", b"not xml", r"DIM_X\.XML"),
    "entity bomb": (
        "DIM_X.XML",
        b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><Dimap_Document>&c;</Dimap_Document>',
        r"DIM_X\.XML",
    ),
    "empty": ("DIM_X.XML", b"", r"DIM_X\.XML"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_document_is_one_line_and_leaves_nothing(tmp_path, kind):
    name, content, pattern = REFUSED[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=pattern) as refused:
        call_command("ingest_dimap", str(tmp_path / name))
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 1
    assert Item.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "members", [{"../DIM_X.XML": b"<a/>"}, {"DIM_X.XML": b" " * 200_000_000}], ids=["climbs", "bomb"]
)
def test_an_unsafe_archive_leaves_nothing(tmp_path, members):
    path = archive(tmp_path / "delivery.zip", members)
    with pytest.raises(CommandError, match=r"delivery\.zip"):
        call_command("ingest_dimap", str(path))
    assert Item.objects.count() == 0


@pytest.mark.django_db
def test_a_path_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CommandError, match="no such file"):
        call_command("ingest_dimap", str(tmp_path / "absent.zip"))
