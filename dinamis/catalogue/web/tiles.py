# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of vector tiles."""

import hashlib
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from dinamis.catalogue.models import Collection
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors import tiles
from dinamis.catalogue.selectors.coverages import find_coverage
from dinamis.catalogue.selectors.facets import choices
from dinamis.catalogue.selectors.places import places_version
from dinamis.catalogue.selectors.stac_changes import as_of
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.selectors.windows import spread_of
from dinamis.core.exceptions import Invalid
from dinamis.core.problem import problem

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
BASE_SECONDS = 300
KEPT_SECONDS = 24 * 3600
ITEM_SECONDS = 60
OWN = "private, max-age=30"


def of_tile(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view its tile; an address outside the pyramid is 400 with the reason."""

    @wraps(view)
    def checked(request: HttpRequest, *, z: str, x: str, y: str, **names: Any) -> HttpResponse:
        try:
            tile = tiles.Tile(int(z), int(x), int(y))
        except Invalid as error:
            return problem(400, error.code, str(error), pointer=error.pointer)
        return view(request, tile=tile, **names)

    return checked


@require_safe
@of_tile
def base(request: HttpRequest, tile: tiles.Tile) -> HttpResponse:
    """Places: the same for everybody, kept by the server until places are loaded anew."""
    key = f"tiles:base:{places_version()}:{tile.z}:{tile.x}:{tile.y}"
    data = cache.get(key)
    if data is None:
        data = tiles.base_tile(tile)
        cache.set(key, data, KEPT_SECONDS)
    return answer(request, data, f"public, max-age={BASE_SECONDS}")


@require_safe
@of_tile
def items(request: HttpRequest, tile: tiles.Tile) -> HttpResponse:
    """Images that answer the same filters as the page, coloured for the person who asks."""
    now = as_of()
    form = SearchForm(request.GET, user=request.user, collections=_choices(now))
    if not form.is_valid():
        return problem(400, "bad_filter", "A filter has a wrong value.", errors=form.errors.get_json_data())
    filters = form.filters
    viewer = viewer_of(request.user, project=filters.project)
    # Within its minute, an image that opens by itself may be drawn as it was.
    told = repr((tile, filters, viewer.fingerprint, f"{viewer.at:%Y-%m-%dT%H:%M}", now))
    key = f"tiles:items:{hashlib.sha256(told.encode()).hexdigest()}"
    data = cache.get(key)
    if data is None:
        data = tiles.item_tile(tile, filters, viewer, spread_of())
        cache.set(key, data, ITEM_SECONDS)
    return answer(request, data, OWN)


@lru_cache(1)
def _choices(_now: str) -> list[Collection]:
    """The collections as of a state of the catalogue: a screen asks for twenty tiles of one."""
    return choices()


@require_safe
@of_tile
def cells(request: HttpRequest, tile: tiles.Tile, collection: str, year: str) -> HttpResponse:
    """Cells of a coverage, coloured for the person who asks."""
    coverage = find_coverage(collection, int(year))
    if coverage is None:
        return problem(404, "not_found", "There is no such coverage.")
    return answer(request, tiles.cell_tile(tile, coverage.pk, viewer_of(request.user)), OWN)


def answer(request: HttpRequest, data: bytes, caching: str) -> HttpResponse:
    """Return the tile, 204 when it is empty, 304 when the caller has it."""
    etag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    response = HttpResponse(data, content_type=MEDIA_TYPE) if data else HttpResponse(status=204)
    response["ETag"] = etag
    response["Cache-Control"] = caching
    if caching.startswith("private"):
        response["Vary"] = "Cookie"
    return get_conditional_response(request, etag=etag, response=response) or response
