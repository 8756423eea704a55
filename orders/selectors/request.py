# SPDX-License-Identifier: AGPL-3.0-or-later
"""An approved line in the words of the providers' interface."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from dinamis.core import geo
from dinamis.providers.base import EndUser, OrderRequest, PriceRequest
from orders.models import OrderItem, ProviderOrder


def price_request(row: ProviderOrder, contract_id: str) -> PriceRequest:
    """Return the question what this line would cost."""
    return PriceRequest(reference=row.reference, **_common(row.order_item, contract_id))


def order_request(row: ProviderOrder, contract_id: str, *, expected_cents: int | None) -> OrderRequest:
    """Return the order to place; `expected_cents` is the price just given, at another price nothing is bought."""
    organisation = row.order_item.order.organisation
    return OrderRequest(
        reference=row.reference,
        end_users=(EndUser(name=organisation.name, country=organisation.country),),
        expected_cents=expected_cents,
        **_common(row.order_item, contract_id),
    )


def _common(item: OrderItem, contract_id: str) -> dict[str, Any]:
    family = item.scene.collection.family
    return {
        "contract_id": contract_id,
        "product_type": settings.DINAMIS["ARCHIVE_PRODUCT_TYPES"][family],
        "aoi": _geojson(item),
        "scene_ids": (item.scene.source_id or item.scene.stac_id,),
        "options": {**settings.DINAMIS["ARCHIVE_OPTIONS"], **item.options},
    }


def _geojson(item: OrderItem) -> Mapping[str, Any]:
    """A polygon where one suffices: not every provider reads multipolygons."""
    area = geo.to_shapely(item.aoi)
    return geo.to_geojson(area.geoms[0] if len(area.geoms) == 1 else area)
