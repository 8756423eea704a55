# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import MembershipState
from dinamis.accounts.models import Membership, Organisation
from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.models import Collection, Item
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.sentences import say
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from licensing.models import Project
from orders.enums import ItemState, OrderKind, OrderState
from orders.models.envelope import Envelope
from orders.sentences import AREA
from orders.transitions import ORDER, ORDER_ITEM


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders."""

    def visible_to(self, user: Any) -> "OrderQuerySet":
        """Orders the person may read: their own, those of their organisations or that they joined; the office, all."""
        if user.has_perm("orders.moderate"):
            return self.exclude(Q(state=OrderState.DRAFT) & ~Q(requester=user))
        # Ids from subqueries: joins would give an order twice, and to tell them apart is to sort every column.
        active = Membership.objects.filter(user=user, state=MembershipState.ACTIVE).values("organisation")
        joined = Order.objects.filter(joins__person=user, joins__state="accepted").order_by().values("pk")
        shared = Q(organisation__in=active) & ~Q(state=OrderState.DRAFT)
        return self.filter(Q(requester=user) | shared | Q(pk__in=joined))


class Order(StatefulModel):
    """A request for imagery over an area, for a project of an organisation."""

    machine: ClassVar[StateMachine] = ORDER
    # Under a scope of its own (docs/adr/0036).
    keys_may_write: ClassVar[bool] = True

    # "D-2026-0431": given when the draft is created, never reused.
    reference = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20, choices=OrderKind.choices, default=OrderKind.ARCHIVE)
    family = models.CharField(_("product family"), max_length=20, choices=ProductFamily.choices)
    title = models.CharField(_("title"), max_length=200)
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="orders")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="orders")
    aoi = models.MultiPolygonField(_("area of interest"), srid=4326)
    area_m2 = models.BigIntegerField()
    justification = models.TextField(_("why this image is needed"), blank=True)
    # Production options under the provider's own keys (domain facts, 6.4); every line may add to them.
    options = models.JSONField(default=dict, blank=True)
    envelope = models.ForeignKey(Envelope, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    state = models.CharField(_("state"), max_length=20, choices=OrderState.choices, default=OrderState.DRAFT)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-created_at", "-id")
        constraints = (models.CheckConstraint(condition=Q(area_m2__gt=0), name="orders_order_area"),)
        indexes = (
            # The office's board: each column, and all of them, those sent last first.
            models.Index(fields=["state", "submitted_at", "id"], name="orders_board_column"),
            models.Index(fields=["submitted_at", "id"], name="orders_board_all"),
        )
        triggers = (StateTrigger(machine=ORDER),)

    def __str__(self) -> str:
        return self.reference


class OrderItem(StatefulModel):
    """One line, with the price shown when it was submitted.

    Of an archive order: a scene, cut to an area. Of an acquisition request: an area and the window (`period`) within
    which it is to be seen. Lines of several orders may be bought by one provider order.
    """

    machine: ClassVar[StateMachine] = ORDER_ITEM
    # Under a scope of its own (docs/adr/0036).
    keys_may_write: ClassVar[bool] = True

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(default=1)
    scene = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="order_items")
    period = DateTimeRangeField(null=True, blank=True)
    provider_order = models.ForeignKey(
        "orders.ProviderOrder", null=True, blank=True, on_delete=models.PROTECT, related_name="lines"
    )
    aoi = models.MultiPolygonField(srid=4326)
    # What is asked, and what is billed once the provider's minimum area applies.
    area_m2 = models.BigIntegerField()
    billed_area_m2 = models.BigIntegerField()
    price_cents = models.BigIntegerField(null=True)
    # What was asked, where the office granted a part of it only; `aoi` and `area_m2` are then the part.
    asked_aoi = models.MultiPolygonField(srid=4326, null=True, blank=True, editable=False)
    asked_area_m2 = models.BigIntegerField(null=True, blank=True, editable=False)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=ItemState.choices, default=ItemState.PENDING)
    # The first image that came; an area may be acquired in several, and `products` are all of them.
    product = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT, related_name="produced_by")
    products = models.ManyToManyField(Item, blank=True, related_name="produced_by_lines")

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("order", "position")
        constraints = (
            models.UniqueConstraint(fields=["order", "position"], name="orders_item_position"),
            models.UniqueConstraint(fields=["order", "scene"], name="orders_item_scene"),
            models.CheckConstraint(
                # Less than its area is billed only of an acquisition that is bought with others (orders.Pool).
                condition=Q(area_m2__gt=0, billed_area_m2__gte=0)
                & (Q(billed_area_m2__gte=models.F("area_m2")) | Q(period__isnull=False)),
                name="orders_item_area",
            ),
            models.CheckConstraint(
                condition=Q(scene__isnull=False, period__isnull=True) | Q(scene__isnull=True, period__isnull=False),
                name="orders_item_scene_or_window",
            ),
            models.CheckConstraint(
                condition=Q(asked_aoi__isnull=True, asked_area_m2__isnull=True)
                | Q(asked_aoi__isnull=False, asked_area_m2__gt=models.F("area_m2")),
                name="orders_item_part_of_what_was_asked",
            ),
        )
        triggers = (StateTrigger(machine=ORDER_ITEM),)

    def __str__(self) -> str:
        return f"{self.order}/{self.position}"

    @property
    def label(self) -> str:
        """What a reader calls the line: its image, or the number of its area."""
        return say(self.kept_label)

    @property
    def kept_label(self) -> str:
        """The same for what is read later, by somebody else (`core.sentences`)."""
        return str(self.scene) if self.scene_id else AREA.keep(number=self.position)

    @property
    def collection(self) -> Collection:
        """Where the image comes from, or where it will go: it names the licence."""
        return self.scene.collection if self.scene else self.order.acquisition.collection
