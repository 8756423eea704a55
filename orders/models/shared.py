# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from licensing.models import Project
from orders.enums import JoinState
from orders.models.order import Order
from orders.transitions import JOIN


class OrderMark(models.Model):
    """What a person keeps on an order for themselves, and whether they are told what becomes of it."""

    keys_may_write: ClassVar[bool] = True

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="order_marks")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="marks")
    following = models.BooleanField(_("tell me what becomes of it"), default=False)
    own_reference = models.CharField(_("your own reference"), max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("tags"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("mark on an order")
        verbose_name_plural = _("marks on orders")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["person", "order"], name="orders_mark_once"),)

    def __str__(self) -> str:
        return f"{self.person}: {self.order}"


class JoinRequest(StatefulModel):
    """“I need this too”: a project of another organisation asks to be a party to a running request."""

    machine: ClassVar[StateMachine] = JOIN

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="joins")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    # The part of the area that is needed; none = the whole.
    aoi = models.MultiPolygonField(_("part of the area"), srid=4326, null=True, blank=True)
    words = models.TextField(_("why"), blank=True)
    state = models.CharField(max_length=20, choices=JoinState.choices, default=JoinState.ASKED)
    asked_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["order", "organisation"],
                condition=Q(state__in=[JoinState.ASKED, JoinState.ACCEPTED]),
                name="orders_join_once",
            ),
        )
        triggers = (StateTrigger(machine=JOIN),)

    def __str__(self) -> str:
        return f"{self.organisation} · {self.order}"
