# SPDX-License-Identifier: AGPL-3.0-or-later
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.triggers import FrozenOnce
from licensing.enums import EligibilityClass
from orders.enums import OrderKind, QuotaSide

SET_ONCE = (
    "family", "kind", "eligibility_class", "quota", "cents_per_km2", "minimum_m2", "stereo_factor", "tristereo_factor",
    "reason", "set_by_id", "created_at",
)  # fmt: skip


class Tariff(models.Model):
    """What a km² of a product costs, from when to when: inside the quota of an envelope, or outside it.

    An empty `eligibility_class` is for every class; one of a class goes before it. The minimum area applies before a
    stereo pair counts `stereo_factor` times and a triplet `tristereo_factor` times (domain facts, 5). A row never
    changes; a new rate ends the period of the one before.
    """

    family = models.CharField(_("product family"), max_length=20, choices=ProductFamily.choices)
    kind = models.CharField(_("kind of order"), max_length=20, choices=OrderKind.choices)
    eligibility_class = models.CharField(
        _("eligibility class"), max_length=30, choices=EligibilityClass.choices, blank=True
    )
    quota = models.CharField(_("quota"), max_length=10, choices=QuotaSide.choices)
    cents_per_km2 = models.PositiveIntegerField(_("cents per km²"))
    minimum_m2 = models.BigIntegerField(_("smallest billed area"))
    stereo_factor = models.PositiveSmallIntegerField(_("a stereo pair counts"), default=2)
    tristereo_factor = models.PositiveSmallIntegerField(_("a triplet counts"), default=3)
    valid = DateTimeRangeField(_("valid"))
    reason = models.TextField(_("reason"))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        ordering = ("family", "kind", "eligibility_class", "quota", "-valid")
        constraints = (
            ExclusionConstraint(
                name="orders_tariff_no_overlap",
                expressions=[
                    ("family", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("eligibility_class", RangeOperators.EQUAL),
                    ("quota", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(minimum_m2__gte=0, stereo_factor__gte=1, tristereo_factor__gte=1, valid__isempty=False),
                name="orders_tariff_amounts",
            ),
        )
        triggers = (FrozenOnce(name="rates_frozen", columns=SET_ONCE, once="TRUE"),)

    def __str__(self) -> str:
        return f"{self.get_family_display()} · {self.get_kind_display()} · {self.get_quota_display()}"
