# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search of the archive catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable

from dinamis.providers.simulator.clock import parse
from dinamis.providers.simulator.http import ApiError, Request, Response, Router, json_response
from dinamis.providers.simulator.scenes import feature
from dinamis.providers.simulator.store import Document
from dinamis.providers.simulator.world import World


class CatalogueApi:
    """The handlers."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router) -> None:
        """Register the resources."""
        for version in ("v1", "v2"):
            for method in ("GET", "POST"):
                router.add(method, f"/api/{version}/opensearch", self.search_scenes)

    def search_scenes(self, request: Request) -> Response:
        """Catalogue search by bbox or geometry, dates, cloud, constellation; newest first."""
        given = request.json() if request.method == "POST" else {}

        def arg(name: str, default: str = "") -> str:
            return str(given.get(name, request.arg(name, default)))

        try:
            bounds = tuple(float(v) for v in arg("bbox", "-180,-90,180,90").split(","))
            count, page = min(int(arg("itemsPerPage", "50")), 500), max(int(arg("startPage", "1")), 1)
            west, south, east, north = bounds
        except ValueError as error:
            raise ApiError(400, "bbox, itemsPerPage or startPage cannot be read") from error
        found = [
            feature(s, self.world.config.public_url) for s in self.world.store.scenes_in((west, south, east, north))
        ]
        found = [f for f in found if _scene_wanted(f["properties"], arg)]
        start = (page - 1) * count
        body = {"type": "FeatureCollection", "error": False, "totalResults": len(found), "itemsPerPage": count}
        return json_response(body | {"startIndex": start, "features": found[start : start + count]})


def _scene_wanted(properties: Document, arg: Callable[..., str]) -> bool:
    dates = re.findall(r"[0-9][0-9T:.\-+Z]*", arg("acquisitionDate"))
    if len(dates) == 2:
        day = parse(properties["acquisitionDate"])
        if not parse(dates[0]) <= day <= parse(dates[1]):
            return False
    cloud = re.findall(r"[0-9.]+", arg("cloudCover"))
    if len(cloud) == 2 and not float(cloud[0]) <= properties["cloudCover"] <= float(cloud[1]):
        return False
    wanted = arg("constellation") or arg("platform")
    return not wanted or wanted in (properties["constellation"], properties["platform"])
