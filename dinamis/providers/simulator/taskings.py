# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acquisition requests: attempts over the period, proposed segments, acceptance. What happened is computed from the
simulated time elapsed and kept; nothing runs between two requests.

A request goes on until what was accepted covers its area, each attempt aimed at the largest part that is missing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from dinamis.providers.simulator import geometry
from dinamis.providers.simulator.clock import Clock, iso, parse
from dinamis.providers.simulator.landscape import scene_seed
from dinamis.providers.simulator.orders import add_production, order_status
from dinamis.providers.simulator.products import PRODUCTS
from dinamis.providers.simulator.scenes import clouds_of, make_scene
from dinamis.providers.simulator.store import Document, Store

DAY = 86_400.0
# What is missing below this share of the area is a sliver, not ground to acquire.
SLIVER = 0.001
EVERY_DAYS = {"oneday": 1.0, "onenow": 1.0, "oneplan": 2.0, "oneseries": 5.0}
SATELLITES = {"PHR": ("PHR1A", "PHR1B"), "SPOT": ("SPOT6", "SPOT6"), "PNEO": ("PNEO3", "PNEO4")}


def period_of(order: Document) -> tuple[datetime, datetime]:
    """The acquisition period asked for."""
    start, end = order["properties"]["acqPeriod"].split()
    return parse(start), parse(end)


def first_attempt(order: Document) -> datetime:
    """When acquisition begins: the start of the period, or the order when it came later."""
    return max(period_of(order)[0], parse(order["createdAt"]))


def calendar(order: Document, now: float) -> datetime:
    """The date it is for this order: its real day of creation plus the simulated time elapsed."""
    return parse(order["createdAt"]) + timedelta(seconds=now - order["created"])


def simulated(order: Document, instant: datetime) -> float:
    """The simulated second at which the order's calendar shows that date."""
    return float(order["created"] + (instant - parse(order["createdAt"])).total_seconds())


def update(store: Store, clock: Clock, order: Document, *, overcast: bool = False) -> Document:
    """Work out the attempts made since the last time, all in vain when ``overcast``; returns the order as kept."""
    if order["source"] != "tasking" or order["outcome"]:
        return order
    now, seen = clock.now(), list[Document]()
    order = store.change_order(order["salesOrderId"], lambda doc: _advance(doc, now, seen, overcast=overcast))
    store.add_scenes(seen)
    return order


def _advance(order: Document, now: float, seen: list[Document], *, overcast: bool) -> None:
    today, (_, end) = calendar(order, now), period_of(order)
    every = EVERY_DAYS.get(PRODUCTS[order["productType"]].target, 2.0)
    done = int(order.get("attempts", 0))
    while not _satisfied(order):
        instant = first_attempt(order) + timedelta(days=every * (done + 0.5))
        if instant > min(today, end) or done > 400:
            break
        done += 1
        scene = None if overcast or order.get("alone") else _attempt(order, done, instant)
        seen += [scene] if scene else []
    order["attempts"] = done
    _finish(order, today, end, now)


def _satisfied(order: Document) -> bool:
    series = PRODUCTS[order["productType"]].target == "oneseries"
    return not series and missing(order).is_empty


def missing(order: Document) -> MultiPolygon:
    """The part of the area that no accepted segment covers, slivers apart."""
    area = geometry.polygon(order["aoi"])
    rest = geometry.surface(area.difference(_acquired(order)))
    return MultiPolygon([part for part in rest.geoms if part.area > SLIVER * area.area])


def _acquired(order: Document) -> MultiPolygon:
    return geometry.surface(unary_union([geometry.polygon(p["area"]) for p in order["productions"]]))


def _aim(order: Document) -> BaseGeometry:
    rest = missing(order)
    return geometry.polygon(order["aoi"]) if rest.is_empty else max(rest.geoms, key=lambda part: part.area)


def _attempt(order: Document, rank: int, instant: datetime) -> Document | None:
    seed = scene_seed(f"{order['salesOrderId']}:{rank}")
    cloud = round(((seed % 1000) / 1000) ** 1.6 * 100, 1)
    limit = float(order["properties"].get("maxCloudCover", 10))
    notified = float(order["properties"].get("notificationThreshold", limit))
    return add_segment(order, rank, instant, cloud) if cloud <= max(limit, notified) else None


def add_segment(
    order: Document,
    rank: int,
    instant: datetime,
    cloud: float,
    *,
    outline: BaseGeometry | None = None,
    clouds: BaseGeometry | None = None,
) -> Document:
    """Add an acquisition to a tasking: validated below maxCloudCover, else proposed. Returns its scene, to be kept.

    ``cloud`` is in percent of the scene, whatever part of it the area is; ``outline`` and ``clouds`` in degrees.
    """
    product = PRODUCTS[order["productType"]]
    sensor = SATELLITES[product.constellation][rank % 2]
    seed = scene_seed(f"angle:{order['salesOrderId']}:{rank}")
    incidence = round(float(order["properties"].get("maxIncidenceAngle", 30)) * (0.15 + 0.8 * (seed % 997) / 997), 2)
    scene = make_scene(sensor, _aim(order), instant, incidence, cloud, outline=outline, clouds=clouds)
    validated = cloud <= float(order["properties"].get("maxCloudCover", 10))
    order["segments"].append(
        {
            "id": f"AS_{order['icr'][4:]}_1_{len(order['segments']) + 1}",
            "status": "Accepted" if validated else "Proposed",
            "asDetail1": {
                "catalogId": scene["id"],
                "footprint": scene["footprint"],
                "incidenceAngle": incidence,
                "clearSkyRate": round(100 - cloud, 4),
                "acquisitionDate": iso(instant),
                "cloudMask": geometry.geojson(clouds_of(scene)),
            },
        }
    )
    if validated:
        _produce(order, order["segments"][-1], simulated(order, instant))
    return scene


def propose(
    store: Store,
    clock: Clock,
    order: Document,
    cloud: float,
    *,
    outline: BaseGeometry | None = None,
    clouds: BaseGeometry | None = None,
    alone: bool = False,
) -> None:
    """Make an acquisition happen now, with that cloud cover, outline and clouds (a lever for demonstrations).

    ``alone``: from now on this request gets no other image than those of the lever.
    """
    seen: list[Document] = []

    def change(doc: Document) -> None:
        doc["attempts"] = int(doc.get("attempts", 0)) + 1
        doc["alone"] = alone or doc.get("alone", False)
        instant = max(calendar(doc, clock_now), first_attempt(doc))
        seen.append(add_segment(doc, doc["attempts"], instant, cloud, outline=outline, clouds=clouds))

    clock_now = clock.now()
    store.change_order(order["salesOrderId"], change)
    store.add_scenes(seen)


def _produce(order: Document, segment: Document, start: float, part: BaseGeometry | None = None) -> None:
    detail = segment["asDetail1"]
    rest = missing(order)
    wanted = geometry.polygon(order["aoi"]) if rest.is_empty else rest
    wanted = wanted if part is None else wanted.intersection(part)
    covered = geometry.surface(wanted.intersection(geometry.polygon(detail["footprint"])))
    if not covered.is_empty:
        add_production(order, [detail["catalogId"]], geometry.geojson(covered), start)


def _finish(order: Document, today: datetime, end: datetime, now: float) -> None:
    accepted = any(s["status"] == "Accepted" for s in order["segments"])
    waiting = any(s["status"] == "Proposed" for s in order["segments"])
    over = today > end
    if over and not accepted and not waiting:
        order["outcome"] = "expired"
    if (over or _satisfied(order)) and order["productions"] and not waiting:
        produced = all(p["file"] and now >= p["due"] for p in order["productions"])
        order["outcome"] = "completed" if produced else ""


def decide_segment(
    store: Store, clock: Clock, order: Document, segment_id: str, *, accept: bool, part: BaseGeometry | None = None
) -> Document:
    """Accept a proposed segment, wholly or over ``part`` (degrees), or refuse it.

    Raises ``KeyError`` when unknown, ``ValueError`` when already decided.
    """

    now = clock.now()

    def change(doc: Document) -> None:
        segment = next((s for s in doc["segments"] if s["id"] == segment_id), None)
        if segment is None:
            raise KeyError(segment_id)
        if segment["status"] != "Proposed":
            raise ValueError(f"segment {segment_id} is already {segment['status'].lower()}")
        segment["status"] = "Accepted" if accept else "Refused"
        if accept:
            _produce(doc, segment, now, part)

    return store.change_order(order["salesOrderId"], change)


def icr_status(order: Document, now: float) -> str:
    """Feasibility study in progress, In Progress, Paused, Canceled, Completed (domain.md §6.5)."""
    if order["outcome"] == "cancelled":
        return "Canceled"
    if order["outcome"] in ("completed", "expired") or order_status(order, now) in ("REJECTED", "FAILED"):
        return "Completed"
    if order["properties"].get("feasibilityAutomation") == "MANUAL" and now - order["created"] < DAY:
        return "Feasibility study in progress"
    return "In Progress"


def view(order: Document, now: float) -> dict[str, Any]:
    """One entry of ``GET …/taskings``."""
    start, end = period_of(order)
    area = geometry.area_km2(geometry.polygon(order["aoi"])) * 1e6
    validated = geometry.area_km2(_acquired(order)) * 1e6
    proposed = [s for s in order["segments"] if s["status"] == "Proposed"]
    return {
        "sal": order["salesOrderId"],
        "so": order["orderItemId"],
        "icr": {
            "id": order["icr"],
            "aoi": order["aoi"],
            "progTypeName": PRODUCTS[order["productType"]].target.upper(),
            "mission": PRODUCTS[order["productType"]].mission,
            "status": icr_status(order, now),
            "nbProposedSegments": len(proposed),
            "nbTotalSegments": len(order["segments"]),
            "period": {"startDate": iso(start), "endDate": iso(end)},
            "seriesInformation": None,
            "customerRef": order["customerReference"],
            "taskingProgress": {"orderedArea": area, "validatedArea": min(validated, area)},
            "attempts": order.get("attempts", 0),
        },
    }
