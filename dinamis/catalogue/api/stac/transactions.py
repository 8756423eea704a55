# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publishing in the catalogue: items written by keys of the scope `catalogue:write` (docs/adr/0029)."""

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.views import client_of
from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import ApiClient
from dinamis.catalogue.api.stac import documents, views, writing
from dinamis.catalogue.api.stac.documents import GEOJSON
from dinamis.catalogue.enums import PublicationKind
from dinamis.catalogue.selectors.stac_query import ItemSearch
from dinamis.catalogue.selectors.stac_search import find
from dinamis.catalogue.services import transactions as verbs
from dinamis.core.api.conditional import check_if_match, etag_of_text
from dinamis.core.exceptions import NotPermitted


class KeysPublish(views.OpenToAll):
    """Everybody reads; what is written comes from a key."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Tell whether the caller may go on. Raises KeyForbidden without the scope, NotPermitted without a key."""
        if request.method in SAFE_METHODS or isinstance(request.auth, ApiClient):
            return super().has_permission(request, view)
        if request.user.is_authenticated:
            raise NotPermitted(_("The catalogue is published with API keys of the scope catalogue:write."))
        return False


class JsonBodies(views.JsonOnly):
    """One renderer whatever is asked for; bodies in JSON alone."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the one parser for a body in JSON, None for anything else (415)."""
        media_type = (request.content_type or writing.MEDIA_TYPES[0]).partition(";")[0].strip().lower()
        return parsers[0] if media_type in writing.MEDIA_TYPES else None


class Publishing(views.StacView):
    """What the views share that keys write through."""

    permission_classes = (KeysPublish,)
    content_negotiation_class = JsonBodies
    parser_classes = (writing.ItemsParser,)
    changing_scopes = (ApiScope.PUBLISH,)
    # The entity tag of what was written.
    tag = ""

    @property
    def key(self) -> ApiClient:
        """The key that publishes."""
        client = client_of(self.request)
        assert client is not None
        return client

    def present(self, collection: str, item: str) -> bytes:
        """Return an item as its publisher reads it, empty when it is withheld from readers."""
        viewer = self.viewer
        rows = find(ItemSearch(ids=(item,), collections=(collection,), limit=1, counted=False), viewer).rows
        return documents.Items(self.base, viewer).item(rows[0]) if rows else b""

    def answer_of(self, collection: str, item: str) -> dict[str, Any]:
        """Return the item that was written; where the licence withholds it for now, its name alone."""
        text = self.present(collection, item)
        self.tag = etag_of_text(text) if text else ""
        told: dict[str, Any] = orjson.loads(text) if text else {"type": "Feature", "id": item, "collection": collection}
        return told

    def as_item(self, response: Response) -> Response:
        """Return the answer as an item, with the entity tag that reading it gives."""
        if self.tag:
            response["ETag"] = self.tag
        response.content_type = GEOJSON
        return response


class Items(views.Items, Publishing):
    """The items of a collection, and new ones."""

    def post(self, request: Any, collection: str) -> Response:
        """Write one item, or all of a collection of features."""
        given = writing.read_features(request.data, collection=collection)
        single = next(iter(given.values()))["id"] if "" in given else ""

        def execute() -> tuple[int, Any]:
            verbs.publish_items(client=self.key, slug=collection, documents=given, kind=PublicationKind.INSERT)
            if single:
                return 201, self.answer_of(collection, single)
            return 201, {"created": len(given), "items": [one["id"] for one in given.values()]}

        if not single:
            return idempotent(request, execute)
        here = documents.item_address(self.base, collection, single)
        return self.as_item(idempotent(request, execute, Location=here))


class ItemView(views.ItemView, Publishing):
    """One item, which its publisher replaces, changes and deletes."""

    def put(self, request: Any, collection: str, item: str) -> Response:
        """Put another document in its place."""
        document = writing.read_replacement(request.data, collection=collection, stac_id=item)
        check = self._check(collection, item)
        verbs.replace_item(client=self.key, slug=collection, stac_id=item, document=document, check=check)
        return self.as_item(Response(self.answer_of(collection, item)))

    def patch(self, request: Any, collection: str, item: str) -> Response:
        """Change it by a JSON merge patch."""
        patch = writing.read_patch(request.data, collection=collection, stac_id=item)
        check = self._check(collection, item)
        verbs.change_item(client=self.key, slug=collection, stac_id=item, patch=patch, check=check)
        return self.as_item(Response(self.answer_of(collection, item)))

    def delete(self, request: Any, collection: str, item: str) -> HttpResponse:
        """Delete it, and return it a last time: the SDK that publishes takes no other answer for a success."""
        last = self.answer_of(collection, item)
        verbs.delete_item(client=self.key, slug=collection, stac_id=item, check=self._check(collection, item))
        return Response(last, content_type=GEOJSON)

    def _check(self, collection: str, item: str) -> Callable[[], None]:
        """What is asked once nobody else can write: that the item is the one the caller read (`If-Match`)."""

        def check() -> None:
            if "If-Match" in self.request.headers:
                check_if_match(self.request, etag_of_text(self.present(collection, item)))

        return check


class BulkItems(Publishing):
    """Many items at once."""

    def post(self, request: Any, collection: str) -> Response:
        """Write all of them or none."""
        given, kind = writing.read_bulk(request.data, collection=collection)

        def execute() -> tuple[int, Any]:
            report = verbs.publish_items(client=self.key, slug=collection, documents=given, kind=kind)
            return 200, {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}

        return idempotent(request, execute)
