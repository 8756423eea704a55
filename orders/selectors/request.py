# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is bought, in the words of the providers' interface."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from dinamis.core import geo
from dinamis.providers.base import EndUser, OrderRequest, PriceRequest
from orders.models import OrderItem, ProviderOrder


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


def _lines(row: ProviderOrder) -> list[OrderItem]:
    related = ("order__organisation", "scene__collection")
    return list(row.lines.select_related(*related).order_by("order_id", "position"))


def _common(row: ProviderOrder, contract_id: str) -> dict[str, Any]:
    lines = _lines(row)
    family = lines[0].order.family
    return {
        "contract_id": contract_id,
        "product_type": settings.DINAMIS["ARCHIVE_PRODUCT_TYPES"][family],
        "aoi": _geojson(row),
        "scene_ids": tuple(line.scene.source_id or line.scene.stac_id for line in lines if line.scene),
        "options": {**settings.DINAMIS["ARCHIVE_OPTIONS"], **lines[0].order.options, **lines[0].options},
    }


def _geojson(row: ProviderOrder) -> Mapping[str, Any]:
    """A polygon where one suffices: not every provider reads multipolygons."""
    area = geo.to_shapely(row.aoi)
    return geo.to_geojson(area.geoms[0] if len(area.geoms) == 1 else area)
