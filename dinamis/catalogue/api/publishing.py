# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a key publishes, for the program that uses it."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.schema import IF_NONE_MATCH, answers
from dinamis.accounts.api.views import ApiView, client_of
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.models import PublishingRight
from dinamis.core.api.conditional import fresh


class PublishingRightShape(serializers.Serializer):
    """A collection in which an organisation publishes."""

    organisation = serializers.CharField(source="organisation.name")
    collection = serializers.CharField(source="collection.slug")
    given_at = serializers.DateTimeField()


class PublishingRightsShape(serializers.Serializer):
    """Rights in force."""

    publishing_rights = PublishingRightShape(many=True)


class PublishingRights(ApiView):
    """Rights to publish in the catalogue."""

    scopes = (ApiScope.PUBLISH,)

    @extend_schema(
        operation_id="publishing_rights",
        summary="The collections in which the key's organisation, or a person's, may publish",
        parameters=[IF_NONE_MATCH],
        responses=answers(PublishingRightsShape),
        tags=["catalogue"],
    )
    def get(self, request):
        """Return the rights in force; they are given and ended by administrators in a browser."""
        key = client_of(request)
        rows = PublishingRight.objects.in_force().select_related("organisation", "collection")
        own = rows.visible_to(request.user) if key is None else rows.filter(organisation=key.organisation_id)
        return fresh(request, {"publishing_rights": PublishingRightShape(own, many=True).data}, max_age=0)
