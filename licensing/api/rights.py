# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may I do? The page “My rights” for programs."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import IF_NONE_MATCH, Missing, answers
from dinamis.accounts.api.views import ApiView, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from dinamis.core.exceptions import Invalid
from licensing.enums import Action
from licensing.selectors.partners import projects_of
from licensing.selectors.rights import rights_of

MAX_AGE = 60


class RightsQuery(serializers.Serializer):
    """For which project."""

    project = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class ActionRightShape(serializers.Serializer):
    """One action under one licence."""

    action = serializers.ChoiceField(Action.choices)
    label = serializers.CharField(help_text="in the language asked for")  # type: ignore[assignment]
    allowed = serializers.BooleanField()
    until = serializers.DateTimeField(allow_null=True)
    organisations = serializers.ListField(child=serializers.CharField())
    projects = serializers.ListField(child=serializers.CharField())
    missing = Missing(many=True)


class LicenceRightsShape(serializers.Serializer):
    """One licence with its actions."""

    licence = serializers.CharField(source="licence.code")
    name = serializers.CharField(source="licence.name")
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    needs_own_signature = serializers.BooleanField()
    signed_at = serializers.DateTimeField(allow_null=True)
    actions = ActionRightShape(many=True)


class RightsShape(serializers.Serializer):
    """Every licence, at one moment."""

    at = serializers.DateTimeField()
    project = serializers.IntegerField(allow_null=True)
    licences = LicenceRightsShape(many=True)


class Rights(ApiView):
    """What the caller may do under each licence."""

    scopes = (ApiScope.RIGHTS,)
    parameters = ("project",)

    @extend_schema(
        operation_id="rights",
        summary="What may I do, until when, and what would unlock the rest?",
        parameters=[RightsQuery, IF_NONE_MATCH],
        responses=answers(RightsShape, 422),
        tags=["rights"],
    )
    def get(self, request):
        """Return every licence with its actions, for one project when it is named."""
        person = needs_person(request)
        project = own_project(person, validated(RightsQuery, request.query_params).get("project"))
        at = clock.now()
        rows = rights_of(person, at, project=project)
        data = RightsShape({"at": at, "project": project, "licences": [_readable(row) for row in rows]}).data
        return fresh(request, data, max_age=MAX_AGE, ignoring=("at",))


def own_project(person, number):
    """Return the project named when it is one of the person's organisations, None when none is. Raises Invalid."""
    if number is not None and not projects_of(person).filter(pk=number).exists():
        raise Invalid(_("This project is not one of yours."), pointer="project", code="project")
    return number


def _readable(row):
    actions = [{**vars(right), "missing": [reason.as_json() for reason in right.missing]} for right in row.actions]
    return {**vars(row), "actions": actions}
