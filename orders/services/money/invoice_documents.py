# SPDX-License-Identifier: AGPL-3.0-or-later
"""The PDF of an invoice: checked by content, kept, fingerprinted and scanned as evidence is."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from dinamis.core import outbox
from dinamis.core.exceptions import Invalid
from dinamis.core.scanner import scanner
from licensing.services.evidence import StoredFile, Upload, stored
from licensing.services.scan import judge, scanned_too
from orders.models import ProviderInvoice

FOLDER = "private/invoices"
SCAN_TOPIC = "orders.scan_invoice"
PDF = "application/pdf"

scanned_too(ProviderInvoice, topic=SCAN_TOPIC, id_name="invoice_id")


@contextmanager
def kept_pdf(upload: Upload) -> Iterator[StoredFile]:
    """Keep an uploaded PDF for the block, and for good when the block ends well. Raises Invalid (kind, size)."""
    with stored(upload, folder=FOLDER) as file:
        if file.media_type != PDF:
            raise Invalid(
                _("This is not a PDF document."),
                pointer="file",
                repair=_("What counts is the content, not the name of the file."),
                code="wrong_type",
            )
        yield file


def ask_scan(invoice: ProviderInvoice) -> None:
    """Have the document of a new invoice scanned, where there is a scanner. Must be called inside the transaction."""
    if scanner().active:
        ProviderInvoice.objects.filter(pk=invoice.pk).update(scan=ProviderInvoice.Scan.PENDING)
        outbox.put(SCAN_TOPIC, {"invoice_id": invoice.pk}, key=f"{SCAN_TOPIC}:{invoice.pk}")


def scan_invoice(invoice: ProviderInvoice) -> None:
    """Scan the document of an invoice that has no verdict yet; an infected one loses its bytes.

    Raises ScanFailed when the scanner says nothing; the document is marked as failed then, and is not served.
    """
    judge(invoice)
