# SPDX-License-Identifier: AGPL-3.0-or-later
"""Another catalogue read into ours, over real HTTP."""

import io

import pytest
from django.core.management import CommandError, call_command

from dinamis.catalogue.models import Asset, Crawl, Item
from dinamis.catalogue.selectors.item_body import unpacked
from dinamis.catalogue.services.crawl import crawl
from dinamis.core.exceptions import Busy, Invalid
from tests.dinamis.catalogue.foreign.cast import item
from tests.dinamis.catalogue.foreign.served import served
from tests.factories.catalogue import AssetFactory, CollectionFactory

pytestmark = pytest.mark.django_db
ITEMS = "/collections/theirs/items"


@pytest.fixture(autouse=True)
def archive(settings):
    told = {"CRAWL_PRIVATE_ADDRESSES": True, "CRAWL_WAIT_SECONDS": 0.01, "CRAWL_ATTEMPTS": 2}
    settings.DINAMIS = {**settings.DINAMIS, **told}
    return CollectionFactory(slug="archive")


@pytest.fixture
def other():
    with served() as found:
        found.answers = {
            "/": {"type": "Catalog", "links": [{"rel": "data", "href": f"{found.url}/collections"}]},
            "/collections/theirs": {
                "type": "Collection",
                "id": "theirs",
                "links": [{"rel": "items", "href": f"{found.url}{ITEMS}"}],
            },
        }
        yield found


def page(items, *links):
    return {"type": "FeatureCollection", "features": items, "links": list(links)}


def following(href, **more):
    return {"rel": "next", "href": href, **more}


def walked(other, **options):
    told = []
    done = crawl(
        url=f"{other.url}/",
        theirs="theirs",
        collection="archive",
        tell=lambda _crawl, refusals: told.extend(refusals),
        **options,
    )
    return done, told


def counts(done):
    return done.pages, done.created, done.updated, done.unchanged, done.refused


def names():
    return sorted(Item.objects.values_list("stac_id", flat=True))


def test_pages_are_followed_to_the_end(other):
    other.answers[f"{ITEMS}?limit=500"] = page([item("a"), item("b")], following(f"{ITEMS}?token=2"))
    other.answers[f"{ITEMS}?token=2"] = page([item("c", collection="other name")])
    done, told = walked(other)
    assert counts(done) == (2, 3, 0, 0, 0)
    assert (done.finished_at is not None, done.place, told) == (True, None, [])
    assert names() == ["a", "b", "c"]
    assert set(Item.objects.values_list("collection__slug", flat=True)) == {"archive"}
    again, _told = walked(other)
    assert again.pk != done.pk
    assert counts(again) == (2, 0, 0, 3, 0)


def test_pages_by_post_are_merged_or_not(other):
    def post(body, merge):
        return following(f"{other.url}/search", method="POST", body=body, merge=merge, headers={"X-Page": "1"})

    other.answers[f"{ITEMS}?limit=500"] = page([item("a")], post({"limit": 1, "token": "2"}, merge=False))
    other.answers["/search"] = [
        page([item("b")], post({"token": "3"}, merge=True)),
        page([item("c")], post({"token": "4"}, merge=False)),
        page([item("d")]),
    ]
    assert counts(walked(other)[0])[:2] == (4, 4)
    bodies = [body for method, _path, body in other.asked if method == "POST"]
    assert bodies == [{"limit": 1, "token": "2"}, {"limit": 1, "token": "3"}, {"token": "4"}]


def test_what_was_read_is_not_read_again_after_a_stop(other):
    other.answers[f"{ITEMS}?limit=500"] = page([item("a"), item("bad", gsd="x")], following(f"{ITEMS}?token=2"))
    other.answers[f"{ITEMS}?token=2"] = (500, {}, b"")
    with pytest.raises(Invalid) as caught:
        walked(other)
    assert caught.value.code == "crawl_stopped"
    stopped = Crawl.objects.get()
    assert (counts(stopped), stopped.finished_at) == ((1, 1, 0, 0, 1), None)
    assert stopped.stopped
    assert names() == ["a"]
    other.asked.clear()
    other.answers[f"{ITEMS}?token=2"] = page([item("b"), {"type": "Feature"}])
    done, told = walked(other)
    assert done.pk == stopped.pk
    assert (counts(done), done.stopped) == ((2, 2, 0, 0, 2), "")
    assert [path for _method, path, _body in other.asked] == [f"{ITEMS}?token=2"]
    assert [one.position for one in told] == [4]


def test_a_walk_stops_when_its_time_is_over(other):
    other.answers[f"{ITEMS}?limit=2"] = page([item("a")], following(f"{ITEMS}?token=2"))
    other.answers[f"{ITEMS}?token=2"] = page([item("b")])
    done, _told = walked(other, seconds=1e-9, limit=2)
    assert (done.pages, done.finished_at, names()) == (0, None, [])
    done, _told = walked(other)
    assert (done.pages, names()) == (2, ["a", "b"])


def test_since_is_asked_of_the_server(other):
    other.answers[f"{ITEMS}?limit=500&datetime=2026-01-01T00%3A00%3A00Z%2F.."] = page([item("a")])
    assert counts(walked(other, since="2026-01-01T00:00:00Z")[0])[:2] == (1, 1)


def test_what_cannot_be_taken_is_told_and_the_rest_is_there(other):
    bad = [item("a"), "no item", item("b", gsd="x"), item("c", note="\0"), item("d", note=[[[[]]]])]
    other.answers[f"{ITEMS}?limit=500"] = page(bad)
    done, told = walked(other)
    assert counts(done) == (1, 2, 0, 0, 3)
    assert sorted((one.position, one.fault.member) for one in told) == [(2, "type"), (3, "properties.gsd"), (4, "")]
    assert all(one.fault.repair for one in told)


def test_files_that_are_here_win(other):
    other.answers[f"{ITEMS}?limit=500"] = page([item("a"), item("b")])
    walked(other)
    here = Item.objects.get(stac_id="a")
    AssetFactory(item=here, key="data")
    Item.objects.filter(pk=here.pk).update(held=True)
    rows = list(Item.objects.order_by("pk").values()), list(Asset.objects.values())
    late = {"datetime": "2020-01-01T00:00:00Z"}
    other.answers[f"{ITEMS}?limit=500"] = page([item("a", **late), item("b")])
    done, told = walked(other)
    assert counts(done) == (1, 0, 0, 1, 1)
    assert told[0].identifier == "a"
    assert (list(Item.objects.order_by("pk").values()), list(Asset.objects.values())) == rows


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"features": [], "links": [{"rel": "next", "href": "file:///etc/passwd"}]}, "no address of the web"),
        ({"features": [], "links": [{"rel": "next", "href": "?limit=500"}]}, "itself"),
        ({"links": []}, "no page of items"),
        ([["no", "object"]], "no page of items"),
    ],
)
def test_a_page_that_leads_nowhere_stops_the_walk(other, answer, words):
    other.answers[f"{ITEMS}?limit=500"] = answer
    with pytest.raises(Invalid, match=words) as caught:
        walked(other)
    assert caught.value.repair
    assert not Item.objects.exists()


def test_a_catalogue_without_the_collection_is_refused_and_nothing_begins(other):
    other.answers["/collections/theirs"] = (404, {}, {})
    with pytest.raises(Invalid):
        walked(other)
    other.answers["/"] = {"type": "Catalog", "links": []}
    with pytest.raises(Invalid, match="leads to no collection"):
        walked(other)
    with pytest.raises(Invalid):
        crawl(url=other.url, theirs="theirs", collection="nowhere", tell=lambda *_: None)
    assert not Crawl.objects.exists()


def test_a_page_that_somebody_else_turned_is_not_counted_twice(other):
    other.answers[f"{ITEMS}?limit=500"] = page([item("a")], following(f"{ITEMS}?token=2"))
    other.answers[f"{ITEMS}?token=2"] = page([item("b")])

    def meanwhile(under_way, _refusals):
        Crawl.objects.filter(pk=under_way.pk).update(pages=5)

    with pytest.raises(Busy):
        crawl(url=f"{other.url}/", theirs="theirs", collection="archive", tell=meanwhile)
    assert names() == ["a"]


def test_files_that_link_to_each_other_are_walked_and_resumed(other, monkeypatch):
    monkeypatch.setattr("dinamis.catalogue.foreign.pages.FILES_A_PAGE", 2)
    bare = {"thumbnail": {"href": "./1.jpg"}}

    def one(name, **more):
        return item(name, assets=bare, links=[], **more)

    def linked(kind, name, **links):
        return {
            "type": kind,
            "id": name,
            "links": [{"rel": rel, "href": href} for rel, many in links.items() for href in many],
        }

    other.answers = {
        "/": linked("Catalog", "root", child=["./other.json", "theirs/collection.json"]),
        "/other.json": linked("Collection", "other"),
        "/theirs/collection.json": linked("Collection", "theirs", item=["a/a.json", "a/b.json"], child=["2024.json"]),
        "/theirs/a/a.json": one("a"),
        "/theirs/a/b.json": one("b", datetime="2019-01-01T00:00:00Z"),
        "/theirs/2024.json": linked("Catalog", "2024", item=["c.json"]),
        "/theirs/c.json": (503, {}, b""),
    }
    with pytest.raises(Invalid):
        walked(other, since="2020-01-01T00:00:00Z")
    other.answers["/theirs/c.json"] = one("c")
    done, _told = walked(other, since="2020-01-01T00:00:00Z")
    assert done.finished_at
    assert names() == ["a", "c"]
    body = unpacked(Item.objects.get(stac_id="a").document.body)
    assert f'"{other.url}/theirs/a/1.jpg"'.encode() in body


def test_files_that_go_round_in_a_circle_stop_the_walk(other):
    other.answers = {
        "/": {"type": "Collection", "id": "theirs", "links": [{"rel": "child", "href": "/b"}]},
        "/b": {"type": "Catalog", "links": [{"rel": "child", "href": "/"}]},
    }
    with pytest.raises(Invalid, match="below itself"):
        walked(other)


# --- the command ---


def test_the_command_says_what_became_of_the_items(other):
    other.answers[f"{ITEMS}?limit=500"] = page([item("a"), item("b", gsd="x")])
    out, err = io.StringIO(), io.StringIO()
    call_command("crawl_stac", other.url, collection="theirs", into="archive", stdout=out, stderr=err)
    assert out.getvalue() == "finished after 1 pages: 1 new, 0 changed, 0 as before, 1 refused\n"
    assert err.getvalue().startswith("2: b: properties.gsd: ")


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01"])
def test_the_command_refuses_what_is_no_moment(other, since):
    with pytest.raises(CommandError, match="--since"):
        call_command("crawl_stac", other.url, collection="theirs", into="archive", since=since)
    assert other.asked == []


def test_the_command_does_not_ask_our_own_network_unless_told(other, settings):
    settings.DINAMIS = {**settings.DINAMIS, "CRAWL_PRIVATE_ADDRESSES": False}
    with pytest.raises(CommandError, match="our own network"):
        call_command("crawl_stac", other.url, collection="theirs", into="archive")
    assert other.asked == []
