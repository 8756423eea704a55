# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue for programs: the same search as the page, and for each image what the caller may do with it."""

import json

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers

from dinamis.accounts.api.schema import IF_NONE_MATCH, Missing, answers
from dinamis.accounts.api.views import ApiView, absolute, validated
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.search_form import NO_CLOUDS, SearchForm
from dinamis.catalogue.selectors.facets import choices
from dinamis.catalogue.selectors.search import is_token, page
from dinamis.catalogue.selectors.viewer import viewer_of, visible_item
from dinamis.catalogue.words import credit_line, image_title
from dinamis.core.api.conditional import fresh
from dinamis.core.api.errors import InvalidParameters
from dinamis.core.exceptions import NotVisible
from licensing.enums import Action
from licensing.selectors.decision import Deny, decide_many

MAX_AGE = 60
MAX_LIMIT = 100
# `where` finds a place for people who type; programs name it by `place`, a box or an area.
PARAMETERS = tuple(name for name in SearchForm.base_fields if name not in {"where", "view"})
SEVERAL = {"sensor", "platform", "collection", "state", "year", "level", "stereo", "licence"}


class LimitQuery(serializers.Serializer):
    """Page size."""

    limit = serializers.IntegerField(required=False, default=20, min_value=1, max_value=MAX_LIMIT)


class FileShape(serializers.Serializer):
    """A data file; its link is asked of /tickets."""

    key = serializers.CharField()
    name = serializers.CharField(source="file_name")
    type = serializers.CharField(source="media_type")
    size = serializers.IntegerField(help_text="bytes")
    sha256 = serializers.CharField()


class ItemShape(serializers.Serializer):
    """An image. A withheld one tells its footprint and date."""

    id = serializers.IntegerField(source="pk")
    stac_id = serializers.SerializerMethodField()
    collection = serializers.SerializerMethodField()
    licence = serializers.SerializerMethodField()
    title = serializers.SerializerMethodField()
    datetime = serializers.DateTimeField()
    geometry = serializers.SerializerMethodField()
    cloud_cover = serializers.SerializerMethodField()
    incidence_angle = serializers.SerializerMethodField()
    credit_line = serializers.SerializerMethodField()
    state = serializers.ChoiceField(ItemState.choices)
    downloadable = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.STR)
    def get_stac_id(self, item):
        """The name in its collection."""
        return item.stac_id if item.shown else ""

    @extend_schema_field(OpenApiTypes.STR)
    def get_collection(self, item):
        """The slug."""
        return item.collection.slug if item.shown else ""

    @extend_schema_field(OpenApiTypes.STR)
    def get_licence(self, item):
        """The code."""
        return item.collection.licence.code if item.shown else ""

    @extend_schema_field(OpenApiTypes.STR)
    def get_title(self, item):
        """In the language asked for."""
        return image_title(item)

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_geometry(self, item):
        """GeoJSON, EPSG:4326."""
        return json.loads(item.footprint.json)

    @extend_schema_field({"type": ["number", "null"]})
    def get_cloud_cover(self, item):
        """Percent."""
        return item.cloud_cover if item.shown else None

    @extend_schema_field({"type": ["number", "null"]})
    def get_incidence_angle(self, item):
        """Degrees."""
        return item.incidence_angle if item.shown else None

    @extend_schema_field(OpenApiTypes.STR)
    def get_credit_line(self, item):
        """What every use must carry."""
        return credit_line(item) if item.shown else ""

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_downloadable(self, item):
        """Whether its files are here and the caller may have them."""
        return item.state == ItemState.HELD.value

    @extend_schema_field(Missing(many=True))
    def get_missing(self, item):
        """What keeps the caller from downloading it; empty when nothing does."""
        answer = self.context["answers"][item.pk]
        return answer.missing() if isinstance(answer, Deny) else []

    @extend_schema_field(OpenApiTypes.URI)
    def get_page(self, item):
        """For people."""
        return absolute("catalogue:item", item.pk)


class ItemDetailShape(ItemShape):
    """An image with its files."""

    files = serializers.SerializerMethodField()

    @extend_schema_field(FileShape(many=True))
    def get_files(self, item):
        """Its data files."""
        files = item.assets.filter(public=False).order_by("key") if item.shown else []
        return FileShape(files, many=True).data


class ItemsShape(serializers.Serializer):
    """One page of images."""

    results = ItemShape(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class Items(ApiView):
    """The images that answer a search."""

    scopes = (ApiScope.CATALOGUE,)
    parameters = (*PARAMETERS, "limit")

    @extend_schema(
        operation_id="items",
        summary="Images that answer a search, with what you may do with each",
        description="The filters of the catalogue page. A value that cannot be used is refused by name (422).",
        parameters=[
            *(OpenApiParameter(name, OpenApiTypes.STR, many=name in SEVERAL) for name in PARAMETERS),
            LimitQuery,
            IF_NONE_MATCH,
        ],
        responses=answers(ItemsShape, 422),
        tags=["catalogue"],
    )
    def get(self, request):
        """Return one page of images."""
        size = validated(LimitQuery, request.query_params)["limit"]
        viewer_person = request.user if request.user.is_authenticated else AnonymousUser()
        form = SearchForm(request.query_params, user=viewer_person, collections=choices())
        filters = form.filters
        errors = [_error(name, error) for name, wrong in form.errors.as_data().items() for error in wrong]
        errors += _wrong_tokens(filters)
        if form.clouds_of_radar:
            errors.append({"parameter": "cloud", "detail": str(NO_CLOUDS), "code": "radar"})
        if errors:
            raise InvalidParameters(errors)
        viewer = viewer_of(viewer_person, project=filters.project)
        found = page(filters, viewer, size=size)
        context = {"answers": _answers(viewer_person, found.items, filters.project, viewer.at)}
        data = {
            "results": ItemShape(found.items, many=True, context=context).data,
            "next": _turned(request, "after", found.after),
            "previous": _turned(request, "before", found.before),
        }
        return fresh(request, data, max_age=MAX_AGE)


def _error(name, error):
    return {"parameter": name, "detail": " ".join(error.messages), "code": error.code or "invalid"}


def _wrong_tokens(filters):
    return [
        {"parameter": name, "detail": _("This cursor was not given by us."), "code": "cursor"}
        for name in ("after", "before")
        if getattr(filters, name) and not is_token(getattr(filters, name), filters)
    ]


def _answers(person, items, project, at):
    found = decide_many(person, Action.DOWNLOAD, [item.facts for item in items], project=project, at=at)
    return dict(zip([item.pk for item in items], found, strict=True))


def _turned(request, name, token):
    if not token:
        return None
    query = request.query_params.copy()
    for other in ("after", "before"):
        query.pop(other, None)
    query[name] = token
    return request.build_absolute_uri(f"?{query.urlencode()}")


class ItemView(ApiView):
    """One image."""

    scopes = (ApiScope.CATALOGUE,)

    @extend_schema(
        operation_id="item",
        summary="One image with its files",
        parameters=[IF_NONE_MATCH],
        responses=answers(ItemDetailShape, 404),
        tags=["catalogue"],
    )
    def get(self, request, pk):
        """Return one image that is not withdrawn."""
        viewer = viewer_of(request.user)
        item = visible_item(pk, viewer)
        if item is None:
            raise NotVisible(_("There is nothing here, or not for you."))
        context = {"answers": _answers(request.user, [item], None, viewer.at)}
        return fresh(request, ItemDetailShape(item, context=context).data, max_age=MAX_AGE)
