# SPDX-License-Identifier: AGPL-3.0-or-later
"""Organisations that may be the same as the one in front of a moderator: a warning, never a verdict."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from licensing.models import Adhesion

# The likeness from which two names are shown (pg_trgm: 0 to 1).
ALIKE = 0.55
MOST = 10
# Domains that thousands share say nothing about an organisation.
SHARED_DOMAINS = (
    "gmail.com",
    "outlook.com",
    "outlook.fr",
    "hotmail.com",
    "yahoo.com",
    "yahoo.fr",
    "orange.fr",
    "free.fr",
)
SIGNS = {
    "siren": _("same SIREN"),
    "ror": _("same ROR identifier"),
    "domain": _("same e-mail domain"),
    "name": _("similar name"),
}
SQL = """
WITH mine AS (
    SELECT o.id, left(o.siret, 9) AS siren, o.ror, lower(unaccent(o.name)) AS plain,
           split_part(lower(a.legal_representative_email), '@', 2) AS domain
    FROM licensing_adhesion a JOIN accounts_organisation o ON o.id = a.organisation_id WHERE a.id = %(adhesion)s)
SELECT o.id, o.name, o.city, latest.id,
       mine.siren <> '' AND left(o.siret, 9) = mine.siren AS siren,
       mine.ror <> '' AND o.ror = mine.ror AS ror,
       mine.domain <> '' AND NOT mine.domain = ANY(%(shared)s) AND EXISTS (
           SELECT FROM licensing_adhesion b WHERE b.organisation_id = o.id
              AND split_part(lower(b.legal_representative_email), '@', 2) = mine.domain) AS domain,
       similarity(lower(unaccent(o.name)), mine.plain) AS likeness
FROM mine JOIN accounts_organisation o ON o.id <> mine.id
JOIN LATERAL (SELECT b.id FROM licensing_adhesion b WHERE b.organisation_id = o.id AND b.state <> 'draft'
              ORDER BY b.id DESC LIMIT 1) latest ON TRUE
WHERE (mine.siren <> '' AND left(o.siret, 9) = mine.siren) OR (mine.ror <> '' AND o.ror = mine.ror)
   OR similarity(lower(unaccent(o.name)), mine.plain) >= %(alike)s
   OR (mine.domain <> '' AND NOT mine.domain = ANY(%(shared)s) AND o.id IN (
           SELECT b.organisation_id FROM licensing_adhesion b
           WHERE split_part(lower(b.legal_representative_email), '@', 2) = mine.domain))
ORDER BY likeness DESC, o.id LIMIT %(most)s
"""


@dataclass(frozen=True)
class Duplicate:
    """An organisation that has already filed, and in what it resembles this one."""

    name: str
    city: str
    adhesion_id: int
    signs: tuple[str, ...]


def possible_duplicates(adhesion: Adhesion) -> list[Duplicate]:
    """Return the organisations that share SIREN, ROR, e-mail domain or nearly the name, the most alike first."""
    parameters: dict[str, Any] = {"adhesion": adhesion.pk, "shared": list(SHARED_DOMAINS), "alike": ALIKE, "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(SQL, parameters)
        rows = cursor.fetchall()
    found = []
    for _pk, name, city, latest, siren, ror, domain, likeness in rows:
        told = {"siren": siren, "ror": ror, "domain": domain, "name": likeness >= ALIKE}
        found.append(Duplicate(name, city, latest, tuple(str(SIGNS[sign]) for sign, holds in told.items() if holds)))
    return found
