# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import AdminKind


class AdminUnit(models.Model):
    """A commune, EPCI, département or région: a way to name a place without drawing it."""

    kind = models.CharField(max_length=20, choices=AdminKind.choices)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    parent_code = models.CharField(max_length=20, blank=True)
    population = models.PositiveIntegerField(null=True)
    geometry = models.MultiPolygonField(srid=4326, null=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ("kind", "code")
        constraints = (models.UniqueConstraint(fields=["kind", "code"], name="catalogue_admin_code"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
