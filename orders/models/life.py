# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from orders.enums import StopState, TicketCause, TicketState
from orders.models.order import Order, OrderItem
from orders.transitions import STOP, TICKET


class StateDuration(models.Model):
    """How long rows stay in a state: what the histories taught, kept so that a page need not read them all."""

    aggregate = models.CharField(max_length=60)
    state = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    p50 = models.DurationField()
    p90 = models.DurationField()
    learned_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("duration of a state")
        verbose_name_plural = _("durations of states")
        ordering = ("aggregate", "state")
        constraints = (
            models.UniqueConstraint(fields=["aggregate", "state"], name="orders_duration_of_state"),
            models.CheckConstraint(
                condition=Q(p50__gte=timedelta(0), p90__gte=models.F("p50")), name="orders_duration_order"
            ),
        )

    def __str__(self) -> str:
        return f"{self.aggregate} {self.state}: {self.p50} / {self.p90}"


class OfficeTicket(StatefulModel):
    """Something that waits too long and that somebody of the office looks at. It changes no state but its own."""

    machine: ClassVar[StateMachine] = TICKET

    # What it is about: a row named as a history names it, and the state it was found in.
    aggregate = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    subject_state = models.CharField(max_length=40)
    cause = models.CharField(max_length=20, choices=TicketCause.choices)
    orders = models.ManyToManyField(Order, related_name="tickets")
    since = models.DateTimeField()
    expected_by = models.DateTimeField()
    state = models.CharField(max_length=20, choices=TicketState.choices, default=TicketState.OPEN)
    opened_at = models.DateTimeField(default=clock.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True)

    class Meta:
        verbose_name = _("ticket of the office")
        verbose_name_plural = _("tickets of the office")
        ordering = ("opened_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["aggregate", "object_id", "cause"],
                condition=Q(state=TicketState.OPEN),
                name="orders_ticket_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state=TicketState.OPEN, resolved_at__isnull=True)
                | Q(state=TicketState.RESOLVED, resolved_at__isnull=False),
                name="orders_ticket_resolved_at",
            ),
        )
        triggers = (StateTrigger(machine=TICKET),)

    def __str__(self) -> str:
        return f"{self.get_cause_display()}: {self.aggregate} {self.object_id}"


class StopRequest(StatefulModel):
    """The wish to stop a line that is with the provider. The line moves when the provider has answered, not before."""

    machine: ClassVar[StateMachine] = STOP

    line = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="stops")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason_code = models.CharField(max_length=60)
    words = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=StopState.choices, default=StopState.ASKED)
    asked_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("request to stop")
        verbose_name_plural = _("requests to stop")
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["line"], condition=Q(state=StopState.ASKED), name="orders_stop_one_open"),
        )
        triggers = (StateTrigger(machine=STOP),)

    def __str__(self) -> str:
        return f"{self.line} · {self.get_state_display()}"
