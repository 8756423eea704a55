# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.enums import AcquisitionMode
from orders.models.acquisition import PERCENT
from orders.models.order import Order


class ArchiveSearch(models.Model):
    """What an archive order asks that names an area and days: its scenes were sought by it (docs/adr/0045).

    Days are those of Paris, both included; clouds in percent, incidence in degrees, None = whatever it is. `with_held`:
    the area is ordered though parts of it are held, and not only what is left of it.
    """

    # Under a scope of its own (docs/adr/0036).
    keys_may_write: ClassVar[bool] = True

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="archive_search")
    area = models.MultiPolygonField(_("area sought"), srid=4326)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    mode = models.CharField(_("views"), max_length=20, choices=AcquisitionMode.choices, default=AcquisitionMode.MONO)
    cloud_max = models.PositiveSmallIntegerField(_("largest cloud cover"), null=True, blank=True, validators=PERCENT)
    incidence_max = models.FloatField(_("largest incidence angle"), null=True, blank=True)
    with_held = models.BooleanField(_("what is held too"), default=False)

    class Meta:
        verbose_name = _("search of an archive order")
        verbose_name_plural = _("searches of archive orders")
        constraints = (
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="orders_archive_search_days"),
            models.CheckConstraint(
                condition=Q(cloud_max__isnull=True) | Q(cloud_max__lte=100), name="orders_archive_search_cloud"
            ),
        )

    def __str__(self) -> str:
        return f"{self.order} · {self.first:%Y-%m-%d}/{self.last:%Y-%m-%d}"
