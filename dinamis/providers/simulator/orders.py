# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders of the simulated contract: what may be asked, what it costs, how far it is.

As with the real service, the same customer reference twice makes two orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from dinamis.providers.simulator import geometry
from dinamis.providers.simulator.clock import Clock, iso, utc_now
from dinamis.providers.simulator.faults import Faults
from dinamis.providers.simulator.http import ApiError
from dinamis.providers.simulator.products import (
    MARKETS,
    PRODUCTS,
    SENSORS,
    Product,
    complete_options,
    option_errors,
    tasking_errors,
)
from dinamis.providers.simulator.store import Document, Store

CONTRACT_ID = "CTR-DEMO-1"
HOUR = 3600.0
QUEUED_FOR = 1 * HOUR
PRODUCED_AFTER = 8 * HOUR
RUSH_PRODUCED_AFTER = 3 * HOUR


@dataclass(frozen=True)
class Asked:
    """A request body read and found valid."""

    contract: str
    product: Product
    aoi: BaseGeometry
    aoi_id: int
    scenes: list[Document]
    options: dict[str, str]
    properties: dict[str, str]
    reference: str
    body: Document

    @property
    def comment(self) -> str:
        """The comment of the item."""
        items: list[Document] = as_list(self.body.get("items"))
        return str(items[0].get("comments", "")) if items else ""

    @property
    def ordered_area(self) -> BaseGeometry:
        """What is charged: the part of the area the scenes cover, the whole area for a tasking."""
        if self.product.source == "tasking":
            return self.aoi
        return self.aoi.intersection(unary_union([geometry.polygon(s["footprint"]) for s in self.scenes]))


def check_contract(contract: str) -> None:
    """Raises ``ApiError`` 404 for another contract than ours."""
    if contract != CONTRACT_ID:
        raise ApiError(404, f"CIS contract '{contract}' not found.", hint="GET /api/v1/contracts")


def as_list(value: Any) -> list[Any]:
    """The published examples send one object where a list of one is meant."""
    return value if isinstance(value, list) else [] if value is None else [value]


def key_values(pairs: Any) -> dict[str, str]:
    """``[{key, value}]`` as a dictionary of texts; the published spelling mistake of acqPeriod is understood."""
    read = {str(p.get("key")): str(p.get("value")) for p in as_list(pairs) if isinstance(p, dict)}
    if "acqPeiod" in read:
        read.setdefault("acqPeriod", read.pop("acqPeiod"))
    return read


def options_for(body: Document, product_id: str) -> dict[str, str]:
    """Options given for a product type, in either of the two published forms."""
    given = as_list(body.get("optionsPerProductType"))
    for entry in given:
        if isinstance(entry, dict) and "options" in entry and entry.get("productTypeId", product_id) == product_id:
            return key_values(entry["options"])
    return key_values([entry for entry in given if isinstance(entry, dict) and "key" in entry])


def read_request(store: Store, body: Document, *, placing: bool) -> Asked:
    """Read a price, quotation or order body. Raises ``ApiError`` 400 or 404 with every fault found."""
    contract = str(body.get("contractId", ""))
    check_contract(contract)
    item = next(iter(as_list(body.get("items"))), None)
    if not isinstance(item, dict):
        raise ApiError(400, "items is missing")
    product = PRODUCTS.get(str(item.get("productTypeId")))
    if product is None:
        raise ApiError(400, f"Product type '{item.get('productTypeId')}' is not in the contract")
    aoi_id, aoi = _area(body, item)
    properties = key_values(item.get("properties"))
    options = complete_options(product, options_for(body, product.id))
    errors = option_errors(product, options)
    scenes: list[Document] = []
    if product.source == "archive":
        scenes, missing = _scenes(store, item, product)
        errors += missing
    else:
        errors += tasking_errors(properties) + _period_errors(properties)
    errors += _customer_errors(body) if placing else []
    if errors:
        raise ApiError(400, "; ".join(errors), hint="productionOptions")
    asked = Asked(
        contract, product, aoi, aoi_id, scenes, options, properties, str(body.get("customerReference", "")), body
    )
    if asked.ordered_area.is_empty or geometry.area_km2(asked.ordered_area) <= 0:
        raise ApiError(400, "The area of interest is outside the ordered scenes", hint="aoi")
    return asked


def _area(body: Document, item: Document) -> tuple[int, BaseGeometry]:
    areas = [a for a in as_list(body.get("aoi")) if isinstance(a, dict)]
    wanted = item.get("aoiId", areas[0].get("id") if areas else None)
    found = next((a for a in areas if a.get("id") == wanted), None)
    if found is None:
        raise ApiError(400, "aoi is missing, or items.aoiId names none of them", hint="aoi")
    try:
        return int(wanted or 1), geometry.polygon(found.get("geometry"))
    except ValueError as error:
        raise ApiError(400, str(error), hint="aoi.geometry") from error


def _scenes(store: Store, item: Document, product: Product) -> tuple[list[Document], list[str]]:
    wanted = [str(s) for s in as_list(item.get("datastripIds"))]
    wanted += [
        str(source.get("catalogItemId"))
        for name in ("dataSourceIds", "dataSourceId")
        for source in as_list(item.get(name))
        if isinstance(source, dict) and source.get("catalogItemId")
    ]
    if not wanted:
        return [], ["datastripIds: an archive order needs at least one scene"]
    found, errors = [], []
    for scene_id in dict.fromkeys(wanted):
        scene = store.scene(scene_id)
        if scene is None:
            errors.append(f"datastripIds: '{scene_id}' is not in the catalogue")
        elif SENSORS[scene["sensor"]].constellation != product.constellation:
            errors.append(f"datastripIds: '{scene_id}' cannot be ordered as {product.id}")
        else:
            found.append(scene)
    return found, errors


def _period_errors(properties: dict[str, str]) -> list[str]:
    return [] if len(properties.get("acqPeriod", "").split()) == 2 else ["acqPeriod: two instants are expected"]


def _customer_errors(body: Document) -> list[str]:
    errors = [] if str(body.get("customerReference", "")).strip() else ["customerReference is missing"]
    if body.get("primaryMarket") not in MARKETS:
        errors.append(f"primaryMarket: '{body.get('primaryMarket')}' is not a market")
    users = [u for u in as_list(body.get("endUsers")) if isinstance(u, dict)]
    if not users or not all(u.get("country") for u in users):
        errors.append("endUsers: a country is expected for each")
    return errors


def price_of(asked: Asked, faults: Faults, *, placing: bool) -> Document:
    """The body of ``/api/v1/prices``; amounts in euros, areas in km², minimum area applied."""
    area = geometry.area_km2(asked.ordered_area)
    billed = max(area, asked.product.min_area_km2)
    amount = billed * asked.product.euros_per_km2
    if asked.options.get("priority") == "rush":
        amount *= 1.5
    change = faults.strike("price_change") if placing else None
    if change is not None:
        amount *= 1 + float(change.get("percent", 10)) / 100
    amount = round(amount, 2)
    line = {
        "productTypeId": asked.product.id,
        "amount": amount,
        "price": amount,
        "areaKm2": round(billed, 6),
        "discountPercentage": 0,
        "discountValue": 0,
        "items": [{"datastripIds": [s["id"] for s in asked.scenes]}],
        "voucherCode": None,
    }
    return {
        "contractId": asked.contract,
        "currency": "EUR",
        "discountPercentage": 0,
        "discountValue": 0,
        "productTypes": [line],
        "totalAmount": amount,
        "requestedArea": round(area, 6),
    }


def place(store: Store, clock: Clock, faults: Faults, asked: Asked) -> Document:
    """Create an order and keep it."""
    number = store.next_number("sales", 26_000_001)
    price = price_of(asked, faults, placing=True)
    order: Document = {
        "salesOrderId": f"SAL{number}",
        "quotationId": f"QUO{number}",
        "orderItemId": f"WOI_{number:09d}_1",
        "jobId": f"PWOI_{number:09d}_1_1_F_1",
        "activityId": f"ACT-{number}",
        "contractId": asked.contract,
        "customerReference": asked.reference,
        "productType": asked.product.id,
        "source": asked.product.source,
        "aoiId": asked.aoi_id,
        "aoi": geometry.geojson(asked.aoi),
        "ordered": geometry.geojson(asked.ordered_area),
        "sceneIds": [s["id"] for s in asked.scenes],
        "options": asked.options,
        "properties": asked.properties,
        "endUsers": as_list(asked.body.get("endUsers")),
        "primaryMarket": asked.body.get("primaryMarket"),
        "comment": asked.comment,
        "price": price,
        "created": clock.now(),
        "createdAt": iso(utc_now()),
        "outcome": "",
        "productions": [],
    }
    if asked.product.source == "tasking":
        order["icr"] = f"ICR_FC_{number}"
        order["segments"] = []
    else:
        order["productions"] = [_production(order, 1, order["sceneIds"], order["ordered"], order["created"])]
    if faults.strike("reject_orders"):
        order["fate"] = "rejected"
    if faults.strike("fail_production"):
        order["fate"] = "failed"
    store.add_order(order)
    return order


def _production(order: Document, rank: int, scene_ids: list[str], area: Any, start: float) -> Document:
    delay = RUSH_PRODUCED_AFTER if order["options"].get("priority") == "rush" else PRODUCED_AFTER
    return {
        "rank": rank,
        "sceneIds": scene_ids,
        "area": area,
        "queued": start,
        "running": start + min(QUEUED_FOR, delay / 3),
        "due": start + delay,
        "file": None,
        "state": "",
    }


def add_production(order: Document, scene_ids: list[str], area: Any, start: float) -> None:
    """A further production of an order (an accepted segment)."""
    order["productions"].append(_production(order, len(order["productions"]) + 1, scene_ids, area, start))


def production_state(order: Document, production: Document, now: float) -> str:
    """QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELED (domain.md §6.5); SUCCEEDED only once the file is written."""
    if production["state"]:
        return str(production["state"])
    if order["outcome"] == "cancelled":
        return "CANCELED"
    if now < production["running"]:
        return "QUEUED"
    if order.get("fate"):
        return "FAILED"
    return "SUCCEEDED" if production["file"] and now >= production["due"] else "RUNNING"


def order_status(order: Document, now: float) -> str:
    """IN_PROGRESS, COMPLETED, REJECTED, FAILED or CANCELLED, as ``/api/v2/orders/search`` says it."""
    if order["outcome"]:
        return str(order["outcome"]).upper()
    states = [production_state(order, p, now) for p in order["productions"]]
    if "FAILED" in states:
        return "REJECTED" if order.get("fate") == "rejected" else "FAILED"
    if order["source"] == "archive" and states and all(state == "SUCCEEDED" for state in states):
        return "COMPLETED"
    return "IN_PROGRESS"


def can_cancel(order: Document, now: float) -> bool:
    """Until its production runs, or while its acquisitions are still sought."""
    if order_status(order, now) != "IN_PROGRESS":
        return False
    return order["source"] == "tasking" or all(
        production_state(order, p, now) == "QUEUED" for p in order["productions"]
    )
