# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far the images of each collection reach, which triggers note (`models.ExtentNote`), brought together."""

from django.db import connection

from dinamis.catalogue.models.extent import FOLDED, NAMES, bounds_of

MANY = "SELECT EXISTS (SELECT FROM catalogue_extentnote GROUP BY collection_id HAVING count(*) > 8 OR bool_or(shrunk))"
# One statement: whoever reads sees the notes or what they say together. What a concurrent statement writes is not seen,
# neither its images nor its note, and its note stays.
_SHRUNK = "catalogue_item JOIN (SELECT collection_id FROM known WHERE shrunk) shrunk USING (collection_id)"
TOGETHER = f"""
    WITH known AS MATERIALIZED ({FOLDED}),
    gone AS (DELETE FROM catalogue_extentnote WHERE collection_id IN (SELECT collection_id FROM known)),
    looked AS ({bounds_of(_SHRUNK)})
    INSERT INTO catalogue_extentnote (collection_id, {NAMES}, shrunk)
    SELECT collection_id, {NAMES}, FALSE FROM looked
    UNION ALL SELECT collection_id, {NAMES}, FALSE FROM known WHERE NOT shrunk
"""  # noqa: S608  (constants only)


def bring_together() -> bool:
    """Make one note of each collection's notes once they are many, looking again at what shrunk; tell whether so."""
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        (many,) = cursor.fetchone()
        if many:
            cursor.execute(TOGETHER)
    return bool(many)
