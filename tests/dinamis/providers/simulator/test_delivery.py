# SPDX-License-Identifier: AGPL-3.0-or-later
"""A delivery is a DIMAP V2 product: its tree, its XML, its pixels."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from shapely.geometry import box, mapping

from dinamis.providers.simulator import delivery
from dinamis.providers.simulator.clock import parse
from dinamis.providers.simulator.products import PRODUCTS, complete_options
from dinamis.providers.simulator.scenes import make_scene

AREA = box(5.33, 43.26, 5.40, 43.31)


def made(folder: Path, sensor: str = "PHR1A", product: str = "PleiadesArchiveMono", **options: str) -> Path:
    """Unpacked delivery of an order over Marseille."""
    scene = make_scene(sensor, AREA, parse("2023-06-12T10:31:45.3Z"), 12.5, 10)
    order: dict[str, Any] = {
        "salesOrderId": "SAL26000001",
        "jobId": "PWOI_026000001_1_1_F_1",
        "customerReference": "DINAMIS-2026-0042 & fils",
        "options": complete_options(PRODUCTS[product], options),
        "aoiId": 1,
        "comment": "",
    }
    production = {"rank": 1, "area": mapping(AREA), "sceneIds": [scene["id"]]}
    result = delivery.make(order, production, [scene], folder, 128)
    assert not list(folder.glob(".*"))
    with zipfile.ZipFile(folder / result.name) as archive:
        archive.extractall(folder / "x")
    return folder / "x"


def test_bundle_ortho(tmp_path: Path) -> None:
    root = made(tmp_path, processing_level="ortho")
    assert (root / "VOL_PHR.XML").exists()
    assert sorted(p.name for p in root.iterdir() if p.is_dir()) == ["IMG_PHR1A_MS_001", "IMG_PHR1A_P_001"]
    with rasterio.open(root / "VOL_PHR.XML") as volume:
        assert [name.rpartition(":")[2] for name in volume.subdatasets] == ["PHR1A_P", "PHR1A_MS"]
    (pan,) = root.glob("IMG_PHR1A_P_001/*.JP2")
    (multi,) = root.glob("IMG_PHR1A_MS_001/*.JP2")
    with rasterio.open(pan) as p, rasterio.open(multi) as ms:
        assert p.crs == ms.crs == "EPSG:32631"
        assert p.tags(1, ns="IMAGE_STRUCTURE")["NBITS"] == "12"
        assert (p.count, ms.count, p.dtypes[0]) == (1, 4, "uint16")
        assert ms.res[0] == pytest.approx(4 * p.res[0])
        values = p.read(1)
        assert values.max() <= 4095
        assert values[values > 0].std() > 20
        red, _, _, nir = ms.read()
        assert np.median(nir) > np.median(red)


def test_every_xml_is_well_formed_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    root = made(tmp_path, processing_level="primary")
    for path in [*root.rglob("*.XML"), *root.rglob("*.GML")]:
        for node in ET.parse(path).iter():
            href = node.attrib.get("href")
            if href:
                assert (path.parent / href).exists(), f"{path.name} → {href}"
    names = {re.search(r"_(CLD|DET|QTE|ROI|SLT|SNW|VIS)_", p.name)[1] for p in root.rglob("*.GML")}
    assert names == {"CLD", "DET", "QTE", "ROI", "SLT", "SNW", "VIS"}


def test_metadata_say_what_the_pixels_are(tmp_path: Path) -> None:
    root = made(tmp_path, processing_level="primary", spectral_processing="multispectral")
    (path,) = root.glob("IMG_*/DIM_*.XML")
    doc = ET.parse(path).getroot()

    def text(xpath: str) -> str:
        return doc.find(xpath).text

    assert text("Metadata_Identification/METADATA_PROFILE") == "PHR_SENSOR"
    assert text(".//Order_Identification/CUSTOMER_REFERENCE") == "DINAMIS-2026-0042 & fils"
    assert text(".//Order_Identification/INTERNAL_REFERENCE") == "SAL26000001"
    assert text(".//Strip_Source/IMAGING_DATE") == "2023-06-12"
    assert text(".//Strip_Source/IMAGING_TIME") == "10:31:45.3Z"
    assert text("Dataset_Content/CLOUD_COVERAGE") == "10.0"
    places = [n.find("LOCATION_TYPE").text for n in doc.iter("Located_Geometric_Values")]
    assert len(places) == 9
    (centre,) = [n for n in doc.iter("Located_Geometric_Values") if n.find("LOCATION_TYPE").text == "Center"]
    assert float(centre.find(".//INCIDENCE_ANGLE").text) == 12.5
    (image,) = root.glob("IMG_*/*.JP2")
    with rasterio.open(path) as src, rasterio.open(image) as raw:
        assert src.driver == "DIMAP"
        assert (int(text(".//NROWS")), int(text(".//NCOLS"))) == raw.shape
        assert int(text(".//NBANDS")) == raw.count == 4
        assert src.rpcs is not None
        spacing = float(text(".//RESAMPLING_SPACING"))
        columns = [int(v.find("COL").text) for v in doc.iter("Vertex")]
        assert spacing * (columns[1] - columns[0]) == pytest.approx(5_670, rel=0.05)  # 0.07 degree at 43.3 north
    vertices = [(float(v.find("LON").text), float(v.find("LAT").text)) for v in doc.iter("Vertex")]
    assert vertices == [(5.33, 43.31), (5.4, 43.31), (5.4, 43.26), (5.33, 43.26)]


def test_model_puts_the_pixels_where_the_extent_is(tmp_path: Path) -> None:
    root = made(tmp_path, processing_level="primary", spectral_processing="panchromatic")
    (path,) = root.glob("IMG_*/DIM_*.XML")
    doc = ET.parse(path).getroot()
    with rasterio.open(path) as src, rasterio.transform.RPCTransformer(src.rpcs) as model:
        for vertex in doc.iter("Vertex"):
            row, column = model.rowcol(float(vertex.find("LON").text), float(vertex.find("LAT").text))
            assert column == pytest.approx(int(vertex.find("COL").text), abs=2.5)
            assert row == pytest.approx(int(vertex.find("ROW").text), abs=2.5)


@pytest.mark.parametrize(
    ("sensor", "product", "options", "folders", "extension", "dtype"),
    [
        ("SPOT6", "SpotArchiveMono", {"spectral_processing": "pansharpened"}, ["IMG_SPOT6_PMS_001"], "JP2", "uint16"),
        (
            "PNEO3",
            "PleiadesNeoArchiveMono",
            {"spectral_processing": "full_bundle", "image_format": "dimap_geotiff"},
            ["IMG_PNEO3_MS-FS_001", "IMG_PNEO3_P_001"],
            "TIF",
            "uint16",
        ),
        (
            "PHR1B",
            "PleiadesArchiveMono",
            {"spectral_processing": "pansharpened_natural_color", "radiometric_processing": "display"},
            ["IMG_PHR1B_PMS-N_001"],
            "JP2",
            "uint8",
        ),
        (
            "PHR1A",
            "PleiadesArchiveMono",
            {"processing_level": "ortho", "projection_1": "2154", "image_format": "dimap_geotiff"},
            ["IMG_PHR1A_MS_001", "IMG_PHR1A_P_001"],
            "TIF",
            "uint16",
        ),
    ],
)
def test_variants(
    tmp_path: Path, sensor: str, product: str, options: dict[str, str], folders: list[str], extension: str, dtype: str
) -> None:
    root = made(tmp_path, sensor, product, **options)
    assert sorted(p.name for p in root.iterdir() if p.is_dir()) == folders
    images = list(root.glob(f"IMG_*/*.{extension}"))
    assert len(images) == len(folders)
    with rasterio.open(images[0]) as src:
        assert src.dtypes[0] == dtype
        assert src.read(1).any()
        if "projection_1" in options:
            assert src.crs == "EPSG:2154"
