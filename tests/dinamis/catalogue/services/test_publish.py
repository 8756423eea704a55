# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dinamis.catalogue.dimap import read_dimap
from dinamis.catalogue.models import Asset, Item
from dinamis.catalogue.services.ingest import ingest_products
from dinamis.catalogue.services.publish import HoldBack, NewAsset, publish_product
from dinamis.core.exceptions import Invalid
from tests.factories.accounts import OrganisationFactory
from tests.factories.catalogue import CollectionFactory
from tests.samples import sample

pytestmark = pytest.mark.django_db

PNEO = "data/dimap/DIM_PNEO3_202111071029126_PAN_trimmed.XML"


@pytest.fixture
def product():
    return read_dimap(sample(PNEO))[0]


@pytest.fixture
def collection():
    return CollectionFactory(slug="pleiades-neo")


def new_file(**changes):
    values = {
        "key": "data",
        "file_name": "data.tif",
        "storage_key": "items/1/data.tif",
        "media_type": "image/tiff",
        "size": 10,
        "sha256": "0" * 64,
    }
    return NewAsset(**{**values, **changes})


def rows():
    return list(Item.objects.values()), list(Asset.objects.values())


def test_a_product_becomes_an_image_with_its_files(product, collection):
    item = publish_product(product=product, collection=collection, files=[new_file()], source_id="DS_X")
    item.refresh_from_db()
    assert item.stac_id == "PNEO3_202111071029126_PAN_SEN"
    assert item.datetime == datetime(2021, 11, 7, 10, 29, 11, 900_000, tzinfo=UTC)
    assert (item.platform, item.gsd, item.cloud_cover, item.incidence_angle) == ("PLEIADES-NEO-3", 0.33, 0, 21.78)
    assert (item.sun_elevation, item.processing_level, item.held, item.source_id) == (29.08, "L1A", True, "DS_X")
    assert item.footprint.extent == (5.3071387, 43.2389162, 5.4311717, 43.3407205)
    assert item.document.properties["proj:code"] == "EPSG:4326"
    assert "datetime" not in item.document.properties
    assert "job" not in str(item.document.properties).lower()
    assert [(asset.key, asset.size, asset.public) for asset in item.assets.all()] == [("data", 10, False)]


def test_published_again_nothing_changes(product, collection, django_assert_num_queries):
    publish_product(product=product, collection=collection, files=[new_file()])
    before = rows()
    # savepoint, lock, item, asset, document, end of the savepoint: only reads.
    with django_assert_num_queries(6):
        publish_product(product=product, collection=collection, files=[new_file()])
    assert rows() == before


def test_a_corrected_file_takes_the_place_of_the_first_and_none_is_lost(product, collection):
    first = publish_product(
        product=product, collection=collection, files=[new_file(), new_file(key="b", file_name="b")]
    )
    again = publish_product(product=product, collection=collection, files=[new_file(sha256="1" * 64)])
    assert again.pk == first.pk
    assert {asset.key: asset.sha256[0] for asset in first.assets.all()} == {"data": "1", "b": "0"}


def test_another_job_under_the_same_name_is_another_image(product, collection):
    first = publish_product(product=replace(product, job_id="JOB-1"), collection=collection)
    second = publish_product(product=replace(product, job_id="JOB-2"), collection=collection)
    again = publish_product(product=replace(product, job_id="JOB-2"), collection=collection)
    assert first.stac_id == "PNEO3_202111071029126_PAN_SEN"
    assert second.stac_id == "PNEO3_202111071029126_PAN_SEN_JOB-2"
    assert (again.pk, Item.objects.count()) == (second.pk, 2)


def test_an_image_that_is_held_stays_held(product, collection):
    publish_product(product=product, collection=collection, files=[new_file()])
    assert publish_product(product=product, collection=collection, held=False).held


def test_a_reserved_image_is_reserved_once(product, collection):
    organisation = OrganisationFactory()
    until = datetime(2027, 1, 1, tzinfo=UTC)
    item = publish_product(
        product=product, collection=collection, hold_back=HoldBack(until=until, organisation_id=organisation.pk)
    )
    assert (item.hold_back_until, item.hold_back_organisation_id) == (until, organisation.pk)
    again = publish_product(
        product=product,
        collection=collection,
        hold_back=HoldBack(until=until + timedelta(days=9), organisation_id=organisation.pk),
    )
    assert again.hold_back_until == until


def test_a_delivery_is_written_whole_or_not_at_all(product, collection):
    orphan = replace(product, family="pleiades", name="OTHER")
    with pytest.raises(Invalid) as refused:
        ingest_products([product, orphan])
    assert refused.value.pointer == "collection"
    assert rows() == ([], [])


def test_a_failure_among_the_files_leaves_no_image(product, collection):
    with pytest.raises(Exception, match="catalogue_asset_file_name"):
        publish_product(product=product, collection=collection, files=[new_file(), new_file(key="other")])
    assert rows() == ([], [])
