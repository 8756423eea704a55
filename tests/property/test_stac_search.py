# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the STAC API finds is what a few lines of Python find by looking at every item, and so is the order."""

import json
import random
from datetime import UTC, datetime, timedelta
from math import cos, pi, sin
from unittest.mock import patch

import cql2
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, Point, Polygon, box, mapping, shape
from shapely.ops import unary_union

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors import stac_query
from tests.factories.catalogue import CollectionFactory, ItemFactory, square

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 6, 14, 12, 0, tzinfo=UTC)
PLATFORMS = ("PHR1A", "PHR1B", "SPOT-6")

whole = st.integers(0, 12)
items = st.fixed_dictionaries(
    {
        "west": whole, "south": whole, "side": st.integers(1, 4), "day": st.integers(0, 20),
        "cloud_cover": st.none() | st.integers(0, 100).map(float), "platform": st.sampled_from(PLATFORMS),
    }
)  # fmt: skip
boxes = st.tuples(whole, whole, st.integers(1, 6), st.integers(1, 6)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def star(seed):
    """An outline of 1,200 positions that winds a lot."""
    chance = random.Random(seed)
    turns = [2 * pi * step / 1200 for step in range(1200)]
    waves = [(chance.uniform(0, 1.5) / wave, wave, chance.uniform(0, 6)) for wave in range(1, 40)]
    reach = [0.2 + abs(sum(high * cos(wave * turn + late) for high, wave, late in waves)) for turn in turns]
    x, y = chance.uniform(2, 12), chance.uniform(2, 12)
    return Polygon([(x + r * cos(turn), y + r * sin(turn)) for turn, r in zip(turns, reach, strict=True)])


# Areas as GeoJSON writes them: boxes, some of them, things of each dimension, long outlines.
areas = st.one_of(
    boxes.map(lambda b: box(*b)),
    st.lists(boxes, min_size=1, max_size=3).map(lambda many: unary_union([box(*b) for b in many])),
    st.lists(boxes, min_size=1, max_size=3).map(
        lambda many: GeometryCollection(
            [*(box(*b) for b in many), Point(many[0][:2]), LineString([many[-1][:2], many[0][2:]])]
        )
    ),
    st.integers(0, 10**6).map(star),
)
comparisons = st.builds(
    lambda op, value: {"op": op, "args": [{"property": "eo:cloud_cover"}, value]},
    st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), st.integers(0, 100),
)  # fmt: skip
leaves = comparisons | st.builds(
    lambda names: {"op": "in", "args": [{"property": "platform"}, names]},
    st.lists(st.sampled_from(PLATFORMS), min_size=1, max_size=2),
)
filters = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda op, args: {"op": op, "args": args},
        st.sampled_from(["and", "or"]),
        st.lists(inner, min_size=2, max_size=3),
    ),
    max_leaves=5,
)
searches = st.fixed_dictionaries(
    {},
    optional={
        "bbox": boxes.map(list),
        "intersects": areas.map(mapping),
        "datetime": st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted),
        "filter": filters,
        "sortby": st.sampled_from(["eo:cloud_cover", "datetime", "id"]),
    },
).filter(lambda asked: not {"bbox", "intersects"} <= set(asked))


def moment(day):
    return NOON + timedelta(days=day)


def told(item):
    """An item as a filter sees it, in the eyes of the library; a missing value is absent."""
    properties = {"platform": item.platform, "eo:cloud_cover": item.cloud_cover}
    return {"id": item.stac_id, "properties": {name: value for name, value in properties.items() if value is not None}}


def meets(item, asked):
    outline = shape(json.loads(item.footprint.json))
    if "bbox" in asked and not outline.intersects(box(*asked["bbox"])):
        return False
    if "intersects" in asked and not outline.intersects(shape(asked["intersects"])):
        return False
    if "datetime" in asked and not moment(asked["datetime"][0]) <= item.datetime <= moment(asked["datetime"][1]):
        return False
    return "filter" not in asked or holds(asked["filter"], told(item)["properties"])


def holds(tree, properties):
    """A filter by hand: a comparison with nothing holds for nothing (there is no NOT in these trees)."""
    if tree["op"] in {"and", "or"}:
        return {"and": all, "or": any}[tree["op"]](holds(one, properties) for one in tree["args"])
    if tree["args"][0]["property"] not in properties:
        return False
    return bool(cql2.parse_json(json.dumps(tree)).matches({"properties": properties}))


def sort_key(name):
    # An unknown cloud cover comes last.
    return {
        "datetime": lambda item: (item.datetime, item.pk),
        "id": lambda item: (item.stac_id, item.pk),
        "eo:cloud_cover": lambda item: (item.cloud_cover is None, item.cloud_cover or 0, item.pk),
    }[name]


def expected(asked):
    found = [item for item in Item.objects.all() if meets(item, asked)]
    if "sortby" in asked:
        return [item.stac_id for item in sorted(found, key=sort_key(asked["sortby"]))]
    return [item.stac_id for item in sorted(found, key=sort_key("datetime"), reverse=True)]


def body_of(asked):
    body = dict(asked)
    if "datetime" in body:
        body["datetime"] = "/".join(moment(day).isoformat() for day in body["datetime"])
    if "sortby" in body:
        body["sortby"] = [{"field": body["sortby"], "direction": "asc"}]
    return body


def walked(body, limit, **headers):
    """Every id the pages of a search give, and the numbers they tell."""
    found, numbers = [], set()
    link = {"href": "/stac/search", "body": {**body, "limit": limit}}
    while link:
        answer = Client().post(link["href"], json.dumps(link["body"]), content_type="application/json", **headers)
        assert answer.status_code == 200, answer.content
        document = answer.json()
        found += [feature["id"] for feature in document["features"]]
        numbers.add(document.get("numberMatched"))
        link = next((one for one in document["links"] if one["rel"] == "next"), None)
    return found, numbers


@pytest.fixture
def collection():
    return CollectionFactory(slug="pleiades")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(items, min_size=1, max_size=9),
    asked=st.lists(searches, min_size=1, max_size=4),
    limit=st.integers(1, 4),
    doubt=st.sampled_from([stac_query.DOUBT, -1.0]),
)
def test_a_search_finds_what_looking_at_every_item_finds(collection, rows, asked, limit, doubt):
    Item.objects.all().delete()
    for number, row in enumerate(rows):
        ItemFactory(
            collection=collection, stac_id=f"i{number}", footprint=square(row["west"], row["south"], row["side"]),
            datetime=moment(row["day"]), cloud_cover=row["cloud_cover"], platform=row["platform"],
        )  # fmt: skip
    for one in asked:
        found, numbers = walked(body_of(one), limit)
        assert found == expected(one), one
        assert numbers == {len(found)}, one
        # Without the number another way leads to the page: along the dates, or looking closely at few.
        with patch.object(stac_query, "DOUBT", doubt):
            assert walked(body_of(one), limit, HTTP_PREFER="count=none") == (found, {None}), one
