# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Item
from dinamis.core import clock
from licensing.enums import EligibilityClass


class Reuse(models.Model):
    """An organisation fetched an image that others had ordered: once for each, with what it would have cost that day.

    It names nobody, so it outlives the downloads it was read from.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="reuses")
    eligibility_class = models.CharField(max_length=30, choices=EligibilityClass.choices)
    first_at = models.DateTimeField()
    area_m2 = models.BigIntegerField()
    cents = models.BigIntegerField()

    class Meta:
        verbose_name = _("reuse of an image")
        verbose_name_plural = _("reuses of images")
        ordering = ("first_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["organisation", "item"], name="orders_reuse_once"),
            models.CheckConstraint(condition=Q(area_m2__gte=0, cents__gte=0), name="orders_reuse_amounts"),
        )

    def __str__(self) -> str:
        return f"{self.organisation}: {self.item}"


class PublicFigure(models.Model):
    """A row of the public page, counted beforehand. A withheld one has no numbers: too few organisations are in it."""

    class Cut(models.TextChoices):
        """What the row is a part of; the numbers of a cut add up to those of the one above it."""

        TOTAL = "total", _("total")
        YEAR = "year", _("year")
        QUARTER = "quarter", _("quarter")
        FAMILY = "family", _("product family")
        CLASS = "class", _("eligibility class")
        THEME = "theme", _("theme")
        YEAR_FAMILY = "year_family", _("year and product family")
        YEAR_CLASS = "year_class", _("year and eligibility class")
        YEAR_THEME = "year_theme", _("year and theme")
        REFUSAL = "refusal", _("cause of refusal")
        IMAGE = "image", _("image")

    cut = models.CharField(max_length=20, choices=Cut.choices)
    year = models.PositiveSmallIntegerField(null=True)
    quarter = models.PositiveSmallIntegerField(null=True)
    key = models.CharField(max_length=100, blank=True)
    images = models.PositiveIntegerField(null=True)
    area_m2 = models.BigIntegerField(null=True)
    spent_cents = models.BigIntegerField(null=True)
    avoided_cents = models.BigIntegerField(null=True)
    reuses = models.PositiveIntegerField(null=True)
    median_days = models.FloatField(null=True)
    withheld = models.BooleanField(default=False)
    counted_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("public figure")
        verbose_name_plural = _("public figures")
        ordering = ("cut", "-year", "-quarter", "key")
        constraints = (
            models.UniqueConstraint(
                fields=["cut", "year", "quarter", "key"], name="orders_figure_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(withheld=False)
                | Q(images__isnull=True, area_m2__isnull=True, spent_cents__isnull=True, avoided_cents__isnull=True)
                & Q(reuses__isnull=True, median_days__isnull=True),
                name="orders_figure_withheld",
            ),
        )

    def __str__(self) -> str:
        return f"{self.cut} {self.year or ''} {self.key}".strip()
