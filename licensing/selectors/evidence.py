# SPDX-License-Identifier: AGPL-3.0-or-later
"""What only licensing can verify: that a signature stands under the text that is stored (I3)."""

from collections.abc import Iterator

from django.db import connection

from dinamis.core.evidence.tracked import Finding, extra_check
from licensing.models import Acceptance, LicenceVersion

DIFFERENT = """
SELECT a.id, v.id FROM licensing_acceptance a
JOIN licensing_licenceversion v ON v.id = a.licence_version_id
WHERE a.sha256 <> CASE a.language WHEN 'en' THEN v.sha256_en ELSE v.sha256_fr END
"""
RESTATED = """
SELECT v.id FROM licensing_licenceversion v
WHERE v.sha256_fr <> encode(sha256(convert_to(v.text_fr, 'UTF8')), 'hex')
   OR v.sha256_en <> encode(sha256(convert_to(v.text_en, 'UTF8')), 'hex')
"""


@extra_check
def signed_texts() -> Iterator[Finding]:
    """Yield acceptances whose SHA-256 is not that of the stored text, and texts that their own SHA-256 contradicts."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT)
        for acceptance, version in cursor.fetchall():
            yield Finding(
                Acceptance._meta.db_table, acceptance, f"sha256 is not that of the text of licence version {version}"
            )
        cursor.execute(RESTATED)
        for (version,) in cursor.fetchall():
            yield Finding(LicenceVersion._meta.db_table, version, "a text is not what its sha256 says")
