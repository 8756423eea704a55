# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders for programs: written, looked at without writing, changed, submitted, cancelled by the verbs of the pages."""

import json
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
from dinamis.accounts.api.views import PAGING, ApiView, next_page, page_query, validated
from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import Organisation
from dinamis.accounts.selectors.membership import active_memberships
from dinamis.catalogue.models import Collection
from dinamis.core import clock, geo
from dinamis.core.api.conditional import check_if_match, etag_of, fresh
from dinamis.core.api.pagination import page_by_id
from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid, NotVisible, PreconditionFailed, StaleVersion, refuse
from dinamis.core.periods import day_start
from licensing.models import Project
from licensing.selectors.partners import projects_of
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
from orders.enums import OrderKind, OrderState
from orders.models import Order
from orders.selectors.estimate import check_lines
from orders.selectors.listing import order_of, with_lines
from orders.selectors.rights import missing_for
from orders.services import acquisition_draft, draft, submission
from orders.services.acquisition_draft import PARAMETERS, Wanted, wanted_from, wanted_of

REFUSALS = (404, 409, 412, 413, 415, 422, 503)
OF_ARCHIVE = {"scenes", "aoi"}
OF_ACQUISITION = {"collection", "areas", "period", *PARAMETERS}
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
        summary="Write an order of archive scenes, or an acquisition request",
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
            return 201, shape(found(person, _written(person, asked).reference))

        response = idempotent(request, execute)
        response.headers["ETag"] = etag_of(shape(found(person, response.data["reference"])))
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
            _changed(person, order, asked, version)

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
    """Do something to an order once, on the version the caller read, and answer with what it is now and its ETag.

    A version that is not the present one is 409; 412 where If-Match was sent.
    """
    person = needs_person(request)

    def execute():
        order = found(person, reference)
        conditional = check_if_match(request, etag_of(shape(order)))
        seen = order.version if conditional else asked.get("version")
        if seen is None:
            raise Invalid(_("Say which version you read, here or by If-Match."), pointer="version", code="required")
        act(order, person, seen)
        return 200, shape(found(person, reference))

    try:
        response = idempotent(request, execute)
    except StaleVersion as error:
        if "If-Match" in request.headers:
            raise PreconditionFailed(str(error), **error.extra) from error
        raise
    response.headers["ETag"] = etag_of(shape(found(person, reference)))
    return response


def _filters(request: Any) -> dict[str, Any]:
    return {name: value for name, value in request.query_params.items() if name not in PAGING}


def _wanted_rows(person: Any, asked: Mapping[str, Any]) -> Any:
    named = {name: value for name, value in asked.items() if name != "created_since"}
    rows = Order.objects.filter(pk__in=Order.objects.visible_to(person).values("pk"), **named)
    since = asked.get("created_since")
    return rows.filter(created_at__gte=day_start(since)) if since else rows


@transaction.atomic
def _tried(person: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What would be written: it is written, read and undone, so that it cannot say anything else (docs/adr/0013)."""
    order = found(person, _written(person, asked).reference)
    data = shape(order) | {"reference": None, "page": ""}
    transaction.set_rollback(True)
    return data


def _written(person: Any, asked: Mapping[str, Any]) -> Order:
    kind = asked["kind"]
    _check_members(asked, kind)
    common = {
        "requester": person,
        "organisation": _own_organisation(person, asked["organisation"]),
        "project": _own_project(person, asked["project"]),
        "title": asked["title"],
        "justification": asked.get("justification", ""),
        "submit": asked["submit"],
    }
    if kind == OrderKind.ACQUISITION:
        return submission.request_acquisition(wanted=_wanted(asked), **common)
    return submission.request_order(
        scenes=_required(asked, "scenes"),
        aoi=_area(asked["aoi"], "aoi") if asked.get("aoi") is not None else None,
        options=asked.get("options"),
        bundle=asked.get("bundle", ""),
        **common,
    )


def _changed(person: Any, order: Order, asked: Mapping[str, Any], version: int) -> None:
    _check_members(asked, order.kind)
    if "scenes" in asked:
        raise Invalid(
            _("The scenes of an order stay."), pointer="scenes", repair=_("Write another order."), code="frozen"
        )
    common = {
        "order": order,
        "actor": person,
        "project": _own_project(person, asked["project"]) if "project" in asked else order.project,
        "title": asked.get("title", order.title),
        "justification": asked.get("justification", order.justification),
        "expected_version": version,
    }
    if order.kind == OrderKind.ACQUISITION:
        acquisition_draft.edit_acquisition(wanted=_rewanted(order, asked), **common)
        return
    aoi = asked.get("aoi", order)
    geometry = geo.to_shapely(order.aoi) if aoi is order else None if aoi is None else _area(aoi, "aoi")
    draft.edit_draft(aoi=geometry, options=asked.get("options"), bundle=asked.get("bundle", ""), **common)


def _wanted(asked: Mapping[str, Any]) -> Wanted:
    period = _required(asked, "period")
    return wanted_from(
        collection=_collection(_required(asked, "collection")),
        areas=_areas(_required(asked, "areas")),
        first=period["first"],
        last=period["last"],
        said=asked,
        options=asked.get("options"),
        bundle=asked.get("bundle", ""),
    )


def _rewanted(order: Order, asked: Mapping[str, Any]) -> Wanted:
    """What a request asks once what is named has changed."""
    now = wanted_of(order)
    period = asked.get("period", {"first": now.parameters.first, "last": now.parameters.last})
    kept = {} if asked.get("bundle") else {name: getattr(now.parameters, name) for name in PARAMETERS}
    said = {**kept, **{name: asked[name] for name in PARAMETERS if name in asked}}
    kept_options = {} if asked.get("bundle") else now.options
    return wanted_from(
        collection=_collection(asked["collection"]) if "collection" in asked else now.collection,
        areas=_areas(asked["areas"]) if "areas" in asked else now.areas,
        first=period["first"],
        last=period["last"],
        said=said,
        options=asked.get("options", kept_options),
        bundle=asked.get("bundle", ""),
    )


def _check_members(asked: Mapping[str, Any], kind: str) -> None:
    """Raise Invalid for each member that the other kind of order knows."""
    foreign = OF_ACQUISITION if kind == OrderKind.ARCHIVE else OF_ARCHIVE
    refuse(
        [
            Invalid(
                _("“%(name)s” belongs to the other kind of order.") % {"name": name},
                pointer=name,
                repair=_("Leave it out."),
                code="other_kind",
            )
            for name in asked
            if name in foreign
        ]
    )


def _required(asked: Mapping[str, Any], name: str) -> Any:
    if name not in asked:
        raise Invalid(_("This is needed for such an order."), pointer=name, code="required")
    return asked[name]


def _collection(slug: str) -> Collection:
    collection = Collection.objects.filter(slug=slug).select_related("licence").first()
    if collection is None:
        raise Invalid(_("There is no such collection."), pointer="collection", code="unknown_collection")
    return collection


def _areas(values: list[Any]) -> list[Any]:
    """Return the areas as geometries; how many an order may have is looked at before they are read."""
    check_lines(len(values), pointer="areas")
    return [_area(value, f"areas/{place}") for place, value in enumerate(values)]


def _area(value: Any, pointer: str) -> Any:
    try:
        return read_area(json.dumps(value)).geometry
    except Invalid as error:
        raise Invalid(error.message, pointer=pointer, repair=error.extra["repair"], code=error.code) from error


def _own_organisation(person: Any, pk: int) -> Organisation:
    membership = active_memberships(person).filter(organisation=pk).first()
    if membership is None:
        raise Invalid(_("This organisation is not one of yours."), pointer="organisation", code="organisation")
    return membership.organisation


def _own_project(person: Any, pk: int) -> Project:
    project = projects_of(person).filter(pk=pk).first()
    if project is None:
        raise Invalid(_("This project is not one of yours."), pointer="project", code="project")
    return project
