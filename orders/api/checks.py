# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first for programs: what of an area is there already, and what is left to order."""

import json
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from shapely.geometry import MultiPolygon

from dinamis.accounts.api.schema import Missing, answers
from dinamis.accounts.api.views import ApiView, validated
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.filters import area_of
from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid
from dinamis.core.geo import to_geojson, to_shapely
from orders.check_sentence import sentence
from orders.domain.residual import StepKind
from orders.selectors.holdings.held import Held, PartKind, Signature, held_first
from orders.selectors.holdings.left import Offer, offers

BIG = 2**63 - 1


class CheckQuestion(serializers.Serializer):
    """An area, named in one way, and what the images must be; units as in the search of images."""

    area = serializers.JSONField(
        required=False, help_text="a GeoJSON geometry, WKT, or the name that /areas gave; longitude first, degrees"
    )
    place = serializers.CharField(required=False, max_length=40, help_text='"kind:code", as "departement:34"')
    sensor = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, help_text=", ".join(ProductFamily.values)
    )
    since = serializers.DateField(required=False, help_text="day in Paris")
    until = serializers.DateField(required=False, help_text="day in Paris, included")
    cloud = serializers.FloatField(required=False, min_value=0, max_value=100, help_text="percent at most")
    incidence = serializers.FloatField(required=False, min_value=0, max_value=90, help_text="degrees at most")
    stereo = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=3), required=False)
    level = serializers.ListField(child=serializers.RegexField(r"^[\w.-]{1,20}$"), required=False)
    project = serializers.IntegerField(required=False, min_value=1, max_value=BIG)


class PartShape(serializers.Serializer):
    """A part of the area; the parts are disjoint and add up to it."""

    kind = serializers.CharField(help_text=", ".join(PartKind))
    area_m2 = serializers.FloatField()
    percent = serializers.FloatField()
    images = serializers.ListField(child=serializers.IntegerField(), help_text="few images that cover it")
    geometry = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_geometry(self, part):
        """GeoJSON, EPSG:4326."""
        return to_geojson(part.geometry)


class SignatureShape(serializers.Serializer):
    """A licence whose signature opens a share of the area, and who must sign it."""

    licence = serializers.CharField(source="licence.code")
    name = serializers.CharField(source="licence.name")
    area_m2 = serializers.FloatField()
    percent = serializers.FloatField()
    images = serializers.ListField(child=serializers.IntegerField())
    signed_by = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": ["person", "organisation"]}})
    def get_signed_by(self, signature: Signature):
        """Whose signatures are missing."""
        asked = {"person": signature.by_person, "organisation": signature.by_organisation}
        return [who for who, missing in asked.items() if missing]


class CostShape(serializers.Serializer):
    """What would be billed."""

    billed_m2 = serializers.IntegerField()
    cents = serializers.IntegerField()


class StepShape(serializers.Serializer):
    """What was done to the outlines: to how many, and the area it added, lost or moved."""

    kind = serializers.CharField(help_text=", ".join(StepKind))
    number = serializers.IntegerField()
    area_m2 = serializers.FloatField()


class OfferShape(serializers.Serializer):
    """One way to buy what is left, and its price beside that of the whole area."""

    kind = serializers.CharField(help_text="archive or acquisition")
    family = serializers.CharField()
    minimum_m2 = serializers.IntegerField()
    whole = CostShape()
    residual = CostShape()
    scenes = serializers.ListField(child=serializers.IntegerField(), help_text="archive scenes over what is left")
    covered_percent = serializers.FloatField(help_text="of what is left, by those scenes")
    added_m2 = serializers.FloatField(source="prepared.added_m2")
    lost_m2 = serializers.FloatField(source="prepared.lost_m2")
    steps = StepShape(many=True, source="prepared.steps")
    outlines = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_outlines(self, offer: Offer):
        """A GeoJSON MultiPolygon: each of its polygons is fit for a provider."""
        return to_geojson(MultiPolygon(list(offer.prepared.outlines)))


class CheckShape(serializers.Serializer):
    """The answer."""

    at = serializers.DateTimeField()
    sentence = serializers.CharField(help_text="in the language asked for")
    area_m2 = serializers.FloatField()
    held_percent = serializers.FloatField()
    parts = PartShape(many=True)
    signatures = SignatureShape(many=True)
    missing = Missing(many=True, help_text="what keeps the caller from the part that is closed")
    ordered_until = serializers.DateField(source="until", allow_null=True)
    own_orders = serializers.ListField(child=serializers.CharField(), source="own")
    coverage_years = serializers.ListField(child=serializers.IntegerField(), source="years")
    offers = OfferShape(many=True)


class Checks(ApiView):
    """Areas compared with what is there."""

    scopes = (ApiScope.CATALOGUE,)

    @extend_schema(
        operation_id="check_area",
        summary="What of an area is held, ordered or planned already, and what is left to order",
        description="Nothing is written. Of the orders of others only the place and a date are told, and to members of "
        "organisations only. A part below 0.01 % of the area may be missed.",
        request=CheckQuestion,
        responses=answers(CheckShape, 413, 415, 422),
        tags=["orders"],
    )
    def post(self, request):
        """Return the disjoint parts of the area, what opens them, and the price of what is left."""
        asked = validated(CheckQuestion, request.data)
        person = request.user if request.user.is_authenticated else AnonymousUser()
        held = _held(asked, person)
        return Response(CheckShape(_told(held, offers(held, person))).data)


def _held(asked: dict[str, Any], person: Any) -> Held:
    """Answer by the same form as the page. Raises Invalid that points at the member that is wrong."""
    drawn = asked.pop("area", None)
    geometry = None
    query = QueryDict(mutable=True)
    if isinstance(drawn, dict):
        geometry = _read(json.dumps(drawn))
    elif drawn is not None:
        query["aoi"] = str(drawn)
    for name, value in asked.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    form = SearchForm(query, user=person, collections=[])
    filters = form.filters
    for name, wrong in form.errors.items():
        raise Invalid(" ".join(map(str, wrong)), pointer="area" if name == "aoi" else name)
    if geometry is None:
        found = area_of(filters)
        if found is None or found.dims < 2:
            raise Invalid(
                _("Name the area."),
                pointer="area",
                repair=_("Give a polygon, or a place with an outline."),
                code="area",
            )
        geometry = to_shapely(found)
    return held_first(geometry, person, filters)


def _read(text: str) -> Any:
    try:
        return read_area(text).geometry
    except Invalid as error:
        raise error.at("area") from error


def _told(held: Held, found: list[Offer]) -> dict[str, Any]:
    names = ("at", "area_m2", "held_percent", "parts", "signatures", "until", "own", "years")
    return {
        **{name: getattr(held, name) for name in names},
        "sentence": sentence(held),
        "missing": [reason.as_json() for reason in held.missing],
        "offers": found,
    }
