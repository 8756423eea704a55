# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.triggers import FrozenOnce


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Reads of absences."""

    def standing(self) -> "AbsenceQuerySet":
        """Those that were not taken back, past and to come too."""
        return self.filter(taken_back_at__isnull=True)

    def lasting(self, at: datetime) -> "AbsenceQuerySet":
        """Those that last at that moment: they end by themselves."""
        return self.standing().filter(period__contains=at)


class Absence(models.Model):
    """A reviewer is away for a period, [begin, end); a delegate, where one is named, may act for them meanwhile."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    delegate = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="delegations"
    )
    period = DateTimeRangeField()
    declared_at = models.DateTimeField(default=clock.now)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ("period", "id")
        constraints = (
            ExclusionConstraint(
                name="orders_absence_no_overlap",
                expressions=[("person", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=Q(taken_back_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__startswith__isnull=False, period__endswith__isnull=False),
                name="orders_absence_bounded",
            ),
            models.CheckConstraint(condition=~Q(delegate=F("person")), name="orders_absence_delegate"),
        )
        indexes = (
            models.Index(fields=["delegate"], condition=Q(taken_back_at__isnull=True), name="orders_absence_held"),
        )
        triggers = (
            FrozenOnce(
                name="declared_once", columns=("person_id", "delegate_id", "period", "declared_at"), once="TRUE"
            ),
            FrozenOnce(name="taken_back_once", columns=("taken_back_at",), once="OLD.taken_back_at IS NOT NULL"),
        )

    def __str__(self) -> str:
        return f"{self.person} · {self.period}"
