# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.models import Collection
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from orders.enums import Leaving, PoolAnswer, PoolState, SplitRule
from orders.models.fulfilment import ProviderOrder
from orders.models.order import OrderItem
from orders.transitions import POOL


class PoolQuerySet(models.QuerySet["Pool"]):
    """Reads of groupings."""

    def visible_to(self, user: Any) -> "PoolQuerySet":
        """Groupings the person may read: of their own requests, of those of their organisations, all for the office."""
        if user.has_perm("orders.moderate"):
            return self
        mine = Q(members__line__order__requester=user)
        shared = Q(
            members__line__order__organisation__memberships__user=user,
            members__line__order__organisation__memberships__state="active",
        )
        return self.filter(pk__in=Pool.objects.filter(mine | shared).values("pk"))


class Pool(StatefulModel):
    """Acquisition requests that overlap, to be bought as one: union of the areas, intersection of the windows.

    `terms` are the strictest constraints (`pool_rules.Terms`). Nothing of the requests themselves changes before the
    grouping is placed, so that it may be dissolved without anybody losing anything.
    """

    machine: ClassVar[StateMachine] = POOL

    # "G-2026-0007": given when the grouping is proposed, and the provider's reference once it is placed.
    reference = models.CharField(max_length=20, unique=True)
    family = models.CharField(max_length=20, choices=ProductFamily.choices)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="+")
    aoi = models.MultiPolygonField(srid=4326)
    period = DateTimeRangeField()
    terms = models.JSONField()
    area_m2 = models.BigIntegerField()
    billed_m2 = models.BigIntegerField()
    price_cents = models.BigIntegerField()
    rule = models.CharField(max_length=20, choices=SplitRule.choices, default=SplitRule.KM2)
    # Until when the parties answer, then until when their requests are to be approved.
    deadline = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    provider_order = models.OneToOneField(
        ProviderOrder, null=True, blank=True, on_delete=models.PROTECT, related_name="pool"
    )
    state = models.CharField(_("state"), max_length=20, choices=PoolState.choices, default=PoolState.PROPOSED)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = PoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("grouping")
        verbose_name_plural = _("groupings")
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(area_m2__gt=0, billed_m2__gte=models.F("area_m2"), price_cents__gte=0),
                name="orders_pool_cost",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[PoolState.PLACED, PoolState.CLOSED], provider_order__isnull=False)
                | (~Q(state__in=[PoolState.PLACED, PoolState.CLOSED]) & Q(provider_order__isnull=True)),
                name="orders_pool_placed",
            ),
        )
        triggers = (StateTrigger(machine=POOL),)

    def __str__(self) -> str:
        return self.reference

    def living(self) -> "QuerySet[PoolMember]":
        """The requests that are in it, in the order they were submitted."""
        related = ("line__order__organisation", "line__order__requester", "line__order__acquisition", "answered_by")
        rows = self.members.filter(left_at__isnull=True).select_related(*related)
        return rows.order_by("line__order__submitted_at", "line_id")


class PoolMember(models.Model):
    """One line in a grouping: its part, what it would cost alone, and what its organisation answered."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="members")
    line = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="pool_members")
    # What only it asked for, and its equal part of what several asked for; what it pays, and would pay alone.
    own_m2 = models.BigIntegerField()
    shared_m2 = models.BigIntegerField()
    share_m2 = models.BigIntegerField()
    share_cents = models.BigIntegerField()
    alone_m2 = models.BigIntegerField()
    alone_cents = models.BigIntegerField()
    sponsor = models.BooleanField(default=False)
    # The request as the others agreed to it (pool_rules.Ask.fingerprint).
    fingerprint = models.CharField(max_length=64)
    answer = models.CharField(max_length=20, choices=PoolAnswer.choices, default=PoolAnswer.NONE, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    left_code = models.CharField(max_length=20, choices=Leaving.choices, blank=True)

    class Meta:
        verbose_name = _("request in a grouping")
        verbose_name_plural = _("requests in groupings")
        ordering = ("pool", "line")
        constraints = (
            models.UniqueConstraint(fields=["pool", "line"], name="orders_pool_line"),
            models.UniqueConstraint(fields=["line"], condition=Q(left_at__isnull=True), name="orders_pool_one_living"),
            models.UniqueConstraint(fields=["pool"], condition=Q(sponsor=True), name="orders_pool_one_sponsor"),
            models.CheckConstraint(
                condition=Q(own_m2__gte=0, shared_m2__gte=0, share_m2__gte=0, share_cents__gte=0),
                name="orders_pool_share",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="orders_pool_answer",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True, left_code="") | (Q(left_at__isnull=False) & ~Q(left_code="")),
                name="orders_pool_left",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pool} · {self.line}"
