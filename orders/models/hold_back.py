# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images that are their requester's organisation's alone for some months after their delivery (docs/adr/0042)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from orders.enums import HoldBackState
from orders.models.order import Order
from orders.transitions import HOLD_BACK


class HoldBack(StatefulModel):
    """The wish of a requester to have the images first, and what the office said of it; in whole months."""

    machine: ClassVar[StateMachine] = HOLD_BACK
    # Asked with its order; no arrow of it is open to keys.
    keys_may_write: ClassVar[bool] = True

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="hold_back")
    months = models.PositiveSmallIntegerField(_("months"))
    words = models.TextField(_("why"))
    granted_months = models.PositiveSmallIntegerField(null=True, editable=False)
    extended_months = models.PositiveSmallIntegerField(default=0, editable=False)
    state = models.CharField(max_length=20, choices=HoldBackState.choices, default=HoldBackState.ASKED)
    asked_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("hold-back")
        verbose_name_plural = _("hold-backs")
        ordering = ("asked_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(months__gte=1) & ~Q(words=""), name="orders_hold_back_reasoned"),
            models.CheckConstraint(
                condition=Q(granted_months__isnull=True)
                | Q(granted_months__gte=1, granted_months__lte=models.F("months")),
                name="orders_hold_back_granted",
            ),
        )
        triggers = (StateTrigger(machine=HOLD_BACK),)

    def __str__(self) -> str:
        return f"{self.order} · {self.get_state_display()}"

    @property
    def total_months(self) -> int:
        """For how long an image is reserved from its delivery; 0 = it is not."""
        return (self.granted_months or 0) + self.extended_months


class ReservedImage(models.Model):
    """An image that was delivered under a hold-back. The catalogue's own `hold_back_until` is what decisions read;
    `released_at` says that its end was told."""

    hold_back = models.ForeignKey(HoldBack, on_delete=models.CASCADE, related_name="images")
    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="reservation")
    since = models.DateTimeField()
    until = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reserved image")
        verbose_name_plural = _("reserved images")
        ordering = ("until", "id")
        constraints = (
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="orders_reserved_image_period"),
        )
        indexes = (
            models.Index(fields=["until"], condition=Q(released_at__isnull=True), name="orders_reserved_image_due"),
        )

    def __str__(self) -> str:
        return f"{self.item}: {self.until}"
