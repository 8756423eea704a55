# SPDX-License-Identifier: AGPL-3.0-or-later

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models.collection import Collection
from dinamis.core.triggers import HardTrigger

# Column of the note -> what it bounds. The smallest come first, then the largest.
SMALLEST = {
    "west": "ST_XMin(footprint)",
    "south": "ST_YMin(footprint)",
    "first": "datetime",
    "gsd_min": "gsd",
    "cloud_cover_min": "cloud_cover",
    "incidence_angle_min": "incidence_angle",
    "sun_elevation_min": "sun_elevation",
}
LARGEST = {
    "east": "ST_XMax(footprint)",
    "north": "ST_YMax(footprint)",
    "last": "datetime",
    "gsd_max": "gsd",
    "cloud_cover_max": "cloud_cover",
    "incidence_angle_max": "incidence_angle",
    "sun_elevation_max": "sun_elevation",
}
NAMES = ", ".join((*SMALLEST, *LARGEST, "platforms"))
_SMALLEST = ", ".join(f"min({sql}) AS {name}" for name, sql in SMALLEST.items())
_LARGEST = ", ".join(f"max({sql}) AS {name}" for name, sql in LARGEST.items())


def bounds_of(relation: str) -> str:
    """Return SQL of the bounds of each collection's images in a relation of `catalogue_item`, withdrawn ones apart."""
    platforms = "array_agg(DISTINCT platform ORDER BY platform)::varchar[] AS platforms"
    return (
        f"SELECT collection_id, {_SMALLEST}, {_LARGEST}, {platforms}"  # noqa: S608  (constants only)
        f" FROM {relation} WHERE withdrawn_at IS NULL GROUP BY collection_id"
    )


def _within(one: str, other: str) -> str:
    """SQL: no bound of `one` lies beyond those of `other`; what has no value has no bound."""
    low = (f"coalesce({other}.{name} <= {one}.{name}, {one}.{name} IS NULL)" for name in SMALLEST)
    high = (f"coalesce({other}.{name} >= {one}.{name}, {one}.{name} IS NULL)" for name in LARGEST)
    return " AND ".join([*low, *high, f"{one}.platforms <@ {other}.platforms"])


_FOLDED = ", ".join([*(f"min({name}) AS {name}" for name in SMALLEST), *(f"max({name}) AS {name}" for name in LARGEST)])
FOLDED = f"""
    SELECT collection_id, {_FOLDED}, array_agg(DISTINCT one ORDER BY one) FILTER (WHERE one IS NOT NULL) AS platforms,
        bool_or(shrunk) AS shrunk
    FROM catalogue_extentnote LEFT JOIN unnest(platforms) AS one ON TRUE GROUP BY collection_id
"""  # noqa: S608  (constants only)
# What a statement wrote beyond what is known of the collection; most write nothing beyond it.
_GROWN = f"""
    INSERT INTO catalogue_extentnote (collection_id, {NAMES}, shrunk)
    SELECT come.collection_id, {", ".join(f"come.{name}" for name in NAMES.split(", "))}, FALSE
    FROM ({bounds_of("come")}) come LEFT JOIN ({FOLDED}) known USING (collection_id)
    WHERE known.collection_id IS NULL OR NOT ({_within("come", "known")});
"""  # noqa: S608
_SHRUNK = " OR ".join(
    [
        *(f"(gone.{name} <= known.{name} AND NOT coalesce(come.{name} <= known.{name}, FALSE))" for name in SMALLEST),
        *(f"(gone.{name} >= known.{name} AND NOT coalesce(come.{name} >= known.{name}, FALSE))" for name in LARGEST),
        "NOT coalesce(gone.platforms <@ come.platforms, FALSE)",
    ]
)
# An image that made a bound, and makes it no more; others may make it still, which only a look can tell.
_CHANGED = f"""
    INSERT INTO catalogue_extentnote (collection_id, platforms, shrunk)
    SELECT gone.collection_id, '{{}}', TRUE
    FROM ({bounds_of("gone")}) gone JOIN ({FOLDED}) known USING (collection_id)
    LEFT JOIN ({bounds_of("come")}) come USING (collection_id)
    WHERE NOT known.shrunk AND ({_SHRUNK});
"""  # noqa: S608
_GONE = f"""
    INSERT INTO catalogue_extentnote (collection_id, platforms, shrunk)
    SELECT gone.collection_id, '{{}}', TRUE FROM (SELECT DISTINCT collection_id FROM gone) gone
    JOIN ({FOLDED}) known USING (collection_id) WHERE NOT known.shrunk;
"""  # noqa: S608


class ExtentNote(models.Model):
    """How far the images of a collection reach, as seen by one statement: the notes of a collection together bound it.

    Written by triggers on `catalogue_item` when a statement went beyond what was known, so that writers never wait for
    each other. When an image at a bound goes, a note says that the collection may have `shrunk`: until
    `services.extents` has looked again, the bounds are too wide and never too narrow.
    """

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    first = models.DateTimeField(null=True)
    last = models.DateTimeField(null=True)
    gsd_min = models.FloatField(null=True)
    gsd_max = models.FloatField(null=True)
    cloud_cover_min = models.FloatField(null=True)
    cloud_cover_max = models.FloatField(null=True)
    incidence_angle_min = models.FloatField(null=True)
    incidence_angle_max = models.FloatField(null=True)
    sun_elevation_min = models.FloatField(null=True)
    sun_elevation_max = models.FloatField(null=True)
    platforms = ArrayField(models.CharField(max_length=40), default=list)
    shrunk = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("reach of a collection")
        verbose_name_plural = _("reaches of collections")

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.west} {self.south} {self.east} {self.north}"


class NotesExtents(HardTrigger):
    """Notes how far a statement reached."""

    level = pgtrigger.Statement
    when = pgtrigger.After

    def __init__(self, *, operation: pgtrigger.core.Operation) -> None:
        told = {"INSERT": _GROWN, "UPDATE": f"{_CHANGED} {_GROWN}", "DELETE": _GONE}[str(operation)]
        super().__init__(
            name=f"extents_{operation.name.lower()}",
            operation=operation,
            referencing=pgtrigger.Referencing(
                old=None if operation is pgtrigger.Insert else "gone",
                new=None if operation is pgtrigger.Delete else "come",
            ),
            func=f"{told} RETURN NULL;",
        )
