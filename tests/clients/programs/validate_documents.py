# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every collection, and the first items of each, by the JSON schemas they name."""

import requests
from common import run
from pystac import validation
from pystac.errors import STACValidationError

ITEMS = 25


def act(asked):
    """Return how many were valid, and the first words of each that was not."""
    base, valid, errors = asked["base"], 0, []
    collections = requests.get(f"{base}/collections", timeout=30).json()["collections"]
    documents = [("landing", requests.get(f"{base}/", timeout=30).json()), *((c["id"], c) for c in collections)]
    for collection in collections:
        page = requests.get(f"{base}/collections/{collection['id']}/items", params={"limit": ITEMS}, timeout=60).json()
        documents += [(item["id"], item) for item in page["features"]]
    documents += [(item["id"], item) for item in held(asked)]
    for name, document in documents:
        try:
            validation.validate_dict(document)
            valid += 1
        except STACValidationError as error:
            errors.append(f"{name}: {str(error)[:400]}")
    return {"valid": valid, "errors": errors, "collections": len(collections)}


def held(asked):
    """Items whose files are here, as whoever may download them sees them."""
    body = {"collections": ["pleiades-coast", "spot-6-7-coverage"], "datetime": "2024-01-01T00:00:00Z/..", "limit": 500}
    answer = requests.post(f"{asked['base']}/search", json=body, auth=tuple(asked["key"]), timeout=60).json()
    return [item for item in answer["features"] if "pms" in item["assets"]][:ITEMS]


run(act)
