# SPDX-License-Identifier: AGPL-3.0-or-later
"""Entries of before get the euros of their lines (docs/adr/0049): in batches, each a transaction of its own, so that a
ledger of a million entries is locked for moments only, and so that what was interrupted goes on where it stopped."""

from django.db import migrations, transaction

LINES, ENTRIES = 5_000, 50_000
# A line of which any entry states a price already is left alone: a batch may run again. The price of a line goes over
# its holds in the order they were written, in proportion to their area, each edge rounded down: holds that make up the
# billed area make up the price. Refunds cut a hold in the same way, and a release gives all of it back.
PRICES = """
WITH line AS (
    SELECT i.id, i.price_cents::numeric AS cents, i.billed_area_m2 AS m2, i.provider_order_id FROM orders_orderitem i
    WHERE i.id BETWEEN %(first)s AND %(last)s AND i.price_cents > 0 AND i.billed_area_m2 > 0
      AND NOT EXISTS (SELECT 1 FROM orders_ledgerentry e WHERE e.order_item_id = i.id AND e.basis <> 'unpriced')
), held AS (
    SELECT e.id, e.order_item_id, -e.amount_m2 AS m2, line.cents AS price, line.m2 AS whole,
           sum(-e.amount_m2) OVER (PARTITION BY e.order_item_id ORDER BY e.id) AS upto
    FROM orders_ledgerentry e JOIN line ON line.id = e.order_item_id WHERE e.kind = 'hold'
), priced AS (
    SELECT id, m2, div(price * upto, whole) - div(price * (upto - m2), whole) AS cents FROM held
), refunded AS (
    SELECT e.id, e.hold_id, e.amount_m2 AS m2, sum(e.amount_m2) OVER (PARTITION BY e.hold_id ORDER BY e.id) AS upto
    FROM orders_ledgerentry e JOIN priced ON priced.id = e.hold_id WHERE e.kind = 'refund'
), amount AS (
    SELECT id, -cents AS cents, 'line' AS basis FROM priced
    UNION ALL
    SELECT r.id, CASE WHEN h.m2 = 0 THEN 0 ELSE div(h.cents * r.upto, h.m2) - div(h.cents * (r.upto - r.m2), h.m2) END,
           'hold' FROM refunded r JOIN priced h ON h.id = r.hold_id
    UNION ALL
    SELECT e.id, CASE e.kind WHEN 'release' THEN h.cents ELSE 0 END, 'hold'
    FROM orders_ledgerentry e JOIN priced h ON h.id = e.hold_id WHERE e.kind IN ('commit', 'release')
), changed AS (
    UPDATE orders_ledgerentry e SET amount_cents = amount.cents, basis = amount.basis
    FROM amount WHERE amount.id = e.id RETURNING e.id, e.envelope_id, e.kind, e.hold_id, e.amount_cents
)
INSERT INTO orders_envelopetally (envelope_id, granted_m2, held_m2, committed_m2, granted_attempts, held_attempts,
    committed_attempts, granted_cents, held_cents, committed_cents)
SELECT c.envelope_id, 0, 0, 0, 0, 0, 0, 0,
    coalesce(sum(CASE c.kind WHEN 'commit' THEN h.amount_cents ELSE -c.amount_cents END)
             FILTER (WHERE c.kind <> 'refund'), 0),
    coalesce(sum(CASE c.kind WHEN 'commit' THEN -h.amount_cents ELSE -c.amount_cents END)
             FILTER (WHERE c.kind IN ('commit', 'refund')), 0)
FROM changed c LEFT JOIN changed h ON h.id = c.hold_id GROUP BY c.envelope_id
"""
# Budgets are given in km2 alone; a debt names the provider order for which it was made.
ROWS = """
UPDATE orders_ledgerentry e
SET basis = CASE WHEN e.kind IN ('grant', 'adjust', 'carry') THEN 'budget' ELSE e.basis END,
    provider_order_id = CASE WHEN e.kind = 'commit' THEN
        (SELECT i.provider_order_id FROM orders_orderitem i WHERE i.id = e.order_item_id) END
WHERE e.id BETWEEN %(first)s AND %(last)s
  AND (e.kind IN ('grant', 'adjust', 'carry') AND e.basis = 'unpriced'
       OR e.kind = 'commit' AND e.provider_order_id IS NULL)
"""


def fill(apps, schema_editor):
    """Price what was written before; twice = once."""
    _batches(schema_editor, "order_item_id", LINES, PRICES)
    _batches(schema_editor, "id", ENTRIES, ROWS)


def _batches(schema_editor, column, size, statement):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min({column}), max({column}) FROM orders_ledgerentry")
        first, last = cursor.fetchone()
        for start in range(first, last + 1, size) if first is not None else ():
            with transaction.atomic(using=connection.alias):
                # The ledger is append-only by a trigger; the lock of this lasts for one batch.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("ALTER TABLE orders_ledgerentry DISABLE TRIGGER USER")
                cursor.execute(statement, {"first": start, "last": start + size - 1})
                cursor.execute("ALTER TABLE orders_ledgerentry ENABLE TRIGGER USER")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("orders", "0026_euros_ledger")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=False)]
