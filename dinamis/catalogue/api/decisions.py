# SPDX-License-Identifier: AGPL-3.0-or-later
"""May I? Up to a thousand questions in one call, answered by `decide()`'s own judgement."""

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from dinamis.accounts.api.schema import Missing, answers
from dinamis.accounts.api.views import ApiView, client_of, validated
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.selectors.questions import Question, answer_questions
from dinamis.core import clock
from dinamis.core.exceptions import NotPermitted, NotVisible
from licensing.enums import Action
from licensing.selectors.partners import person_in, reach_of

BIG = 2**63 - 1


class QuestionShape(serializers.Serializer):
    """One question: about an image or about a whole collection."""

    item = serializers.IntegerField(required=False, min_value=1, max_value=BIG)
    collection = serializers.SlugField(required=False)
    action = serializers.ChoiceField(Action.choices, required=False, default=Action.DOWNLOAD.value)
    project = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=BIG)

    def validate(self, data):
        """Exactly one of `item` and `collection`."""
        if ("item" in data) == ("collection" in data):
            raise serializers.ValidationError(_("Name an item or a collection, one of them."), code="one_subject")
        return data


class DecisionsQuestion(serializers.Serializer):
    """The questions, and for a partner the person they are about."""

    person = serializers.EmailField(required=False, help_text="partner scope only; else the caller")
    items = serializers.ListField(child=QuestionShape(), min_length=1, max_length=settings.DINAMIS["API_DECISIONS_MAX"])


class DecisionShape(serializers.Serializer):
    """One answer, in the place of its question."""

    item = serializers.IntegerField(required=False)
    collection = serializers.CharField(required=False)
    action = serializers.CharField()
    project = serializers.IntegerField(allow_null=True)
    known = serializers.BooleanField(help_text="whether there is such an image or collection")
    allowed = serializers.BooleanField()
    entitlement = serializers.IntegerField(allow_null=True)
    missing = Missing(many=True, required=False, help_text="for one's own questions")


class DecisionsShape(serializers.Serializer):
    """The answers, all of one moment."""

    at = serializers.DateTimeField()
    decisions = DecisionShape(many=True)


class Decisions(ApiView):
    """Questions answered together."""

    scopes = (ApiScope.RIGHTS, ApiScope.ENTITLEMENTS)

    @extend_schema(
        operation_id="decisions",
        summary="May I? Up to 1,000 questions at once",
        request=DecisionsQuestion,
        responses=answers(DecisionsShape, 404, 413, 415, 422),
        tags=["rights"],
    )
    def post(self, request):
        """Answer allow or deny in the order asked, with every missing condition when it is about yourself."""
        asked = validated(DecisionsQuestion, request.data)
        at = clock.now()
        person, own = _subject(request, asked.get("person"))
        questions = [Question(**one) for one in asked["items"]]
        found = answer_questions(person, questions, at=at)
        rows = [_shape(question, answer, own=own) for question, answer in zip(questions, found, strict=True)]
        return Response({"at": at, "decisions": rows})


def _subject(request, email):
    """Return the person asked about, and whether that is the caller."""
    reach = reach_of(request.user, client_of(request))
    if email is None:
        if reach.person is None:
            raise NotPermitted(_("This key acts for no person: name one."), code="person_required")
        return reach.person, True
    person = person_in(reach, email)
    if person is None:
        raise NotVisible(_("There is nobody of this address, or not for you."))
    return person, person == reach.person


def _shape(question, answer, *, own):
    subject = {"item": question.item} if question.item is not None else {"collection": question.collection}
    shape = {
        **subject,
        "action": question.action,
        "project": question.project,
        "known": answer is not None,
        "allowed": bool(answer),
        "entitlement": answer.entitlement_id if answer else None,
    }
    if own:
        shape["missing"] = [] if answer or answer is None else answer.missing()
    return shape
