# SPDX-License-Identifier: AGPL-3.0-or-later
"""A certificate of destruction as a tagged PDF, stored once, as it was signed."""

import hashlib
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from licensing.services.certificate_pdf import tagged_pdf, write_file
from orders.enums import ObligationState
from orders.models import Obligation
from orders.services.duties.obligations import store_certificate

FOLDER = "private/destruction"


def print_certificate(obligation: Obligation) -> None:
    """Render, write and fingerprint the PDF of a certificate that was signed; a second writer changes nothing."""
    if obligation.storage_key or obligation.state != ObligationState.DONE:
        return
    content = render_certificate(obligation)
    key = f"{FOLDER}/{obligation.opened_at.year}/{uuid4()}.pdf"
    write_file(settings.FILES_ROOT / key, content)
    if not store_certificate(obligation_id=obligation.pk, storage_key=key, sha256=hashlib.sha256(content).hexdigest()):
        (settings.FILES_ROOT / key).unlink()


def render_certificate(obligation: Obligation) -> bytes:
    """Return the PDF (PDF/UA-1) in the language of who signed."""
    reader = obligation.sent_by or obligation.person
    with translation.override(reader.language):
        url = settings.SITE_URL + reverse("orders:obligation", args=[obligation.pk])
        context = {"obligation": obligation, "facts": obligation.facts, "url": url}
        return tagged_pdf(render_to_string("orders/duties/destruction_document.html", context))
