# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import orjson
import pytest

from dinamis.catalogue.foreign import MAX_ITEM_BYTES
from dinamis.catalogue.models import Change, DocumentDictionary, Item, ItemDocument
from dinamis.catalogue.selectors.item_body import stored, unpacked
from dinamis.catalogue.services import bulk
from dinamis.catalogue.services.bulk import load_items
from tests.dinamis.catalogue.foreign.cast import item
from tests.factories.catalogue import AssetFactory, CollectionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def archive():
    return CollectionFactory(slug="archive")


def counts(report):
    return report.created, report.updated, report.unchanged, report.refused


def body_of(stac_id):
    return unpacked(ItemDocument.objects.get(item__stac_id=stac_id).body)


def test_items_are_written_with_their_documents():
    assert counts(load_items([item(), json.dumps(item("b")).encode()])) == (2, 0, 0, 0)
    one = Item.objects.get(stac_id="PHR1A_1")
    assert (one.platform, one.cloud_cover, one.held, one.title) == ("PHR1A", 5.41, False, 'A “scene” \\ with a "quote"')
    assert one.footprint.extent == (3, 43, 4, 44)
    assert one.footprint.srid == 4326
    assert one.document.properties == {"created": "2024-06-15T00:00:00Z", "sat:relative_orbit": 12}
    told = body_of("PHR1A_1")
    assert b'"assets":{"thumbnail":{"href":"https://example.org/1.jpg"' in told
    assert b"order:status" not in told
    assert b"dinamis:state" not in told


def test_a_body_made_anew_is_the_one_that_was_loaded():
    load_items(
        [
            item(),
            item("long", datetime=None, start_datetime="2024-01-01T00:00:00Z", end_datetime="2024-02-01T00:00:00Z"),
        ]
    )
    for one in Item.objects.all():
        loaded, made = (
            orjson.loads(text.replace(b"\x02,", b"").replace(b"\x03", b"").replace(b"\x04", b""))
            for text in (body_of(one.stac_id), stored(one))
        )
        assert loaded == made


def test_the_same_again_writes_nothing_and_what_differs_is_written():
    load_items([item(), item("b")])
    rows = list(Item.objects.values()), list(ItemDocument.objects.values())
    assert counts(load_items([item(), item("b")])) == (0, 0, 2, 0)
    assert (list(Item.objects.values()), list(ItemDocument.objects.values())) == rows
    assert counts(load_items([item(eo__cloud_cover=9), item("b", note="new")])) == (0, 2, 0, 0)
    assert Item.objects.get(stac_id="PHR1A_1").cloud_cover == 9
    assert b'"eo:cloud_cover":9' in body_of("PHR1A_1")
    assert b'"note":"new"' in body_of("b")


def test_of_two_with_one_id_the_later_counts():
    assert counts(load_items([item(platform="A"), item("b"), item(platform="B")])) == (2, 0, 0, 0)
    assert Item.objects.get(stac_id="PHR1A_1").platform == "B"


def test_what_cannot_be_taken_is_refused_one_by_one():
    crossed = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    short = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}
    report = load_items(
        [
            item("a"),
            b"{",
            item("b", eo__cloud_cover=-1),
            item("c", geometry=crossed),
            item("d", geometry={"type": "Point", "coordinates": [200, 0]}),
            item("e", collection="nowhere"),
            b"x" * (MAX_ITEM_BYTES + 1),
            item("f", geometry=short),
            item("g"),
        ]
    )
    assert counts(report) == (2, 0, 0, 7)
    assert sorted(Item.objects.values_list("stac_id", flat=True)) == ["a", "g"]
    told = {refusal.position: (refusal.identifier, refusal.reason) for refusal in report.refusals}
    assert set(told) == {2, 3, 4, 5, 6, 7, 8}
    assert told[3][0] == "b"
    assert "eo:cloud_cover" in told[3][1]
    assert "Self-intersection" in told[4][1]
    assert "nowhere" in told[6][1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [(b'"a\\u0000b"', "NUL"), (b"[" * 300 + b"]" * 300, "nested"), (b"[" * 2000 + b"]" * 2000, "JSON")],
)
def test_what_the_database_or_a_reader_could_not_hold_is_refused_alone(text, reason):
    odd = orjson.dumps(item("odd")).replace(b'"properties":{', b'"properties":{"odd":' + text + b",")
    report = load_items([orjson.dumps(item("before")), odd, orjson.dumps(item("after"))])
    assert counts(report) == (2, 0, 0, 1)
    assert reason in report.refusals[0].reason


def test_an_error_on_the_way_leaves_nothing(monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 2)

    def source():
        yield from (item(f"i{n}") for n in range(5))
        raise OSError("the line broke")

    with pytest.raises(OSError, match="broke"):
        load_items(source())
    assert not Item.objects.exists()


def test_several_batches_are_all_there(monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 2)
    assert counts(load_items(item(f"i{n}") for n in range(7))) == (7, 0, 0, 0)
    assert Item.objects.count() == ItemDocument.objects.count() == 7


def test_a_dictionary_is_learnt_from_the_first_many():
    load_items(item(f"i{n}") for n in range(600))
    assert DocumentDictionary.objects.count() == 1
    assert orjson.loads(body_of("i5").replace(b"\x02,", b"").replace(b"\x03", b"").replace(b"\x04", b""))["id"] == "i5"
    load_items(item(f"j{n}") for n in range(600))
    assert DocumentDictionary.objects.count() == 1


def test_files_that_are_here_stay_in_the_document():
    load_items([item()])
    held = Item.objects.get()
    held.held = True
    held.save(update_fields=["held"])
    AssetFactory(item=held, key="data")
    load_items([item(note="again")])
    document = ItemDocument.objects.get()
    assert document.body is None
    text = stored(Item.objects.get())
    assert b'"note":"again"' in text
    assert b'"data":{"href":"\x01' in text


def test_what_was_written_is_noted():
    before = Change.objects.count()
    load_items([item()])
    assert Change.objects.count() > before
