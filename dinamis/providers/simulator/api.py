# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ordering API as OneAtlas publishes it (domain.md §6.2); ``Api.routes`` is the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dinamis.providers.simulator import geometry, orders
from dinamis.providers.simulator.clock import iso, parse, utc_now
from dinamis.providers.simulator.http import (
    ApiError,
    Request,
    Response,
    Router,
    bytes_response,
    json_response,
    search_terms,
)
from dinamis.providers.simulator.landscape import scene_seed
from dinamis.providers.simulator.orders import CONTRACT_ID, as_list, check_contract
from dinamis.providers.simulator.pdf import one_page
from dinamis.providers.simulator.products import (
    MARKETS,
    MISSIONS,
    PRODUCTS,
    PROGRAMMES,
    option_list,
    tasking_errors,
)
from dinamis.providers.simulator.store import Document
from dinamis.providers.simulator.world import TOKEN_LIFE, World

_NAMES = {"cis.quotation": "quotationId", "technicalProduct.source.id": "source"}


class Api:
    """The handlers; each takes the request and the path's arguments."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router) -> None:
        """Register every resource."""
        contract = "/api/v1/contracts/{contract}"
        add = router.add
        add("POST", "/auth/realms/IDP/protocol/openid-connect/token", self.token, open_to_all=True)
        add("GET", "/api/v1/me", self.me)
        add("GET", "/api/v1/contracts", self.contracts)
        add("GET", f"{contract}/productTypes", self.product_types)
        add("POST", f"{contract}/productTypes/{{product}}/options", self.options)
        add("GET", "/api/v1/{contract}/properties", self.properties)
        add("GET", "/api/v1/{contract}/deliveryTypes", self.delivery_types)
        add("POST", "/api/v1/feasibility", self.feasibility)
        add("POST", "/api/v1/attempts", self.attempts)
        add("POST", "/api/v1/prices", self.prices)
        add("POST", "/api/v1/quotations", self.quotations)
        add("GET", "/api/v1/quotations/{quotation}/export", self.quotation_pdf)
        add("PUT", f"{contract}/quotations/{{quotation}}/accept", self.accept_quotation)
        add("PUT", f"{contract}/quotations/{{quotation}}/refuse", self.refuse_quotation)
        add("POST", "/api/v1/orders", self.place)
        add("GET", "/api/v1/orders", self.list_orders)
        add("POST", "/api/v2/orders/search", self.search_orders)
        add("POST", "/api/v1/orders/{item}/stop", self.cancel_item)
        add("POST", "/api/v1/orders/{item}/cancel", self.cancel_item)
        add("GET", f"{contract}/orders/{{order}}/deliveries", self.deliveries)
        add("GET", "/api/v1/activities/search", self.activities)
        add("POST", "/api/v1/activities/search", self.activities)
        add("GET", "/api/v1/activities/{activity}", self.activity)

    def token(self, request: Request) -> Response:
        """API key to bearer token."""
        form = request.form()
        if form.get("grant_type") != "api_key" or form.get("client_id", "IDP") not in ("IDP", "AAA"):
            raise ApiError(400, "grant_type must be api_key and client_id IDP")
        body = {
            "access_token": self.world.token(form.get("apikey", "")),
            "expires_in": TOKEN_LIFE,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "",
        }
        return json_response(body)

    def me(self, request: Request) -> Response:
        """The account."""
        return json_response({"id": "simulated-account", "contract": {"contractId": CONTRACT_ID}})

    def contracts(self, request: Request) -> Response:
        """The one contract."""
        contract = {
            "contractId": CONTRACT_ID,
            "customerId": "AC-DEMO",
            "name": "DINAMIS (simulated)",
            "tradeAgreementUrl": "",
            "creditRemaining": "1000000.0",
            "currency": "EUR",
            "language": "fr",
            "contractType": "ONEATLASDATA",
            "backendSource": "legacy",
        }
        return json_response({"contracts": [contract]})

    def product_types(self, request: Request, contract: str) -> Response:
        """Orderable products with their minimum area in km²."""
        check_contract(contract)
        listed = []
        for product in PRODUCTS.values():
            technical = {
                "id": product.id,
                "label": product.label,
                "source": {"id": product.source, "label": product.source},
                "sensor": {"id": product.mission.lower(), "label": product.mission},
                "target": {"id": product.target, "label": product.target},
                "licences": None,
            }
            listed.append(
                {
                    "productTypeId": product.id,
                    "technicalProduct": technical,
                    "minimumOrderAreaApplied": product.min_area_km2,
                    "descriptionUrl": "",
                }
            )
        return json_response({"productTypes": listed})

    def options(self, request: Request, contract: str, product: str) -> Response:
        """Production options of a product over areas."""
        check_contract(contract)
        if product not in PRODUCTS:
            raise ApiError(404, f"Product type '{product}' not found.")
        areas = [a for a in as_list(request.json().get("aoi")) if isinstance(a, dict)]
        ids = [int(a.get("polygonId") or a.get("id") or 1) for a in areas] or [1]
        centre = _polygon(areas[0].get("geometry")).centroid if areas else None
        utm = geometry.utm_code(centre.x, centre.y) if centre else 32631
        return json_response({"availableOptions": option_list(PRODUCTS[product], ids, utm)})

    def properties(self, request: Request, contract: str) -> Response:
        """Markets."""
        check_contract(contract)
        return json_response({"properties": [], "markets": [{"id": k, "label": v} for k, v in MARKETS.items()]})

    def delivery_types(self, request: Request, contract: str) -> Response:
        """How products are delivered."""
        check_contract(contract)
        types = [{"deliveryTypeId": "network", "label": "FTP + My Data"}, {"deliveryTypeId": "MEDIA", "label": "MEDIA"}]
        return json_response({"deliveryTypes": types})

    def feasibility(self, request: Request) -> Response:
        """Which programmes can do it: large or demanding areas are challenging, and then studied by hand."""
        body = request.json()
        check_contract(str(body.get("contractId", "")))
        area = geometry.area_km2(_polygon(body.get("aoi")))
        optical, dates = body.get("optical") or {}, body.get("acquisitionDate") or {}
        errors = tasking_errors({k: str(v) for k, v in optical.items()})
        if errors:
            raise ApiError(400, "; ".join(errors))
        days = max((_instant(dates, "endDate") - _instant(dates, "startDate")).total_seconds() / 86_400, 0.0)
        hard = area > 3_000 or float(optical.get("maxCloudCover", 10)) < 5 or days < 14
        manual = hard and (area > 10_000 or optical.get("acquisitionMode", "MONO") != "MONO")
        mission = str(body.get("mission", "PLEIADES"))
        types = [
            {
                "name": name,
                "mission": mission,
                "feasibility": {
                    "classification": "CHALLENGING" if hard else "EASY",
                    "automation": "MANUAL" if manual else "AUTOMATIC",
                    "automationName": "AutomaticTasking30",
                },
                "available": mission in MISSIONS and days > 0,
                "expirationDate": iso(utc_now() + timedelta(days=7)),
            }
            for name in as_list(body.get("progTypeNames")) or PROGRAMMES
        ]
        return json_response({"progCapacities": [{"mission": mission, "progTypes": types}]})

    def attempts(self, request: Request) -> Response:
        """Access opportunities: two a day at most, inside the period and the incidence asked."""
        body = request.json()
        dates = body.get("acquisitionDate") or {}
        optical = body.get("optical") or dates.get("optical") or {}
        aoi = _polygon(body.get("aoi") or dates.get("aoi"))
        start, end = _instant(dates, "startDate"), _instant(dates, "endDate")
        limit = float(optical.get("maxIncidenceAngle", 30))
        mission = str(next(iter(as_list(body.get("missions") or body.get("mission"))), "PLEIADES"))
        found = []
        for day in range(min(60, max(0, (end - start).days + 1))):
            seed = scene_seed(f"{aoi.wkt}{mission}{start.date()}{day}")
            incidence = seed % 4500 / 100
            instant = start.replace(hour=10, minute=20 + seed % 35) + timedelta(days=day)
            if incidence <= limit and start <= instant <= end:
                found.append(_segment_offer(day, instant, incidence, aoi.wkt, limit))
        if not found:
            raise ApiError(400, "ERR_NO_SENSOR_AVAILABLE", hint="acquisitionDate")
        programme = str(next(iter(as_list(body.get("progTypeNames"))), "ONEDAY"))
        types = [{"name": programme, "mission": mission, "segments": found}]
        return json_response({"progCapacities": {"mission": mission, "progTypes": types}})

    def prices(self, request: Request) -> Response:
        """The price of an order."""
        asked = orders.read_request(self.world.store, request.json(), placing=False)
        return json_response(orders.price_of(asked, self.world.faults, placing=False), 201)

    def quotations(self, request: Request) -> Response:
        """A quotation, valid thirty days."""
        asked = orders.read_request(self.world.store, request.json(), placing=True)
        number = self.world.store.next_number("quotation", 26_500_001)
        price = orders.price_of(asked, self.world.faults, placing=False)
        valid = iso(utc_now() + timedelta(days=30))
        quotation: Document = {
            "quotationId": f"QUO{number}",
            "status": "SENT",
            "body": asked.body,
            "price": price,
            "validUntil": valid,
        }
        self.world.store.set_meta(f"quotation:QUO{number}", quotation)
        return json_response(_totals(price) | {"quotationId": f"QUO{number}", "quotationEndOfValidityDate": valid}, 201)

    def quotation_pdf(self, request: Request, quotation: str) -> Response:
        """The quotation as a PDF."""
        kept = self._quotation(quotation)
        lines = [
            f"Quotation {quotation} (simulated)",
            f"Customer reference: {kept['body'].get('customerReference', '')}",
            f"Total: {kept['price']['totalAmount']:.2f} {kept['price']['currency']}",
            f"Valid until {kept['validUntil']}",
        ]
        return bytes_response(one_page(lines), "application/pdf")

    def accept_quotation(self, request: Request, contract: str, quotation: str) -> Response:
        """Accepting a quotation places its order."""
        check_contract(contract)
        kept = self._quotation(quotation)
        if kept["status"] != "SENT":
            raise ApiError(409, f"Quotation {quotation} is {kept['status'].lower()}")
        self.world.store.set_meta(f"quotation:{quotation}", kept | {"status": "ACCEPTED"})
        return self._placed(orders.read_request(self.world.store, kept["body"], placing=True))

    def refuse_quotation(self, request: Request, contract: str, quotation: str) -> Response:
        """Refuse a quotation."""
        check_contract(contract)
        kept = self._quotation(quotation)
        self.world.store.set_meta(f"quotation:{quotation}", kept | {"status": "REFUSED"})
        return json_response({"quotationId": quotation, "quotationStatus": "REFUSED"})

    def _quotation(self, quotation: str) -> Document:
        kept: Document | None = self.world.store.meta(f"quotation:{quotation}")
        if kept is None:
            raise ApiError(404, f"Quotation '{quotation}' not found.")
        return kept

    def place(self, request: Request) -> Response:
        """Place an order. The same customer reference twice makes two orders, as with the real service."""
        return self._placed(orders.read_request(self.world.store, request.json(), placing=True))

    def _placed(self, asked: orders.Asked) -> Response:
        order = orders.place(self.world.store, self.world.clock, self.world.faults, asked)
        if self.world.faults.strike("lost_response"):
            raise ApiError(500, "UNEXPECTED_SERVER_ERROR")
        body = _totals(order["price"]) | {"salesOrderId": order["salesOrderId"], "orderItemId": order["orderItemId"]}
        return json_response(body, 201)

    def list_orders(self, request: Request) -> Response:
        """Every order, newest first."""
        return json_response({"items": [self._order_view(order) for order in reversed(self.world.orders())]})

    def search_orders(self, request: Request) -> Response:
        """Orders matching ``(field:value) AND (field:*part*)``."""
        body = request.json()
        terms = search_terms(body)
        paging = body.get("paging") or {}
        start, count = int(paging.get("startIndex", 0)), int(paging.get("itemsPerPage", 25))
        matching = [v for v in map(self._order_view, self.world.orders()) if all(_matches(v, t) for t in terms)]
        page = {"itemsPerPage": count, "startIndex": start, "pagingMode": "item", "totalResults": len(matching)}
        return json_response({"paging": page, "features": matching[start : start + count]})

    def _order_view(self, order: Document) -> Document:
        product, options, price = PRODUCTS[order["productType"]], order["options"], order["price"]
        amount = price["totalAmount"]
        view: Document = {
            "contractId": order["contractId"],
            "customerReference": order["customerReference"],
            "quotationId": order["quotationId"],
            "salesOrderId": order["salesOrderId"],
            "orderItemId": order["orderItemId"],
            "orderLineId": 1,
            "productType": product.id,
            "mission": product.mission.lower(),
            "source": product.source,
            "target": product.target,
            "aoi": {"name": "Polygon 1", "geometry": order["aoi"]},
            "status": orders.order_status(order, self.world.clock.now()),
            "comment": order.get("reason") or order["comment"],
            "quotationStatus": "ACCEPTED",
            "orderCreationDate": order["createdAt"],
            "licence": options["licence"],
            "processingLevel": options["processing_level"],
            "spectralProcessing": options["spectral_processing"],
            "productFormat": options["image_format"],
            "pixelCoding": options["pixel_coding"],
            "radiometricProcessing": options["radiometric_processing"],
            "priority": options["priority"],
            "currency": price["currency"],
            "orderLineAmount": amount,
            "orderLineAmountWithDiscount": amount,
            "priceCalculationArea": price["productTypes"][0]["areaKm2"],
            "requestedArea": price["requestedArea"],
            "deliveryType": "network",
        }
        if product.source == "tasking":
            view["tasking"] = {"taskingRequest": [{"taskingRequestId": order["icr"]}]}
        return view

    def cancel_item(self, request: Request, item: str) -> Response:
        """Cancel an order by its item id."""
        return json_response(self.world.cancel(self.world.find("orderItemId", item)))

    def deliveries(self, request: Request, contract: str, order: str) -> Response:
        """The manifest of what is delivered. OneAtlas delivers by FTP and "My Data"; this list stands for them."""
        check_contract(contract)
        found = self.world.order(order)
        body = {"salesOrderId": order, "customerReference": found["customerReference"]}
        return json_response(body | {"deliveries": self.world.deliveries(found)})

    def activities(self, request: Request) -> Response:
        """Production activities, of one order when the payload names it."""
        payload = request.json().get("payload") or {} if request.method == "POST" else {}
        wanted = str(payload.get("salesOrderId") or request.arg("payload"))
        found = [self.world.order(wanted)] if wanted else self.world.orders()
        items = [view for order in found for view in self._activities(order)]
        return json_response({"items": items, "totalResults": len(items)})

    def activity(self, request: Request, activity: str) -> Response:
        """One production activity."""
        for order in self.world.orders():
            for view in self._activities(order):
                if view["id"] == activity:
                    return json_response(view)
        raise ApiError(404, f"Activity '{activity}' not found.")

    def _activities(self, order: Document) -> list[Document]:
        now = self.world.clock.now()
        views = []
        for production in order["productions"]:
            state = orders.production_state(order, production, now)
            length = production["due"] - production["queued"]
            progress = (
                100 if state == "SUCCEEDED" else min(99, max(0, int(100 * (now - production["queued"]) / length)))
            )
            views.append(
                {
                    "id": f"{order['activityId']}-{production['rank']}",
                    "type": "production",
                    "status": state,
                    "progress": progress,
                    "creationDate": order["createdAt"],
                    "lastStageName": "ALL_ITEMS_DELIVERED_TO_WORKSPACE" if state == "SUCCEEDED" else "",
                    "message": _message(order, state),
                    "payload": {
                        "salesOrderId": order["salesOrderId"],
                        "customerReference": order["customerReference"],
                        "datastripIds": production["sceneIds"],
                    },
                }
            )
        return views


def _polygon(value: Any) -> Any:
    try:
        return geometry.polygon(value)
    except ValueError as error:
        raise ApiError(400, str(error), hint="aoi") from error


def _instant(dates: Document, name: str) -> Any:
    try:
        return parse(str(dates.get(name)))
    except ValueError as error:
        raise ApiError(400, f"acquisitionDate.{name} is not an instant") from error


def _totals(price: Document) -> Document:
    return {k: price[k] for k in ("currency", "discountPercentage", "discountValue", "totalAmount")}


def _segment_offer(rank: int, instant: Any, incidence: float, wkt: str, limit: float) -> Document:
    end = instant + timedelta(seconds=3)
    properties = [
        {"key": "acqPeriod", "value": f"{iso(instant)} {iso(end)}"},
        {"key": "maxIncidenceAngle", "value": limit},
    ]
    return {
        "id": f"SEG{rank}",
        "footprint": {"geometry": wkt},
        "instrumentMode": "THR",
        "orderDeadline": iso(instant - timedelta(hours=2)),
        "extendedAngle": False,
        "acquisitionStartDate": iso(instant),
        "acquisitionEndDate": iso(end),
        "incidenceAngle": incidence,
        "maxIncidenceAngle": limit,
        "segmentKey": f"{scene_seed(wkt + iso(instant)):064x}::{properties}",
    }


def _matches(view: Document, term: tuple[str, str]) -> bool:
    name, value = _NAMES.get(term[0], term[0]), term[1]
    return value in str(view.get(name, "")) if name == "customerReference" else str(view.get(name, "")) == value


def _message(order: Document, state: str) -> str:
    if state == "FAILED":
        return "Order rejected by the operator" if order.get("fate") == "rejected" else "Production failed"
    return ""
