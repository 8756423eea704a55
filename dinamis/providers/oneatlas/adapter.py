# SPDX-License-Identifier: AGPL-3.0-or-later
"""The verbs of ``Provider`` for OneAtlas (domain.md §6.2 to 6.5).

OneAtlas does not know idempotence: the same customer reference sent twice buys twice. ``place`` therefore asks for the
reference first and never repeats the POST by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dinamis.providers import download
from dinamis.providers.base import (
    Attempt,
    Contract,
    DeliveryFile,
    ErrorCode,
    FeasibilityAnswer,
    FeasibilityRequest,
    GeoJSON,
    Option,
    OrderRequest,
    Period,
    PlacedOrder,
    Price,
    PriceRequest,
    ProductType,
    Progress,
    ProviderStatus,
    RequestRefused,
    Scene,
    Segment,
    StatusCode,
    Tasking,
    sequence_of,
)
from dinamis.providers.oneatlas import mapping
from dinamis.providers.oneatlas.client import OneAtlasClient

PAGE = 100
MAX_PAGES = 50


class OneAtlas:
    """An account of OneAtlas. Nothing is kept between calls but the token."""

    def __init__(
        self,
        *,
        name: str = "oneatlas",
        api_key: str,
        order_url: str = "https://order.api.oneatlas.airbus.com",
        auth_url: str = "https://authenticate.foundation.api.oneatlas.airbus.com",
        search_url: str = "https://search.foundation.api.oneatlas.airbus.com",
        socket: str | None = None,
        **http: Any,
    ) -> None:
        self.name = name
        self.client = OneAtlasClient(
            order_url=order_url, auth_url=auth_url, search_url=search_url, api_key=api_key, socket=socket, **http
        )

    def close(self) -> None:
        """Release the connections."""
        self.client.close()

    def contracts(self) -> list[Contract]:
        """The contracts of the account."""
        return [mapping.contract(raw) for raw in sequence_of(self.client.get("/api/v1/contracts").get("contracts"))]

    def product_types(self, contract_id: str) -> list[ProductType]:
        """What the contract allows to order."""
        body = self.client.get(f"{_contract(contract_id)}/productTypes")
        return [mapping.product_type(raw) for raw in sequence_of(body.get("productTypes"))]

    def options(self, contract_id: str, product_type: str, aoi: GeoJSON) -> list[Option]:
        """Production options over an area."""
        path = f"{_contract(contract_id)}/productTypes/{_part(product_type)}/options"
        body = self.client.ask(path, {"aoi": [{"polygonId": mapping.AOI_ID, "geometry": dict(aoi)}]})
        return [mapping.option(raw) for raw in sequence_of(body.get("availableOptions"))]

    def feasibility(self, request: FeasibilityRequest) -> list[FeasibilityAnswer]:
        """Which programmes can do it."""
        return mapping.feasibility_answers(self.client.ask("/api/v1/feasibility", mapping.feasibility_body(request)))

    def attempts(self, request: FeasibilityRequest) -> list[Attempt]:
        """Dated opportunities; ``ERR_NO_SENSOR_AVAILABLE`` is an empty list."""
        try:
            body = self.client.ask(
                "/api/v1/attempts", mapping.feasibility_body(request) | {"missions": [request.mission]}
            )
        except RequestRefused as error:
            if "ERR_NO_SENSOR_AVAILABLE" in (error.code, error.message.removeprefix("400 ")):
                return []
            raise
        found = []
        for capacity in sequence_of(body.get("progCapacities")):
            for programme in sequence_of(capacity.get("progTypes")):
                mission = str(programme.get("mission") or capacity.get("mission"))
                found += [_attempt(raw, mission) for raw in sequence_of(programme.get("segments"))]
        return found

    def search_archive(
        self, bbox: tuple[float, float, float, float], period: Period | None = None, *, limit: int = 100
    ) -> list[Scene]:
        """Archive scenes that intersect (west, south, east, north), newest first."""
        params = {"bbox": ",".join(f"{value:.6f}" for value in bbox), "itemsPerPage": str(min(limit, 500))}
        if period is not None:
            params["acquisitionDate"] = f"[{mapping.iso(period.start)},{mapping.iso(period.end)}]"
        body = self.client.get("/api/v2/opensearch", params, base=self.client.search_url)
        return [mapping.scene(raw) for raw in sequence_of(body.get("features"))][:limit]

    def price(self, request: PriceRequest) -> Price:
        """The price of an order not placed."""
        return mapping.price(self.client.ask("/api/v1/prices", mapping.order_body(request)))

    def find_by_reference(self, contract_id: str, reference: str) -> PlacedOrder | None:
        """The oldest order with this exact reference; the search of OneAtlas also matches parts of it."""
        query = f"(contractId:{contract_id}) AND (customerReference:*{reference}*)"
        found = [v for v in self._search(query) if v.get("customerReference") == reference]
        found.sort(key=lambda view: (str(view.get("orderCreationDate")), str(view.get("salesOrderId"))))
        return _placed(found[0]) if found else None

    def place(self, request: OrderRequest) -> PlacedOrder:
        """Place once. Raises ``RequestRefused`` (``conflict``) when the price is no longer the one approved."""
        known = self.find_by_reference(request.contract_id, request.reference)
        if known is not None:
            return known
        if request.expected_cents is not None:
            self._check_price(request)
        body = self.client.act("/api/v1/orders", mapping.order_body(request))
        if not body.get("salesOrderId"):
            return self._quoted(request, body)
        amount = body.get("totalAmount")
        return PlacedOrder(
            reference=request.reference,
            contract_id=request.contract_id,
            order_id=str(body["salesOrderId"]),
            source=mapping.source_of(request.product_type),
            item_id=str(body.get("orderItemId") or ""),
            cents=None if amount is None else mapping.cents(amount),
            currency=str(body.get("currency") or "EUR"),
            raw=body,
        )

    def _check_price(self, request: OrderRequest) -> None:
        asked = PriceRequest(
            contract_id=request.contract_id,
            product_type=request.product_type,
            aoi=request.aoi,
            scene_ids=request.scene_ids,
            options=request.options,
            tasking=request.tasking,
            market=request.market,
            reference=request.reference,
        )
        price = self.price(asked)
        if price.cents != request.expected_cents:
            raise RequestRefused(
                f"the price is now {price.cents} cents, {request.expected_cents} were approved",
                code=ErrorCode.CONFLICT,
                payload={"price": dict(price.raw), "expected_cents": request.expected_cents},
            )

    def _quoted(self, request: OrderRequest, body: Mapping[str, Any]) -> PlacedOrder:
        """Pléiades Neo answers with a quotation: the order shows under its reference."""
        known = self.find_by_reference(request.contract_id, request.reference)
        if known is None:
            raise RequestRefused(
                "the order was answered with no number and cannot be found",
                code=ErrorCode.UNREADABLE_ANSWER,
                payload=body,
            )
        return known

    def status(self, placed: PlacedOrder) -> ProviderStatus:
        """Where the order stands: production of an archive order, programming then production of a tasking."""
        view = self._view(placed)
        activities = self._activities(placed)
        by_order = mapping.order_status(view, activities)
        if placed.source != "tasking" or by_order.code.is_final:
            return by_order
        tasking = self._tasking_of(placed)
        return by_order if tasking is None else tasking.status

    def _view(self, placed: PlacedOrder) -> Mapping[str, Any]:
        query = f"(contractId:{placed.contract_id}) AND (salesOrderId:{placed.order_id})"
        for view in self._search(query):
            if view.get("salesOrderId") == placed.order_id:
                return view
        raise RequestRefused(f"order {placed.order_id} is not known", code=ErrorCode.NOT_FOUND)

    def _activities(self, placed: PlacedOrder) -> list[Mapping[str, Any]]:
        body = self.client.ask("/api/v1/activities/search", {"payload": {"salesOrderId": placed.order_id}})
        return [item for item in sequence_of(body.get("items")) if isinstance(item, dict)]

    def _tasking_of(self, placed: PlacedOrder) -> Tasking | None:
        listed = self.taskings(placed.contract_id, reference=placed.reference)
        return next((t for t in listed if placed.order_id in (t.order_id, "")), None)

    def _search(self, query: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for page in range(MAX_PAGES):
            paging = {"itemsPerPage": PAGE, "startIndex": page * PAGE, "pagingMode": "item"}
            body = self.client.ask("/api/v2/orders/search", {"paging": paging, "criteria": {"q": query}})
            features = sequence_of(body.get("features"))
            found += features
            if len(features) < PAGE:
                break
        return found

    def deliveries(self, placed: PlacedOrder) -> list[DeliveryFile]:
        """The manifest: what is delivered so far."""
        body = self.client.get(f"{_contract(placed.contract_id)}/orders/{_part(placed.order_id)}/deliveries")
        return [mapping.delivery_file(raw) for raw in sequence_of(body.get("deliveries"))]

    def cancel(self, placed: PlacedOrder) -> ProviderStatus:
        """Cancel; a permanent ``conflict`` error when production has begun."""
        if placed.source == "tasking":
            tasking = self._tasking_of(placed)
            if tasking is None:
                raise RequestRefused(f"tasking of {placed.order_id} is not known", code=ErrorCode.NOT_FOUND)
            self.client.act(f"{_contract(placed.contract_id)}/taskings/{_part(tasking.id)}/cancel")
        else:
            item = placed.item_id or str(self._view(placed).get("orderItemId"))
            self.client.act(f"/api/v1/orders/{_part(item)}/cancel")
        return ProviderStatus(code=StatusCode.USER_CANCELLED, reason_code="customer_request")

    def taskings(self, contract_id: str, *, reference: str | None = None) -> list[Tasking]:
        """Acquisition requests of a contract, of one exact reference when given."""
        params = {"count": "500"} | ({"customerRef": reference} if reference else {})
        body = self.client.get(f"{_contract(contract_id)}/taskings", params)
        listed = [mapping.tasking(raw) for raw in sequence_of(body.get("taskings"))]
        return [t for t in listed if reference is None or t.reference == reference]

    def segments(self, contract_id: str, tasking_id: str) -> list[Segment]:
        """Acquisitions proposed, accepted, refused."""
        body = self.client.get(f"{_contract(contract_id)}/taskings/{_part(tasking_id)}/segments")
        return [mapping.segment(raw, tasking_id) for raw in sequence_of(body.get("segments"))]

    def accept_segment(self, contract_id: str, tasking_id: str, segment_id: str, part: GeoJSON | None = None) -> None:
        """Accept an acquisition. ``acceptedArea`` is ours: the published API accepts the whole segment."""
        self._decide(contract_id, tasking_id, segment_id, "accept", {"acceptedArea": dict(part)} if part else None)

    def refuse_segment(self, contract_id: str, tasking_id: str, segment_id: str, words: str = "") -> None:
        """Refuse an acquisition. ``comment`` is ours: the published API takes no words."""
        self._decide(contract_id, tasking_id, segment_id, "refuse", {"comment": words} if words else None)

    def _decide(
        self, contract_id: str, tasking_id: str, segment_id: str, verb: str, body: Mapping[str, Any] | None = None
    ) -> None:
        path = f"{_contract(contract_id)}/taskings/{_part(tasking_id)}/segments/{_part(segment_id)}/{verb}"
        self.client.act(path, body)

    def fetch(self, file: DeliveryFile, target: Path, on_progress: Progress | None = None) -> Path:
        """Download with resume and verification; the token goes to our own hosts only."""
        headers = self.client.headers(file.url)
        return download.fetch(self.client.http, file, target, headers=headers, on_progress=on_progress)


def _contract(contract_id: str) -> str:
    return f"/api/v1/contracts/{_part(contract_id)}"


def _part(value: str) -> str:
    return quote(value, safe="")


def _placed(view: Mapping[str, Any]) -> PlacedOrder:
    amount = view.get("orderLineAmountWithDiscount", view.get("orderLineAmount"))
    requests = sequence_of((view.get("tasking") or {}).get("taskingRequest"))
    return PlacedOrder(
        reference=str(view["customerReference"]),
        contract_id=str(view.get("contractId")),
        order_id=str(view["salesOrderId"]),
        source=str(view.get("source") or mapping.source_of(str(view.get("productType")))),
        tasking_id=str(requests[0].get("taskingRequestId") or "") if requests else "",
        item_id=str(view.get("orderItemId") or ""),
        cents=None if amount is None else mapping.cents(amount),
        currency=str(view.get("currency") or "EUR"),
        already_known=True,
        raw=view,
    )


def _attempt(raw: Mapping[str, Any], mission: str) -> Attempt:
    deadline = raw.get("orderDeadline")
    return Attempt(
        id=str(raw["id"]),
        mission=mission,
        start=mapping.instant(raw["acquisitionStartDate"]),
        end=mapping.instant(raw["acquisitionEndDate"]),
        incidence_angle=float(raw.get("incidenceAngle") or 0),
        order_deadline=mapping.instant(deadline) if deadline else None,
        key=str(raw.get("segmentKey") or ""),
        raw=raw,
    )
