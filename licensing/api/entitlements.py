# SPDX-License-Identifier: AGPL-3.0-or-later
"""Entitlements and their changes: what a partner's own gate is fed with."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from dinamis.accounts.api.schema import IF_NONE_MATCH, answers
from dinamis.accounts.api.views import ApiView, client_of, next_page, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from dinamis.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT, page_by_id
from dinamis.core.exceptions import NotVisible
from licensing.api.shapes import ChangeShape, EntitlementDetailShape, EntitlementShape
from licensing.enums import Action, Purpose
from licensing.selectors.partners import (
    allowed_actions,
    changes_in,
    entitlements_in,
    held_by,
    person_in,
    reach_of,
)
from licensing.services.changes import note_changes

READERS = (ApiScope.RIGHTS, ApiScope.ENTITLEMENTS)
MAX_AGE = 60


class EntitlementsQuery(serializers.Serializer):
    """Which rights, and at which moment."""

    person = serializers.EmailField(required=False, help_text="e-mail address; without partner scope: your own")
    collection = serializers.SlugField(required=False)
    licence = serializers.SlugField(required=False)
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    at = serializers.DateTimeField(required=False, help_text="moment asked about; now unless told")
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=60)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)


class EntitlementOfPersonShape(EntitlementShape):
    """A right, and what `decide()` lets the person asked about do with it."""

    allowed_actions = serializers.ListField(child=serializers.ChoiceField(Action.choices), required=False)


class EntitlementsShape(serializers.Serializer):
    """One page of rights."""

    results = EntitlementOfPersonShape(many=True)
    next = serializers.CharField(allow_null=True)


class Entitlements(ApiView):
    """The rights within the caller's reach."""

    scopes = READERS
    parameters = tuple(EntitlementsQuery().fields)

    @extend_schema(
        operation_id="entitlements",
        summary="Rights, with their standing at a moment",
        parameters=[EntitlementsQuery, IF_NONE_MATCH],
        responses=answers(EntitlementsShape, 404, 422),
        tags=["entitlements"],
    )
    def get(self, request):
        """Return the rights of your organisations; with the partner scope, of all. With `person`, what they may do."""
        query = validated(EntitlementsQuery, request.query_params)
        at = query.get("at") or clock.now()
        reach = reach_of(request.user, client_of(request))
        rows, person = entitlements_in(reach, at), None
        if "person" in query:
            person = person_in(reach, query["person"])
            if person is None:
                raise NotVisible(_("There is nobody of this address, or not for you."))
            rows = rows.filter(held_by(person, at))
        rows = _filtered(rows, query)
        found, cursor = page_by_id(rows, cursor=query["cursor"], limit=query["limit"])
        may = {} if person is None else allowed_actions(person, found, at)
        shapes = EntitlementShape(found, many=True, context={"at": at}).data
        results = [{**shape, "allowed_actions": may[shape["id"]]} if may else shape for shape in shapes]
        return fresh(request, {"results": results, "next": next_page(request, cursor)}, max_age=MAX_AGE)


def _filtered(rows, query):
    if "collection" in query:
        rows = rows.filter(licence__collections__slug=query["collection"])
    if "licence" in query:
        rows = rows.filter(licence__code=query["licence"])
    if "purpose" in query:
        rows = rows.filter(purpose=query["purpose"])
    return rows


class Entitlement(ApiView):
    """One right."""

    scopes = READERS

    @extend_schema(
        operation_id="entitlement",
        summary="One right, with its standing now and what it rests on",
        parameters=[IF_NONE_MATCH],
        responses=answers(EntitlementDetailShape, 404),
        tags=["entitlements"],
    )
    def get(self, request, pk):
        """Return a right within the caller's reach."""
        at = clock.now()
        right = entitlements_in(reach_of(request.user, client_of(request)), at).filter(pk=pk).first()
        if right is None:
            raise NotVisible(_("There is nothing here, or not for you."))
        data = EntitlementDetailShape(right, context={"at": at}).data
        return fresh(request, data, max_age=MAX_AGE)


class ChangesQuery(serializers.Serializer):
    """From where."""

    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**63 - 1)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)


class ChangesShape(serializers.Serializer):
    """Changes in the order of their numbers; `last` is what to ask after next time."""

    results = ChangeShape(many=True)
    last = serializers.IntegerField()


class EntitlementChanges(ApiView):
    """The feed of changes."""

    scopes = READERS
    parameters = tuple(ChangesQuery().fields)

    @extend_schema(
        operation_id="entitlement_changes",
        summary="Changes of rights since a number, ends of periods included",
        parameters=[ChangesQuery],
        responses=answers(ChangesShape, 422, 503),
        tags=["entitlements"],
    )
    def get(self, request):
        """Return what changed after `after`. Numbers only grow: keep `last`, ask again, and nothing is missed."""
        query = validated(ChangesQuery, request.query_params)
        at = clock.now()
        note_changes(at=at)
        rows = changes_in(reach_of(request.user, client_of(request)), query["after"], query["limit"], at)
        results = ChangeShape(rows, many=True, context={"at": at}).data
        return Response({"results": results, "last": rows[-1].pk if rows else query["after"]})
