# SPDX-License-Identifier: AGPL-3.0-or-later
"""The STAC API: what it answers, what it refuses, and that its pages hold everything once."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from shapely.geometry import Point, box, mapping

from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory, square

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 6, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def pleiades():
    return CollectionFactory(slug="pleiades")


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [feature["id"] for feature in answer.json()["features"]]


def search(client, **parameters):
    return client.get("/stac/search", parameters)


def post(client, **body):
    return client.post("/stac/search", json.dumps(body), content_type="application/json")


def refused(answer, name, status=400):
    """The problem of a refusal, which names the parameter and the repair."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["errors"][0]["parameter"] == name
    assert problem["errors"][0]["repair"]
    return problem


# --- the documents ---


@pytest.mark.parametrize("address", ["/stac", "/stac/"])
def test_the_landing_page_leads_to_everything(client, pleiades, address):
    page = client.get(address, follow=True).json()
    assert page["type"] == "Catalog"
    rels = {link["rel"] for link in page["links"]}
    assert {"self", "root", "data", "search", "service-desc", "service-doc", "conformance", "child"} <= rels
    for link in page["links"]:
        if link.get("method") != "POST":
            assert client.get(urlsplit(link["href"]).path).status_code == 200, link


def test_a_browser_gets_a_page_at_the_same_address(client, pleiades):
    page = client.get("/stac/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert page["Content-Type"].startswith("text/html")
    assert "Accept" in [name.strip() for name in page["Vary"].split(",")]
    assert "http://testserver/stac/collections/pleiades" in page.content.decode()


def test_at_the_root_of_a_host_of_its_own_links_stay_there(client, pleiades):
    page = client.get("/stac/collections", headers={"X-Stac-Root": "1"}).json()
    assert page["links"][0]["href"] == "http://testserver/collections"
    assert page["collections"][0]["links"][0]["href"] == "http://testserver/collections/pleiades"
    browser = client.get("/stac/", headers={"X-Stac-Root": "1", "Accept": "text/html"})
    assert browser["Location"].endswith("/stac/")


def test_a_collection_tells_where_and_when_its_items_lie(client, pleiades):
    ItemFactory(collection=pleiades, footprint=square(3, 43, 1), datetime=NOON, cloud_cover=4)
    ItemFactory(collection=pleiades, footprint=square(5, 44, 1), datetime=NOON + timedelta(days=2), cloud_cover=8)
    document = client.get("/stac/collections/pleiades").json()
    assert document["itemType"] == "feature"
    assert document["extent"]["spatial"]["bbox"] == [[3, 43, 6, 45]]
    assert document["extent"]["temporal"]["interval"] == [["2024-06-14T12:00:00Z", "2024-06-16T12:00:00Z"]]
    assert document["summaries"]["eo:cloud_cover"] == {"minimum": 4, "maximum": 8}


def test_an_item_tells_what_its_reader_may_do(client, pleiades):
    asset = AssetFactory(item=ItemFactory(collection=pleiades, stac_id="held"))
    ItemFactory(collection=pleiades, stac_id="archive", held=False)
    held = client.get("/stac/collections/pleiades/items/held")
    assert held["Content-Type"] == "application/geo+json"
    document = held.json()
    assert document["assets"][asset.key]["auth:refs"] == ["apiKey"]
    assert "apiKey" in document["properties"]["auth:schemes"]
    assert "order:status" not in document["properties"]
    assert client.get("/stac/collections/pleiades/items/archive").json()["properties"]["order:status"] == "orderable"


def test_the_picture_of_an_archive_scene_is_a_thumbnail(client, pleiades):
    image = ItemFactory(collection=pleiades, stac_id="archive", held=False, quicklook_url="/pictures/1.png")
    document = client.get("/stac/collections/pleiades/items/archive").json()
    assert document["assets"]["thumbnail"]["type"] == "image/png"
    assert document["assets"]["thumbnail"]["href"].endswith(f"/catalogue/items/{image.pk}/quicklook.jpg")


def test_an_item_may_be_called_anything(client, pleiades):
    ItemFactory(collection=pleiades, stac_id="a/b c")
    document = client.get("/stac/collections/pleiades/items/a%2Fb%20c").json()
    assert document["id"] == "a/b c"
    assert document["links"][0]["href"].endswith("/items/a%2Fb%20c")


@pytest.mark.parametrize(
    "address",
    [
        "collections/none",
        "collections/none/items",
        "collections/pleiades/items/none",
        "collections/none/queryables",
        "none",
    ],
)
def test_what_is_not_there_is_404(client, pleiades, address):
    answer = client.get(f"/stac/{address}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_withheld_image_is_not_told_of(client, pleiades):
    ItemFactory(collection=pleiades, stac_id="open")
    ItemFactory(collection=pleiades, stac_id="withheld", embargo_until=datetime(2100, 1, 1, tzinfo=UTC))
    answer = search(client, filter="NOT platform = 'X'")
    assert ids(answer) == ["open"]
    assert answer.json()["numberMatched"] == 1
    assert client.get("/stac/collections/pleiades/items/withheld").status_code == 404


# --- conditions ---


@pytest.fixture
def three(pleiades):
    ItemFactory(
        collection=pleiades, stac_id="a", footprint=square(3, 43, 1), datetime=NOON, cloud_cover=1, platform="PHR1A"
    )
    ItemFactory(
        collection=CollectionFactory(slug="spot"), stac_id="b", footprint=square(10, 43, 1),
        datetime=NOON + timedelta(days=1), cloud_cover=None, platform="SPOT-6", title="Été à Nîmes",
    )  # fmt: skip
    ItemFactory(
        collection=pleiades, stac_id="c", footprint=square(179, -17, 1), datetime=NOON + timedelta(days=2),
        cloud_cover=50, platform="PHR1B", instruments=["hiri"], properties={"sat:relative_orbit": 12, "note": "neuf"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "cba"),
        ({"collections": "pleiades"}, "ca"),
        ({"collections": "none"}, ""),
        ({"ids": "a,b"}, "ba"),
        ({"bbox": "3.2,43.2,3.4,43.4"}, "a"),
        ({"bbox": "3.2,43.2,-10,3.4,43.4,9000"}, "a"),
        ({"bbox": "178,-20,-178,-10"}, "c"),
        ({"datetime": "2024-06-14T12:00:00Z"}, "a"),
        ({"datetime": "2024-06-15T00:00:00Z/.."}, "cb"),
        ({"datetime": "/2024-06-15t12:00:00z"}, "ba"),
        ({"intersects": '{"type":"Point","coordinates":[10.5,43.5]}'}, "b"),
        ({"sortby": "+datetime"}, "abc"),
        ({"sortby": "eo:cloud_cover"}, "acb"),
        ({"sortby": "-properties.eo:cloud_cover"}, "cab"),
        ({"sortby": "-id"}, "cba"),
        ({"query": '{"eo:cloud_cover":{"lt":"10"}}'}, "a"),
        ({"query": '{"platform":{"startsWith":"PHR","endsWith":"B"}}'}, "c"),
        ({"query": '{"platform":{"in":["SPOT-6","PHR1A"]}}'}, "ba"),
        ({"query": '{"datetime":{"gte":"2024-06-16T00:00:00Z"}}'}, "c"),
        ({"q": "spot,phr1a"}, "ba"),
        ({"filter": "eo:cloud_cover < 10"}, "a"),
        ({"filter": "NOT eo:cloud_cover < 10"}, "c"),
        ({"filter": "eo:cloud_cover IS NULL"}, "b"),
        ({"filter": "eo:cloud_cover BETWEEN 1 AND 50 AND platform IN ('PHR1A')"}, "a"),
        ({"filter": "casei(platform) LIKE casei('spot%')"}, "b"),
        ({"filter": "casei(accenti(title)) = 'ete a nimes'"}, "b"),
        ({"filter": "collection = 'spot' OR id = 'a'"}, "ba"),
        ({"filter": "sat:relative_orbit = 12"}, "c"),
        ({"filter": "properties.note LIKE 'n%'"}, "c"),
        ({"filter": "note < 3"}, ""),
        ({"filter": "landsat:none = 'x'"}, ""),
        ({"filter": "landsat:none IS NULL"}, "cba"),
        ({"filter": "A_CONTAINS(instruments, ('hiri'))"}, "c"),
        ({"filter": "S_INTERSECTS(geometry, POLYGON((3 43,3.1 43,3.1 43.1,3 43.1,3 43)))"}, "a"),
        ({"filter": "S_DISJOINT(geometry, BBOX(0,40,20,50))"}, "c"),
        ({"filter": "datetime > TIMESTAMP('2024-06-15T12:00:00Z')"}, "c"),
        ({"filter": "T_DURING(datetime, INTERVAL('2024-06-15T00:00:00Z','2024-06-16T00:00:00Z'))"}, "b"),
        ({"filter": "T_AFTER(datetime, DATE('2024-06-16'))"}, "c"),
        ({"filter": "platform LIKE '\\'"}, ""),
        ({"filter": '{"op":"=","args":[{"property":"id"},"a"]}', "filter-lang": "cql2-json"}, "a"),
        (
            {
                "filter": '{"op":"t_intersects","args":[{"property":"datetime"},'
                '{"interval":["2024-06-16T00:00:00Z",".."]}]}'
            },
            "c",
        ),
    ],
)  # fmt: skip
def test_conditions_find_what_they_say(client, three, parameters, expected):
    assert "".join(ids(search(client, **parameters))) == expected


def test_a_body_asks_as_an_address_does(client, three):
    assert ids(post(client, collections="pleiades", sortby=[{"field": "id"}])) == ["a", "c"]
    assert ids(post(client, filter={"op": "like", "args": [{"property": "platform"}, "PHR%"]}, limit=1)) == ["c"]
    between = {"op": "between", "args": [{"property": "eo:cloud_cover"}, [0, 10]]}
    assert ids(post(client, filter=between)) == ["a"]
    assert ids(post(client, query={"eo:cloud_cover": {"eq": "50"}}, bbox=[178, -20, 180, -10])) == ["c"]


def test_an_item_that_lasts_is_found_by_any_moment_of_it(client, pleiades):
    ItemFactory(
        collection=pleiades, stac_id="year", datetime=NOON, start_datetime=NOON - timedelta(days=100), end_datetime=NOON
    )
    assert ids(search(client, datetime="2024-05-01T00:00:00Z")) == ["year"]
    assert ids(search(client, datetime="2024-06-15T00:00:00Z/..")) == []


def test_words_of_a_filter_are_values_and_nothing_else(client, three):
    for name in ('"a\'b"', '"x;--"', '"%s"', '"{}"'):
        assert ids(search(client, filter=f"{name} = 'it''s; DROP TABLE catalogue_item --'")) == []
        assert ids(search(client, filter=f"{name} = 3 OR {name} = TRUE")) == []
    assert ids(search(client)) == ["c", "b", "a"]


# --- refusals ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"), ("limit", "-1"), ("limit", "x"), ("limit", "1.5"),
        ("bbox", "1,2,3,4,5"), ("bbox", "0,0,1"), ("bbox", "0,0,200,1"), ("bbox", "0,1,1,0"), ("bbox", "a,b,c,d"),
        ("bbox", ""), ("bbox", "nan,0,1,1"),
        ("datetime", "../.."), ("datetime", ""), ("datetime", "2024-06-14"), ("datetime", "1985-12-12T23:20:50.52"),
        ("datetime", "2024-06-15T00:00:00Z/2024-06-14T00:00:00Z"), ("datetime", "2024-06-14T00:00:00Z,.."),
        ("intersects", "{"), ("intersects", '{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}'),
        ("intersects", '{"type":"Point","coordinates":[0,95]}'), ("intersects", "[]"),
        ("sortby", "geometry"), ("sortby", "none"), ("query", "[]"), ("query", '{"a":{"regex":"x"}}'),
        ("query", '{"a":1}'),
        ("token", "forged"), ("filter", "a ="), ("filter", "frobnicate(a) = 1"), ("filter", "eo:cloud_cover = 'x'"),
        ("filter", "geometry = 3"), ("filter", "S_INTERSECTS(platform, POINT(0 0))"),
        ("filter", "NOT " * 200 + "a = 1"),
        ("filter", "(" * 3000 + "a = 1" + ")" * 3000), ("filter", "a = 1 OR " * 20000 + "a = 1"),
        ("filter", "a LIKE '" + "%a" * 400 + "'"), ("filter", "T_DURING(datetime, 'x')"),
        ("filter-lang", "sql"), ("filter-crs", "EPSG:2154"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_400_and_named(client, three, name, value):
    refused(search(client, **{name: value}), name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fields", None),
        ("fields", {"only": []}),
        ("collections", 3),
        ("ids", [1]),
        ("limit", True),
        ("filter", []),
        ("sortby", "id"),
    ],
)
def test_a_member_that_cannot_be_used_is_400_and_named(client, three, name, value):
    refused(post(client, **{name: value}), name)


def test_unknown_parameters_are_named(client, three):
    answer = search(client, cloud_cover=10)
    assert answer.status_code == 400
    assert answer.json()["parameters"] == ["cloud_cover"]
    refused(post(client, cloud_cover=10), "cloud_cover")
    assert client.get("/stac/collections/pleiades/items?collections=spot").status_code == 400


def test_a_very_long_outline_finds_what_it_touches_exactly(client, pleiades):
    circle = Point(10, 45).buffer(5, 2_000)
    places = {
        "inside": (9, 45),
        "outside": (17, 45),
        "corner": (13.6, 48.6),
        "edge": (14.9995, 45),
        "beside": (15.0001, 45),
    }
    for name, (west, south) in places.items():
        ItemFactory(collection=pleiades, stac_id=name, footprint=square(west, south, 0.01))
    found = post(client, intersects=mapping(circle), sortby=[{"field": "id"}], limit=1)
    assert ids(found) == ["edge"]
    assert found.json()["numberMatched"] == 2
    (link,) = [link for link in found.json()["links"] if link["rel"] == "next"]
    assert link["merge"] is True
    assert set(link["body"]) == {"token"}
    again = {"intersects": mapping(circle), "sortby": [{"field": "id"}], "limit": 1}
    assert ids(post(client, **again, **link["body"])) == ["inside"]


def test_an_outline_longer_than_any_is_refused(client, three, settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_READ_VERTICES": 300}
    answer = post(client, intersects=mapping(Point(10, 45).buffer(5, 100)))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "intersects"


def test_an_outline_drawn_on_beyond_the_antimeridian_finds_both_sides(client, pleiades):
    for name, west in {"a": 179, "b": -179.5, "c": 0}.items():
        ItemFactory(collection=pleiades, stac_id=name, footprint=square(west, -18, 0.2))
    assert ids(post(client, intersects=mapping(box(178, -19, 182, -17)), sortby=[{"field": "id"}])) == ["a", "b"]


def test_area_and_box_exclude_each_other(client, three):
    refused(search(client, bbox="0,0,1,1", intersects='{"type":"Point","coordinates":[0,0]}'), "intersects")


# --- pages ---


@pytest.mark.parametrize("sortby", ["-datetime", "eo:cloud_cover", "-eo:cloud_cover", "platform,-eo:cloud_cover", "id"])
def test_a_walk_sees_each_item_once_both_ways_while_others_come(client, pleiades, sortby):
    for number in range(11):
        cloud = None if number % 3 == 0 else number % 4
        ItemFactory(
            collection=pleiades,
            stac_id=f"i{number:02}",
            datetime=NOON + timedelta(hours=number // 2),
            cloud_cover=cloud,
        )
    whole = ids(search(client, sortby=sortby, limit=100))
    there, pages, link = [], [], f"/stac/search?limit=3&sortby={sortby.replace('+', '%2B')}"
    while link:
        answer = client.get(link).json()
        there += [feature["id"] for feature in answer["features"]]
        assert answer["numberMatched"] == 11
        pages.append(answer)
        link = next((one["href"] for one in answer["links"] if one["rel"] == "next"), "")
    assert there == whole
    back = next(one["href"] for one in pages[-1]["links"] if one["rel"] == "prev")
    assert ids(client.get(back)) == whole[6:9]
    assert not any(one["rel"] == "prev" for one in pages[0]["links"])


def test_a_token_is_good_for_its_own_search_only(client, three):
    token = next(one for one in post(client, limit=1).json()["links"] if one["rel"] == "next")["body"]["token"]
    assert ids(post(client, limit=2, token=token)) == ["b", "a"]
    refused(post(client, limit=1, token=token, collections=["spot"]), "token")
    refused(post(client, limit=1, token=token[:-1]), "token")


def test_the_number_is_left_out_on_demand(client, three):
    answer = client.get("/stac/search?limit=1", headers={"Prefer": "count=none"}).json()
    assert "numberMatched" not in answer
    assert answer["numberReturned"] == 1
    assert len(ids(search(client, limit=10**6))) == 3


def test_every_link_has_a_title(client, three):
    pages = [client.get("/stac/search?limit=1").json(), post(client, limit=1).json()]
    after = next(link["href"] for link in pages[0]["links"] if link["rel"] == "next")
    pages.append(client.get(after).json())
    more = ("/stac/", "/stac/collections?limit=1", "/stac/collections/pleiades", "/stac/collections/pleiades/items")
    pages += [client.get(address).json() for address in more]
    inside = [feature for page in pages for feature in page.get("features", ())]
    assert {"next", "prev"} <= {link["rel"] for page in pages for link in page["links"]}
    assert [link for page in [*pages, *inside] for link in page["links"] if not link.get("title")] == []


# --- fields ---


@pytest.mark.parametrize(
    ("fields", "members", "properties"),
    [
        ("properties.datetime", {"type", "id", "collection", "links", "properties"}, {"datetime"}),
        ("geometry,-assets", {"type", "id", "collection", "links", "geometry"}, None),
        (
            "-geometry,-bbox",
            {"type", "stac_version", "stac_extensions", "id", "collection", "properties", "links", "assets"},
            ...,
        ),
        (
            "-properties,+properties.platform",
            {"type", "id", "collection", "links", "properties"},
            {"platform"},
        ),
        ("properties,-properties.datetime", {"type", "id", "collection", "links", "properties"}, ...),
    ],
)
def test_fields_choose_the_members(client, three, fields, members, properties):
    answer = search(client, fields=fields, ids="a")
    assert answer["Content-Type"] == "application/geo+json"
    feature = answer.json()["features"][0]
    assert set(feature) == members
    if isinstance(properties, set):
        assert set(feature["properties"]) == properties
    if "-properties.datetime" in fields:
        assert "datetime" not in feature["properties"]
        assert feature["properties"]["platform"] == "PHR1A"


def test_an_empty_include_beside_an_exclude_is_the_usual_members(client, three):
    (feature,) = post(client, ids=["a"], fields={"include": [], "exclude": ["geometry"]}).json()["features"]
    assert set(feature) == {"type", "stac_version", "id", "collection", "bbox", "links", "assets", "properties"}
    assert set(feature["properties"]) == {"datetime"}
    (feature,) = post(client, ids=["a"], fields={"include": ["geometry"], "exclude": ["geometry"]}).json()["features"]
    assert set(feature) == {"type", "id", "collection", "links", "geometry"}
    (feature,) = post(client, ids=["a"], fields={"exclude": ["geometry"]}).json()["features"]
    assert feature["properties"]["platform"] == "PHR1A"


# --- collections ---


def test_collections_are_searched_by_area_time_and_words(client, three):
    def names(**parameters):
        return [one["id"] for one in client.get("/stac/collections", parameters).json()["collections"]]

    assert set(names(bbox="9,42,12,45")) == {"spot", "pleiades"}
    assert names(bbox="-10,42,2,45") == []
    assert names(datetime="../2024-06-14T23:00:00Z") == ["pleiades"]
    assert names(q="spot") == ["spot"]
    assert len(names(limit=1)) == 1
    refused(client.get("/stac/collections?bbox=1"), "bbox")


def collections(client, **parameters):
    answer = client.get("/stac/collections", parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()["collections"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("id = 'spot'", ["spot"]),
        ("id LIKE 's%' OR title = 'none'", ["spot"]),
        ("license = 'other' AND NOT id IN ('spot')", ["pleiades"]),
        ("a_contains(keywords, ('DINAMIS'))", ["pleiades", "spot"]),
        ("itemType = 'feature'", ["pleiades", "spot"]),
        ("unheard IS NULL", ["pleiades", "spot"]),
        ("unheard = 'x'", []),
    ],
)
def test_collections_are_filtered_by_members_of_their_documents(client, three, asked, found):
    assert sorted(one["id"] for one in collections(client, filter=asked)) == found


def test_collections_are_sorted_and_given_in_part(client, three):
    assert [one["id"] for one in collections(client, sortby="id")] == ["pleiades", "spot"]
    assert [one["id"] for one in collections(client, sortby="-id")] == ["spot", "pleiades"]
    (first, _second) = collections(client, sortby="-id", fields="title,-links")
    assert set(first) == {"type", "id", "title", "links"}
    page = client.get("/stac/collections", {"sortby": "-id", "limit": 1}).json()
    following = next(one["href"] for one in page["links"] if one["rel"] == "next")
    assert [one["id"] for one in client.get(following).json()["collections"]] == ["pleiades"]
    refused(client.get("/stac/collections?sortby=extent"), "sortby")
    refused(client.get("/stac/collections?filter=id+=+"), "filter")
    names = client.get("/stac/collection-queryables").json()
    assert (names["properties"]["id"]["type"], names["additionalProperties"]) == ("string", True)


def test_queryables_describe_what_filters_may_name(client, pleiades):
    answer = client.get("/stac/collections/pleiades/queryables")
    assert answer["Content-Type"] == "application/schema+json"
    assert answer.json()["$id"] == "http://testserver/stac/collections/pleiades/queryables"
    assert answer.json()["properties"]["eo:cloud_cover"]["type"] == "number"


def test_what_has_not_changed_is_304(client, three):
    tag = search(client)["ETag"]
    assert client.get("/stac/search", headers={"If-None-Match": tag}).status_code == 304
