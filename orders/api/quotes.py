# SPDX-License-Identifier: AGPL-3.0-or-later
"""Feasibility and quotes of an order: read by programs; a person accepts in a browser session, at the price read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, answers
from dinamis.accounts.api.versioned import tagged
from dinamis.accounts.api.views import ApiView, absolute, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import check_if_match, etag_of, fresh
from dinamis.core.exceptions import Invalid, NotVisible
from dinamis.core.handover import accel_response, private
from dinamis.core.sentences import say
from orders.api.orders import found
from orders.enums import OrderKind, QuoteState
from orders.models import Feasibility, Quote
from orders.selectors.money.quotes import feasibilities
from orders.services.money import quotes

BIG = 2**63 - 1
NOT_FOUND = {status: said for status, said in answers(None, 404).items() if status != 200}


class PassShape(serializers.Serializer):
    """A pass of a satellite."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    incidence = serializers.FloatField(help_text="degrees")


class FeasibilityShape(serializers.Serializer):
    """What the provider says of one line of an acquisition request."""

    line = serializers.IntegerField(source="line.position")
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True, help_text="null while the provider is asked")
    available = serializers.BooleanField(allow_null=True)
    classification = serializers.CharField(help_text="as the provider says it: EASY, CHALLENGING…")
    easy = serializers.BooleanField(source="is_easy")
    automation = serializers.CharField(help_text="AUTOMATIC, or MANUAL: it is studied by hand")
    expires = serializers.DateTimeField(allow_null=True)
    expired = serializers.SerializerMethodField()
    passes = PassShape(many=True)
    error = serializers.CharField()

    def get_expired(self, row: Feasibility) -> bool:
        """Whether the answer counts no more."""
        return row.expires is not None and row.expires <= clock.now()


class FeasibilitiesShape(serializers.Serializer):
    """The newest answer about each line."""

    results = FeasibilityShape(many=True)


class QuoteLineShape(serializers.Serializer):
    """A line of the bill: m2, and cents inside and outside the quota."""

    name = serializers.SerializerMethodField()
    area_m2 = serializers.IntegerField()
    minimum_m2 = serializers.IntegerField()
    factor = serializers.IntegerField(help_text="views of the mode")
    billed_m2 = serializers.IntegerField()
    inside_cents = serializers.IntegerField()
    outside_cents = serializers.IntegerField()

    def get_name(self, line: Mapping[str, Any]) -> str:
        """What the line is called in the language in use."""
        return say(line["label"])


class QuoteShape(serializers.Serializer):
    """A formal price, until when it stands."""

    number = serializers.CharField()
    state = serializers.ChoiceField(QuoteState.choices)
    lines = QuoteLineShape(many=True)
    billed_m2 = serializers.IntegerField()
    price_cents = serializers.IntegerField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    document = serializers.SerializerMethodField()

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_document(self, quote: Quote) -> str | None:
        """The PDF; null before it is made."""
        return absolute("api:order_quote_pdf", quote.order.reference, quote.number) if quote.storage_key else None


class QuotesShape(serializers.Serializer):
    """The quotes of an order."""

    results = QuoteShape(many=True)


class AcceptQuoteWanted(serializers.Serializer):
    """The price that was read, unless If-Match says which quote was."""

    price_cents = serializers.IntegerField(required=False, min_value=0, max_value=BIG)


class Feasibilities(ApiView):
    """What the provider says of an acquisition request."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="order_feasibility",
        summary="Whether an acquisition can be done: passes, class, until when that counts",
        parameters=[IF_NONE_MATCH],
        responses=answers(FeasibilitiesShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference):
        """Return the newest answer about each line, by position; none of an archive order."""
        order = found(needs_person(request), reference)
        lines = list(order.items.all()) if order.kind == OrderKind.ACQUISITION else []
        rows = sorted(feasibilities(lines).values(), key=lambda row: row.line.position)
        return fresh(request, {"results": FeasibilityShape(rows, many=True).data}, max_age=0)


class Quotes(ApiView):
    """The quotes of an order."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="order_quotes",
        summary="Quotes of an order, the newest first",
        parameters=[IF_NONE_MATCH],
        responses=answers(QuotesShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference):
        """Return every quote, also those that are over."""
        order = found(needs_person(request), reference)
        rows = order.quotes.select_related("order").order_by("-pk")
        return fresh(request, {"results": [shape(row) for row in rows]}, max_age=0)


class QuoteView(ApiView):
    """One quote."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="order_quote",
        summary="One quote",
        parameters=[IF_NONE_MATCH],
        responses=answers(QuoteShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference, number):
        """Return a quote with the ETag that its acceptance takes as If-Match."""
        return fresh(request, shape(_found(needs_person(request), reference, number)), max_age=0)


class QuotePdf(ApiView):
    """The document of a quote."""

    scopes = (ApiScope.ORDERS,)

    @extend_schema(
        operation_id="order_quote_pdf",
        summary="The quote as a document (PDF)",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **NOT_FOUND},
        tags=["orders"],
    )
    def get(self, request, reference, number):
        """Hand the document over."""
        quote = _found(needs_person(request), reference, number)
        if not quote.storage_key:
            raise NotVisible(_("The document is not made yet."))
        return private(accel_response(quote.storage_key, file_name=f"{number}.pdf", media_type="application/pdf"))


class AcceptQuote(ApiView):
    """An acceptance; no key may give it."""

    @extend_schema(
        operation_id="accept_quote",
        summary="Accept a quote at the price that was read (browser session)",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=AcceptQuoteWanted,
        responses=answers(QuoteShape, 404, 409, 412, 413, 415, 422, 503),
        tags=["orders"],
    )
    def post(self, request, reference, number):
        """Accept, once. At another price nothing is accepted: 409 with both, and the quote that stands."""
        person = needs_person(request)
        asked = validated(AcceptQuoteWanted, request.data)

        def execute():
            quote = _found(person, reference, number)
            if not check_if_match(request, etag_of(shape(quote))):
                _check_price(quote, asked.get("price_cents"))
            quotes.accept(quote=quote, actor=person, fingerprint=quote.fingerprint)
            return 200, shape(_found(person, reference, number))

        return tagged(idempotent(request, execute))


def shape(quote: Quote) -> dict[str, Any]:
    """Return a quote as the API shows it now."""
    return dict(QuoteShape(quote).data)


def _check_price(quote: Quote, read_cents: int | None) -> None:
    if read_cents is None:
        raise Invalid(_("Say which price you read, here or by If-Match."), pointer="price_cents", code="required")
    if quote.price_cents is not None and read_cents != quote.price_cents:
        raise quotes.QuoteChanged(quote, read_cents)


def _found(person: Any, reference: str, number: str) -> Quote:
    """Return a quote of an order the person may read. Raises NotVisible."""
    order = found(person, reference)
    quote = order.quotes.filter(number=number).select_related("order__requester", "order__organisation").first()
    if quote is None:
        raise NotVisible(_("There is nothing here, or not for you."))
    return quote
