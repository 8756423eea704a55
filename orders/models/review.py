# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said of a submitted order, stage by stage, and who may not say it."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, StateTrigger
from orders.enums import LineVerdict, ReviewStage, ReviewState
from orders.models.order import Order, OrderItem
from orders.transitions import REVIEW
from orders.triggers import NoInterest


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reads of reviews."""

    def visible_to(self, user: Any) -> "ReviewQuerySet":
        """All for the office; for those who give opinions, what is asked of their body, their organisations apart."""
        if user.has_perm("orders.moderate"):
            return self
        if not user.has_perm("orders.opine"):
            return self.none()
        mine = user.memberships.exclude(state="ended").values("organisation")
        body = user.office_role.removeprefix("opinion_")
        return self.filter(stage=body).exclude(order__organisation__in=mine).exclude(order__recusals__person=user)


class Review(StatefulModel):
    """One stage of the look at a submitted order. One is open at a time: its stage says who acts next, until when."""

    machine: ClassVar[StateMachine] = REVIEW
    # Under a scope of its own (docs/adr/0036).
    keys_may_write: ClassVar[bool] = True

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="reviews")
    stage = models.CharField(_("stage"), max_length=20, choices=ReviewStage.choices, default=ReviewStage.SECRETARIAT)
    state = models.CharField(max_length=20, choices=ReviewState.choices, default=ReviewState.OPEN)
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=20, blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Who was away, when a delegate decided for them.
    decided_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ("opened_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["order"], condition=Q(state=ReviewState.OPEN), name="orders_review_one_open"
            ),
        )
        indexes = (
            models.Index(
                fields=["stage", "due_at", "order"], condition=Q(state=ReviewState.OPEN), name="orders_review_clock"
            ),
            models.Index(
                fields=["claimed_by", "order"], condition=Q(state=ReviewState.OPEN), name="orders_review_claims"
            ),
        )
        triggers = (
            StateTrigger(machine=REVIEW),
            NoInterest(people=("claimed_by_id", "decided_by_id", "decided_for_id")),
            FrozenOnce(
                name="frozen_decision",
                columns=("stage", "verdict", "reason_code", "words", "decided_by_id", "decided_for_id", "decided_at"),
                once="OLD.state <> 'open'",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order} · {self.get_stage_display()} · {self.get_state_display()}"


class LineDecision(models.Model):
    """What a stage said of one line: granted, granted in part (`area`, `area_m2`) or refused. Append-only.

    It outlives the line, which is written anew when the order is sent back and changed: `item` is None then.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(OrderItem, null=True, on_delete=models.SET_NULL, related_name="decisions")
    verdict = models.CharField(max_length=20, choices=LineVerdict.choices)
    reason_code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    area = models.MultiPolygonField(srid=4326, null=True)
    area_m2 = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("decision on a line")
        verbose_name_plural = _("decisions on lines")
        ordering = ("review", "item")
        constraints = (
            models.UniqueConstraint(fields=["review", "item"], name="orders_line_decided_once"),
            models.CheckConstraint(
                condition=Q(verdict=LineVerdict.WHOLE) | ~Q(reason_code=""), name="orders_line_reasoned"
            ),
            models.CheckConstraint(
                condition=Q(verdict=LineVerdict.PART, area__isnull=False, area_m2__gt=0)
                | (~Q(verdict=LineVerdict.PART) & Q(area__isnull=True, area_m2__isnull=True)),
                name="orders_line_part_has_area",
            ),
        )
        triggers = (AppendOnly(erasable=("words",), outlives=("item_id",)),)

    def __str__(self) -> str:
        return f"{self.item}: {self.get_verdict_display()}"


class Recusal(models.Model):
    """A person who may not decide on an order, and says why. Nobody takes it back."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="recusals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason_code = models.CharField(max_length=60)
    words = models.TextField(blank=True)
    # The secretary of a session, where they wrote down what the person said there.
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    declared_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("recusal")
        verbose_name_plural = _("recusals")
        ordering = ("declared_at", "id")
        constraints = (models.UniqueConstraint(fields=["order", "person"], name="orders_recusal_once"),)
        triggers = (AppendOnly(erasable=("words",)),)

    def __str__(self) -> str:
        return f"{self.person} · {self.order}"
