# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the caller owes, read; the works of their organisations, read and declared. Reports and certificates are sent,
and signed, by a person in a browser session."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import CURSOR, IDEMPOTENCY_KEY, LIMIT, answers
from dinamis.accounts.api.views import PAGING, ApiView, absolute, next_page, page_query, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core.api.pagination import page_by_id
from licensing.api.own import only_organisation
from orders.domain.doi import address
from orders.enums import ObligationKind, ObligationState
from orders.models import Obligation, Publication
from orders.selectors.duties import obligations as selectors
from orders.services.duties.publications import declare_publication


class ObligationShape(serializers.Serializer):
    """Something that is owed for imagery."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(ObligationKind.choices)
    kind_label = serializers.CharField(source="get_kind_display")
    state = serializers.ChoiceField(ObligationState.choices)
    late = serializers.BooleanField()
    person = serializers.CharField(source="person.name")
    organisation = serializers.CharField(source="organisation.name")
    project = serializers.IntegerField(source="project_id", allow_null=True)
    since = serializers.DateTimeField(help_text="the first download it is about")
    until = serializers.DateTimeField()
    due_on = serializers.DateField()
    sent_at = serializers.DateTimeField(allow_null=True)
    images = serializers.SerializerMethodField()
    area_m2 = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField(help_text="what was downloaded, with SHA-256 and first day")
    page = serializers.SerializerMethodField(help_text="where a person answers it")

    @extend_schema_field(OpenApiTypes.INT)
    def get_images(self, row: Obligation) -> int:
        """How many images."""
        return int(row.facts.get("images", 0))

    @extend_schema_field(OpenApiTypes.INT)
    def get_area_m2(self, row: Obligation) -> int:
        """The area of their footprints."""
        return int(row.facts.get("area_m2", 0))

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_files(self, row: Obligation) -> list[dict[str, object]]:
        """The list."""
        return list(row.facts.get("files", []))

    @extend_schema_field(OpenApiTypes.URI)
    def get_page(self, row: Obligation) -> str:
        """Its address."""
        return absolute("orders:obligation", row.pk)


class ObligationsShape(serializers.Serializer):
    """One page of obligations."""

    results = ObligationShape(many=True)
    next = serializers.CharField(allow_null=True)


class PublicationShape(serializers.Serializer):
    """A work in which images were used."""

    id = serializers.IntegerField()
    doi = serializers.CharField()
    address = serializers.SerializerMethodField()
    title = serializers.CharField()
    year = serializers.IntegerField()
    organisation = serializers.IntegerField(source="organisation_id")
    items = serializers.SerializerMethodField(help_text="the images, by their ids in the catalogue")

    @extend_schema_field(OpenApiTypes.URI)
    def get_address(self, row: Publication) -> str:
        """Where it is resolved."""
        return address(row.doi)

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_items(self, row: Publication) -> list[int]:
        """Their ids."""
        return sorted(item.pk for item in row.items.all())


class PublicationsShape(serializers.Serializer):
    """One page of publications."""

    results = PublicationShape(many=True)
    next = serializers.CharField(allow_null=True)


class PublicationWanted(serializers.Serializer):
    """What is declared."""

    doi = serializers.CharField(max_length=300, help_text="alone, or after https://doi.org/")
    title = serializers.CharField(max_length=500)
    year = serializers.IntegerField(min_value=0, max_value=9999)
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=500,
        help_text="images the organisation downloaded or may download, by their ids in the catalogue",
    )
    organisation = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="needed by who belongs to several"
    )


class Obligations(ApiView):
    """What the caller owes or answers for."""

    scopes = (ApiScope.ORDERS,)
    parameters = PAGING

    @extend_schema(
        operation_id="obligations",
        summary="Usage reports and certificates of destruction you owe or answer for",
        parameters=[CURSOR, LIMIT],
        responses=answers(ObligationsShape, 422),
        tags=["orders"],
    )
    def get(self, request):
        """Return one page, oldest first."""
        person = needs_person(request)
        rows, cursor = page_by_id(selectors.mine(person), **page_query(request))
        return Response({"results": ObligationShape(rows, many=True).data, "next": next_page(request, cursor)})


class Publications(ApiView):
    """Works in which images were used."""

    scopes = (ApiScope.ORDERS,)
    changing_scopes = (ApiScope.ORDERS_WRITE,)

    def initial(self, request, *args, **kwargs):
        """Pages belong to the list."""
        self.parameters = PAGING if request.method in {"GET", "HEAD"} else ()  # type: ignore[misc]
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="publications",
        summary="Publications of yours and of your organisations",
        parameters=[CURSOR, LIMIT],
        responses=answers(PublicationsShape, 422),
        tags=["orders"],
    )
    def get(self, request):
        """Return one page, oldest first."""
        person = needs_person(request)
        rows, cursor = page_by_id(selectors.publications_of(person), **page_query(request))
        return Response({"results": PublicationShape(rows, many=True).data, "next": next_page(request, cursor)})

    @extend_schema(
        operation_id="declare_publication",
        summary="Declare a publication by its DOI, with the images it used",
        parameters=[IDEMPOTENCY_KEY],
        request=PublicationWanted,
        responses=answers(PublicationShape, 409, 413, 415, 422, status=201),
        tags=["orders"],
    )
    def post(self, request):
        """Declare it, once for each organisation and DOI."""
        person = needs_person(request)
        said = dict(validated(PublicationWanted, request.data))
        organisation = only_organisation(person, said.pop("organisation", None))

        def execute():
            row = declare_publication(person=person, organisation=organisation, **said)
            return 201, dict(PublicationShape(row).data)

        return idempotent(request, execute)
