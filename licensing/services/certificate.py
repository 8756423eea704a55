# SPDX-License-Identifier: AGPL-3.0-or-later
"""The numbered certificate of an approved adhesion; a worker renders its PDF."""

import secrets

from django.db import connection

from dinamis.core import clock, outbox
from licensing.models import Adhesion, Certificate

RENDER_TOPIC = "licensing.render_certificate"


def issue_certificate(adhesion: Adhesion) -> Certificate:
    """Give the adhesion its number and queue the PDF. Must be called inside the transaction of the decision.

    The number counts through the years; a rolled-back decision leaves a gap, never a double.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('licensing_certificate_seq')")
        serial = int(cursor.fetchone()[0])
    certificate = Certificate.objects.create(
        adhesion=adhesion,
        number=f"DINAMIS-{clock.today().year}-{serial:04d}",
        secret=secrets.token_hex(16),
        issued_at=clock.now(),
    )
    _render(certificate)
    return certificate


def reissue_certificate(adhesion: Adhesion) -> Certificate | None:
    """Tell anew, under the same number, what the certificate of an adhesion says now; None where it has none.

    Must be called inside the transaction that changed what it says. The fingerprint of the former PDF stays in the
    events.
    """
    certificate = Certificate.objects.select_for_update().filter(adhesion=adhesion).first()
    if certificate is None:
        return None
    certificate.version += 1
    certificate.issued_at = clock.now()
    certificate.storage_key = certificate.sha256 = ""
    certificate.save(update_fields=["version", "issued_at", "storage_key", "sha256"])
    _render(certificate)
    return certificate


def _render(certificate: Certificate) -> None:
    key = f"{RENDER_TOPIC}:{certificate.pk}:{certificate.version}"
    outbox.put(RENDER_TOPIC, {"certificate_id": certificate.pk}, key=key)
