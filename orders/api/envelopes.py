# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes and what is left of them: all for the office, an organisation's own for its référents and its keys."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.schema import IF_NONE_MATCH, answers
from dinamis.accounts.api.views import ApiView, client_of, next_page, validated
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from dinamis.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT, page_by_id
from orders.enums import EnvelopeKind
from orders.models import Envelope
from orders.selectors.money.envelope import Balance
from orders.selectors.money.statement import envelope_rows, visible_envelopes


class SumsShape(serializers.Serializer):
    """A budget in one unit; what is held and committed is gone from what is available."""

    granted = serializers.IntegerField()
    held = serializers.IntegerField()
    committed = serializers.IntegerField()
    available = serializers.IntegerField()


class EurosShape(serializers.Serializer):
    """The same in cents, at the prices in force for each entry. Without a ceiling nothing is granted and there is no
    limit to what is available."""

    ceiling = serializers.BooleanField()
    granted_cents = serializers.IntegerField()
    held_cents = serializers.IntegerField()
    committed_cents = serializers.IntegerField()
    available_cents = serializers.IntegerField(allow_null=True)


class OwnerShape(serializers.Serializer):
    """An organisation."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class EnvelopePeriodShape(serializers.Serializer):
    """From when, and until when; the end is not part of it."""

    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)


class EnvelopeShape(serializers.Serializer):
    """One envelope."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    family = serializers.ChoiceField(ProductFamily.choices)
    kind = serializers.ChoiceField(EnvelopeKind.choices)
    owner = OwnerShape(allow_null=True)
    programme = serializers.CharField(allow_null=True)
    period = EnvelopePeriodShape()
    m2 = SumsShape()
    euros = EurosShape()
    attempts = SumsShape(allow_null=True, help_text="attempts of the provider, where they are counted")


class EnvelopesShape(serializers.Serializer):
    """One page of envelopes."""

    results = EnvelopeShape(many=True)
    next = serializers.CharField(allow_null=True)


class EnvelopesQuery(serializers.Serializer):
    """Which envelopes."""

    family = serializers.ChoiceField(ProductFamily.choices, required=False)
    at = serializers.DateTimeField(required=False, help_text="moment their period contains; now unless told")
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=60)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)


class Envelopes(ApiView):
    """The envelopes within the caller's reach."""

    scopes = (ApiScope.ORDERS,)
    parameters = tuple(EnvelopesQuery().fields)

    @extend_schema(
        operation_id="envelopes",
        summary="Envelopes of a moment, with what is left of each",
        parameters=[EnvelopesQuery, IF_NONE_MATCH],
        responses=answers(EnvelopesShape, 422),
        tags=["envelopes"],
    )
    def get(self, request):
        """Return the envelopes you may read. The balance counts what is held for approved orders as gone."""
        query = validated(EnvelopesQuery, request.query_params)
        rows = _within_reach(request).filter(period__contains=query.get("at") or clock.now())
        if "family" in query:
            rows = rows.filter(family=query["family"])
        found, cursor = page_by_id(rows, cursor=query["cursor"], limit=query["limit"])
        kept = envelope_rows(found)
        results = [_shape(row.envelope, row.balance) for row in kept]
        return fresh(request, {"results": results, "next": next_page(request, cursor)}, max_age=0)


def _within_reach(request: Any) -> Any:
    client = client_of(request)
    if client is not None and client.organisation_id is not None:
        return Envelope.objects.select_related("owner", "programme").filter(owner=client.organisation_id)
    return visible_envelopes(request.user)


def _shape(envelope: Envelope, left: Balance) -> dict[str, Any]:
    return {
        "id": envelope.pk,
        "name": envelope.name,
        "family": envelope.family,
        "kind": envelope.kind,
        "owner": {"id": envelope.owner.pk, "name": envelope.owner.name} if envelope.owner else None,
        "programme": envelope.programme.name if envelope.programme else None,
        "period": {"start": envelope.period.lower, "end": envelope.period.upper},
        "m2": {"granted": left.granted, "held": left.held, "committed": left.committed, "available": left.available},
        "euros": {
            "ceiling": envelope.counts_euros,
            "granted_cents": left.granted_cents,
            "held_cents": left.held_cents,
            "committed_cents": left.committed_cents,
            "available_cents": left.available_cents if envelope.counts_euros else None,
        },
        "attempts": {
            "granted": left.granted_attempts,
            "held": left.held_attempts,
            "committed": left.committed_attempts,
            "available": left.available_attempts,
        }
        if envelope.counts_attempts
        else None,
    }
