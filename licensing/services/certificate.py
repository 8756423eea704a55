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
    outbox.put(RENDER_TOPIC, {"certificate_id": certificate.pk}, key=f"{RENDER_TOPIC}:{certificate.pk}")
    return certificate
