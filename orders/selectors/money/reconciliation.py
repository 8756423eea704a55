# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger and the invoices of providers laid side by side: one row for each provider order, or reference that an
invoice names and nobody placed (docs/adr/0050)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from orders.enums import Finding

# What is owed is what was committed, with the differences of its price and without what came back. A row is settled
# when the last word of the office is about what it says now. Of invoices those count that are recorded or approved.
COMPARED = """
WITH debt AS (
    SELECT id, -sum(m2)::bigint AS m2, -sum(cents)::bigint AS cents FROM (
        SELECT c.provider_order_id AS id, h.amount_m2 AS m2, h.amount_cents AS cents
        FROM orders_ledgerentry c JOIN orders_ledgerentry h ON h.id = c.hold_id WHERE c.kind = 'commit'
        UNION ALL
        SELECT c.provider_order_id, a.amount_m2, a.amount_cents
        FROM orders_ledgerentry c JOIN orders_ledgerentry a ON a.hold_id = c.hold_id AND a.kind IN ('price', 'refund')
        WHERE c.kind = 'commit') moved
    GROUP BY id
), bill AS (
    SELECT upper(l.reference) AS reference, max(l.provider_order_id) AS id, max(v.provider) AS provider,
        sum(l.area_m2 * sign(l.amount_cents))::bigint AS m2, sum(l.amount_cents)::bigint AS cents,
        count(*) FILTER (WHERE v.state = 'recorded') AS waiting,
        jsonb_agg(jsonb_build_array(v.id, v.number, v.state) ORDER BY v.day, v.id) AS invoices
    FROM orders_invoiceline l JOIN orders_providerinvoice v ON v.id = l.invoice_id
    WHERE NOT l.void GROUP BY 1
), side AS (
    SELECT p.id, p.reference, p.provider, p.provider_id, p.placed_at, p.price_cents,
        COALESCE(debt.m2, 0) AS owed_m2, COALESCE(debt.cents, 0) AS owed_cents,
        bill.m2 AS invoiced_m2, bill.cents AS invoiced_cents, COALESCE(bill.waiting, 0) AS waiting, bill.invoices,
        EXISTS (SELECT FROM orders_delivery d WHERE d.provider_order_id = p.id AND d.state IN ('available', 'disputed'))
        OR EXISTS (SELECT FROM orders_orderitem i WHERE i.provider_order_id = p.id AND i.state = 'delivered')
            AS delivered
    FROM orders_providerorder p LEFT JOIN debt ON debt.id = p.id LEFT JOIN bill ON bill.id = p.id
    WHERE p.provider_id <> '' OR bill.id IS NOT NULL
    UNION ALL
    SELECT NULL, reference, provider, '', NULL, NULL, 0, 0, m2, cents, waiting, invoices, FALSE
    FROM bill WHERE id IS NULL
), told AS (
    SELECT side.*, COALESCE(invoiced_cents, 0) - owed_cents AS difference, CASE
        WHEN invoiced_cents = 0 AND owed_cents = 0 THEN 'matched'
        WHEN id IS NULL THEN 'not_ordered'
        WHEN invoiced_cents IS NULL THEN CASE WHEN delivered AND owed_cents > 0 THEN 'not_invoiced' ELSE 'awaited' END
        WHEN NOT delivered THEN 'not_delivered'
        WHEN invoiced_cents = owed_cents THEN 'matched'
        ELSE 'priced' END AS finding
    FROM side
), compared AS (
    SELECT told.id, told.reference, provider, provider_id, placed_at, price_cents, owed_m2, owed_cents, invoiced_m2,
        invoiced_cents, waiting, invoices, delivered, difference, told.finding,
        COALESCE(last.finding = told.finding AND last.difference_cents = difference
                 AND told.finding NOT IN ('matched', 'awaited'), FALSE) AS settled,
        last.reason_code, last.words, last.name, last.settled_at
    FROM told LEFT JOIN LATERAL (
        SELECT s.finding, s.difference_cents, s.reason_code, s.words, u.name, s.settled_at
        FROM orders_settlement s JOIN accounts_user u ON u.id = s.settled_by_id
        WHERE upper(s.reference) = upper(told.reference) ORDER BY s.id DESC LIMIT 1) last ON TRUE
)
"""
COUNTED = COMPARED + "SELECT finding, settled, count(*), sum(difference)::bigint FROM compared GROUP BY 1, 2"  # noqa: S608
OPEN = (Finding.PRICED, Finding.NOT_ORDERED, Finding.NOT_DELIVERED, Finding.NOT_INVOICED)


@dataclass(frozen=True)
class Compared:
    """A provider order with what the ledger says is owed for it and what was invoiced, in m2 and cents before tax; None
    where nothing was invoiced. `id` is None of a reference that nobody placed. `invoices` are (id, number, state)."""

    id: int | None
    reference: str
    provider: str
    provider_id: str
    placed_at: datetime | None
    price_cents: int | None
    owed_m2: int
    owed_cents: int
    invoiced_m2: int | None
    invoiced_cents: int | None
    waiting: int
    invoices: Sequence[Any]
    delivered: bool
    difference_cents: int
    finding: Finding
    settled: bool
    reason_code: str | None
    words: str | None
    settled_by: str | None
    settled_at: datetime | None

    @property
    def missing_cents(self) -> int:
        """By how much less was invoiced than is owed."""
        return -self.difference_cents

    @property
    def is_open(self) -> bool:
        """Whether somebody has to say something about it."""
        return self.finding in OPEN and not self.settled

    @property
    def may_price(self) -> bool:
        """Whether the ledger may take the price over: the invoices were approved, and something is owed."""
        return self.finding == Finding.PRICED and not self.waiting and (self.invoiced_cents or 0) >= 0


def compared(
    *, references: Iterable[str] | None = None, finding: str = "", settled: bool | None = None, offset: int = 0,
    limit: int | None = None,
) -> list[Compared]:  # fmt: skip
    """Return what was found, the largest difference first; of some references, of one finding, settled or not."""
    where = ["TRUE"]
    params: dict[str, Any] = {"offset": offset, "limit": limit}
    if references is not None:
        where.append("upper(reference) = ANY(%(references)s)")
        params["references"] = [reference.upper() for reference in references]
    if finding:
        where.append("finding = %(finding)s")
        params["finding"] = str(finding)
    if settled is not None:
        where.append("settled = %(settled)s")
        params["settled"] = settled
    order = "ORDER BY abs(difference) DESC, placed_at DESC NULLS FIRST, reference OFFSET %(offset)s LIMIT %(limit)s"
    with connection.cursor() as cursor:
        # The conditions are ours, their values are parameters.
        cursor.execute(f"{COMPARED} SELECT * FROM compared WHERE {' AND '.join(where)} {order}", params)  # noqa: S608
        return [_row(row) for row in cursor.fetchall()]


def counts() -> dict[tuple[str, bool], tuple[int, int]]:
    """Return how many there are of each finding, settled or not, and the sum of their differences in cents."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED)
        return {(finding, settled): (number, cents) for finding, settled, number, cents in cursor.fetchall()}


def _row(row: Sequence[Any]) -> Compared:
    values = list(row)
    values[11] = _invoices(values[11])
    values[14] = Finding(values[14])
    return Compared(*values)


def _invoices(told: Any) -> list[Any]:
    return json.loads(told) if isinstance(told, str) else told or []
