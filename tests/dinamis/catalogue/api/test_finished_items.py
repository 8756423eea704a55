# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items are put together from finished bytes: what comes out is what plainer code would make."""

from datetime import UTC, datetime

import orjson
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from dinamis.catalogue.api.stac.documents import GEOJSON, Items, feature_collection, item_address, link
from dinamis.catalogue.dimap.stac import used_extensions
from dinamis.catalogue.enums import ItemState, ProductFamily
from dinamis.catalogue.selectors.item_body import filled
from dinamis.catalogue.selectors.shelves import Shelf
from dinamis.catalogue.selectors.stac_search import Row
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.catalogue.told import EXTENSIONS, LINKS, SITE, TOLD, Told, body
from licensing.selectors.decision import Permitted

AT = datetime(2026, 5, 1, tzinfo=UTC)
BASE = "https://stac.example.org"
SHELF = Shelf(1, "spot-6-7", ProductFamily.SPOT_6_7, "SPOT", "SPOT", 1, "Licence", "Licence", "© {year} {sensor}", 0)
# A database keeps no NUL, and no half of a pair.
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
PARTS = st.binary(max_size=9).filter(lambda part: not {*SITE, *LINKS, *TOLD, *EXTENSIONS, *b"["} & {*part})


def stored(name, extensions=()):
    properties = {"datetime": None}
    told = Told(
        stac_id=name, collection=SHELF.slug, geometry=b"null", bbox=(), properties=properties, extensions=extensions
    )
    return body(told)


@pytest.mark.parametrize("named", [[], ["https://example.org/schema.json"]])
def test_an_item_whose_source_names_no_extension_is_json_all_the_same(named):
    row = Row(1, "a", AT, AT, ItemState.NONE, SHELF, stored("a", named))

    item = orjson.loads(Items(BASE, Viewer(Permitted(AT))).item(row))

    published = used_extensions({"published": ""}, {})
    assert item["stac_extensions"] == named + published


@given(NAMES, st.integers(min_value=1))
def test_an_item_links_to_itself_and_to_its_page_whatever_its_name(name, pk):
    row = Row(pk, name, AT, AT, ItemState.ORDER, SHELF, stored(name))

    item = orjson.loads(Items(BASE, Viewer(Permitted(AT))).item(row))

    here = item_address(BASE, SHELF.slug, name)
    page = f"{settings.SITE_URL}/catalogue/items/{pk}/"
    wanted = [link("self", here, GEOJSON, title=name), link("alternate", page, "text/html", title=name)]
    assert orjson.dumps(item["links"][:2]) == orjson.dumps(wanted)
    assert (item["id"], item["properties"]["published"]) == (name, "2026-05-01T00:00:00Z")


@given(st.lists(PARTS, min_size=5, max_size=5), st.lists(PARTS, min_size=4, max_size=4))
def test_each_gap_is_closed_by_what_is_meant_for_it(between, given):
    text = between[0] + EXTENSIONS + between[1] + TOLD + between[2] + SITE + between[3] + LINKS + between[4]
    extensions, told, site, links = given

    whole = filled(text, site=site, links=links, told=told, extensions=extensions)

    pairs = zip(between, [extensions, told, site, links, b""], strict=True)
    assert whole == b"".join(one + other for one, other in pairs)


@given(st.lists(st.integers(), max_size=3), st.none() | st.integers(min_value=0))
def test_a_page_is_json_with_its_numbers(members, matched):
    page = orjson.loads(feature_collection([orjson.dumps({"id": str(one)}) for one in members], [], matched))

    number = {} if matched is None else {"numberMatched": matched}
    features = [{"id": str(one)} for one in members]
    told = {"type": "FeatureCollection", "features": features, "links": [], "numberReturned": len(members), **number}
    assert page == told
