# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map page over the measured items: its tiles, cold and warm, its facets, and the shares of an area."""

import gc
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

ZOOMS = range(5, 13)
# Where the generated items lie thickest and thinnest: longitude and latitude in degrees.
PLACES = ((2.3, 48.8), (5.4, 43.3), (-1.5, 47.2), (7.7, 48.6), (3.0, 45.7), (-61.0, 14.6), (55.5, -21.1), (-4.5, 48.4))
BOXES = ((2.2, 48.7, 2.5, 49.0), (4.8, 43.1, 5.8, 43.7), (1.0, 43.0, 3.0, 45.0))


def main(out: Path) -> None:
    """Measure; write the times in milliseconds and the largest tile in bytes as JSON."""
    django.setup()
    # As dinamis/wsgi.py does: what is loaded is no garbage of a page.
    gc.collect()
    gc.freeze()
    from django.core.cache import cache
    from django.test import Client

    client, sizes = Client(SERVER_NAME="127.0.0.1"), []

    def get(address: str) -> float:
        begin = time.perf_counter()
        answer = client.get(address)
        took = (time.perf_counter() - begin) * 1000
        assert answer.status_code in {200, 204}, answer.content[:200]
        sizes.append(len(answer.content))
        return took

    addresses = [_tile(zoom, *place) for zoom in ZOOMS for place in PLACES]
    get(addresses[0])
    cache.clear()
    found = {"tile, cold": [get(one) for one in addresses], "tile, warm": [get(one) for one in addresses]}
    out.write_text(json.dumps({**found, **_counts(), "largest_tile": max(sizes)}))


def _counts() -> dict[str, list[float]]:
    from django.contrib.auth.models import AnonymousUser

    from dinamis.catalogue.selectors.facets import facets
    from dinamis.catalogue.selectors.filters import SearchFilters, area_of
    from dinamis.catalogue.selectors.shares import shares_of_area
    from dinamis.catalogue.selectors.viewer import viewer_of

    viewer = viewer_of(AnonymousUser())
    whole = [SearchFilters(), SearchFilters(cloud=10.0), SearchFilters(years=(2020,)), SearchFilters(stereo=(1,))]
    placed = [SearchFilters(bbox=box) for box in BOXES]
    return {
        "facets of all": _times([lambda one=one: facets(one, viewer, None) for one in whole]),
        "facets of a box": _times([lambda one=one: facets(one, viewer, area_of(one)) for one in placed]),
        "shares of a box": _times([lambda one=one: shares_of_area(one, viewer, area_of(one)) for one in placed]),
    }


def _times(calls: list[Callable[[], Any]]) -> list[float]:
    found = []
    for call in calls * 6:
        begin = time.perf_counter()
        call()
        found.append((time.perf_counter() - begin) * 1000)
    # The first of each plans its statements.
    return found[len(calls) :]


def _tile(zoom: int, longitude: float, latitude: float) -> str:
    """The address of the tile over a place (slippy map tilenames)."""
    side = 2**zoom
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * side
    return f"/tiles/items/{zoom}/{int((longitude + 180) / 360 * side)}/{int(row)}.mvt"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
