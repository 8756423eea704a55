# SPDX-License-Identifier: AGPL-3.0-or-later
"""What only licensing can verify: that a signature stands under the text that is stored (I3), a right on its basis."""

from collections.abc import Iterator

from django.db import connection

from dinamis.core.evidence.tracked import Finding, extra_check
from licensing.models import Acceptance, Entitlement, LicenceVersion, Submission
from licensing.selectors.basis import fingerprint

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
# Documents end with their time (retention): one that is gone tells nothing, one that differs does.
UNFOUNDED = """
SELECT e.id, 'document ' || f.id FROM licensing_entitlement e
CROSS JOIN jsonb_array_elements(coalesce(e.basis->'documents', '[]')) b
JOIN licensing_evidencefile f ON f.id = (b->>'id')::bigint WHERE f.sha256 <> b->>'sha256'
UNION ALL
SELECT e.id, 'acceptance ' || (b->>'id') FROM licensing_entitlement e
CROSS JOIN jsonb_array_elements(coalesce(e.basis->'acceptances', '[]')) b
LEFT JOIN licensing_acceptance a ON a.id = (b->>'id')::bigint AND a.organisation_id = e.organisation_id
WHERE a.sha256 IS DISTINCT FROM b->>'sha256'
ORDER BY 1, 2
"""
FORMS = """
SELECT s.id, array_agg(e.id ORDER BY e.id), array_agg(e.basis #>> '{form,sha256}' ORDER BY e.id)
FROM licensing_entitlement e
JOIN licensing_submission s ON s.adhesion_id = e.adhesion_id AND s.number = (e.basis #>> '{form,submission}')::int
GROUP BY s.id ORDER BY s.id
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


@extra_check
def grounds() -> Iterator[Finding]:
    """Yield rights of which a document, a signature or the form sent in is not the one they rest on."""
    table = Entitlement._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(UNFOUNDED)
        for right, what in cursor.fetchall():
            yield Finding(table, right, f"{what} is not the one it rests on")
        cursor.execute(FORMS)
        forms = cursor.fetchall()
    contents = dict(Submission.objects.filter(pk__in=[pk for pk, *_ in forms]).values_list("pk", "content"))
    for submission, rights, known in forms:
        now = fingerprint(contents[submission])
        for right, then in zip(rights, known, strict=True):
            if then != now:
                yield Finding(table, right, f"submission {submission} is not the one it rests on")
