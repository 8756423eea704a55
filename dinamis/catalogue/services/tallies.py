# SPDX-License-Identifier: AGPL-3.0-or-later
"""The numbers of images by kind, which triggers note as differences (`models.Tally`), summed up."""

from django.db import connection

from dinamis.catalogue.models.tally import GROUPED

_KINDS = ", ".join(GROUPED)
# One statement: whoever reads sees the differences or their sum, never both. Of two that run at once the second one
# sums up what the first one left.
SUM_UP = f"""
    WITH gone AS (DELETE FROM catalogue_tally RETURNING {_KINDS}, images)
    INSERT INTO catalogue_tally ({_KINDS}, images)
    SELECT {_KINDS}, sum(images) FROM gone GROUP BY {_KINDS} HAVING sum(images) <> 0
"""  # noqa: S608  (constants only)
MANY = f"""
    SELECT count(*) > 2 * (SELECT count(*) FROM (SELECT DISTINCT {_KINDS} FROM catalogue_tally) kind)
    FROM catalogue_tally
"""  # noqa: S608  (constants only)


def sum_up() -> bool:
    """Replace differences by their sums when there are twice as many of them as kinds; tell whether it was done."""
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        (many,) = cursor.fetchone()
        if many:
            cursor.execute(SUM_UP)
    return bool(many)
