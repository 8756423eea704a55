# SPDX-License-Identifier: AGPL-3.0-or-later
"""Adhesions: read by référents and the office; decided on by a moderator who is there, in a browser session."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from dinamis.accounts.api.permissions import SecondFactor, needs_person
from dinamis.accounts.api.schema import CURSOR, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, LIMIT, answers
from dinamis.accounts.api.versioned import acted
from dinamis.accounts.api.views import ApiView, next_page, page_query, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core.actors import Reason
from dinamis.core.api.conditional import fresh
from dinamis.core.api.pagination import page_by_id
from dinamis.core.exceptions import NotVisible
from licensing.api.shapes import OrganisationShape
from licensing.enums import AdhesionState, EligibilityClass
from licensing.models import Adhesion
from licensing.selectors.adhesion import history
from licensing.services import adhesion as verbs


class AdhesionShape(serializers.Serializer):
    """An adhesion and where it stands."""

    id = serializers.IntegerField(source="pk")
    organisation = OrganisationShape()
    eligibility_class = serializers.ChoiceField(EligibilityClass.choices)
    state = serializers.ChoiceField(AdhesionState.choices)
    state_label = serializers.CharField(source="get_state_display")
    version = serializers.IntegerField()
    referent = serializers.CharField()
    mission = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    starts_at = serializers.DateTimeField(source="period.lower", default=None, allow_null=True)
    ends_at = serializers.DateTimeField(source="period.upper", default=None, allow_null=True)
    claimed_by = serializers.CharField(allow_null=True)
    claimed_until = serializers.DateTimeField(allow_null=True)


class AdhesionsShape(serializers.Serializer):
    """One page of adhesions."""

    results = AdhesionShape(many=True)
    next = serializers.CharField(allow_null=True)


class RulingShape(serializers.Serializer):
    """A moderator's word, and the version it was taken on unless If-Match says it."""

    words = serializers.CharField(max_length=5000, help_text="what the other side reads")
    reason_code = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


def shape(adhesion):
    """Return an adhesion as the API shows it now."""
    return dict(AdhesionShape(adhesion).data)


def visible(person):
    """Return the adhesions a person may read."""
    return Adhesion.objects.visible_to(person).select_related("organisation", "referent", "claimed_by")


def found(person, pk):
    """Return one adhesion. Raises NotVisible."""
    adhesion = visible(person).filter(pk=pk).first()
    if adhesion is None:
        raise NotVisible(_("There is nothing here, or not for you."))
    return adhesion


class Adhesions(ApiView):
    """The adhesions the caller may read."""

    scopes = (ApiScope.RIGHTS,)
    parameters = ("cursor", "limit")

    @extend_schema(
        operation_id="adhesions",
        summary="Adhesions you filed, answer for, or moderate",
        parameters=[CURSOR, LIMIT],
        responses=answers(AdhesionsShape, 422),
        tags=["adhesions"],
    )
    def get(self, request):
        """Return one page, oldest first."""
        query = page_query(request)
        rows, cursor = page_by_id(visible(needs_person(request)), **query)
        return Response({"results": AdhesionShape(rows, many=True).data, "next": next_page(request, cursor)})


class AdhesionView(ApiView):
    """One adhesion."""

    scopes = (ApiScope.RIGHTS,)

    @extend_schema(
        operation_id="adhesion",
        summary="One adhesion",
        parameters=[IF_NONE_MATCH],
        responses=answers(AdhesionShape, 404),
        tags=["adhesions"],
    )
    def get(self, request, pk):
        """Return one adhesion with its ETag, which the verbs take as If-Match."""
        return fresh(request, shape(found(needs_person(request), pk)), max_age=0)


class Verb(ApiView, ABC):
    """Something a moderator does to an adhesion, there and then; subclasses say what."""

    permission_classes = (SecondFactor,)

    def post(self, request, pk):
        """Do it once, on the state the caller read. A conflict says who acted meanwhile."""
        person = request.user
        asked = self.asked(request)
        return acted(
            request,
            asked,
            read=lambda: found(person, pk),
            shape=shape,
            act=lambda adhesion, seen: self.act(person, adhesion, asked, seen),
            told=lambda error: _conflict(error, found(person, pk)),
        )

    @abstractmethod
    def asked(self, request):
        """Return what was sent. Raises ValidationError."""

    @abstractmethod
    def act(self, person, adhesion, asked, seen):
        """Call the service for the version that was `seen`."""


@extend_schema_view(
    post=extend_schema(
        operation_id="claim_adhesion",
        summary="Take an adhesion to review (browser session with a second factor)",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=None,
        responses=answers(AdhesionShape, 404, 409, 412, 503),
        tags=["adhesions"],
    )
)
class Claim(Verb):
    """Take an adhesion to review for a while; again prolongs."""

    def asked(self, request):
        """Nothing: whoever else claimed it keeps it, whatever was read. Any version will do."""
        return {"version": 0}

    def act(self, person, adhesion, asked, seen):
        """Claim."""
        verbs.claim_adhesion(adhesion=adhesion, actor=person)


class Ruling(Verb):
    """Decide on an adhesion one has claimed, with words the other side reads."""

    service: ClassVar[Callable[..., Adhesion]]

    def asked(self, request):
        """Return the words, and the version unless If-Match says it."""
        return validated(RulingShape, request.data)

    def act(self, person, adhesion, asked, seen):
        """Decide."""
        reason = Reason(asked["reason_code"], asked["words"])
        self.service(adhesion=adhesion, actor=person, reason=reason, expected_version=seen)


def _ruling(name, summary):
    return extend_schema_view(
        post=extend_schema(
            operation_id=f"{name}_adhesion",
            summary=f"{summary} (browser session with a second factor)",
            parameters=[IF_MATCH, IDEMPOTENCY_KEY],
            request=RulingShape,
            responses=answers(AdhesionShape, 404, 409, 412, 413, 415, 422, 503),
            tags=["adhesions"],
        )
    )


@_ruling("approve", "Approve an adhesion")
class Approve(Ruling):
    """Admit an organisation."""

    service = staticmethod(verbs.approve_adhesion)


@_ruling("refuse", "Refuse an adhesion")
class Refuse(Ruling):
    """Refuse an organisation."""

    service = staticmethod(verbs.refuse_adhesion)


@_ruling("request_changes", "Ask for changes")
class RequestChanges(Ruling):
    """Send an adhesion back to its référent."""

    service = staticmethod(verbs.request_changes)


def _conflict(error, adhesion):
    last = history(adhesion)[-1]
    extra = {**error.extra, "changed_by": last.actor_label, "changed_at": last.at.isoformat(), "now": last.to_state}
    detail = _("%(why)s Last change: %(name)s, %(state)s.") % {
        "why": error,
        "name": last.actor_label,
        "state": AdhesionState(last.to_state).label,
    }
    return type(error)(detail, code=error.code, **extra)
