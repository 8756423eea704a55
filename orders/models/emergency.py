# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from orders.enums import ActivationState, EventKind
from orders.models.order import Order
from orders.transitions import ACTIVATION

DAY = timedelta(days=1)


class EmergencyScientist(models.Model):
    """That the office has named a scientist who may activate CIEST², for a period; once revoked it is so at once."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="emergency_grants")
    valid = DateTimeRangeField(_("period"))
    words = models.TextField(_("why"))
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField(default=clock.now)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("scientist of CIEST²")
        verbose_name_plural = _("scientists of CIEST²")
        ordering = ("-named_at", "-id")
        constraints = (
            ExclusionConstraint(
                name="orders_emergency_scientist_once",
                expressions=[("person", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
                condition=Q(revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(valid__isempty=False, valid__lower_inf=False, valid__upper_inf=False),
                name="orders_emergency_scientist_period",
            ),
            models.CheckConstraint(condition=~Q(named_by=F("person")), name="orders_emergency_scientist_by_another"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="orders_emergency_scientist_revoked",
            ),
        )

    def __str__(self) -> str:
        return str(self.person)

    def in_force(self, at: datetime) -> bool:
        """Tell whether the scientist may activate at a moment."""
        return self.revoked_at is None and self.valid.lower <= at < self.valid.upper


class Activation(StatefulModel):
    """An activation of CIEST²: one place seen every day for some days, whatever the clouds (docs/adr/0043).

    Its order has a line for each day. Of two whose bounding boxes overlap one alone is under way.
    """

    machine: ClassVar[StateMachine] = ACTIVATION

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="activation")
    kind = models.CharField(_("what has happened"), max_length=20, choices=EventKind.choices)
    place = models.CharField(_("name of the place"), max_length=120)
    event_on = models.DateField(_("day of the event"))
    area = models.MultiPolygonField(srid=4326)
    # As many days as its order has lines.
    period = DateTimeRangeField(_("period"))
    state = models.CharField(max_length=20, choices=ActivationState.choices, default=ActivationState.ACTIVE)

    class Meta:
        verbose_name = _("activation of CIEST²")
        verbose_name_plural = _("activations of CIEST²")
        ordering = ("-period", "-id")
        constraints = (
            ExclusionConstraint(
                name="orders_activation_place",
                # In both frames of longitude: in one of them the box of what crosses the antimeridian, or Greenwich, is
                # as wide as the globe.
                expressions=[("area", "&&"), (Func(F("area"), function="ST_ShiftLongitude"), "&&")],
                condition=Q(state=ActivationState.ACTIVE),
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="orders_activation_period",
            ),
        )
        triggers = (StateTrigger(machine=ACTIVATION),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.place}"

    @property
    def requester_id(self) -> int:
        """Who activated."""
        return self.order.requester_id

    @property
    def organisation_id(self) -> int:
        """For which organisation."""
        return self.order.organisation_id

    def days_over(self, at: datetime) -> int:
        """Return how many of its days are over at a moment."""
        return max((min(at, self.period.upper) - self.period.lower) // DAY, 0)


class ActivationParty(models.Model):
    """A scientist who would have activated for the same place, and follows the activation that is under way."""

    activation = models.ForeignKey(Activation, on_delete=models.CASCADE, related_name="parties")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(_("why"), blank=True)
    joined_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("scientist of an activation")
        verbose_name_plural = _("scientists of an activation")
        ordering = ("joined_at", "id")
        constraints = (models.UniqueConstraint(fields=["activation", "person"], name="orders_activation_party_once"),)

    def __str__(self) -> str:
        return f"{self.person}: {self.activation}"
