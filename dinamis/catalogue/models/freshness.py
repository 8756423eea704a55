# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models.collection import Collection
from dinamis.core import clock


class LandCell(models.Model):
    """A square of a grid over French land: what maps of the whole nation are made of (docs/adr/0044).

    An image counts for a cell whose point it shows: a point on the land of the département that has most of the cell.
    """

    # Its lower left corner in tenths of a degree, "E0025N0434" (`dinamis.catalogue.grid`).
    code = models.CharField(max_length=12, unique=True)
    departement = models.CharField(max_length=20, db_index=True)
    # The name of the commune at its point, so that people know where it is; empty where no commune is loaded.
    commune = models.CharField(max_length=200, blank=True)
    geometry = models.PolygonField(srid=4326)
    inside = models.PointField(srid=4326)

    class Meta:
        verbose_name = _("cell of the land")
        verbose_name_plural = _("cells of the land")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class NewestImage(models.Model):
    """When the newest held image of a kind over a cell was taken, counted beforehand.

    A kind is a collection, how fine the image is (a step of FINENESS, the finest first) and whether it is one of a
    stereo pair. Images that are withheld are left out until they open.
    """

    cell = models.ForeignKey(LandCell, on_delete=models.CASCADE, related_name="newest")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    fineness = models.PositiveSmallIntegerField()
    stereo = models.BooleanField()
    taken_at = models.DateTimeField()
    counted_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("newest image of a cell")
        verbose_name_plural = _("newest images of cells")
        constraints = (
            models.UniqueConstraint(
                fields=["cell", "collection", "fineness", "stereo"], name="catalogue_newest_of_a_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.cell_id} {self.collection_id} {self.taken_at:%Y-%m-%d}"
