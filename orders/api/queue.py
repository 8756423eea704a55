# SPDX-License-Identifier: AGPL-3.0-or-later
"""The place of an order in the queue, for programs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import IF_NONE_MATCH, answers
from dinamis.accounts.api.views import ApiView, absolute
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from orders.api.orders import found
from orders.domain.fair_share import FACTORS
from orders.models import Order
from orders.selectors.reviewing.queue import Standing, standing


class QueueFactorShape(serializers.Serializer):
    """One factor: value × weight = points."""

    name = serializers.ChoiceField(FACTORS)
    value = serializers.FloatField(min_value=0, max_value=1)
    weight = serializers.IntegerField(min_value=0)
    points = serializers.FloatField(help_text="rounded to a hundredth")


class QueuePlaceShape(serializers.Serializer):
    """Where an order stands; nulls and no factors when it does not wait for the office or to be placed."""

    reference = serializers.CharField()
    place = serializers.IntegerField(allow_null=True, min_value=1)
    total = serializers.IntegerField(allow_null=True, min_value=1, help_text="orders that wait")
    points = serializers.FloatField(allow_null=True, help_text="the sum of those of the factors")
    since = serializers.DateTimeField(allow_null=True, help_text="the order was first sent")
    counted_at = serializers.DateTimeField(
        allow_null=True, help_text="past use and use by others as of then; null: not counted yet"
    )
    factors = QueueFactorShape(many=True)
    page = serializers.URLField(help_text="the same for people, with the formula")


class QueuePlace(ApiView):
    """The place of one order."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="order_queue",
        summary="The place of an order in the queue, factor by factor",
        parameters=[IF_NONE_MATCH],
        responses=answers(QueuePlaceShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference):
        """Return the place by the published formula; nothing is told of other orders but how many there are."""
        order = found(needs_person(request), reference)
        return fresh(request, _shape(order, standing(order, clock.now())), max_age=0)


def _shape(order: Order, place: Standing | None) -> dict[str, Any]:
    names = ("place", "total", "since", "counted_at")
    data = {name: getattr(place, name) if place else None for name in names}
    parts = [{**vars(part), "points": part.points / 100} for part in place.parts] if place else []
    data |= {"reference": order.reference, "points": place.points / 100 if place else None, "factors": parts}
    return dict(QueuePlaceShape(data | {"page": absolute("orders:order_queue", order.reference)}).data)
