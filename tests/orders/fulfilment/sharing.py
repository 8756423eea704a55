# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two requesters who share one provider order, and the image of the reference: 40 % cloudy, 2 % over A, 70 % over B."""

from shapely import unary_union
from shapely.geometry import box

from dinamis.core import geo
from orders.models import OrderItem
from orders.services.fulfilment.placement import prepare_placement
from tests.factories.orders import approved_acquisition

A, B = box(5.33, 43.26, 5.365, 43.31), box(5.365, 43.26, 5.40, 43.31)
OUTLINE = box(5.32, 43.25, 5.41, 43.32)
CLOUDS = unary_union(
    [
        box(5.33, 43.26, 5.3307, 43.31),  # 2 % of A
        box(5.3755, 43.26, 5.40, 43.31),  # 70 % of B
        box(5.32, 43.31, 5.41, 43.32),  # and outside of both, what makes 40 % of the whole
        box(5.32, 43.25, 5.356, 43.26),
    ]
)
CLOUD = 40


def shared(first, second):
    """Approved lines of A and B under one provider order over both areas, not placed yet."""
    lines = [approved_acquisition(w, aoi=area).items.get() for w, area in ((first, A), (second, B))]
    row = prepare_placement(item_id=lines[0].pk)
    OrderItem.objects.filter(pk=lines[1].pk).update(provider_order=row)
    row.aoi = geo.to_multipolygon(A.union(B))
    row.save(update_fields=["aoi"])
    return row, *OrderItem.objects.filter(provider_order=row).order_by("pk")
