# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notes how far the catalogue has come; see `ArrivalMark` and docs/adr/0030."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Max

from dinamis.catalogue.models import ArrivalMark, SavedSearch

# One statement, so one snapshot. It reads what came since the mark before and what was missing then, nothing else.
# What is missing for longer than any transaction lasts was rolled back: ids up to `floor` are given up.
NOTE = """
WITH before AS (
    SELECT high, missing FROM catalogue_arrivalmark ORDER BY id DESC LIMIT 1
), known AS (
    SELECT high, missing FROM before UNION ALL SELECT 0, '{}'::int8multirange WHERE NOT EXISTS (SELECT FROM before)
), come AS (
    SELECT i.id FROM catalogue_item i, known WHERE i.id > known.high
    UNION ALL
    SELECT i.id FROM known, unnest(known.missing) gap JOIN catalogue_item i ON i.id >= lower(gap) AND i.id < upper(gap)
), now AS (
    SELECT greatest(known.high, (SELECT max(id) FROM come)) AS high FROM known
), floor AS (
    SELECT coalesce((SELECT high FROM catalogue_arrivalmark WHERE at < %(old)s ORDER BY id DESC LIMIT 1), 0) AS high
)
INSERT INTO catalogue_arrivalmark (at, high, missing)
SELECT %(at)s, now.high,
    known.missing + int8multirange(int8range(known.high, now.high, '(]'))
    - coalesce((SELECT range_agg(int8range(id, id, '[]')) FROM come), '{}')
    - int8multirange(int8range(NULL, floor.high, '[]'))
FROM known, now, floor
RETURNING id
"""


def note_arrivals(*, at: datetime) -> ArrivalMark:
    """Note which images have arrived by now, and return the mark; it belongs to the current transaction."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {"at": at, "old": at - _longest()})
        (pk,) = cursor.fetchone()
    return ArrivalMark.objects.get(pk=pk)


def forget_marks(*, at: datetime) -> int:
    """Delete old marks that no search stands at, but the last: the next one is reckoned from it. Returns how many."""
    old = ArrivalMark.objects.filter(at__lt=at - _longest())
    last = old.aggregate(last=Max("pk"))["last"]
    used = SavedSearch.objects.filter(mark__isnull=False).values("mark")
    return old.exclude(pk=last).exclude(pk__in=used).delete()[0]


def _longest() -> timedelta:
    return timedelta(days=settings.DINAMIS["LONGEST_LOAD_DAYS"])
