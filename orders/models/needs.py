# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.models import LandCell
from dinamis.core import clock


class Need(models.Model):
    """How many organisations want images of a cell, counted beforehand; of too few of them there is no row.

    Numbers only: who they are is told nowhere. One organisation counts once in `organisations`, and once in each way
    in which it asks; a way in which too few ask has no number. A cell has a row for what is wanted of any product
    (`family` is empty) and one for each product family that enough of them want.
    """

    cell = models.ForeignKey(LandCell, on_delete=models.CASCADE, related_name="needs")
    family = models.CharField(_("product family"), max_length=20, choices=ProductFamily.choices, blank=True)
    organisations = models.PositiveIntegerField()
    requests = models.PositiveIntegerField(null=True)
    searches = models.PositiveIntegerField(null=True)
    unmet = models.PositiveIntegerField(null=True)
    # When the newest image that is held, of this family, by whoever may use it, was taken.
    newest_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("need of a cell")
        verbose_name_plural = _("needs of cells")
        ordering = ("-organisations", "cell")
        constraints = (
            models.CheckConstraint(condition=Q(organisations__gt=0), name="orders_need_organisations"),
            models.UniqueConstraint(fields=["cell", "family"], name="orders_need_of_a_family"),
        )

    def __str__(self) -> str:
        return f"{self.cell_id} {self.family}: {self.organisations}"
