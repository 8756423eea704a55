# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders for programs: written, looked at without writing, changed, submitted, cancelled by the verbs of the pages."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import CURSOR, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, LIMIT, answers
from dinamis.accounts.api.versioned import acted as on_version
from dinamis.accounts.api.versioned import tagged
from dinamis.accounts.api.views import PAGING, ApiView, next_page, page_query, validated
from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.api.conditional import fresh
from dinamis.core.api.pagination import page_by_id
from dinamis.core.exceptions import NotVisible
from dinamis.core.periods import day_start
from orders.api.order_requests import changed, written
from orders.api.order_shapes import (
    CancelWanted,
    OrderChange,
    OrderDetailShape,
    OrderShape,
    OrdersQuery,
    OrdersShape,
    OrderWanted,
    VersionShape,
)
from orders.enums import OrderState
from orders.models import Order
from orders.selectors.requests.listing import order_of, with_lines
from orders.selectors.requests.rights import missing_for
from orders.services.requests import submission

REFUSALS = (404, 409, 412, 413, 415, 422, 503)
DRY_RUN = OpenApiParameter(
    "dry_run",
    OpenApiTypes.BOOL,
    description="say what would be written, with its price and what is missing; write nothing",
)


def found(person: Any, reference: str) -> Order:
    """Return an order the person may read, with what its shape shows. Raises NotVisible."""
    order = order_of(person, reference)
    if order is None:
        raise NotVisible(_("There is nothing here, or not for you."))
    return order


def shape(order: Order) -> dict[str, Any]:
    """Return an order as the API shows it now."""
    missing = missing_for(order, at=clock.now()) if order.state == OrderState.DRAFT else []
    return dict(OrderDetailShape(order, context={"missing": missing}).data)


class DryRunQuery(serializers.Serializer):
    """Whether anything is to be written."""

    dry_run = serializers.BooleanField(required=False, default=False)


class Orders(ApiView):
    """The orders of the caller and of their organisations."""

    scopes = (ApiScope.ORDERS,)
    changing_scopes = (ApiScope.ORDERS_WRITE,)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Filters belong to the list, `dry_run` to what is written."""
        reading = request.method in {"GET", "HEAD"}
        self.parameters = (*PAGING, *OrdersQuery().fields) if reading else ("dry_run",)  # type: ignore[misc]
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="orders",
        summary="Orders you may read",
        parameters=[OrdersQuery, CURSOR, LIMIT, IF_NONE_MATCH],
        responses=answers(OrdersShape, 422),
        tags=["orders"],
    )
    def get(self, request):
        """Return the orders of the caller and, drafts apart, of their organisations, the oldest first."""
        person = needs_person(request)
        asked = validated(OrdersQuery, _filters(request))
        rows, cursor = page_by_id(with_lines(_wanted_rows(person, asked)), **page_query(request))
        data = {"results": OrderShape(rows, many=True).data, "next": next_page(request, cursor)}
        return fresh(request, data, max_age=0)

    @extend_schema(
        operation_id="create_order",
        summary="Write an order of archive scenes or of an area of the archive, or an acquisition request",
        parameters=[DRY_RUN, IDEMPOTENCY_KEY],
        request=OrderWanted,
        responses={200: OrderDetailShape, **answers(OrderDetailShape, 409, 413, 415, 422, 503, status=201)},
        tags=["orders"],
    )
    def post(self, request):
        """Write a draft, and with `submit` send it; all of it or nothing. In a dry run (200) nothing is kept."""
        person = needs_person(request)
        asked = validated(OrderWanted, request.data)
        dry = validated(DryRunQuery, request.query_params)["dry_run"]
        if dry:
            return Response(_tried(person, asked))

        def execute():
            return 201, shape(found(person, written(person, asked).reference))

        response = tagged(idempotent(request, execute))
        response.headers["Location"] = f"{request.path}/{response.data['reference']}"
        return response


class OrderView(ApiView):
    """One order."""

    scopes = (ApiScope.ORDERS,)
    changing_scopes = (ApiScope.ORDERS_WRITE,)

    @extend_schema(
        operation_id="order",
        summary="One order",
        parameters=[IF_NONE_MATCH],
        responses=answers(OrderDetailShape, 404),
        tags=["orders"],
    )
    def get(self, request, reference):
        """Return an order with its lines, and the ETag that changes of it take as If-Match."""
        return fresh(request, shape(found(needs_person(request), reference)), max_age=0)

    @extend_schema(
        operation_id="change_order",
        summary="Change a draft, or an order the office sent back",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=OrderChange,
        responses=answers(OrderDetailShape, *REFUSALS),
        tags=["orders"],
    )
    def patch(self, request, reference):
        """Change what is named; the rest stays."""
        asked = validated(OrderChange, request.data)

        def act(order, person, version):
            changed(person, order, asked, version)

        return acted(request, reference, asked, act)


class Submit(ApiView):
    """Sending an order to the office."""

    scopes = (ApiScope.ORDERS_WRITE,)

    @extend_schema(
        operation_id="submit_order",
        summary="Send an order to the office",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=VersionShape,
        responses=answers(OrderDetailShape, *REFUSALS),
        tags=["orders"],
    )
    def post(self, request, reference):
        """Send a draft, or the changes the office asked for."""
        asked = validated(VersionShape, request.data)

        def act(order, person, version):
            submission.submit_order(order=order, actor=person, expected_version=version)

        return acted(request, reference, asked, act)


class Cancel(ApiView):
    """Cancelling an order."""

    scopes = (ApiScope.ORDERS_WRITE,)

    @extend_schema(
        operation_id="cancel_order",
        summary="Cancel an order that was not placed",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=CancelWanted,
        responses=answers(OrderDetailShape, *REFUSALS),
        tags=["orders"],
    )
    def post(self, request, reference):
        """Cancel; what an envelope holds for it is given back."""
        asked = validated(CancelWanted, request.data)

        def act(order, person, version):
            submission.cancel_order(order=order, actor=person, words=asked["words"], expected_version=version)

        return acted(request, reference, asked, act)


def acted(request: Any, reference: str, asked: Mapping[str, Any], act: Callable[[Order, Any, int], None]) -> Response:
    """Do something to an order once, on the version the caller read."""
    person = needs_person(request)
    return on_version(
        request,
        asked,
        read=lambda: found(person, reference),
        shape=shape,
        act=lambda order, seen: act(order, person, seen),
    )


def _filters(request: Any) -> dict[str, Any]:
    return {name: value for name, value in request.query_params.items() if name not in PAGING}


def _wanted_rows(person: Any, asked: Mapping[str, Any]) -> Any:
    named = dict(asked)
    since, own = named.pop("created_since", None), named.pop("own_reference", None)
    rows = Order.objects.filter(pk__in=Order.objects.visible_to(person).values("pk"), **named)
    if own is not None:
        rows = rows.filter(marks__person=person, marks__own_reference=own)
    return rows.filter(created_at__gte=day_start(since)) if since else rows


@transaction.atomic
def _tried(person: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What would be written: it is written, read and undone, so that it cannot say anything else (docs/adr/0013)."""
    order = found(person, written(person, asked).reference)
    data = shape(order) | {"reference": None, "page": ""}
    transaction.set_rollback(True)
    return data
