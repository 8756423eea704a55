# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.models.collection import Collection
from dinamis.catalogue.models.item import Item


def _not_before(later: str, earlier: str) -> Q:
    """The condition that a day, where both are known, does not lie before another."""
    return Q(**{f"{later}__isnull": True}) | Q(**{f"{earlier}__isnull": True}) | Q(**{f"{later}__gte": F(earlier)})


class Coverage(models.Model):
    """A yearly wall-to-wall set of one collection."""

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="coverages")
    year = models.PositiveSmallIntegerField()
    note_fr = models.TextField(blank=True)
    note_en = models.TextField(blank=True)

    class Meta:
        verbose_name = _("coverage")
        verbose_name_plural = _("coverages")
        ordering = ("-year", "collection")
        constraints = (models.UniqueConstraint(fields=["collection", "year"], name="catalogue_coverage_year"),)

    def __str__(self) -> str:
        return f"{self.collection} {self.year}"


class CoverageCell(models.Model):
    """A grid cell of a coverage and the image chosen for it."""

    coverage = models.ForeignKey(Coverage, on_delete=models.CASCADE, related_name="cells")
    code = models.CharField(max_length=20)
    geometry = models.MultiPolygonField(srid=4326)
    status = models.CharField(max_length=20, choices=CellStatus.choices, default=CellStatus.PLANNED)
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="cells")
    # The providers' names of the scenes chosen for the cell: known before there is an image.
    scene_ids = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    acquired_on = models.DateField(null=True, blank=True)
    produced_on = models.DateField(null=True, blank=True)
    delivered_on = models.DateField(null=True, blank=True)

    # Set by selectors.coverages.cells, for one person.
    state: str

    class Meta:
        verbose_name = _("coverage cell")
        verbose_name_plural = _("coverage cells")
        ordering = ("coverage", "code")
        constraints = (
            models.UniqueConstraint(fields=["coverage", "code"], name="catalogue_cell_code"),
            models.CheckConstraint(
                condition=_not_before("produced_on", "acquired_on") & _not_before("delivered_on", "produced_on"),
                name="catalogue_cell_dates",
                violation_error_message=_("A cell is acquired, then produced, then delivered."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.coverage} {self.code}"
