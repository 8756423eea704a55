# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invoices of providers for tests."""

from django.core.files.uploadedfile import SimpleUploadedFile

from dinamis.core import clock
from orders.services.money.invoices import approve_invoice, record_invoice
from tests.factories.accounts import ModeratorFactory

PDF = b"%PDF-1.7\nfacture\n%%EOF\n"


def pdf(content=PDF, name="facture.pdf"):
    """A document as a browser sends it."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def csv_of(*lines):
    """The lines of an invoice as CSV; each is (reference, amount) or whole."""
    rows = [f"{line[0]},,,,{line[1]}" if isinstance(line, tuple) else line for line in lines]
    return "\n".join(["reference,part,km2,unit_price,amount", *rows]).encode()


def recorded(w, *lines, net, number="F-1", gross=None, **changes):
    """An invoice recorded by the moderator of the world, with its lines."""
    today = clock.today()
    words = {
        "actor": w.moderator, "provider": "oneatlas", "number": number, "day": today, "first_day": today,
        "last_day": today, "net_cents": net, "gross_cents": gross or net * 12 // 10, "upload": pdf(),
        "lines": csv_of(*lines) if lines else None,
    }  # fmt: skip
    return record_invoice(**{**words, **changes})


def approved_invoice(w, *lines, **changes):
    """An invoice that a second person approved."""
    return approve_invoice(invoice=recorded(w, *lines, **changes), actor=ModeratorFactory())
