# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own organisation: who answers for it, and what makes its rights rest or end."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.schema import IF_NONE_MATCH, answers
from dinamis.accounts.api.views import ApiView, client_of
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from dinamis.core.exceptions import NotVisible
from licensing.api.shapes import NamedPersonShape, OrganisationShape
from licensing.enums import EndKind, OrganisationEndState
from licensing.selectors.home import home_of, organisation_in
from licensing.selectors.partners import reach_of


class RestrictionShape(serializers.Serializer):
    """The organisation has no référent."""

    since = serializers.DateTimeField()
    rights_rest_from = serializers.DateTimeField(source="until")


class OrganisationBlockShape(serializers.Serializer):
    """A block in force; its words are for the référents, who have them by mail."""

    licence = serializers.CharField(source="licence.code", default=None, allow_null=True, help_text="null: every one")
    document_sha256 = serializers.CharField(allow_blank=True, help_text="empty: the whole organisation")
    starts_at = serializers.DateTimeField(source="period.lower")
    ends_at = serializers.DateTimeField(source="period.upper", allow_null=True, help_text="null: until it is lifted")


class SuccessorShape(serializers.Serializer):
    """An organisation that takes its place."""

    id = serializers.IntegerField(source="organisation_id")
    name = serializers.CharField(source="organisation.name")


class EndShape(serializers.Serializer):
    """The end of the organisation, declared or in effect."""

    kind = serializers.ChoiceField(EndKind.choices)
    state = serializers.ChoiceField(OrganisationEndState.choices)
    effective_on = serializers.DateField(help_text="first day without the organisation, in Paris")
    successors = SuccessorShape(source="successions.all", many=True)


class HomeShape(serializers.Serializer):
    """An organisation as its own members and keys see it."""

    organisation = OrganisationShape()
    referents = NamedPersonShape(many=True)
    restriction = RestrictionShape(allow_null=True)
    blocks = OrganisationBlockShape(many=True)
    end = EndShape(allow_null=True)


class OrganisationView(ApiView):
    """One of the caller's organisations."""

    scopes = (ApiScope.RIGHTS,)

    @extend_schema(
        operation_id="organisation",
        summary="Your organisation: référents, blocks in force, planned end",
        parameters=[IF_NONE_MATCH],
        responses=answers(HomeShape, 404),
        tags=["organisations"],
    )
    def get(self, request, pk):
        """Return what tells why the rights of your organisation rest or will end."""
        found = organisation_in(reach_of(request.user, client_of(request)), pk)
        if found is None:
            raise NotVisible(_("There is nothing here, or not for you."))
        return fresh(request, HomeShape(home_of(found, clock.now())).data, max_age=0)
