# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs that read OGC API Features, and GDAL over images found by STAC."""

import json

import httpx
import pytest

from tests.clients.conftest import answer_of, program

WHERE = ["-spat", "-2", "48", "-1", "49.5"]


def test_owslib_reads_the_collections_and_their_images(run):
    read = run("with_owslib")
    assert "pleiades-coast" in read["collections"]
    assert read["title"]
    assert len(read["returned"]) == 5 < read["matched"]
    for west, south, east, north in read["boxes"]:
        assert (west <= -1, south <= 49.5, east >= -2, north >= 48) == (True,) * 4
    assert read["one"] == read["returned"][0]
    assert "eo:cloud_cover" in read["queryables"]
    assert "/search" in read["paths"]


def test_gdal_counts_and_reads_features(root):
    ogrinfo = program("ogrinfo")
    summary = answer_of([ogrinfo, "-ro", "-al", "-so", f"OAPIF:{root}", "pleiades-coast"])
    matched = httpx.get(f"{root}/collections/pleiades-coast/items?limit=1", timeout=30).json()["numberMatched"]
    assert f"Feature Count: {matched}" in summary
    assert "eo:cloud_cover: Real" in summary or "eo:cloud_cover: Integer" in summary
    some = answer_of([ogrinfo, "-ro", "-q", *WHERE, f"OAPIF:{root}", "pleiades-coast"])
    box = httpx.get(f"{root}/collections/pleiades-coast/items?bbox=-2,48,-1,49.5&limit=1", timeout=30).json()
    assert some.count("OGRFeature(") == box["numberMatched"] > 0


def test_gdal_makes_one_raster_of_a_signed_search(run, tmp_path):
    gdalinfo, translate = program("gdalinfo"), program("gdal_translate")
    target, small = tmp_path / "signed.json", tmp_path / "small.tif"
    assert len(run("sign_a_search", target=str(target))) == 2
    mosaic = f'STACIT:"{target}":asset=pms'
    info = json.loads(answer_of([gdalinfo, "-json", mosaic]))
    assert len(info["files"]) == 2
    assert len(info["bands"]) == 4
    assert "Lambert-93" in info["coordinateSystem"]["wkt"]
    answer_of([translate, "-q", "-outsize", "400", "0", mosaic, str(small)])
    stats = json.loads(answer_of([gdalinfo, "-json", "-stats", str(small)]))["bands"][0]
    assert stats["maximum"] > stats["minimum"] > 0


def test_gdal_finds_the_files_of_a_search_but_opens_none_without_a_link(root):
    gdalinfo = program("gdalinfo")
    address = f"{root}/search?collections=spot-6-7-coverage&datetime=2024-01-01T00:00:00Z/..&limit=1000"
    with pytest.raises(AssertionError, match="to retrieve band characteristics"):
        answer_of([gdalinfo, f'STACIT:"{address}":asset=pms'])
