# SPDX-License-Identifier: AGPL-3.0-or-later
"""The projects a person may name."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import CURSOR, IF_NONE_MATCH, LIMIT, answers
from dinamis.accounts.api.views import ApiView, next_page, page_query
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from dinamis.core.api.pagination import page_by_id
from dinamis.core.exceptions import NotVisible
from licensing.api.shapes import ProjectDetailShape
from licensing.selectors.partners import projects_of


class ProjectsShape(serializers.Serializer):
    """One page of projects."""

    results = ProjectDetailShape(many=True)
    next = serializers.CharField(allow_null=True)


class Projects(ApiView):
    """The projects of the caller's organisations."""

    scopes = (ApiScope.RIGHTS,)
    parameters = ("cursor", "limit")

    @extend_schema(
        operation_id="projects",
        summary="Projects you may name in other calls",
        parameters=[CURSOR, LIMIT, IF_NONE_MATCH],
        responses=answers(ProjectsShape, 422),
        tags=["rights"],
    )
    def get(self, request):
        """Return the projects of your organisations."""
        query = page_query(request)
        found, cursor = page_by_id(projects_of(needs_person(request)), **query)
        data = {
            "results": ProjectDetailShape(found, many=True, context={"at": clock.now()}).data,
            "next": next_page(request, cursor),
        }
        return fresh(request, data, max_age=0)


class Project(ApiView):
    """One project."""

    scopes = (ApiScope.RIGHTS,)

    @extend_schema(
        operation_id="project",
        summary="One project",
        parameters=[IF_NONE_MATCH],
        responses=answers(ProjectDetailShape, 404),
        tags=["rights"],
    )
    def get(self, request, pk):
        """Return one project of your organisations."""
        project = projects_of(needs_person(request)).filter(pk=pk).first()
        if project is None:
            raise NotVisible(_("There is nothing here, or not for you."))
        return fresh(request, ProjectDetailShape(project, context={"at": clock.now()}).data, max_age=0)
