# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invoices of providers: lists, and the lines of one beside what the ledger says."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from dinamis.core.models import StateChange
from orders.models import InvoiceLine, ProviderInvoice
from orders.selectors.money.reconciliation import Compared, compared


@dataclass(frozen=True)
class LineRow:
    """A line of an invoice, and its order as the ledger and all invoices have it."""

    row: InvoiceLine
    side: Compared | None


def invoice_rows(state: str) -> QuerySet[ProviderInvoice]:
    """Return the invoices in a state, the newest first."""
    rows = ProviderInvoice.objects.filter(state=state).select_related("recorded_by", "decided_by")
    return rows.annotate(line_count=Count("lines")).order_by("-day", "-pk")


def state_counts() -> dict[str, int]:
    """Return how many invoices are in each state."""
    return dict(ProviderInvoice.objects.order_by().values_list("state").annotate(Count("pk")))


def lines_of(invoice: ProviderInvoice) -> list[LineRow]:
    """Return the lines of an invoice with what is known of their orders, in two queries."""
    lines = list(invoice.lines.order_by("position"))
    known = {side.reference.upper(): side for side in compared(references={line.reference for line in lines})}
    return [LineRow(line, known.get(line.reference.upper())) for line in lines]


def history_of(invoice: ProviderInvoice) -> QuerySet[StateChange]:
    """Return what happened to an invoice, the oldest first."""
    aggregate = ProviderInvoice.machine.aggregate
    return StateChange.objects.filter(aggregate=aggregate, object_id=invoice.pk).order_by("at", "pk")
