# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much of the area of a line its images cover."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection

from orders.models import OrderItem

ACQUIRED_SQL = """
SELECT l.id, ST_Area(ST_Intersection(l.aoi, ST_UnaryUnion(ST_Collect(i.footprint)))::geography)
FROM orders_orderitem l
JOIN orders_orderitem_products p ON p.orderitem_id = l.id
JOIN catalogue_item i ON i.id = p.item_id AND i.withdrawn_at IS NULL
WHERE l.id = ANY(%s)
GROUP BY l.id
"""
# The same, of what the provider has been told to produce, delivered or not.
ACCEPTED_SQL = """
SELECT l.id, ST_Area(ST_Intersection(l.aoi, ST_UnaryUnion(ST_Collect(COALESCE(s.part, s.footprint))))::geography)
FROM orders_orderitem l
JOIN orders_proposal s ON s.provider_order_id = l.provider_order_id AND s.state = 'accepted'
WHERE l.id = ANY(%s)
GROUP BY l.id
"""


def acquired_m2(lines: Iterable[OrderItem]) -> dict[int, int]:
    """Return the m2 of each line's area (by id) that its delivered images cover together; 0 without images."""
    return _areas(ACQUIRED_SQL, lines)


def accepted_m2(lines: Iterable[OrderItem]) -> dict[int, int]:
    """Return the m2 of each line's area (by id) that accepted acquisitions cover together."""
    return _areas(ACCEPTED_SQL, lines)


def suffices(line: OrderItem, m2: int) -> bool:
    """Tell whether so many m2 count as the whole area: outlines of images are never exact."""
    return 100 * m2 >= settings.DINAMIS["ACQUIRED_ENOUGH_PERCENT"] * line.area_m2


def percent(line: OrderItem, m2: int) -> int:
    """Return the share of the line's area, in whole percent; 100 only for the whole."""
    return 100 if suffices(line, m2) else min(99, 100 * m2 // line.area_m2)


def _areas(sql: str, lines: Iterable[OrderItem]) -> dict[int, int]:
    asked = {line.pk: 0 for line in lines}
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(asked)])
        return asked | {pk: round(area) for pk, area in cursor.fetchall()}
