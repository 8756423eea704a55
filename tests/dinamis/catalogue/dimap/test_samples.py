# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real files: what issue 2 says must come out."""

import time

import pytest

from dinamis.catalogue.dimap import DimapError, read_dimap, to_stac_item
from tests.samples import sample

PNEO = "data/dimap/DIM_PNEO3_202111071029126_PAN_trimmed.XML"
SPOT5 = "data/dimap/SPOT5_HRG1_SCENE_1A_east_synthetic.XML"


def test_the_pleiades_neo_item():
    (product,) = read_dimap(sample(PNEO))
    item = to_stac_item(product)
    properties = item["properties"]
    assert item["id"] == "PNEO3_202111071029126_PAN_SEN"
    assert item["collection"] == "pleiades-neo"
    assert properties["datetime"] == "2021-11-07T10:29:11.9Z"
    assert "start_datetime" not in properties
    assert properties["platform"] == "PLEIADES-NEO-3"
    assert properties["constellation"] == "pleiades-neo"
    assert "instruments" not in properties
    assert properties["gsd"] == 0.33
    assert properties["eo:cloud_cover"] == 0
    assert properties["eo:snow_cover"] == 0
    assert properties["view:incidence_angle"] == 21.78
    assert properties["view:off_nadir"] == 19.74
    assert properties["view:azimuth"] == 63.05
    assert properties["view:sun_azimuth"] == 165.43
    assert properties["view:sun_elevation"] == 29.08
    assert properties["proj:code"] == "EPSG:4326"
    assert properties["proj:shape"] == [33085, 29393]
    assert properties["processing:level"] == "L1A"
    assert item["bbox"] == [5.3071387, 43.2389162, 5.4311717, 43.3407205]
    assert item["geometry"] == {
        "type": "Polygon",
        "coordinates": [
            [
                [5.3071387, 43.3354304],
                [5.3075014, 43.2389162],
                [5.4311684, 43.2445258],
                [5.4311717, 43.3407205],
                [5.3071387, 43.3354304],
            ]
        ],
    }


def test_what_the_pleiades_neo_product_remembers():
    (product,) = read_dimap(sample(PNEO))
    assert product.order.customer == "PNEO_Stereo-Advanced_France-Marseille_Urban_Mapping"
    assert product.order.internal == "SAL24231977"
    assert (product.order.commercial, product.order.commercial_item) == ("000251471", "1_1")
    assert product.job_id == "PWOI_000251471_1_1_F_1"
    assert product.product_type == "STEREO"
    assert product.source_ids == ("ACQ_PNEO3_00816400750988",)
    assert product.area_km2 == pytest.approx(100.7113848)
    assert product.angles.incidence == 21.78124738411253
    assert [band.name for band in product.bands] == ["pan"]
    assert [data_file.href[-9:] for data_file in product.data_files] == ["_R1C1.JP2"]
    assert product.rpc_href == "RPC_PNEO3_202111071029126_PAN_SEN_PWOI_000251471_1_1_F_1.XML"
    assert (product.corners[2].column, product.corners[2].row) == (29393, 33085)


def test_the_order_stays_out_of_the_public_item():
    (product,) = read_dimap(sample(PNEO))
    assert "SAL24231977" not in str(to_stac_item(product))
    assert "Urban_Mapping" not in str(to_stac_item(product))


def test_the_spot_5_item():
    (product,) = read_dimap(sample(SPOT5))
    item = to_stac_item(product)
    properties = item["properties"]
    assert item["id"] == "SPOT5_HRG1_SCENE_1A_EAST_SYNTHETIC_PAN"
    assert item["collection"] == "spot-world-heritage"
    assert properties["platform"] == "SPOT-5"
    assert properties["instruments"] == ["hrg1"]
    assert properties["datetime"] == "2008-03-04T12:30:33Z"
    assert properties["view:incidence_angle"] == 15.02
    assert properties["view:sun_elevation"] == 42.32
    assert properties["gsd"] == 2.5
    assert properties["processing:level"] == "L1A"
    assert item["bbox"] == [26.536671, 42.818818, 27.096671, 43.378818]


def test_the_same_file_relabelled_is_a_pleiades():
    (product,) = read_dimap(sample("data/dimap/DIM_PHR1A_202111071029126_PAN_synthetic.XML"))
    assert (product.platform, product.family, product.instruments) == ("PLEIADES-1A", "pleiades", ("hiri",))


def test_the_folder_holds_three_products_and_an_rpc_which_is_none():
    documents = [product.document for product in read_dimap(sample("data/dimap"))]
    assert documents == [
        "DIM_PHR1A_202111071029126_PAN_synthetic.XML",
        "DIM_PNEO3_202111071029126_PAN_trimmed.XML",
        "SPOT5_HRG1_SCENE_1A_east_synthetic.XML",
    ]


def test_the_rpc_alone_is_refused():
    with pytest.raises(DimapError, match="the RPC part of a product") as caught:
        read_dimap(sample("data/dimap/RPC_PNEO3_202111071029126_PAN_trimmed.XML"))
    assert caught.value.element == "Dimap_Document/Metadata_Identification/METADATA_SUBPROFILE"


def test_reading_takes_less_than_a_tenth_of_a_second():
    path = sample(PNEO)
    to_stac_item(read_dimap(path)[0])
    start = time.perf_counter()
    to_stac_item(read_dimap(path)[0])
    assert time.perf_counter() - start < 0.1
