# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue of orders: the numbers of its formula with their history, and what is counted for it from time to time."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.triggers import FrozenOnce
from orders.domain.fair_share import FACTORS, Formula
from orders.models.order import Order

MOST_POINTS = 10_000
PROPOSED = (
    "need", "age", "use", "reuse", "emergency", "age_days", "half_life_days", "reuse_full", "starts_at", "reason",
    "proposed_by_id", "proposed_at",
)  # fmt: skip


def _points(label: Any) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(label, validators=(MaxValueValidator(MOST_POINTS),))


class QueueRuleQuerySet(models.QuerySet["QueueRule"]):
    """Reads of the formula."""

    def in_force(self, at: datetime) -> "QueueRule | None":
        """Return the formula of a moment: of those that a second person confirmed, the one that began last."""
        return self.filter(confirmed_at__isnull=False, starts_at__lte=at).order_by("-starts_at").first()


class QueueRule(models.Model):
    """The numbers of the queue's formula from a moment on: one person proposes them and another one confirms.

    Rows never change but by their confirmation; one that is not confirmed before it begins has no effect.
    """

    need = _points(_("need"))
    age = _points(_("waiting time"))
    use = _points(_("past use"))
    reuse = _points(_("use by others"))
    emergency = _points(_("emergency"))
    age_days = models.PositiveSmallIntegerField(_("days until waiting counts in full"))
    half_life_days = models.PositiveSmallIntegerField(_("days in which past use halves"))
    reuse_full = models.PositiveSmallIntegerField(_("other organisations that count in full"))
    starts_at = models.DateTimeField(_("from"))
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = QueueRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("formula of the queue")
        verbose_name_plural = _("formulas of the queue")
        ordering = ("-starts_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["starts_at"], condition=Q(confirmed_at__isnull=False), name="orders_queue_rule_one_start"
            ),
            models.CheckConstraint(
                condition=Q(emergency__gt=F("need") + F("age") + F("use") + F("reuse"), emergency__lte=MOST_POINTS),
                name="orders_queue_rule_emergency_first",
            ),
            models.CheckConstraint(
                condition=Q(age_days__gte=1, half_life_days__gte=1, reuse_full__gte=1), name="orders_queue_rule_days"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="orders_queue_rule_two_people",
            ),
        )
        triggers = (
            FrozenOnce(name="numbers_frozen", columns=PROPOSED, once="TRUE"),
            FrozenOnce(
                name="confirmation_frozen",
                columns=("confirmed_by_id", "confirmed_at"),
                once="OLD.confirmed_at IS NOT NULL",
            ),
        )

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d}: " + " · ".join(str(getattr(self, name)) for name in FACTORS)

    @property
    def formula(self) -> Formula:
        """The numbers."""
        weights = {name: getattr(self, name) for name in FACTORS}
        return Formula(weights, self.age_days, self.half_life_days, self.reuse_full)


class OrderDemand(models.Model):
    """What was counted of an order that waits: since when it does, and how many other organisations need the place."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="demand")
    sent_at = models.DateTimeField()
    organisations = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("demand of a place")
        verbose_name_plural = _("demands of places")
        ordering = ("order",)

    def __str__(self) -> str:
        return f"{self.order}: {self.organisations}"


class OrganisationUse(models.Model):
    """What an organisation was given of late (m2), older images counting less; one row for each that takes part."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="imagery_use")
    used_m2 = models.BigIntegerField(validators=(MinValueValidator(0),))
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("use of an organisation")
        verbose_name_plural = _("uses of organisations")
        ordering = ("organisation",)
        constraints = (models.CheckConstraint(condition=Q(used_m2__gte=0), name="orders_use_positive"),)

    def __str__(self) -> str:
        return f"{self.organisation}: {self.used_m2}"
