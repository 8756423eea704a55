# SPDX-License-Identifier: AGPL-3.0-or-later
"""The addresses of the STAC API. Open to everybody; whoever signs in sees in each item what they may do with it."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response

from dinamis.accounts.api.permissions import Scoped
from dinamis.accounts.api.views import ApiView
from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import ApiClient
from dinamis.catalogue.api.stac import documents, reading
from dinamis.catalogue.api.stac.collections import asked_collections
from dinamis.catalogue.api.stac.conformance import CONFORMS_TO
from dinamis.catalogue.api.stac.documents import GEOJSON, OPENAPI, QUERYABLES_REL, SCHEMA, link
from dinamis.catalogue.api.stac.openapi import description
from dinamis.catalogue.models import Collection
from dinamis.catalogue.selectors.extents import collections_with_extents
from dinamis.catalogue.selectors.stac_query import ItemSearch
from dinamis.catalogue.selectors.stac_search import find
from dinamis.catalogue.selectors.viewer import Viewer, viewer_of
from dinamis.catalogue.selectors.works import works_of_collections
from dinamis.core import clock
from dinamis.core.api.conditional import fresh, fresh_text
from dinamis.core.api.errors import exception_handler
from dinamis.core.api.parsers import BoundedJSONParser
from dinamis.core.exceptions import Invalid, NotVisible
from dinamis.core.problem import problem

MAX_AGE = 60
# What a query holds as it is (RFC 3986, 3.4), boxes, moments and tokens among it: these are longest to escape.
IN_QUERIES = ":,/"
# A longer body is not sent back in the links of each page: the client joins the token to its own (`merge`).
LONGEST_REPEATED = 50_000


class OpenToAll(Scoped):
    """Everybody, and every key that holds a scope of the view."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Let pass who has no key. Raises KeyForbidden for a key without the scope."""
        return super().has_permission(request, view) if isinstance(request.auth, ApiClient) else True


class JsonOnly(BaseContentNegotiation):
    """The API speaks GeoJSON and JSON whatever is asked for: clients send every kind of Accept."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the one parser."""
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the one renderer."""
        return renderers[0], renderers[0].media_type


class StacView(ApiView):
    """What the views share: open, JSON, and 400 for a value that cannot be used (STAC API 1.0.0, item-search)."""

    permission_classes = (OpenToAll,)
    content_negotiation_class = JsonOnly
    scopes = (ApiScope.CATALOGUE, ApiScope.PUBLISH)
    # It has a description of its own.
    schema = None

    def get_exception_handler(self) -> Any:
        """Return the handler of the API, with 400 for what cannot be used."""
        return _refusal

    @cached_property
    def base(self) -> str:
        """The address of the landing page, without its slash; the API also stands at the root of a host of its own."""
        host = self.request.build_absolute_uri("/").rstrip("/")
        return host if self.at_root else f"{host}/stac"

    @property
    def at_root(self) -> bool:
        """Whether the web server shows the API at the root of a host of its own, and says so."""
        return self.request.headers.get("X-Stac-Root") == "1"

    @property
    def here(self) -> str:
        """The address asked for, without its parameters, as the caller knows it."""
        return self.base + self.request.path.removeprefix("/stac")

    @property
    def viewer(self) -> Viewer:
        """Who reads."""
        user = self.request.user
        return viewer_of(user if user.is_authenticated else AnonymousUser())


def _refusal(error: Exception, context: Any) -> HttpResponseBase:
    if not isinstance(error, Invalid):
        return exception_handler(error, context)
    name = error.pointer.partition("/")[0]
    one = {"parameter": name, "detail": str(error), "code": error.code, "repair": str(error.repair)}
    return problem(400, error.code, str(error), errors=[one])


class Landing(StacView):
    """The root of the catalogue."""

    def get(self, request: Any) -> HttpResponseBase:
        """Return the catalogue; a browser gets a page."""
        answer = self._answer(request)
        patch_vary_headers(answer, ("Accept",))
        return answer

    def _answer(self, request: Any) -> HttpResponseBase:
        collections = Collection.objects.order_by("position", "slug")
        if "text/html" in request.headers.get("Accept", ""):
            if self.at_root:
                # Pages, their styles and their forms are on the host of the site.
                return HttpResponseRedirect(f"{settings.SITE_URL}/stac/")
            found = {"base": self.base, "collections": collections}
            page: HttpResponse = render(request._request, "catalogue/stac.html", found)
            return page
        return fresh(request, documents.catalog(self.base, collections), max_age=MAX_AGE)


class Conformance(StacView):
    """The conformance classes."""

    def get(self, request: Any) -> Response:
        """Return them."""
        return fresh(request, {"conformsTo": CONFORMS_TO}, max_age=MAX_AGE)


class Description(StacView):
    """OpenAPI."""

    def get(self, request: Any) -> Response:
        """Return the document."""
        response = fresh(request, description(self.base), max_age=MAX_AGE)
        response.content_type = OPENAPI
        return response


class Queryables(StacView):
    """What filters may name, everywhere or in one collection."""

    def get(self, request: Any, collection: str = "") -> Response:
        """Return the JSON Schema."""
        if collection and not Collection.objects.filter(slug=collection).exists():
            raise _no_collection(collection)
        response = fresh(request, documents.queryables(self.here), max_age=MAX_AGE)
        response.content_type = SCHEMA
        return response


class CollectionQueryables(StacView):
    """What filters of collections may name."""

    def get(self, request: Any) -> Response:
        """Return the JSON Schema."""
        response = fresh(request, documents.collection_queryables(self.here), max_age=MAX_AGE)
        response.content_type = SCHEMA
        return response


class Collections(StacView):
    """The collections that answer a search."""

    parameters = reading.COLLECTIONS

    def get(self, request: Any) -> Response:
        """Return one page of collections."""
        found = asked_collections(request.query_params, collections_with_extents(), base=self.base)
        links = [
            link("self", self.here, title=_("Collections")),
            link("root", f"{self.base}/", title="DINAMIS"),
            link(QUERYABLES_REL, f"{self.base}/collection-queryables", SCHEMA, title=_("Queryables")),
        ]
        if found.after:
            query = {**request.query_params.dict(), "token": found.after}
            links.append(link("next", f"{self.here}?{urlencode(query)}", title=_("Next page")))
        data = {
            "collections": found.documents,
            "links": links,
            "numberReturned": len(found.documents),
            "numberMatched": found.matched,
        }
        return fresh(request, data, max_age=MAX_AGE)


class CollectionView(StacView):
    """One collection."""

    def get(self, request: Any, collection: str) -> Response:
        """Return it."""
        for one, extents in collections_with_extents():
            if one.slug == collection:
                works = works_of_collections(clock.now()).get(one.pk, ())
                return fresh(request, documents.collection(self.base, one, extents, works), max_age=MAX_AGE)
        raise _no_collection(collection)


class Items(StacView):
    """The items of a collection."""

    parameters = reading.ITEMS

    def get(self, request: Any, collection: str) -> HttpResponse:
        """Return one page of items."""
        if not Collection.objects.filter(slug=collection).exists():
            raise _no_collection(collection)
        body = reading.of_address(request.query_params.dict())
        asked = reading.read_search(body, counted=_counted(request), collection=collection)
        return _collection_of(self, asked, _turned_address)


class ItemView(StacView):
    """One item."""

    def get(self, request: Any, collection: str, item: str) -> HttpResponse:
        """Return it."""
        search = ItemSearch(ids=(item,), collections=(collection,), limit=1, counted=False)
        viewer = self.viewer
        rows = find(search, viewer).rows
        if not rows:
            raise NotVisible(
                _("There is no item “%(item)s” in “%(collection)s”.") % {"item": item[:80], "collection": collection}
            )
        text = documents.Items(self.base, viewer).item(rows[0])
        return fresh_text(request, text, content_type=GEOJSON, max_age=MAX_AGE)


class AreaParser(BoundedJSONParser):
    """A search may hold an area as long as a file of one."""

    most = "AOI_MAX_BYTES"


class Search(StacView):
    """Items of all collections."""

    parser_classes = (AreaParser,)
    parameters = reading.SEARCH

    def get(self, request: Any) -> HttpResponse:
        """Answer what the address asks."""
        body = reading.of_address(request.query_params.dict())
        asked = reading.read_search(body, counted=_counted(request))
        return _collection_of(self, asked, _turned_address)

    def post(self, request: Any) -> HttpResponse:
        """Answer what the body asks; nothing is written."""
        asked = reading.read_search(request.data, counted=_counted(request))
        return _collection_of(self, asked, _turned_body)


def _collection_of(view: StacView, asked: reading.Asked, turned: Any) -> HttpResponse:
    viewer = view.viewer
    found = find(asked.search, viewer)
    items = documents.Items(view.base, viewer)
    features = [asked.fields.of_text(items.item(row)) for row in found.rows]
    links = [link("self", view.here, GEOJSON, title=_("This page"))]
    links.append(link("root", f"{view.base}/", title="DINAMIS"))
    links += [turned(view, rel, token) for rel, token in (("next", found.after), ("prev", found.before)) if token]
    text = documents.feature_collection(features, links, found.matched)
    return fresh_text(view.request, text, content_type=GEOJSON, max_age=0)


def _turned_address(view: StacView, rel: str, token: str) -> dict[str, Any]:
    query = {**view.request.query_params.dict(), "token": token}
    href = f"{view.here}?{urlencode(query, safe=IN_QUERIES)}"
    return link(rel, href, GEOJSON, method="GET", title=_turn(rel))


def _turned_body(view: StacView, rel: str, token: str) -> dict[str, Any]:
    body: Any = view.request.data
    if int(view.request.headers.get("Content-Length") or 0) > LONGEST_REPEATED:
        return link(rel, view.here, GEOJSON, method="POST", body={"token": token}, merge=True, title=_turn(rel))
    return link(rel, view.here, GEOJSON, method="POST", body={**body, "token": token}, merge=False, title=_turn(rel))


def _turn(rel: str) -> str:
    return _("Next page") if rel == "next" else _("Previous page")


def _counted(request: Any) -> bool:
    """Whether the exact number is wanted; `Prefer: count=none` does without (RFC 7240)."""
    return "count=none" not in request.headers.get("Prefer", "").replace(" ", "").lower().split(",")


def _no_collection(name: str) -> NotVisible:
    return NotVisible(_("There is no collection “%(name)s”.") % {"name": name[:80]})
