# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shapes that several resources share."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.enums import Action, ChangeKind, EligibilityClass, Purpose
from licensing.selectors.project import STANDINGS as PROJECT_STANDINGS
from licensing.selectors.project import project_standing
from licensing.selectors.rights import STANDINGS, standing


class OrganisationShape(serializers.Serializer):
    """Who holds something."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    siret = serializers.CharField()
    ror = serializers.CharField()


class ProjectShape(serializers.Serializer):
    """Why imagery is used."""

    id = serializers.IntegerField(source="pk")
    title = serializers.CharField()
    purpose = serializers.ChoiceField(Purpose.choices)
    theme = serializers.CharField()
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)


class NamedPersonShape(serializers.Serializer):
    """A person, by name."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class ProjectDetailShape(ProjectShape):
    """A project with its grounds and its end, for the members of its organisation."""

    organisation = OrganisationShape()
    owner = NamedPersonShape()
    members = NamedPersonShape(many=True, help_text="none: every member of the organisation")
    description = serializers.CharField()
    partners = serializers.CharField()
    sponsor = serializers.CharField(help_text="the French partner of a cooperation")
    contract = serializers.CharField()
    awarding_body = serializers.CharField()
    standing = serializers.SerializerMethodField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_words = serializers.CharField()
    revision = serializers.IntegerField()

    @extend_schema_field(serializers.ChoiceField(list(PROJECT_STANDINGS)))
    def get_standing(self, project):
        """Computed when asked, never stored."""
        return project_standing(project, self.context["at"])


class EntitlementShape(serializers.Serializer):
    """A right with its standing at the moment asked for (`at` of the context)."""

    id = serializers.IntegerField(source="pk")
    organisation = OrganisationShape()
    licence = serializers.CharField(source="licence.code")
    collections = serializers.SerializerMethodField()
    purpose = serializers.ChoiceField(Purpose.choices)
    project = ProjectShape(allow_null=True)
    eligibility_class = serializers.ChoiceField(EligibilityClass.choices)
    actions = serializers.ListField(child=serializers.ChoiceField(Action.choices), help_text="what the right covers")
    starts_at = serializers.DateTimeField(source="period.lower")
    ends_at = serializers.DateTimeField(source="period.upper")
    standing = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_collections(self, right):
        """The collections whose images stand under the licence."""
        return sorted(collection.slug for collection in right.licence.collections.all())

    @extend_schema_field(serializers.ChoiceField(list(STANDINGS)))
    def get_standing(self, right):
        """Computed when asked, never stored."""
        return standing(right, self.context["at"])


class EntitlementDetailShape(EntitlementShape):
    """A right with what it rests on."""

    basis = serializers.DictField(
        help_text="frozen at the decision: form, documents, signatures, opinions, project, decision"
    )


class ChangeShape(serializers.Serializer):
    """One line of the feed."""

    seq = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(ChangeKind.choices)
    cause = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    entitlement = EntitlementShape()
