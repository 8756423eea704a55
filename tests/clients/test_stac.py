# SPDX-License-Identifier: AGPL-3.0-or-later
"""Libraries and validators that read STAC: pystac-client, odc-stac, rio-tiler, stac-api-validator, the JSON schemas."""

import subprocess
import sys

import httpx
import pytest
from openapi_spec_validator import validate

from tests.clients.conftest import answer_of
from tests.e2e.conftest import ROOT
from tests.samples import sample

COLLECTIONS = {"spot-6-7-coverage", "pleiades-coast", "pleiades-overseas", "pleiades", "pleiades-neo", "spot-6-7"}
CLASSES = (
    *("core", "collections", "features", "item-search", "item-search#sort", "item-search#fields"),
    *("item-search#filter", "features#filter"),
)


def test_pystac_client_searches_in_every_way_it_knows(run):
    found = run("with_pystac_client")
    assert found["complaints"] == []
    assert set(found["collections"]) >= COLLECTIONS
    assert found["found"] == ["pleiades-coast"]
    walked = found["walked"]
    assert len(walked) == len(set(walked)) == found["matched"] > 30
    assert found["by_json"] == walked
    assert set(found["by_query"]) >= set(walked)
    assert found["near"]
    assert found["clouds"] == sorted(found["clouds"], reverse=True)
    assert len(found["clouds"]) == 20
    assert set(found["few"]) == set(walked[:3])
    assert found["bare"] == ["datetime"]
    assert found["one"][1] == "pleiades"
    assert {"eo:cloud_cover", "platform", "gsd"} <= set(found["queryables"])


def test_a_signed_cog_is_read_the_same_by_rasterio_rio_tiler_and_odc_stac(run):
    read = run("with_signed_cog")
    assert len(read["held"]) == 2
    assert read["status"] == "succeeded"
    assert read["rasterio"]["shape"] == read["shape"] == read["odc"]["shape"]
    assert read["rasterio"]["crs"].startswith("EPSG:")
    assert read["rasterio"]["overviews"]
    assert read["rasterio"]["sum"] == read["odc"]["sum"] > 0
    assert read["odc"]["bands"] == ["pms.1", "pms.4"]
    assert read["rio_tiler"] == {"size": [256, 256], "valid": True, "bands": 3, "same": True}


def test_whoever_has_no_right_gets_no_link(run, asked, site):
    item = httpx.get(f"{asked['base']}/search?collections=pleiades-coast&limit=500", timeout=60).json()["features"]
    named = next(one for one in item if "pms" in one["assets"])["assets"]["pms"]["href"].split("/")
    key = site.about["api_clients"]["contractor"]
    body = {"files": [{"item": int(named[-4]), "key": named[-2]}]}
    answer = httpx.post(f"{asked['api']}tickets", json=body, auth=(key["access_key"], key["secret_key"]), timeout=30)
    assert answer.status_code == 403
    assert answer.json()["missing"]


@pytest.mark.parametrize("name", CLASSES)
def test_stac_api_validator_finds_no_error(python, root, name):
    wrapper, classes = sample("tools/offline-schemas/run"), sample("tools/stac_api_classes.py")
    said = answer_of([str(wrapper), python, str(classes), f"{root}/", "pleiades", "--classes", name])
    assert f"{name} " in said
    assert " pass, " in said.splitlines()[0]


def test_stac_api_validator_queries_items_of_another_source(python, root, tmp_path):
    """Its words for item-search#query ask for a platform PHR1A, as others name it: such items are loaded first."""
    items = tmp_path / "items.ndjson"
    made = [sys.executable, str(sample("bench/gen_items.py")), "--count", "60", "--out", str(items)]
    answer_of([*made, "--collections-out", str(tmp_path / "collections.ndjson")])
    loading = [
        "-m",
        "dinamis.embedded",
        "run",
        "--name",
        "e2e",
        "--",
        "python",
        "manage.py",
        "load_stac_items",
        str(items),
    ]
    assert "0 refused" in answer_of([sys.executable, *loading, "--collection", "spot-world-heritage"], cwd=ROOT)
    wrapper, classes = sample("tools/offline-schemas/run"), sample("tools/stac_api_classes.py")
    told = [f"{root}/", "spot-world-heritage", "--classes", "item-search#query", "--show", "99"]
    said = subprocess.run([str(wrapper), python, str(classes), *told], capture_output=True, text=True, check=False)
    errors = [line for line in said.stdout.splitlines() if "error:" in line]
    # Of a text, 0.6.8 asks whether one of its letters is among the values of `in`: no text ever passes.
    assert [error for error in errors if '{"in": ' not in error] == []
    assert len(errors) == 2, said.stdout + said.stderr


def test_documents_are_valid_by_the_schemas_they_name(run):
    found = run("validate_documents", str(sample("tools/offline-schemas/run")))
    assert found["errors"] == []
    assert found["collections"] >= len(COLLECTIONS)
    assert found["valid"] > 100


def test_the_description_is_valid_openapi(root):
    answer = httpx.get(f"{root}/api", timeout=30)
    assert answer.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    validate(answer.json())
