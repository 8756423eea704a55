# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings of requests: read by programs, answered by a person in a browser session, since an answer commits money."""

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
from dinamis.core import geo
from dinamis.core.api.pagination import page_by_id
from dinamis.core.exceptions import NotVisible
from orders.api.order_shapes import PeriodShape, days
from orders.enums import PoolAnswer, PoolState, SplitRule
from orders.models import OrderItem, Pool
from orders.selectors.fulfilment.pools import parties
from orders.services.fulfilment import pooling


class PartyShape(serializers.Serializer):
    """One request of a grouping, as far as the caller may see it; areas in m2, prices in cents."""

    organisation = serializers.CharField(source="name")
    order = serializers.SerializerMethodField(help_text="its reference, of the caller's organisations only")
    line = serializers.SerializerMethodField(help_text="the position of the line in it")
    mine = serializers.BooleanField()
    exact = serializers.BooleanField(help_text="whether `area` is the area asked for, or cells of a grid that hide it")
    area = serializers.SerializerMethodField()
    own_m2 = serializers.IntegerField(source="member.own_m2", help_text="what only this request asks for")
    shared_m2 = serializers.IntegerField(source="member.shared_m2", help_text="its part of what several ask for")
    share_m2 = serializers.IntegerField(source="member.share_m2")
    share_cents = serializers.IntegerField(source="member.share_cents")
    alone_m2 = serializers.IntegerField(source="member.alone_m2")
    alone_cents = serializers.IntegerField(source="member.alone_cents")
    sponsor = serializers.BooleanField(source="member.sponsor", help_text="pays for all")
    answer = serializers.ChoiceField(PoolAnswer.choices, source="member.answer", allow_blank=True)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_order(self, party: Any) -> str | None:
        """The reference of one's own."""
        return party.member.line.order.reference if party.mine else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_line(self, party: Any) -> int | None:
        """The position of the line in it."""
        return party.member.line.position if party.mine else None

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_area(self, party: Any) -> dict[str, Any]:
        """As the caller may see it, in GeoJSON."""
        return geo.to_geojson(party.area)


class PoolShape(serializers.Serializer):
    """Requests that overlap, to be bought as one."""

    reference = serializers.CharField()
    state = serializers.ChoiceField(PoolState.choices)
    state_label = serializers.CharField(source="get_state_display")
    version = serializers.IntegerField()
    rule = serializers.ChoiceField(SplitRule.choices)
    family = serializers.CharField()
    area_m2 = serializers.IntegerField()
    billed_m2 = serializers.IntegerField()
    price_cents = serializers.IntegerField()
    period = serializers.SerializerMethodField()
    terms = serializers.DictField(help_text="the strictest constraints of all")
    deadline = serializers.DateTimeField(help_text="until when the parties answer, then until when all are approved")
    parties = serializers.SerializerMethodField()

    @extend_schema_field(PeriodShape)
    def get_period(self, pool: Pool) -> dict[str, str]:
        """The common window."""
        return days(pool.period)

    @extend_schema_field(PartyShape(many=True))
    def get_parties(self, pool: Pool) -> Any:
        """Who takes part."""
        return PartyShape(parties(pool, self.context["reader"]), many=True).data


class PoolsShape(serializers.Serializer):
    """One page of groupings."""

    results = PoolShape(many=True)
    next = serializers.CharField(allow_null=True)


class AnswerWanted(serializers.Serializer):
    """For which request one answers, on the version that was read."""

    order = serializers.CharField(max_length=20)
    line = serializers.IntegerField(required=False, default=1, min_value=1, max_value=2**15 - 1)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class AcceptWanted(AnswerWanted):
    """An acceptance."""

    sponsor = serializers.BooleanField(required=False, default=False, help_text="pay for all")


class DeclineWanted(AnswerWanted):
    """A refusal."""

    words = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class Pools(ApiView):
    """The groupings the caller may read."""

    scopes = (ApiScope.ORDERS,)
    parameters = PAGING

    @extend_schema(
        operation_id="pools",
        summary="Groupings of requests of yours or of your organisations",
        parameters=[CURSOR, LIMIT],
        responses=answers(PoolsShape, 422),
        tags=["orders"],
    )
    def get(self, request):
        """Return one page, oldest first."""
        person = needs_person(request)
        rows, cursor = page_by_id(Pool.objects.visible_to(person), **page_query(request))
        return Response({"results": [_shape(row, person) for row in rows], "next": next_page(request, cursor)})


class PoolView(ApiView):
    """One grouping."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(operation_id="pool", summary="One grouping", responses=answers(PoolShape, 404), tags=["orders"])
    def get(self, request, reference):
        """Return a grouping as the caller may see it."""
        person = needs_person(request)
        return Response(_shape(_found(person, reference), person))


class Accept(ApiView):
    """An acceptance; no key may give it."""

    @extend_schema(
        operation_id="accept_pool",
        summary="Accept a grouping for one of your requests (browser session)",
        parameters=[IDEMPOTENCY_KEY],
        request=AcceptWanted,
        responses=answers(PoolShape, 404, 409, 413, 415, 422, 503),
        tags=["orders"],
    )
    def post(self, request, reference):
        """Accept, once; the last party that does makes the grouping agreed."""
        return _answered(request, reference, AcceptWanted, pooling.accept)


class Decline(ApiView):
    """A refusal; no key may give it."""

    @extend_schema(
        operation_id="decline_pool",
        summary="Decline or leave a grouping with one of your requests (browser session)",
        parameters=[IDEMPOTENCY_KEY],
        request=DeclineWanted,
        responses=answers(PoolShape, 404, 409, 413, 415, 422, 503),
        tags=["orders"],
    )
    def post(self, request, reference):
        """Decline, once; the grouping is dissolved, the request stands as it stood before."""
        return _answered(request, reference, DeclineWanted, pooling.decline)


def _answered(request, reference, wanted, verb):
    person = needs_person(request)
    said = dict(validated(wanted, request.data))
    named = {"order__reference": said.pop("order"), "position": said.pop("line")}
    version = said.pop("version")

    def execute():
        pool = _found(person, reference)
        line = OrderItem.objects.filter(pool_members__pool=pool, **named).values_list("pk", flat=True).first()
        verb(pool=pool, line=line or 0, actor=person, expected_version=version, **said)
        return 200, _shape(_found(person, reference), person)

    return idempotent(request, execute)


def _found(person, reference):
    pool = Pool.objects.visible_to(person).filter(reference=reference).first()
    if pool is None:
        raise NotVisible(_("There is nothing here, or not for you."))
    return pool


def _shape(pool, person):
    return dict(PoolShape(pool, context={"reader": person}).data)
