# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core.clock import today


class SearchArea(models.Model):
    """An area too long for the address of a search, kept under a token made of its content: the same area has one row,
    and nobody is its owner. Whoever has the address has the area, as with one short enough to stand in it."""

    token = models.CharField(max_length=22, unique=True)
    geometry = models.MultiPolygonField(srid=4326)
    used_on = models.DateField(default=today)

    class Meta:
        verbose_name = _("area of a search")
        verbose_name_plural = _("areas of searches")

    def __str__(self) -> str:
        return self.token
