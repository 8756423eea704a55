# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import CellStatus
from dinamis.catalogue.models.collection import Collection
from dinamis.catalogue.models.item import Item


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

    # Set by selectors.coverages.cells, for one person.
    state: str

    class Meta:
        verbose_name = _("coverage cell")
        verbose_name_plural = _("coverage cells")
        ordering = ("coverage", "code")
        constraints = (models.UniqueConstraint(fields=["coverage", "code"], name="catalogue_cell_code"),)

    def __str__(self) -> str:
        return f"{self.coverage} {self.code}"
