# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is bought, in the words of the providers' interface."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry

from dinamis.core import geo
from dinamis.providers.base import EndUser, FeasibilityRequest, OrderRequest, Period, PriceRequest, TaskingParameters
from orders.enums import OrderKind
from orders.models import Feasibility, OrderItem, Pool, ProviderOrder


def price_request(row: ProviderOrder, contract_id: str) -> PriceRequest:
    """Return the question what this would cost."""
    return PriceRequest(reference=row.reference, **_common(row, contract_id))


def order_request(row: ProviderOrder, contract_id: str, *, expected_cents: int | None) -> OrderRequest:
    """Return the order to place; `expected_cents` is the price just given, at another price nothing is bought."""
    organisations = dict.fromkeys(line.order.organisation for line in _lines(row))
    return OrderRequest(
        reference=row.reference,
        end_users=tuple(EndUser(name=one.name, country=one.country) for one in organisations),
        expected_cents=expected_cents,
        **_common(row, contract_id),
    )


def line_price_request(line: OrderItem, contract_id: str, *, reference: str) -> PriceRequest:
    """Return the question what one line would cost by itself, before there is anything to place."""
    return PriceRequest(reference=reference, **_asked([line], line.aoi, contract_id))


def feasibility_request(line: OrderItem, contract_id: str) -> FeasibilityRequest:
    """Return the question whether an acquisition can be done."""
    order = line.order
    return FeasibilityRequest(
        contract_id=contract_id,
        aoi=_geojson(line.aoi),
        tasking=tasking_parameters([line]),
        mission=settings.DINAMIS["MISSIONS"][order.family],
        programmes=(order.acquisition.programme.upper(),),
    )


def _lines(row: ProviderOrder) -> list[OrderItem]:
    related = ("order__organisation", "order__acquisition", "scene__collection")
    return list(row.lines.select_related(*related).order_by("order_id", "position"))


def _common(row: ProviderOrder, contract_id: str) -> dict[str, Any]:
    return _asked(_lines(row), row.aoi, contract_id)


def _asked(lines: Sequence[OrderItem], area: GEOSGeometry, contract_id: str) -> dict[str, Any]:
    acquisition = lines[0].order.kind == OrderKind.ACQUISITION
    return {
        "contract_id": contract_id,
        "product_type": product_type(lines[0]),
        "tasking": tasking_parameters(lines) if acquisition else None,
        "aoi": _geojson(area),
        "scene_ids": tuple(line.scene.source_id or line.scene.stac_id for line in lines if line.scene),
        "options": {**settings.DINAMIS["ARCHIVE_OPTIONS"], **lines[0].order.options, **lines[0].options},
    }


def product_type(line: OrderItem) -> str:
    """Return the provider's name of what is bought for a line: by its family and, of an acquisition, its programme."""
    order, known = line.order, settings.DINAMIS
    if order.kind == OrderKind.ARCHIVE:
        return str(known["ARCHIVE_PRODUCT_TYPES"][order.family])
    return str(known["TASKING_PRODUCT_TYPES"][order.acquisition.programme][order.family])


def tasking_parameters(lines: Sequence[OrderItem]) -> TaskingParameters:
    """Return how images are to be taken so that they suit every line: the strictest of what each asks.

    An image is proposed up to the highest threshold: each line answers for itself; in a grouping, up to what was
    agreed. Without a cloud limit (radar) no image is too cloudy.
    """
    asked = [line.order.acquisition for line in lines]
    clouds = [one.cloud_max for one in asked if one.cloud_max is not None]
    thresholds = [one.proposal_threshold for one in asked if one.proposal_threshold is not None]
    cloud_max = min(clouds, default=100)
    study = _study(lines)
    if pool := _agreed(lines[0]):
        # What the parties agreed to: no image is proposed that is cloudier than the least patient of them wants to see.
        thresholds = [value for value in (pool.terms["threshold"],) if value is not None]
    return TaskingParameters(
        classification=study.classification if study else "EASY",
        automation=study.automation if study else "AUTOMATIC",
        period=Period(start=max(line.period.lower for line in lines), end=min(line.period.upper for line in lines)),
        acquisition_mode=asked[0].mode.upper(),
        max_cloud_cover=cloud_max,
        notification_threshold=max([cloud_max, *thresholds]),
        max_incidence_angle=min(one.incidence_max for one in asked),
        min_bh=max((one.bh_min for one in asked if one.bh_min is not None), default=None),
        max_bh=min((one.bh_max for one in asked if one.bh_max is not None), default=None),
    )


def _agreed(line: OrderItem) -> Pool | None:
    """The grouping in which a line is bought, or None."""
    return Pool.objects.filter(provider_order=line.provider_order_id).first() if line.provider_order_id else None


def _study(lines: Sequence[OrderItem]) -> Feasibility | None:
    """The hardest of what the provider has said of the lines, as an order must repeat it (domain facts, 6.3)."""
    rows = Feasibility.objects.filter(line__in=lines, answered_at__isnull=False).exclude(classification="")
    newest = {row.line_id: row for row in rows.order_by("asked_at", "pk")}
    return min(newest.values(), key=lambda row: (row.automation != "MANUAL", row.is_easy), default=None)


def _geojson(area: GEOSGeometry) -> Mapping[str, Any]:
    """A polygon where one suffices: not every provider reads multipolygons."""
    whole = geo.to_shapely(area)
    return geo.to_geojson(whole.geoms[0] if len(whole.geoms) == 1 else whole)
