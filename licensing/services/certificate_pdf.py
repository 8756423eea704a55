# SPDX-License-Identifier: AGPL-3.0-or-later
"""The certificate as a tagged PDF (PDF/UA-1), stored once."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from dinamis.core import clock
from licensing.documents import certificate_facts
from licensing.models import Certificate
from licensing.selectors.representative import signatory_language

FOLDER = "private/certificates"
STYLESHEET = "css/certificate.css"


def store_certificate_pdf(certificate: Certificate) -> None:
    """Render, write and fingerprint the PDF of a certificate; a second writer changes nothing."""
    content = render_certificate_pdf(certificate)
    key = f"{FOLDER}/{certificate.issued_at.year}/{uuid4()}.pdf"
    write_file(settings.FILES_ROOT / key, content)
    stored = Certificate.objects.filter(pk=certificate.pk, version=certificate.version, sha256="").update(
        storage_key=key, sha256=hashlib.sha256(content).hexdigest()
    )
    if not stored:
        (settings.FILES_ROOT / key).unlink()


def render_certificate_pdf(certificate: Certificate) -> bytes:
    """Return the PDF in the language of the legal representative."""
    with translation.override(signatory_language(certificate.adhesion) or "fr"):
        return tagged_pdf(render_to_string("licensing/certificate.html", certificate_context(certificate)))


def tagged_pdf(html: str, *, attached: Mapping[str, str] | None = None) -> bytes:
    """Return a page of ours as PDF/UA-1, in the style of the certificate; `attached` are texts by file name, in it."""
    # Slow to import: only those who print pay for it.
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.urls import URLFetcher

    # Nothing is fetched from anywhere: the page carries its one picture.
    fetcher = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = HTML(string=html, base_url=settings.SITE_URL, url_fetcher=fetcher)
    files = [
        Attachment(string=text, name=name, description=name, relationship="Source")
        for name, text in (attached or {}).items()
    ]
    pdf = document.write_pdf(stylesheets=[CSS(string=_stylesheet())], pdf_variant="pdf/ua-1", attachments=files)
    assert pdf is not None
    return bytes(pdf)


def certificate_context(certificate: Certificate) -> dict[str, object]:
    """Return what the certificate's template needs."""
    facts = certificate_facts(certificate, at=clock.now())
    return {"facts": facts, "qr": qr_data_uri(facts.url)}


def qr_data_uri(url: str) -> str:
    """Return the QR code of an address as an SVG data URI."""
    import segno

    return str(segno.make(url, error="m").svg_data_uri(scale=4, border=2))


def _stylesheet() -> str:
    return (settings.BASE_DIR / "static" / STYLESHEET).read_text(encoding="utf-8")


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
