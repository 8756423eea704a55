# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who am I to this API?"""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from dinamis.accounts.api.schema import answers
from dinamis.accounts.api.views import ApiView
from dinamis.accounts.enums import ApiScope, MemberRole
from dinamis.accounts.models import ApiClient
from dinamis.accounts.selectors.membership import active_memberships


class PersonShape(serializers.Serializer):
    """The person a request acts as."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    email = serializers.EmailField()
    language = serializers.CharField()


class MembershipShape(serializers.Serializer):
    """An organisation, and what the person does there."""

    id = serializers.IntegerField(source="organisation_id")
    name = serializers.CharField(source="organisation.name")
    role = serializers.ChoiceField(MemberRole.choices)


class KeyShape(serializers.Serializer):
    """The key a request was made with."""

    name = serializers.CharField()
    access_key = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(ApiScope.choices))
    organisation = serializers.CharField(source="organisation.name", default=None, allow_null=True)
    expires_at = serializers.DateTimeField()


class MeShape(serializers.Serializer):
    """The caller."""

    person = PersonShape(allow_null=True)
    organisations = MembershipShape(many=True)
    key = KeyShape(allow_null=True)


class Me(ApiView):
    """The caller as the API sees it."""

    scopes = tuple(ApiScope)

    @extend_schema(operation_id="me", summary="Who am I?", responses=answers(MeShape), tags=["caller"])
    def get(self, request):
        """Return the person, their organisations, and the key of the request."""
        person = request.user if request.user.is_authenticated else None
        client = request.auth if isinstance(request.auth, ApiClient) else None
        organisations = active_memberships(person) if person else []
        data = MeShape({"person": person, "organisations": organisations, "key": client}).data
        return Response(data)
