# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which price is in force for a line of an order, and which row sets it: an accepted quote, a tariff, the line."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Sum

from orders.domain.pool_rules import allot
from orders.enums import PriceBasis
from orders.models import LedgerEntry, Order, OrderItem, ProviderOrder
from orders.selectors.money.quotes import agreed_quote

M2_PER_KM2 = 1_000_000
# Of each order: its accepted quote, and the tariff beyond the quota by which its lines were priced.
IN_FORCE = """
SELECT o.id, quote.id, quote.lines, tariff.id, tariff.cents_per_km2
FROM orders_order o
LEFT JOIN orders_quote quote ON quote.order_id = o.id AND quote.state = 'accepted'
LEFT JOIN LATERAL (
    SELECT t.id, t.cents_per_km2 FROM orders_tariff t
    WHERE t.family = o.family AND t.kind = o.kind AND t.quota = 'outside'
      AND t.valid @> COALESCE(o.submitted_at, o.created_at)
      AND t.eligibility_class IN ('', (
          SELECT a.eligibility_class FROM licensing_adhesion a
          WHERE a.organisation_id = o.organisation_id AND a.state = 'approved'
            AND a.period @> COALESCE(o.submitted_at, o.created_at) ORDER BY a.id DESC LIMIT 1))
    ORDER BY t.eligibility_class DESC LIMIT 1
) tariff ON TRUE
WHERE o.id = ANY(%s)
"""


@dataclass(frozen=True)
class Price:
    """What a line costs in cents, and the row that says so."""

    cents: int = 0
    basis: PriceBasis = PriceBasis.UNPRICED
    tariff_id: int | None = None
    quote_id: int | None = None
    provider_order_id: int | None = None


def prices_of(items: Sequence[OrderItem]) -> list[Price]:
    """Return the price of each line before it is placed, in one query.

    The accepted quote where one speaks of exactly this area; else what the line was submitted at, by the tariff in
    force then where the tariff explains it. What is bought with others costs its share, which is written on the line.
    """
    if not items:
        return []
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE, [list({item.order_id for item in items})])
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    return [_price(item, *rows[item.order_id]) for item in items]


def placed_prices(row: ProviderOrder, items: Iterable[OrderItem]) -> list[Price | None]:
    """Return what each line of a provider order costs once it is placed; None where nothing is known beyond the hold.

    The quote that was agreed for a line alone; else the price of the provider, to the cent, in proportion to what each
    line holds.
    """
    lines = list(items)
    if len(lines) == 1 and (quote := agreed_quote(lines[0].order)) is not None and says(quote.lines, lines[0]):
        cents = quote.provider_cents_of(lines[0])
        return [Price(cents, PriceBasis.QUOTE, quote_id=quote.pk, provider_order_id=row.pk)]
    if row.price_cents is None:
        return [None] * len(lines)
    weights = [line.price_cents or 0 for line in lines]
    parts = allot(row.price_cents, weights if any(weights) else [line.billed_area_m2 for line in lines])
    return [Price(part, PriceBasis.PROVIDER, provider_order_id=row.pk) for part in parts]


def taken_cents(order: Order) -> int | None:
    """Return what the envelopes have set aside and paid for an order by now, in cents; None while they have nothing."""
    total = LedgerEntry.objects.filter(order_item__order=order).aggregate(total=Sum("amount_cents"))["total"]
    return None if total is None else -int(total)


def says(lines: Any, item: OrderItem) -> bool:
    """Tell whether the lines of a quote name this line with the area it has now."""
    return any(line["line"] == item.pk and line["area_m2"] == item.area_m2 for line in lines)


def _price(item: OrderItem, quote: int | None, lines: Any, tariff: int | None, rate: int | None) -> Price:
    told = json.loads(lines) if isinstance(lines, str) else lines
    if quote is not None and item.provider_order_id is None and says(told, item):
        cents = next(line["provider_cents"] for line in told if line["line"] == item.pk)
        return Price(cents, PriceBasis.QUOTE, quote_id=quote)
    if item.price_cents is None:
        return Price()
    by_tariff = item.billed_area_m2 * (rate or 0) / M2_PER_KM2
    if tariff is not None and abs(by_tariff - item.price_cents) <= 1:
        return Price(item.price_cents, PriceBasis.TARIFF, tariff_id=tariff)
    return Price(item.price_cents, PriceBasis.LINE)
