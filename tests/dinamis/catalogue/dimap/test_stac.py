# SPDX-License-Identifier: AGPL-3.0-or-later
"""Products as STAC items: valid against the published schemas, with stable ids."""

import json
from dataclasses import replace

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from dinamis.catalogue.dimap import DimapError, item_id, read_dimap, to_stac_item
from tests.dinamis.catalogue.dimap.helpers import DATA, FULL_SPECTRUM, MOSAIC, ORTHO, PRIMARY, V1, parse
from tests.samples import sample

DELIVERIES = ["phr_ortho", "phr_mosaic", "pneo_fs", "spot6_bundle", "spot4_v1"]
ITEM_SCHEMA = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"


def problems(item):
    """What the published schemas, core and extensions, say against an item."""
    root = sample("data/stac-schemas")

    def retrieve(uri):
        text = (root / uri.removeprefix("https://").partition("#")[0]).read_text()
        return Resource.from_contents(json.loads(text), default_specification=DRAFT7)

    registry = Registry(retrieve=retrieve)
    found = []
    for uri in (ITEM_SCHEMA, *item["stac_extensions"]):
        schema = registry.get_or_retrieve(uri).value.contents
        found += [f"{uri}: {error.message}" for error in Draft7Validator(schema, registry=registry).iter_errors(item)]
    return found


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_items_are_valid(delivery):
    products = read_dimap(DATA / delivery)
    assert products
    for product in products:
        item = to_stac_item(product)
        assert problems(item) == []
        assert json.loads(json.dumps(item)) == item


def test_items_of_the_samples_are_valid():
    for product in read_dimap(sample("data/dimap")):
        assert problems(to_stac_item(product)) == []


def test_the_schemas_do_find_faults():
    item = to_stac_item(parse(ORTHO))
    item["properties"]["view:sun_elevation"] = 98
    assert len(problems(item)) == 1


@pytest.mark.parametrize(
    ("path", "identifier", "collection"),
    [
        (ORTHO, "DS_PHR1B_202602141103207_FR1_PX_E003N43_0713_00042_PMS_ORT", "pleiades"),
        (PRIMARY, "SPOT6_202505111031189_P_SEN_FIXTURE", "spot-6-7"),
        (FULL_SPECTRUM, "PNEO4_202509301012345_MS-FS_ORT", "pleiades-neo"),
        (MOSAIC, "PHR_fixture_mosaic_Fiji_PMS-N_MOS", "pleiades"),
        (V1, "SCENE_4_051-261_99_08_15_10_47_12_2_I_MS_2A", "spot-world-heritage"),
    ],
)
def test_ids_and_collections(path, identifier, collection):
    item = to_stac_item(parse(path))
    assert (item["id"], item["collection"]) == (identifier, collection)


def test_a_reorder_is_told_apart_by_its_job():
    product = parse(PRIMARY)
    again = replace(product, job_id="FIXTURE/9")
    assert item_id(again) == item_id(product)
    assert item_id(again, with_job=True) == "SPOT6_202505111031189_P_SEN_FIXTURE_FIXTURE_9"


def test_an_id_never_grows_without_end():
    long = replace(parse(PRIMARY), name="A" * 500)
    other = replace(long, name="A" * 501)
    assert len(item_id(long)) == 180
    assert item_id(long) != item_id(other)


def test_a_name_without_a_letter_makes_no_item():
    with pytest.raises(DimapError, match="no letter or digit"):
        to_stac_item(replace(parse(PRIMARY), name="///"))


def test_the_properties_of_an_ortho():
    properties = to_stac_item(parse(ORTHO))["properties"]
    assert properties["datetime"] == "2026-02-14T11:03:20.7Z"
    assert properties["eo:cloud_cover"] == 4.25
    assert properties["view:incidence_angle"] == 10.13
    assert (properties["proj:code"], properties["proj:epsg"]) == ("EPSG:32631", 32631)
    assert properties["proj:transform"] == [0.5, 0.0, 564000.0, 0.0, -0.5, 4828000.0]
    assert properties["processing:level"] == "L3"
    assert properties["processing:datetime"] == "2026-03-02T08:15:00.5Z"
    assert properties["product:type"] == "PMS"
    assert properties["sat:platform_international_designator"] == "2012-068A"
    assert "bands" not in properties


def test_the_bands_of_an_ortho_are_on_its_images():
    assets = to_stac_item(parse(ORTHO))["assets"]
    assert "bands" not in assets["preview"]
    assert [band["name"] for band in assets["data_r2c1"]["bands"]] == ["red", "green", "blue", "nir"]
    assert assets["data_r2c1"]["bands"][1] == {
        "name": "green",
        "eo:common_name": "green",
        "eo:center_wavelength": 0.56,
        "eo:full_width_half_max": 0.12,
        "data_type": "uint16",
        "nodata": 0,
        "raster:bits_per_sample": 12,
        "raster:spatial_resolution": 0.5,
        "raster:scale": 0.1,
        "raster:offset": 0.5,
        "unit": "W/m2/sr/um",
    }


def test_each_image_of_a_full_spectrum_product_has_its_own_bands():
    assets = to_stac_item(parse(FULL_SPECTRUM))["assets"]
    names = {key: [band["name"] for band in asset["bands"]] for key, asset in assets.items() if "bands" in asset}
    assert names == {
        "red_green_blue_r1c1": ["red", "green", "blue"],
        "nir_rededge_coastal_r1c1": ["nir", "rededge", "coastal"],
    }


def test_a_range_of_time_comes_with_its_start_as_datetime():
    properties = to_stac_item(parse(MOSAIC))["properties"]
    assert properties["datetime"] == properties["start_datetime"] == "2025-04-01T22:15:00Z"
    assert properties["end_datetime"] == "2025-04-03T22:30:00.25Z"


def test_assets_are_the_files_of_the_delivery():
    (product,) = read_dimap(DATA / "phr_ortho")
    assets = to_stac_item(product)["assets"]
    assert list(assets) == [
        "metadata", "data_r1c1", "data_r1c2", "data_r2c1", "data_r2c2", "preview", "thumbnail", "mask_1", "mask_2"
    ]  # fmt: skip
    assert {key: value for key, value in assets["data_r2c1"].items() if key != "bands"} == {
        "href": "IMG_PHR1B_PMS_001/IMG_PHR1B_PMS_202602141103207_ORT_FIXTURE-1_R2C1.JP2",
        "type": "image/jp2",
        "roles": ["data"],
    }


def test_assets_id_collection_and_links_can_be_given():
    asset = {"href": "https://example.org/d/x.tif", "file:size": 12, "roles": ["data"]}
    link = {"rel": "collection", "href": "https://example.org/stac/collections/mine"}
    item = to_stac_item(parse(ORTHO), collection="mine", identifier="x", assets={"data": asset}, links=[link])
    assert (item["id"], item["collection"], item["links"]) == ("x", "mine", [link])
    assert item["assets"]["data"]["href"] == asset["href"]
    assert len(item["assets"]["data"]["bands"]) == 4
    assert "bands" not in asset
    assert "https://stac-extensions.github.io/file/v2.1.0/schema.json" in item["stac_extensions"]
    assert problems(item) == []


def test_extensions_are_those_used():
    product = replace(parse(V1), bands=(), epsg=None, shape=None, transform=None)
    names = [uri.split("/")[3] for uri in to_stac_item(product)["stac_extensions"]]
    assert names == ["processing", "product", "sat", "view"]
