# SPDX-License-Identifier: AGPL-3.0-or-later
"""Activations of CIEST²: read by programs, made in a browser session alone: nobody reviews what they cost."""

import json
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import CURSOR, IDEMPOTENCY_KEY, LIMIT, answers
from dinamis.accounts.api.views import PAGING, ApiView, next_page, page_query, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock, geo
from dinamis.core.api.pagination import page_by_id
from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid, NotVisible
from licensing.api.own import only_organisation, own_project
from orders.domain.emergency_rules import PLACE_LENGTH, WHY_LENGTH, Event
from orders.enums import ActivationState, EventKind, ItemState
from orders.models import Activation
from orders.selectors.ciest2.emergencies import activations, days_of
from orders.services.ciest2 import emergency

BIG = 2**63 - 1


class DayShape(serializers.Serializer):
    """One day of an activation."""

    number = serializers.IntegerField()
    begins = serializers.DateTimeField(source="line.period.lower")
    ends = serializers.DateTimeField(source="line.period.upper")
    state = serializers.ChoiceField(ItemState.choices, source="line.state")
    images = serializers.SerializerMethodField(help_text="ids of /items")
    cloud = serializers.FloatField(allow_null=True, help_text="the smallest cloud cover of its images, percent")

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_images(self, day: Any) -> list[int]:
        """The images that came."""
        return [image.pk for image in day.images]


class EmergencyShape(serializers.Serializer):
    """An activation: one place seen every day."""

    reference = serializers.CharField(source="order.reference")
    state = serializers.ChoiceField(ActivationState.choices)
    state_label = serializers.CharField(source="get_state_display")
    kind = serializers.ChoiceField(EventKind.choices)
    place = serializers.CharField()
    event_on = serializers.DateField()
    why = serializers.CharField(source="order.justification")
    organisation = serializers.CharField(source="order.organisation.name")
    area = serializers.SerializerMethodField(help_text="GeoJSON")
    area_m2 = serializers.IntegerField(source="order.area_m2")
    begins = serializers.DateTimeField(source="period.lower")
    ends = serializers.DateTimeField(source="period.upper")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_area(self, row: Activation) -> dict[str, Any]:
        """The place."""
        return geo.to_geojson(geo.to_shapely(row.area))


class EmergencyDetailShape(EmergencyShape):
    """The same with its days."""

    days = serializers.SerializerMethodField()

    @extend_schema_field(DayShape(many=True))
    def get_days(self, row: Activation) -> Any:
        """Each day in its order."""
        return DayShape(days_of(row, clock.now()), many=True).data


class EmergenciesShape(serializers.Serializer):
    """One page of activations."""

    results = EmergencyShape(many=True)
    next = serializers.CharField(allow_null=True)


class EmergencyWanted(serializers.Serializer):
    """What has happened, where and when."""

    kind = serializers.ChoiceField(EventKind.choices)
    place = serializers.CharField(max_length=PLACE_LENGTH)
    event_on = serializers.DateField()
    justification = serializers.CharField(max_length=WHY_LENGTH)
    aoi = serializers.JSONField(help_text="GeoJSON: one polygon")
    organisation = serializers.IntegerField(
        min_value=1, max_value=BIG, required=False, help_text="due when you belong to several"
    )
    project = serializers.IntegerField(
        min_value=1, max_value=BIG, required=False, allow_null=True, help_text="without it one is made"
    )


class Emergencies(ApiView):
    """All activations; they are no secret."""

    scopes = (ApiScope.ORDERS,)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Pages belong to the list."""
        self.parameters = PAGING if request.method in {"GET", "HEAD"} else ()  # type: ignore[misc]
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="emergencies",
        summary="Activations of CIEST²",
        parameters=[CURSOR, LIMIT],
        responses=answers(EmergenciesShape, 422),
        tags=["orders"],
    )
    def get(self, request):
        """Return one page, the oldest first."""
        needs_person(request)
        rows, cursor = page_by_id(activations(), **page_query(request))
        return Response({"results": EmergencyShape(rows, many=True).data, "next": next_page(request, cursor)})

    @extend_schema(
        operation_id="activate_emergency",
        summary="Activate CIEST² (browser session of a scientist whom the office has named)",
        parameters=[IDEMPOTENCY_KEY],
        request=EmergencyWanted,
        responses={200: EmergencyDetailShape, **answers(EmergencyDetailShape, 409, 413, 415, 422, 503, status=201)},
        tags=["orders"],
    )
    def post(self, request):
        """Activate, once (201); the same event again is the activation that is under way (200)."""
        person = needs_person(request)
        asked = validated(EmergencyWanted, request.data)

        def execute():
            activation, new = emergency.activate(
                scientist=person,
                organisation=only_organisation(person, asked.get("organisation")),
                event=_event(asked),
                project=own_project(person, asked["project"]) if asked.get("project") else None,
            )
            return 201 if new else 200, _shape(activation.order.reference)

        return idempotent(request, execute)


class EmergencyView(ApiView):
    """One activation."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="emergency",
        summary="One activation of CIEST², day by day",
        responses=answers(EmergencyDetailShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference):
        """Return an activation with its days."""
        needs_person(request)
        return Response(_shape(reference))


def _shape(reference: str) -> dict[str, Any]:
    row = activations().filter(order__reference=reference).first()
    if row is None:
        raise NotVisible(_("There is nothing here, or not for you."))
    return dict(EmergencyDetailShape(row).data)


def _event(asked: dict[str, Any]) -> Event:
    try:
        area = read_area(json.dumps(asked["aoi"])).geometry
    except Invalid as error:
        raise error.at("aoi") from error
    parts = getattr(area, "geoms", [area])
    return Event(
        kind=asked["kind"],
        place=asked["place"],
        event_on=asked["event_on"],
        why=asked["justification"],
        area=parts[0] if len(parts) == 1 else area,
    )
