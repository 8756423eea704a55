# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposed images: read by programs, answered by persons. A vote spends public money: no key casts one."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import CURSOR, IDEMPOTENCY_KEY, IF_NONE_MATCH, LIMIT, answers
from dinamis.accounts.api.views import PAGING, ApiView, next_page, page_query, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core import geo
from dinamis.core.api.conditional import fresh
from dinamis.core.api.pagination import page_by_id
from dinamis.core.exceptions import NotVisible
from dinamis.core.keys import refuse_keys
from orders.enums import ProposalState, VoteChoice
from orders.models import OrderItem, Proposal
from orders.selectors.fulfilment.proposal_page import proposal_page
from orders.selectors.fulfilment.proposals import visible_proposal, visible_proposals
from orders.services.fulfilment.proposals import vote

BIG = 2**63 - 1
FILTERS = ("order", "state")


class ProposalsQuery(serializers.Serializer):
    """Which proposals."""

    order = serializers.CharField(max_length=20, required=False, help_text="reference of an order")
    state = serializers.ChoiceField(ProposalState.choices, required=False)


class ProposalAreaShape(serializers.Serializer):
    """One area the image shows, as far as the reader may see it."""

    order = serializers.CharField()
    line = serializers.IntegerField()
    covered_percent = serializers.FloatField(help_text="share of the area that the image shows")
    cloud_percent = serializers.FloatField(allow_null=True, help_text="over the area; null without a cloud mask")
    vote = serializers.ChoiceField(VoteChoice.choices, allow_null=True)
    by_default = serializers.ChoiceField(VoteChoice.choices, help_text="what counts without a vote")
    may_vote = serializers.BooleanField()


class ProposalShape(serializers.Serializer):
    """An acquisition that a provider proposes; cloud in percent of the whole image, incidence in degrees."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(ProposalState.choices)
    scene = serializers.CharField()
    acquired_at = serializers.DateTimeField()
    deadline = serializers.DateTimeField()
    cloud_percent = serializers.FloatField()
    incidence = serializers.FloatField()
    footprint = serializers.DictField()
    cloud_mask = serializers.DictField(allow_null=True)
    areas = ProposalAreaShape(many=True)
    other_areas = serializers.IntegerField(help_text="areas of orders the reader may not see")
    other_areas_answered = serializers.IntegerField()


class ProposalsShape(serializers.Serializer):
    """One page of proposals."""

    results = ProposalShape(many=True)
    next = serializers.CharField(allow_null=True)


class VoteWanted(serializers.Serializer):
    """A word on the image, for one area."""

    line = serializers.IntegerField(min_value=1, max_value=BIG)
    choice = serializers.ChoiceField(VoteChoice.choices)
    reason_code = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    words = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")


class Proposals(ApiView):
    """The proposals that concern orders the caller may read."""

    scopes = (ApiScope.ORDERS,)
    parameters = (*PAGING, *FILTERS)

    @extend_schema(
        operation_id="proposals",
        summary="Images that providers propose for orders you may read",
        parameters=[ProposalsQuery, CURSOR, LIMIT, IF_NONE_MATCH],
        responses=answers(ProposalsShape, 422),
        tags=["orders"],
    )
    def get(self, request):
        """Return proposals, the oldest first."""
        person = needs_person(request)
        named = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        asked = validated(ProposalsQuery, named)
        found = visible_proposals(person, reference=asked.get("order", ""))
        if "state" in asked:
            found = found.filter(state=asked["state"])
        rows, cursor = page_by_id(found, **page_query(request))
        data = {"results": [shape(row, person) for row in rows], "next": next_page(request, cursor)}
        return fresh(request, data, max_age=0)


class ProposalView(ApiView):
    """One proposal."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="proposal",
        summary="One proposed image",
        parameters=[IF_NONE_MATCH],
        responses=answers(ProposalShape, 404),
        tags=["orders"],
    )
    def get(self, request, pk):
        """Return the image, the cloud over each of the caller's areas, and who has answered."""
        person = needs_person(request)
        return fresh(request, shape(_found(person, pk), person), max_age=0)


class Votes(ApiView):
    """Words on a proposal."""

    scopes = (ApiScope.ORDERS_WRITE,)

    @extend_schema(
        operation_id="vote_on_proposal",
        summary="Take a proposed image for one of your areas, or refuse it (browser session)",
        parameters=[IDEMPOTENCY_KEY],
        request=VoteWanted,
        responses=answers(ProposalShape, 404, 409, 413, 415, 422, 503),
        tags=["orders"],
    )
    def post(self, request, pk):
        """Say it; until everybody has answered it may be said again."""
        refuse_keys()
        person = needs_person(request)
        asked = validated(VoteWanted, request.data)

        def execute():
            proposal = _found(person, pk)
            line = OrderItem.objects.filter(pk=asked.pop("line"), provider_order=proposal.provider_order_id).first()
            if line is None:
                raise NotVisible(_("There is nothing here, or not for you."))
            vote(proposal=proposal, line=line, actor=person, **asked)
            return 200, shape(_found(person, pk), person)

        return idempotent(request, execute)


def shape(proposal: Proposal, reader: Any) -> dict[str, Any]:
    """Return a proposal as its reader sees it now."""
    page = proposal_page(proposal, reader)
    areas = [
        {
            "order": row.share.line.order.reference,
            "line": row.share.line.pk,
            "covered_percent": round(row.share.covered, 1),
            "cloud_percent": row.share.cloud,
            "vote": row.vote.choice if row.vote else None,
            "by_default": row.by_default,
            "may_vote": row.may_vote,
        }
        for row in page.rows
    ]
    mask = proposal.cloud_mask
    facts = {
        "id": proposal.pk,
        "state": proposal.state,
        "scene": proposal.scene_id,
        "acquired_at": proposal.acquired_at,
        "deadline": proposal.deadline,
        "cloud_percent": proposal.cloud,
        "incidence": proposal.incidence,
        "footprint": geo.to_geojson(geo.to_shapely(proposal.footprint)),
        "cloud_mask": geo.to_geojson(geo.to_shapely(mask)) if mask else None,
        "areas": areas,
        "other_areas": page.others,
        "other_areas_answered": page.others_answered,
    }
    return dict(ProposalShape(facts).data)


def _found(person: Any, pk: int) -> Proposal:
    proposal = visible_proposal(person, pk=pk)
    if proposal is None:
        raise NotVisible(_("There is nothing here, or not for you."))
    return proposal
