# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime

import pytest

from dinamis.catalogue.foreign import Refused, read_item
from tests.dinamis.catalogue.foreign.cast import item


def test_an_item_is_taken_apart():
    found = read_item(item())
    assert (found.stac_id, found.collection) == ("PHR1A_1", "archive")
    assert found.columns["datetime"] == datetime(2024, 6, 14, 10, 30, 0, 250_000, tzinfo=UTC)
    assert (found.columns["cloud_cover"], found.columns["platform"], found.columns["stereo_count"]) == (
        5.41,
        "PHR1A",
        1,
    )
    assert found.properties == {"created": "2024-06-15T00:00:00Z", "sat:relative_orbit": 12}
    assert [link["rel"] for link in found.links] == ["via"]
    assert read_item(item(), collection="other").collection == "other"


def test_an_item_that_lasts_has_its_beginning_for_its_moment():
    lasting = item(datetime=None, start_datetime="2024-01-01T00:00:00Z", end_datetime="2024-12-31T00:00:00+01:00")
    found = read_item(lasting)
    assert found.columns["datetime"] == found.columns["start_datetime"] == datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "member"),
    [
        (None, "type"),
        ({"type": "FeatureCollection"}, "type"),
        (item() | {"properties": None}, "properties"),
        (item(""), "id"),
        (item("a\nb"), "id"),
        (item("x" * 201), "id"),
        (item() | {"collection": 3}, "collection"),
        (item(geometry=None), "geometry"),
        (item(geometry={"type": "Circle"}), "geometry"),
        (item(datetime=None), "properties.datetime"),
        (item(datetime="2024-06-14"), "properties.datetime"),
        (item(datetime="2024-13-14T00:00:00Z"), "properties.datetime"),
        (item(datetime=3), "properties.datetime"),
        (item(start_datetime="2024-06-14T10:30:00Z"), "properties.end_datetime"),
        (
            item(start_datetime="2024-06-14T10:30:00Z", end_datetime="2024-06-13T10:30:00Z"),
            "properties.end_datetime",
        ),
        (item(eo__cloud_cover=101), "properties.eo:cloud_cover"),
        (item(eo__cloud_cover=True), "properties.eo:cloud_cover"),
        (item(eo__cloud_cover=float("nan")), "properties.eo:cloud_cover"),
        (item(platform="p" * 41), "properties.platform"),
        (item(platform="p\tq"), "properties.platform"),
        (item(title=["no"]), "properties.title"),
        (item(instruments="hiri"), "properties.instruments"),
        (item(assets=[]) | {"assets": [1]}, "assets"),
        (item(assets={"a": {"href": "javascript:alert(1)"}}), "assets.a.href"),
        (item(assets={"a": {"href": "../a.tif"}}), "assets.a.href"),
        (item(links=[{"rel": "via"}]), "links"),
    ],
)
def test_what_is_wrong_is_named(document, member):
    with pytest.raises(Refused) as refused:
        read_item(document)
    assert refused.value.member == member
    assert refused.value.reason
    assert refused.value.repair
