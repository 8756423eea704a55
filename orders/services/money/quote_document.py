# SPDX-License-Identifier: AGPL-3.0-or-later
"""A quote as a tagged PDF, stored once, as it was offered."""

import hashlib
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from licensing.services.certificate_pdf import tagged_pdf, write_file
from orders.models import Quote
from orders.services.money.quotes import store_document

FOLDER = "private/quotes"


def print_quote(quote: Quote) -> None:
    """Render, write and fingerprint the document of a quote that was offered; a second writer changes nothing."""
    if quote.storage_key or quote.price_cents is None:
        return
    content = render_quote(quote)
    key = f"{FOLDER}/{quote.created_at.year}/{uuid4()}.pdf"
    write_file(settings.FILES_ROOT / key, content)
    if not store_document(quote_id=quote.pk, storage_key=key, sha256=hashlib.sha256(content).hexdigest()):
        (settings.FILES_ROOT / key).unlink()


def render_quote(quote: Quote) -> bytes:
    """Return the PDF (PDF/UA-1) in the language of the requester."""
    with translation.override(quote.order.requester.language):
        url = settings.SITE_URL + reverse("orders:detail", args=[quote.order.reference])
        return tagged_pdf(render_to_string("orders/money/quote_document.html", {"quote": quote, "url": url}))
