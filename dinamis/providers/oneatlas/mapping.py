# SPDX-License-Identifier: AGPL-3.0-or-later
"""OneAtlas words to ours and back. Amounts come in euros, areas in km² (m² in tasking progress)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from dinamis.providers.base import (
    Contract,
    DeliveryFile,
    ErrorCode,
    FeasibilityAnswer,
    FeasibilityRequest,
    GeoJSON,
    Option,
    OptionValue,
    OrderRequest,
    Period,
    Price,
    PriceLine,
    PriceRequest,
    ProductType,
    ProviderStatus,
    RequestRefused,
    Scene,
    Segment,
    SegmentStatus,
    StatusCode,
    Tasking,
    TaskingParameters,
    sequence_of,
)

AOI_ID = 1
SEGMENTS = {
    "proposed": SegmentStatus.PROPOSED,
    "pending": SegmentStatus.PROPOSED,
    "accepted": SegmentStatus.ACCEPTED,
    "validated": SegmentStatus.ACCEPTED,
    "refused": SegmentStatus.REFUSED,
    "rejected": SegmentStatus.REFUSED,
}
# domain.md §6.5: production activities and requests (ICR), peers.md §2.3: orders.
ACTIVITIES = {
    "QUEUED": StatusCode.ACCEPTED,
    "RUNNING": StatusCode.PROCESSING,
    "ON_HOLD": StatusCode.HELD,
    "WAITING_CANCEL": StatusCode.HELD,
    "CANCELED": StatusCode.CANCELLED,
    "SUCCEEDED": StatusCode.COMPLETED,
    "ARCHIVED": StatusCode.COMPLETED,
    "FAILED": StatusCode.FAILED,
}
ORDERS = {
    "COMPLETED": StatusCode.COMPLETED,
    "REJECTED": StatusCode.REJECTED,
    "FAILED": StatusCode.FAILED,
    "EXPIRED": StatusCode.EXPIRED,
    "CANCELLED": StatusCode.CANCELLED,
    "CANCELED": StatusCode.CANCELLED,
}
REQUESTS = {
    "feasibility study in progress": StatusCode.RECEIVED,
    "in progress": StatusCode.TASKED,
    "paused": StatusCode.HELD,
    "canceled": StatusCode.CANCELLED,
    "completed": StatusCode.COMPLETED,
}
_CONDITION = re.compile(r"(\w+):\(([^)]*)\)")


def cents(amount: Any) -> int:
    """Euros to integer cents. Raises ``RequestRefused`` when it is not a number."""
    try:
        return int((Decimal(str(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except InvalidOperation as error:
        raise _unreadable(f"not an amount: {amount!r}") from error


def square_metres(km2: Any) -> int:
    """km² to integer m²."""
    try:
        return int((Decimal(str(km2)) * 1_000_000).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except InvalidOperation as error:
        raise _unreadable(f"not an area: {km2!r}") from error


def instant(text: Any) -> datetime:
    """An ISO instant; without a zone it is UTC. Raises ``RequestRefused``."""
    try:
        value = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError as error:
        raise _unreadable(f"not an instant: {text!r}") from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def iso(value: datetime) -> str:
    """An instant with milliseconds and Z."""
    value = value.astimezone(UTC)
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def _unreadable(message: str) -> RequestRefused:
    return RequestRefused(message, code=ErrorCode.UNREADABLE_ANSWER)


def contract(raw: Mapping[str, Any]) -> Contract:
    """One entry of ``/contracts``."""
    credit = raw.get("creditRemaining")
    return Contract(
        id=str(raw["contractId"]),
        name=str(raw.get("name") or raw["contractId"]),
        currency=str(raw.get("currency") or "EUR"),
        kind=str(raw.get("contractType") or ""),
        credit_cents=None if credit in (None, "") else cents(credit),
        raw=raw,
    )


def product_type(raw: Mapping[str, Any]) -> ProductType:
    """One entry of ``/productTypes``."""
    technical = raw.get("technicalProduct") or {}
    return ProductType(
        id=str(raw["productTypeId"]),
        label=str(technical.get("label") or raw["productTypeId"]),
        source=str((technical.get("source") or {}).get("id") or source_of(str(raw["productTypeId"]))),
        mission=str((technical.get("sensor") or {}).get("id") or "").upper(),
        min_area_m2=square_metres(raw.get("minimumOrderAreaApplied") or 0),
        raw=raw,
    )


def source_of(product_type_id: str) -> str:
    """``archive`` or ``tasking``, from the identifier."""
    return "tasking" if "tasking" in product_type_id.lower() else "archive"


def option(raw: Mapping[str, Any]) -> Option:
    """One entry of ``availableOptions``; the suffix of our single area is dropped from its name."""
    span = raw.get("range") or (None, None)
    return Option(
        name=str(raw["name"]).removesuffix(f"_{AOI_ID}"),
        label=str(raw.get("label") or raw["name"]),
        mandatory=str(raw.get("mandatory")).lower() == "true",
        default=None if raw.get("defaultValue") is None else str(raw["defaultValue"]),
        values=tuple(
            OptionValue(id=str(v["id"]), label=str(v.get("label") or v["id"]), conditions=_conditions(v))
            for v in raw.get("values") or ()
        ),
        kind=str(raw.get("type") or "list"),
        minimum=span[0],
        maximum=span[1],
        conditions=_conditions(raw),
    )


def _conditions(raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    text = str((raw.get("constraint") or {}).get("condition") or "")
    return {name: tuple(values.split("|")) for name, values in _CONDITION.findall(text)}


def feasibility_body(request: FeasibilityRequest) -> dict[str, Any]:
    """The body of ``/feasibility`` and ``/attempts``."""
    tasking = request.tasking
    return {
        "progTypeNames": list(request.programmes),
        "mission": request.mission,
        "contractId": request.contract_id,
        "acquisitionDate": {"startDate": iso(tasking.period.start), "endDate": iso(tasking.period.end)},
        "optical": {
            "acquisitionMode": tasking.acquisition_mode,
            "maxCloudCover": tasking.max_cloud_cover,
            "maxIncidenceAngle": tasking.max_incidence_angle,
        },
        "aoi": dict(request.aoi),
    }


def feasibility_answers(body: Mapping[str, Any]) -> list[FeasibilityAnswer]:
    """One answer per mission and programme."""
    answers = []
    for capacity in sequence_of(body.get("progCapacities")):
        for programme in sequence_of(capacity.get("progTypes")):
            study = programme.get("feasibility") or {}
            expires = programme.get("expirationDate")
            answers.append(
                FeasibilityAnswer(
                    mission=str(programme.get("mission") or capacity.get("mission")),
                    programme=str(programme.get("name")),
                    available=bool(programme.get("available")),
                    classification=str(study.get("classification") or ""),
                    automation=str(study.get("automation") or ""),
                    expires=instant(expires) if expires else None,
                    raw=programme,
                )
            )
    return answers


def order_body(request: PriceRequest | OrderRequest) -> dict[str, Any]:
    """The body of ``/prices`` and ``/orders``; ``projection`` and ``dem`` get the suffix of our single area."""
    options = [
        {"key": f"{name}_{AOI_ID}" if name in ("projection", "dem") else name, "value": value}
        for name, value in request.options.items()
    ]
    item = {
        "productTypeId": request.product_type,
        "aoiId": AOI_ID,
        "datastripIds": list(request.scene_ids),
        "dataSourceIds": [],
        "properties": _tasking_properties(request.tasking) if request.tasking else [],
        "comments": "",
        "segmentKey": "",
    }
    body: dict[str, Any] = {
        "aoi": [{"id": AOI_ID, "name": request.reference[:60], "geometry": dict(request.aoi)}],
        "contractId": request.contract_id,
        "programReference": "",
        "items": [item],
        "primaryMarket": request.market,
        "customerReference": request.reference,
        "optionsPerProductType": [{"productTypeId": request.product_type, "options": options}],
        "orderGroup": "",
        "delivery": {"type": "network"},
    }
    if isinstance(request, OrderRequest):
        item |= {"comments": request.comment, "segmentKey": request.segment_key}
        body["endUsers"] = [{"endUserName": user.name, "country": user.country} for user in request.end_users]
        body["notificationEmails"] = list(request.notification_emails)
    return body


def _tasking_properties(tasking: TaskingParameters) -> list[dict[str, str]]:
    notified = tasking.max_cloud_cover if tasking.notification_threshold is None else tasking.notification_threshold
    values = {
        "acquisitionMode": tasking.acquisition_mode,
        "maxCloudCover": str(tasking.max_cloud_cover),
        "notificationThreshold": str(notified),
        "maxIncidenceAngle": f"{tasking.max_incidence_angle:g}",
        "acqPeriod": f"{iso(tasking.period.start)} {iso(tasking.period.end)}",
        "feasibilityAutomation": tasking.automation,
        "classification": tasking.classification,
    }
    if tasking.min_bh is not None:
        values["acquisitionModeMinBH"] = f"{tasking.min_bh:g}"
    if tasking.max_bh is not None:
        values["acquisitionModeMaxBH"] = f"{tasking.max_bh:g}"
    return [{"key": key, "value": value} for key, value in values.items()]


def price(body: Mapping[str, Any]) -> Price:
    """The answer of ``/prices``."""
    lines = tuple(
        PriceLine(
            product_type=str(line["productTypeId"]),
            cents=cents(line.get("amount", line.get("price"))),
            area_m2=square_metres(line.get("areaKm2") or 0),
        )
        for line in sequence_of(body.get("productTypes"))
    )
    if "totalAmount" not in body:
        raise _unreadable("no totalAmount in the price")
    return Price(
        cents=cents(body["totalAmount"]),
        currency=str(body.get("currency") or "EUR"),
        area_m2=sum(line.area_m2 for line in lines),
        lines=lines,
        raw=body,
    )


def order_status(view: Mapping[str, Any], activities: Sequence[Mapping[str, Any]]) -> ProviderStatus:
    """An archive order: its own state when final, else that of the production furthest behind."""
    state = str(view.get("status") or "").upper()
    comment = str(view.get("comment") or "")
    code = ORDERS.get(state)
    messages = "; ".join(m for m in (str(a.get("message") or "") for a in activities) if m)
    if code is not None:
        if code is StatusCode.CANCELLED and "by the customer" in comment:
            code = StatusCode.USER_CANCELLED
        reason = {"REJECTED": "rejected_by_operator", "FAILED": "production_failed"}.get(state, "")
        text = messages or (comment if code in (StatusCode.CANCELLED, StatusCode.USER_CANCELLED) else "")
        return ProviderStatus(code=code, reason_code=reason, reason_text=text, provider_state=state, raw=view)
    states = [ACTIVITIES.get(str(a.get("status")), StatusCode.PROCESSING) for a in activities]
    for candidate in (StatusCode.FAILED, StatusCode.HELD, StatusCode.PROCESSING, StatusCode.ACCEPTED):
        if candidate in states:
            named = next(a for a in activities if ACTIVITIES.get(str(a.get("status"))) in (candidate, None))
            return ProviderStatus(
                code=candidate, reason_text=messages, provider_state=str(named.get("status")), raw=named
            )
    return ProviderStatus(code=StatusCode.ACCEPTED, provider_state=state, raw=view)


def tasking(raw: Mapping[str, Any]) -> Tasking:
    """One entry of ``/taskings``."""
    icr = raw.get("icr") or {}
    progress, period = icr.get("taskingProgress") or {}, icr.get("period") or {}
    state = str(icr.get("status") or "")
    code = REQUESTS.get(state.lower(), StatusCode.TASKED)
    validated, proposed = int(progress.get("validatedArea") or 0), int(icr.get("nbProposedSegments") or 0)
    reason = ""
    if code is StatusCode.COMPLETED and not validated:
        code, reason = StatusCode.EXPIRED, "no_acquisition_in_period"
    elif code is StatusCode.TASKED and proposed:
        reason = "segments_proposed"
    return Tasking(
        id=str(icr.get("id")),
        reference=str(icr.get("customerRef") or ""),
        order_id=str(raw.get("sal") or ""),
        programme=str(icr.get("progTypeName") or "").upper(),
        status=ProviderStatus(code=code, reason_code=reason, provider_state=state, raw=raw),
        period=_period(period),
        proposed_segments=proposed,
        total_segments=int(icr.get("nbTotalSegments") or 0),
        ordered_area_m2=int(progress.get("orderedArea") or 0),
        validated_area_m2=validated,
        raw=raw,
    )


def _period(raw: Mapping[str, Any]) -> Period | None:
    if not raw.get("startDate") or not raw.get("endDate"):
        return None
    return Period(start=instant(raw["startDate"]), end=instant(raw["endDate"]))


def segment(raw: Mapping[str, Any], tasking_id: str) -> Segment:
    """One entry of ``/segments``; cloud = 100 - clearSkyRate."""
    detail = raw.get("asDetail1") or {}
    return Segment(
        id=str(raw["id"]),
        tasking_id=tasking_id,
        status=SEGMENTS.get(str(raw.get("status")).lower(), SegmentStatus.PROPOSED),
        scene_id=str(detail.get("catalogId") or ""),
        footprint=_geojson(detail.get("footprint")),
        acquired=instant(detail.get("acquisitionDate")),
        incidence_angle=float(detail.get("incidenceAngle") or 0),
        cloud_cover=round(100 - float(detail.get("clearSkyRate") or 0), 4),
        quicklook_url=str(detail.get("quicklookUrl") or ""),
        cloud_mask=_geojson(detail["cloudMask"]) if detail.get("cloudMask") else None,
        raw=raw,
    )


def _geojson(value: Any) -> GeoJSON:
    if not isinstance(value, dict) or "type" not in value:
        raise _unreadable("no footprint")
    return value


def scene(raw: Mapping[str, Any]) -> Scene:
    """One feature of the catalogue search."""
    properties, links = raw.get("properties") or {}, raw.get("_links") or {}
    quicklook: Mapping[str, Any] = next(iter(sequence_of(links.get("quicklook"))), {})
    return Scene(
        id=str(properties.get("sourceIdentifier") or properties.get("id") or raw.get("id")),
        mission=str(properties.get("constellation") or ""),
        platform=str(properties.get("platform") or properties.get("satellite") or ""),
        acquired=instant(properties.get("acquisitionDate")),
        footprint=_geojson(raw.get("geometry")),
        cloud_cover=float(properties.get("cloudCover") or 0),
        incidence_angle=float(properties.get("incidenceAngle") or 0),
        sun_azimuth=float(properties.get("illuminationAzimuthAngle") or 0),
        sun_elevation=float(properties.get("illuminationElevationAngle") or 0),
        quicklook_url=str(quicklook.get("href") or ""),
        raw=raw,
    )


def delivery_file(raw: Mapping[str, Any]) -> DeliveryFile:
    """One line of the manifest. Raises ``RequestRefused`` when the name could leave the target folder."""
    name = str(raw.get("fileName") or "")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}", name):
        raise _unreadable(f"not a file name: {name!r}")
    if not re.fullmatch(r"[0-9a-fA-F]{64}", str(raw.get("sha256"))):
        raise _unreadable(f"{name}: no SHA-256 in the manifest")
    return DeliveryFile(
        url=str(raw["href"]),
        name=name,
        size=int(raw["size"]),
        sha256=str(raw["sha256"]).lower(),
        media_type=str(raw.get("mediaType") or "application/octet-stream"),
        number=int(raw.get("deliveryNumber") or 1),
        scene_id=str(next(iter(sequence_of(raw.get("catalogIds"))), "")),
    )
