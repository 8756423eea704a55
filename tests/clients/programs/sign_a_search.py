# SPDX-License-Identifier: AGPL-3.0-or-later
"""A search whose files are signed, written as one GeoJSON file for GDAL's STACIT."""

import json
from pathlib import Path

from common import run, signed
from pystac_client import Client


def act(asked):
    """Write the file and return the names of its items."""
    key, secret = asked["key"]
    client = Client.open(asked["base"], headers={"access-key": key, "secret-key": secret})
    search = client.search(collections=["spot-6-7-coverage"], datetime="2024-01-01/2025-12-31", limit=200)
    # As they came: pystac would turn proj:epsg, which this GDAL wants, into proj:code.
    held = [item for item in search.items_as_dicts() if item["properties"].get("dinamis:state") == "held"][:2]
    for item, href in zip(held, signed([item["assets"]["pms"]["href"] for item in held], asked), strict=True):
        item["assets"]["pms"]["href"] = href
    Path(asked["target"]).write_text(json.dumps({"type": "FeatureCollection", "features": held}))
    return [item["id"] for item in held]


run(act)
