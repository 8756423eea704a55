# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock


class RegistryEntry(models.Model):
    """One line of an imported extract of SIRENE, ROR or the UAI register: it fills a form, it proves nothing."""

    class Register(models.TextChoices):
        SIRET = "siret", _("SIRET")
        UAI = "uai", _("UAI")
        ROR = "ror", "ROR"

    register = models.CharField(max_length=10, choices=Register.choices)
    number = models.CharField(max_length=14)
    name = models.CharField(max_length=200)
    acronym = models.CharField(max_length=30, blank=True)
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, default="FR")
    imported_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("registry entry")
        verbose_name_plural = _("registry entries")
        ordering = ("register", "number")
        constraints = (models.UniqueConstraint(fields=["register", "number"], name="accounts_registry_number"),)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
