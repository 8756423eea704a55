# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following an order: everything that happened and what to expect, and what the caller keeps on it for themselves."""

from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import IDEMPOTENCY_KEY, IF_NONE_MATCH, answers
from dinamis.accounts.api.views import ApiView, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core.api.conditional import fresh
from orders.api.orders import found
from orders.enums import OrderState, Who
from orders.models import Order, OrderMark
from orders.selectors.lifecycle.next_step import next_step
from orders.selectors.lifecycle.outlook import outlook
from orders.selectors.lifecycle.story import timeline
from orders.services.requests import sharing


class HappenedShape(serializers.Serializer):
    """One thing that happened, in words as the page has them."""

    at = serializers.DateTimeField(source="when", allow_null=True, help_text="null: still to come")
    kind = serializers.ChoiceField([("done", "done"), ("now", "now"), ("next", "next"), ("bad", "bad")])
    title = serializers.CharField()
    who = serializers.CharField(help_text="by whom, and in what capacity; empty: by itself")
    reason = serializers.CharField(help_text="of a coded reason, its words")
    words = serializers.CharField(source="text", help_text="what its actor wrote")
    more = serializers.ListField(child=serializers.CharField(), help_text="what was granted, delivered, given back")
    quote = serializers.CharField(help_text="what a provider wrote, in its own language")
    line = serializers.IntegerField(allow_null=True, help_text="the position of the line it is about")


class OutlookShape(serializers.Serializer):
    """What to expect of a state in which something waits."""

    who = serializers.ChoiceField(Who.choices, help_text="who acts next")
    since = serializers.DateTimeField()
    usual = serializers.DateTimeField(help_text="half of such waits are over by then")
    late = serializers.DateTimeField(help_text="nine in ten of them are")
    answer_by = serializers.DateTimeField(allow_null=True, help_text="of a proposed image")
    learned_from = serializers.IntegerField(source="expected.count", help_text="waits; 0: an estimate")
    told = serializers.SerializerMethodField(help_text="the office was told that this takes longer than usual")

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_told(self, row: Any) -> bool:
        """Whether a ticket is open."""
        return row.ticket is not None


class TimelineShape(serializers.Serializer):
    """Where an order stands and how it came there; the words are in the language asked for."""

    reference = serializers.CharField()
    state = serializers.ChoiceField(OrderState.choices)
    sentence = serializers.CharField(help_text="who acts next, or what it came to")
    outlook = OutlookShape(allow_null=True)
    steps = HappenedShape(many=True, help_text="the oldest first")


class Timeline(ApiView):
    """The history of one order."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="order_timeline",
        summary="Everything that happened to an order, who acts next, and what to expect",
        parameters=[IF_NONE_MATCH],
        responses=answers(TimelineShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference):
        """Return what the page of the order tells. Ask with If-None-Match: 304 while nothing has changed."""
        person = needs_person(request)
        order = found(person, reference)
        facts = {
            "reference": order.reference,
            "state": order.state,
            "sentence": next_step(order, person),
            "outlook": outlook(order),
            "steps": timeline(order),
        }
        return fresh(request, dict(TimelineShape(facts).data), max_age=0)


class MarkShape(serializers.Serializer):
    """What the caller keeps on an order; nobody else reads it. What is not named stays."""

    own_reference = serializers.CharField(max_length=sharing.REFERENCE_LENGTH, required=False, allow_blank=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=sharing.TAG_LENGTH), required=False, max_length=sharing.MOST_TAGS
    )
    note = serializers.CharField(max_length=sharing.NOTE_LENGTH, required=False, allow_blank=True)
    following = serializers.BooleanField(required=False, help_text="a mail says what becomes of the order")


class Mark(ApiView):
    """The caller's own marks on an order."""

    scopes = (ApiScope.ORDERS,)
    changing_scopes = (ApiScope.ORDERS_WRITE,)

    @extend_schema(
        operation_id="order_mark",
        summary="Your own reference, tags and note on an order, and whether you follow it",
        parameters=[IF_NONE_MATCH],
        responses=answers(MarkShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference):
        """Return the caller's marks; empty ones where nothing is kept."""
        person = needs_person(request)
        return fresh(request, _kept(person, found(person, reference)), max_age=0)

    @extend_schema(
        operation_id="mark_order",
        summary="Keep your own reference, tags and note on an order, and follow it or not",
        parameters=[IDEMPOTENCY_KEY],
        request=MarkShape,
        responses=answers(MarkShape, 404, 409, 413, 415, 422, 503),
        tags=["orders"],
    )
    def patch(self, request, reference):
        """Keep what is named."""
        person = needs_person(request)
        asked = validated(MarkShape, request.data)

        @transaction.atomic
        def execute():
            order = found(person, reference)
            now = _kept(person, order)
            wanted = {**now, **asked}
            following = wanted.pop("following")
            sharing.mark(order=order, person=person, **wanted)
            if following != now["following"]:
                sharing.follow(order=order, person=person, following=following)
            return 200, _kept(person, order)

        return idempotent(request, execute)


def _kept(person: Any, order: Order) -> dict[str, Any]:
    row = OrderMark.objects.filter(order=order, person=person).first() or OrderMark(order=order, person=person)
    return dict(MarkShape(row).data)
