# SPDX-License-Identifier: AGPL-3.0-or-later
"""How old the newest image is, everywhere: laid out and counted by one statement each, in a worker."""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

# Départements are simplified to half a kilometre: a cell has eight to eleven. Outlines and parts are computed once
# each: an expression that is read in several places would be computed in each of them, for every cell.
LAY = """
INSERT INTO catalogue_landcell (code, departement, geometry, inside, commune)
WITH land AS MATERIALIZED (
    SELECT code, ST_MakeValid(ST_SimplifyPreserveTopology(geometry, 0.005)) AS outline
    FROM catalogue_adminunit d
    WHERE kind = 'departement' AND geometry IS NOT NULL
      AND NOT EXISTS (SELECT FROM catalogue_landcell laid WHERE laid.departement = d.code)
), parts AS MATERIALIZED (
    SELECT code, x, y, square, ST_CollectionExtract(ST_Intersection(outline, square), 3) AS part
    FROM land
    CROSS JOIN LATERAL generate_series(floor(ST_XMin(outline) * 10)::int, floor(ST_XMax(outline) * 10)::int) x
    CROSS JOIN LATERAL generate_series(floor(ST_YMin(outline) * 10)::int, floor(ST_YMax(outline) * 10)::int) y
    CROSS JOIN LATERAL (SELECT ST_MakeEnvelope(x / 10.0, y / 10.0, (x + 1) / 10.0, (y + 1) / 10.0, 4326) AS square) s
    WHERE ST_Intersects(outline, square)
)
SELECT DISTINCT ON (x, y)
       format('%%s%%s%%s%%s', CASE WHEN x < 0 THEN 'W' ELSE 'E' END, lpad(abs(x)::text, 4, '0'),
              CASE WHEN y < 0 THEN 'S' ELSE 'N' END, lpad(abs(y)::text, 4, '0')),
       code, square, ST_PointOnSurface(part), ''
FROM parts WHERE NOT ST_IsEmpty(part)
ORDER BY x, y, ST_Area(part) DESC
ON CONFLICT (code) DO NOTHING
"""
# Outlines of communes are generalised, so that a point may lie in a gap between them: the nearest names it.
NAME = """
UPDATE catalogue_landcell cell SET commune = coalesce((
    SELECT place.name FROM catalogue_adminunit place WHERE place.kind = 'commune' AND place.geometry IS NOT NULL
    ORDER BY place.geometry <-> cell.inside LIMIT 1), '')
WHERE cell.commune = ''
"""
COUNT = """
INSERT INTO catalogue_newestimage (cell_id, collection_id, fineness, stereo, taken_at, counted_at)
SELECT cell.id, image.collection_id,
       CASE {steps} ELSE %(coarsest)s END, image.stereo_count > 1, max(image.datetime), %(at)s
FROM catalogue_landcell cell
JOIN catalogue_item image ON ST_Intersects(image.footprint, cell.inside)
JOIN catalogue_collection collection ON collection.id = image.collection_id
JOIN licensing_licence licence ON licence.id = collection.licence_id
WHERE image.held AND image.withdrawn_at IS NULL AND image.datetime <= %(at)s
  AND (image.embargo_until IS NULL OR image.embargo_until <= %(at)s)
  AND (image.hold_back_until IS NULL OR image.hold_back_until <= %(at)s)
  AND image.datetime + make_interval(days => coalesce(licence.embargo_days, 0)) <= %(at)s
GROUP BY 1, 2, 3, 4
"""


@transaction.atomic
def lay_cells() -> int:
    """Lay the cells of the départements that have none yet and name those without a name; returns how many were
    laid. Seconds of a worker, once."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(LAY, [])
        laid = int(cursor.rowcount)
        cursor.execute(NAME)
        return laid


@transaction.atomic
def count_newest(*, at: datetime) -> int:
    """Count the newest images of every cell anew; readers see the former count until the end. Returns the rows."""
    finest = settings.DINAMIS["FINENESS"]
    steps = " ".join(f"WHEN image.gsd <= {float(metres)} THEN {step}" for step, metres in enumerate(finest))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")
        # Two workers at once would each add their own.
        cursor.execute("LOCK TABLE catalogue_newestimage IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM catalogue_newestimage")
        cursor.execute(COUNT.format(steps=steps), {"at": at, "coarsest": len(finest)})
        return int(cursor.rowcount)
