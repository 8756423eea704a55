# SPDX-License-Identifier: AGPL-3.0-or-later
"""pystac-client: the catalogue opened, searched in every way it knows, and walked page by page."""

import warnings

from common import run
from pystac_client import Client
from pystac_client.warnings import PystacClientWarning

BBOX = [-5.2, 41.3, 9.6, 51.2]
WHEN = "2024-01-01/2024-12-31"
TEXT = "\"eo:cloud_cover\" < 8 AND platform LIKE 'P%'"
JSON = {
    "op": "and",
    "args": [
        {"op": "<", "args": [{"property": "eo:cloud_cover"}, 8]},
        {"op": "like", "args": [{"property": "platform"}, "P%"]},
    ],
}
AREA = {"type": "Polygon", "coordinates": [[[3, 43], [5, 43], [5, 44], [3, 44], [3, 43]]]}


def ids(search):
    """The ids of all pages, in their order."""
    return [item.id for item in search.items()]


def act(asked):
    """Return what was found, and what the client complained about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = Client.open(asked["base"])
        everywhere = {"bbox": BBOX, "datetime": WHEN}
        by_text = client.search(**everywhere, filter=TEXT, method="GET", limit=9)
        walked = ids(by_text)
        sorted_ = list(client.search(**everywhere, sortby="-properties.eo:cloud_cover", max_items=20).items())
        few = client.search(ids=walked[:3])
        bare = next(client.search(max_items=1, fields=["id", "properties.datetime"]).items_as_dicts())
        one = client.get_collection("pleiades").get_item(next(client.search(collections=["pleiades"]).items()).id)
        answer = {
            "collections": [one.id for one in client.get_collections()],
            "found": [one.id for one in client.collection_search(q="littoral").collections()],
            "walked": walked,
            "matched": by_text.matched(),
            "by_json": ids(client.search(**everywhere, filter=JSON, method="POST", limit=9)),
            "by_query": ids(client.search(**everywhere, query={"eo:cloud_cover": {"lt": 8}}, limit=50)),
            "near": ids(client.search(intersects=AREA, datetime=WHEN)),
            "clouds": [item.properties.get("eo:cloud_cover") for item in sorted_],
            "few": ids(few),
            "bare": sorted(bare["properties"]),
            "one": [one.id, one.collection_id],
            "queryables": sorted(client.get_merged_queryables(["pleiades"])["properties"]),
            "conforms": client.has_conforms_to(),
        }
    answer["complaints"] = [str(one.message) for one in caught if issubclass(one.category, PystacClientWarning)]
    return answer


run(act)
