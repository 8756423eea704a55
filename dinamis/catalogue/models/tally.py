# SPDX-License-Identifier: AGPL-3.0-or-later

import pgtrigger
from django.db import models
from django.db.models import BigIntegerField, Func, GeneratedField
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models.collection import Collection
from dinamis.core.triggers import HardTrigger

# Maxima in percent, degrees and metres, as the choices of the filters have them.
CLOUD_CLASSES = (5, 10, 20, 50)
INCIDENCE_CLASSES = (10, 20, 30)
RESOLUTION_CLASSES = (0.5, 1.5, 5, 10)
GROUPED = (
    "collection_id", "held", "year", "platform", "processing_level", "stereo_count", "cloud", "incidence", "resolution",
)  # fmt: skip
# An image that is withheld, or will be, is not among them: what is told of it depends on the moment and the reader.
PLAIN = "withdrawn_at IS NULL AND embargo_until IS NULL AND hold_back_until IS NULL"


def _class_of(column: str, classes: tuple[float, ...]) -> str:
    """SQL of the smallest class that a value falls in; null beyond them all."""
    steps = " ".join(f"WHEN {column} <= {most} THEN {most}" for most in classes)
    return f"(CASE {steps} END)::float8"


_OF_ITEM = {
    "year": "extract(year FROM datetime AT TIME ZONE 'Europe/Paris')::smallint",
    "cloud": _class_of("cloud_cover", CLOUD_CLASSES),
    "incidence": _class_of("incidence_angle", INCIDENCE_CLASSES),
    "resolution": _class_of("gsd", RESOLUTION_CLASSES),
}
_CHOICES = """collection_id, held,
    {year} AS year,
    platform, processing_level, stereo_count,
    {cloud} AS cloud, {incidence} AS incidence, {resolution} AS resolution"""
CHOICES = _CHOICES.format(**_OF_ITEM)


def _kind(values: str) -> str:
    """SQL of one number that stands for all choices: of 64 bits, so that no two kinds share theirs (decision 56)."""
    return f"hash_record_extended(ROW({values}), 0)"


def kind_of_item() -> GeneratedField:
    """The kind of a plain image; null for the others."""
    kind = _kind(", ".join(_OF_ITEM.get(name, name) for name in GROUPED))
    return _generated(f"CASE WHEN {PLAIN} THEN {kind} END")


def _generated(sql: str) -> GeneratedField:
    number = BigIntegerField()
    return GeneratedField(expression=Func(template=sql, output_field=number), output_field=number, db_persist=True)


def counting(*rows: tuple[str, int]) -> str:
    """Return SQL that notes, for each (relation, sign), how many plain images of it have which choices."""
    names = ", ".join(GROUPED)
    parts = " UNION ALL ".join(
        f"SELECT {CHOICES}, {sign} AS one FROM {name} WHERE {PLAIN}"  # noqa: S608  (constants only)
        for name, sign in rows
    )
    return (
        f"INSERT INTO catalogue_tally ({names}, images) SELECT {names}, sum(one) FROM ({parts}) told"  # noqa: S608
        f" GROUP BY {names} HAVING sum(one) <> 0;"
    )


class Tally(models.Model):
    """How many plain images have these choices of the filters, as a difference: their sum is the number.

    Written by triggers on `catalogue_item`, a row for each kind of image that a statement wrote, so that writers never
    wait for each other; `services.tallies` sums them up now and then. Whoever reads sees exactly the images they see.
    """

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+", db_index=False)
    held = models.BooleanField()
    year = models.SmallIntegerField()
    platform = models.CharField(max_length=40)
    processing_level = models.CharField(max_length=10)
    stereo_count = models.SmallIntegerField()
    # The smallest class that the value falls in.
    cloud = models.FloatField(null=True, help_text="percent")
    incidence = models.FloatField(null=True, help_text="degrees")
    resolution = models.FloatField(null=True, help_text="metres")
    images = models.BigIntegerField()
    kind = _generated(_kind(", ".join(GROUPED)))

    class Meta:
        verbose_name = _("tally of images")
        verbose_name_plural = _("tallies of images")

    def __str__(self) -> str:
        return f"{self.collection_id} {self.year} {self.platform}: {self.images}"


class CountsImages(HardTrigger):
    """Notes the difference that a statement makes."""

    level = pgtrigger.Statement
    when = pgtrigger.After

    def __init__(self, *, operation: pgtrigger.core.Operation, old: bool = False, new: bool = False) -> None:
        rows = [("gone", -1)] * old + [("come", 1)] * new
        super().__init__(
            name=f"counts_{operation.name.lower()}",
            operation=operation,
            referencing=pgtrigger.Referencing(old="gone" if old else None, new="come" if new else None),
            func=f"{counting(*rows)} RETURN NULL;",
        )
