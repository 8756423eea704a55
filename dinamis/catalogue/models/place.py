# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.gis.db import models
from django.db.models import F, Func, Value
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import AdminKind

PLAIN_NAME = Func(F("name"), function="dinamis_plain")
BARE_NAME = Func(
    PLAIN_NAME, Value("^(?:(?:l|le|la|les|aux|las|los) (.*)|.*)$"), Value(r"\1"), function="regexp_replace"
)


class AdminUnit(models.Model):
    """A commune, EPCI, département or région: a way to name a place without drawing it."""

    kind = models.CharField(max_length=20, choices=AdminKind.choices)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    parent_code = models.CharField(max_length=20, blank=True)
    population = models.PositiveIntegerField(null=True)
    geometry = models.MultiPolygonField(srid=4326, null=True)
    # The name as it is compared: small letters without accents, one space between words; and what follows its
    # article, empty when it has none. Both are what `selectors.places` searches.
    plain = models.GeneratedField(expression=PLAIN_NAME, output_field=models.TextField(), db_persist=True)
    bare = models.GeneratedField(expression=BARE_NAME, output_field=models.TextField(), db_persist=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ("kind", "code")
        constraints = (models.UniqueConstraint(fields=["kind", "code"], name="catalogue_admin_code"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
