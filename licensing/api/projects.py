# SPDX-License-Identifier: AGPL-3.0-or-later
"""Projects: read by the members of their organisation; described, changed and ended as on the pages."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import CURSOR, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, LIMIT, answers
from dinamis.accounts.api.versioned import acted, tagged
from dinamis.accounts.api.views import ApiView, next_page, page_query, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from dinamis.core.api.pagination import page_by_id
from dinamis.core.exceptions import Invalid, NotVisible
from licensing.api.own import own_organisation
from licensing.api.shapes import ProjectDetailShape
from licensing.enums import Purpose
from licensing.selectors.partners import projects_of
from licensing.selectors.project import possible_members
from licensing.services import project as verbs

REFUSALS = (404, 409, 412, 413, 415, 422, 503)


class ProjectsShape(serializers.Serializer):
    """One page of projects."""

    results = ProjectDetailShape(many=True)
    next = serializers.CharField(allow_null=True)


class RevisionShape(serializers.Serializer):
    """The revision that was read, unless If-Match says it."""

    revision = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class ProjectWanted(serializers.Serializer):
    """A project to describe."""

    organisation = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    title = serializers.CharField(max_length=200)
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    theme = serializers.CharField(max_length=100, required=False, allow_blank=True)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    partners = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)


class ProjectChangeShape(RevisionShape):
    """What is to change; what is not named stays."""

    title = serializers.CharField(max_length=200, required=False)
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    theme = serializers.CharField(max_length=100, required=False, allow_blank=True)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    partners = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    sponsor = serializers.CharField(max_length=200, required=False, allow_blank=True)
    contract = serializers.CharField(max_length=120, required=False, allow_blank=True)
    awarding_body = serializers.CharField(max_length=200, required=False, allow_blank=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    members = serializers.ListField(
        child=serializers.EmailField(),
        required=False,
        max_length=500,
        help_text="addresses of who takes part; empty: every member of the organisation",
    )


class MemberWanted(RevisionShape):
    """One more person of the organisation."""

    email = serializers.EmailField()


class EndWanted(RevisionShape):
    """Why a project ends."""

    words = serializers.CharField(max_length=5000, help_text="the members of the project read it")


def shape(project):
    """Return a project as the API shows it now."""
    return dict(ProjectDetailShape(project, context={"at": clock.now()}).data)


def found(person, pk):
    """Return a project of one of the person's organisations. Raises NotVisible."""
    project = projects_of(person).filter(pk=pk).first()
    if project is None:
        raise NotVisible(_("There is nothing here, or not for you."))
    return project


def member_of(project, email, pointer):
    """Return the active member of an address. Raises Invalid."""
    person = possible_members(project).filter(email__iexact=email).first()
    if person is None:
        raise Invalid(
            _("%(name)s is no active member of the organisation.") % {"name": email},
            pointer=pointer,
            code="not_a_member",
        )
    return person


def changed(request, pk, asked, act):
    """Change a project once, on the revision the caller read, and answer with what it is now and its ETag.

    `act(project, actor=, expected_revision=)` calls the verb. A revision that is not the present one is 409, naming
    who changed it; 412 where If-Match was sent.
    """
    person = needs_person(request)
    return acted(
        request,
        asked,
        read=lambda: found(person, pk),
        shape=shape,
        act=lambda project, seen: act(project, actor=person, expected_revision=seen),
        member="revision",
    )


class Projects(ApiView):
    """The projects of the caller's organisations."""

    scopes = (ApiScope.RIGHTS,)
    changing_scopes = (ApiScope.PROJECTS,)
    parameters = ("cursor", "limit")

    @extend_schema(
        operation_id="projects",
        summary="Projects you may name in other calls",
        parameters=[CURSOR, LIMIT, IF_NONE_MATCH],
        responses=answers(ProjectsShape, 422),
        tags=["projects"],
    )
    def get(self, request):
        """Return the projects of your organisations."""
        query = page_query(request)
        rows, cursor = page_by_id(projects_of(needs_person(request)), **query)
        data = {"results": [shape(row) for row in rows], "next": next_page(request, cursor)}
        return fresh(request, data, max_age=0)

    @extend_schema(
        operation_id="create_project",
        summary="Describe a project",
        parameters=[IDEMPOTENCY_KEY],
        request=ProjectWanted,
        responses=answers(ProjectDetailShape, 409, 413, 415, 422, 503, status=201),
        tags=["projects"],
    )
    def post(self, request):
        """Describe a project of one of your organisations; you are its owner."""
        person = needs_person(request)
        asked = validated(ProjectWanted, request.data)

        def execute():
            fields = {**asked, "organisation": own_organisation(person, asked["organisation"])}
            made = verbs.create_project(owner=person, **fields)
            return 201, shape(found(person, made.pk))

        return tagged(idempotent(request, execute))


class Project(ApiView):
    """One project."""

    scopes = (ApiScope.RIGHTS,)
    changing_scopes = (ApiScope.PROJECTS,)

    @extend_schema(
        operation_id="project",
        summary="One project",
        parameters=[IF_NONE_MATCH],
        responses=answers(ProjectDetailShape, 404),
        tags=["projects"],
    )
    def get(self, request, pk):
        """Return one project of your organisations, with the ETag that changes of it take as If-Match."""
        return fresh(request, shape(found(needs_person(request), pk)), max_age=0)

    @extend_schema(
        operation_id="change_project",
        summary="Change a project (its owner, or a référent)",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=ProjectChangeShape,
        responses=answers(ProjectDetailShape, *REFUSALS),
        tags=["projects"],
    )
    def patch(self, request, pk):
        """Change what is named; purpose, partner and contract only while no right rests on the project."""
        asked = validated(ProjectChangeShape, request.data)

        def act(project, **given):
            named = asked.get("members")
            people = None if named is None else [member_of(project, email, "members") for email in named]
            values = {name: asked[name] for name in verbs.CHANGEABLE if name in asked}
            verbs.change_project(project=project, change=verbs.ProjectChange(values, people), **given)

        return changed(request, pk, asked, act)


class End(ApiView):
    """The end of a project."""

    scopes = (ApiScope.PROJECTS,)

    @extend_schema(
        operation_id="end_project",
        summary="End a project for good (its owner, or a référent)",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=EndWanted,
        responses=answers(ProjectDetailShape, *REFUSALS),
        tags=["projects"],
    )
    def post(self, request, pk):
        """End the project: what was allowed for it stops at the next check."""
        asked = validated(EndWanted, request.data)
        return changed(
            request,
            pk,
            asked,
            lambda project, **given: verbs.end_project(project=project, words=asked["words"], **given),
        )


class Members(ApiView):
    """Who takes part in a project."""

    scopes = (ApiScope.PROJECTS,)

    @extend_schema(
        operation_id="add_project_member",
        summary="Let one more person take part (never, with a key, the person it acts for)",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=MemberWanted,
        responses=answers(ProjectDetailShape, *REFUSALS),
        tags=["projects"],
    )
    def post(self, request, pk):
        """Name an active member of the organisation; who is named already stays so."""
        asked = validated(MemberWanted, request.data)

        def act(project, **given):
            verbs.add_member(project=project, person=member_of(project, asked["email"], "email"), **given)

        return changed(request, pk, asked, act)


class Member(ApiView):
    """One person who takes part in a project."""

    scopes = (ApiScope.PROJECTS,)
    parameters = ("revision",)

    @extend_schema(
        operation_id="remove_project_member",
        summary="Let a person take part no more",
        parameters=[RevisionShape, IF_MATCH, IDEMPOTENCY_KEY],
        request=None,
        responses=answers(ProjectDetailShape, 404, 409, 412, 422, 503),
        tags=["projects"],
    )
    def delete(self, request, pk, person):
        """Take a person off the list; the last one stays, since nobody named means every member."""
        asked = validated(RevisionShape, request.query_params)

        def act(project, **given):
            member = project.members.filter(pk=person).first()
            if member is None:
                raise NotVisible(_("There is nothing here, or not for you."))
            verbs.remove_member(project=project, person=member, **given)

        return changed(request, pk, asked, act)
