# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import ProductFamily, SensorKind
from dinamis.catalogue.models.collection import Collection


class SensorQuerySet(models.QuerySet["Sensor"]):
    """Reads of sensors."""

    def in_service(self, since: date | None, until: date | None) -> "SensorQuerySet":
        """Sensors in service on some day between two, both included; None leaves that side open."""
        found = self
        if until is not None:
            found = found.filter(Q(launched_on__isnull=True) | Q(launched_on__lte=until))
        if since is not None:
            found = found.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=since))
        return found


class Sensor(models.Model):
    """A satellite that images come from. `platform` is the word its items carry; nothing offers it after `ended_on`."""

    platform = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    family = models.CharField(max_length=20, choices=ProductFamily.choices)
    kind = models.CharField(max_length=10, choices=SensorKind.choices, default=SensorKind.OPTICAL)
    resolution = models.FloatField(help_text="metres, of the finest product")
    launched_on = models.DateField(null=True, blank=True)
    # The last day of service.
    ended_on = models.DateField(null=True, blank=True)
    collections = models.ManyToManyField(Collection, related_name="sensors", blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = SensorQuerySet.as_manager()

    class Meta:
        verbose_name = _("sensor")
        verbose_name_plural = _("sensors")
        ordering = ("position", "platform")
        constraints = (
            models.CheckConstraint(condition=Q(resolution__gt=0), name="catalogue_sensor_resolution"),
            models.CheckConstraint(
                condition=Q(launched_on__isnull=True) | Q(ended_on__isnull=True) | Q(ended_on__gte=F("launched_on")),
                name="catalogue_sensor_service",
            ),
        )

    def __str__(self) -> str:
        return self.name
