# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar
from uuid import uuid4

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from orders.enums import DeliveryState, ProviderState
from orders.transitions import DELIVERY, PROVIDER_ORDER


class ProviderOrder(StatefulModel):
    """What we placed with a provider, for one line or for several that are bought together over `aoi`.

    The row and its reference are committed before the provider is called.
    """

    machine: ClassVar[StateMachine] = PROVIDER_ORDER

    aoi = models.MultiPolygonField(srid=4326)
    provider = models.CharField(max_length=40)
    reference = models.CharField(max_length=60, unique=True)
    provider_id = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=20, choices=ProviderState.choices, default=ProviderState.RECEIVED)
    reason_code = models.CharField(max_length=60, blank=True)
    reason_text = models.TextField(blank=True)
    payload = models.JSONField(default=dict)
    price_cents = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    placed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("provider order")
        verbose_name_plural = _("provider orders")
        ordering = ("created_at", "id")
        triggers = (StateTrigger(machine=PROVIDER_ORDER),)

    def __str__(self) -> str:
        return self.reference


class Delivery(StatefulModel):
    """What came for a provider order, file by file, with SHA-256; it becomes an image of the catalogue."""

    machine: ClassVar[StateMachine] = DELIVERY

    provider_order = models.ForeignKey(ProviderOrder, on_delete=models.PROTECT, related_name="deliveries")
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=20, choices=DeliveryState.choices, default=DeliveryState.EXPECTED)
    manifest = models.JSONField(default=list)
    error = models.TextField(blank=True)
    # Names the folder of its files: nobody can guess it, and a reception done again finds its own traces.
    folder = models.UUIDField(default=uuid4, unique=True, editable=False)
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ("created_at", "id")
        constraints = (models.UniqueConstraint(fields=["provider_order", "number"], name="orders_delivery_number"),)
        triggers = (StateTrigger(machine=DELIVERY),)

    def __str__(self) -> str:
        return f"{self.provider_order} #{self.number}"
