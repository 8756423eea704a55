# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the outbox asks for the accounts of the office: scanning the documents of invoices, printing a closed year."""

from collections.abc import Mapping
from typing import Any

from dinamis.core import outbox
from orders.models import ProviderInvoice, YearClosing
from orders.services.money.invoice_documents import SCAN_TOPIC, scan_invoice
from orders.services.money.year_closing import PRINT_TOPIC, print_account


@outbox.handles(SCAN_TOPIC)
def scan_invoice_document(payload: Mapping[str, Any]) -> None:
    """Scan the document of an invoice; without a verdict it is tried again later."""
    scan_invoice(ProviderInvoice.objects.get(pk=payload["invoice_id"]))


@outbox.handles(PRINT_TOPIC)
def print_closed_year(payload: Mapping[str, Any]) -> None:
    """Print the account of a closed year, once in each language."""
    print_account(YearClosing.objects.get(pk=payload["closing_id"]))
