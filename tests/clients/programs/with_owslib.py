# SPDX-License-Identifier: AGPL-3.0-or-later
"""OWSLib: the catalogue read as OGC API Features."""

from common import run
from owslib.ogcapi.features import Features


def act(asked):
    """Return what the client sees."""
    service = Features(asked["base"])
    where = {"bbox": [-2, 48, -1, 49.5], "datetime_": "2024-01-01T00:00:00Z/2025-12-31T23:59:59Z"}
    page = service.collection_items("pleiades-coast", limit=5, **where)
    first = page["features"][0]
    return {
        "collections": service.feature_collections(),
        "title": service.collection("pleiades-coast")["title"],
        "matched": page["numberMatched"],
        "returned": [feature["id"] for feature in page["features"]],
        "boxes": [feature["bbox"] for feature in page["features"]],
        "one": service.collection_item("pleiades-coast", first["id"])["id"],
        "queryables": sorted(service.collection_queryables("pleiades-coast")["properties"]),
        "paths": sorted(service.api()["paths"]),
    }


run(act)
