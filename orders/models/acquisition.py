# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models import Collection
from orders.enums import AcquisitionMode, Programme, Repeat
from orders.models.order import Order

PERCENT = (MinValueValidator(0), MaxValueValidator(100))


class Acquisition(models.Model):
    """How the images of an acquisition request are to be taken; its lines say where and within which window.

    The words are those of the provider's tasking parameters (domain facts, 6.3): cloud covers in percent, incidence in
    degrees, B/H without unit. `collection` is where the images will go: it names their licence.
    """

    # Under a scope of its own (docs/adr/0036).
    keys_may_write: ClassVar[bool] = True

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="acquisition")
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="+")
    programme = models.CharField(_("programme"), max_length=20, choices=Programme.choices, default=Programme.ONEPLAN)
    mode = models.CharField(
        _("acquisition mode"), max_length=20, choices=AcquisitionMode.choices, default=AcquisitionMode.MONO
    )
    bh_min = models.FloatField(_("smallest B/H"), null=True, blank=True)
    bh_max = models.FloatField(_("largest B/H"), null=True, blank=True)
    # With no more cloud an image is taken without a word; up to the threshold it is proposed. None: radar sees through.
    cloud_max = models.PositiveSmallIntegerField(_("largest cloud cover"), null=True, blank=True, validators=PERCENT)
    proposal_threshold = models.PositiveSmallIntegerField(
        _("cloud cover up to which images are proposed"), null=True, blank=True, validators=PERCENT
    )
    incidence_max = models.FloatField(_("largest incidence angle"), default=30)
    period = DateTimeRangeField(_("period"))
    # A series has one line for each area and each month or quarter of the period.
    repeat = models.CharField(_("repetition"), max_length=20, choices=Repeat.choices, default=Repeat.NONE)

    class Meta:
        verbose_name = _("acquisition parameters")
        verbose_name_plural = _("acquisition parameters")
        constraints = (
            models.CheckConstraint(
                condition=Q(proposal_threshold__isnull=True)
                | Q(proposal_threshold__gte=F("cloud_max"), proposal_threshold__lte=100),
                name="orders_acquisition_threshold",
            ),
            models.CheckConstraint(
                condition=Q(mode=AcquisitionMode.MONO, bh_min__isnull=True, bh_max__isnull=True)
                | (~Q(mode=AcquisitionMode.MONO) & (Q(bh_min__isnull=True) | Q(bh_max__gte=F("bh_min")))),
                name="orders_acquisition_bh",
            ),
            models.CheckConstraint(
                condition=Q(incidence_max__gt=0, incidence_max__lte=90), name="orders_acquisition_incidence"
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="orders_acquisition_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order} · {self.get_mode_display()}"
