# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from orders.enums import QuoteState
from orders.models.order import Order, OrderItem
from orders.transitions import QUOTE


class Feasibility(models.Model):
    """What a provider says of one line before anything is bought: can it be done, how easily, at which passes.

    `passes` are its opportunities of access: begin and end (ISO 8601, UTC), incidence in degrees. An answer counts
    until `expires`.
    """

    line = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="feasibilities")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    available = models.BooleanField(null=True)
    classification = models.CharField(max_length=20, blank=True)
    automation = models.CharField(max_length=20, blank=True)
    expires = models.DateTimeField(null=True, blank=True)
    passes = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("feasibility")
        verbose_name_plural = _("feasibilities")
        ordering = ("-asked_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["line"], condition=Q(answered_at__isnull=True), name="orders_feasibility_one_asked"
            ),
        )

    def __str__(self) -> str:
        return f"{self.line} · {self.asked_at:%Y-%m-%d}"

    @property
    def is_easy(self) -> bool:
        """Whether the provider takes it without a study of its own."""
        return self.classification.upper() == "EASY"


class Quote(StatefulModel):
    """A formal price for an order, to accept or to refuse: what it was made of, fingerprinted, until when it stands.

    `lines` are the lines of the bill (areas in m2, amounts in cents); `provider_cents` what the provider asks, and so
    the most at which it may be placed. `fingerprint` is a SHA-256 of what was quoted: areas, windows, options, lines.
    """

    machine: ClassVar[StateMachine] = QUOTE

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="quotes")
    state = models.CharField(max_length=20, choices=QuoteState.choices, default=QuoteState.DRAFT)
    lines = models.JSONField(default=list)
    billed_m2 = models.BigIntegerField(default=0)
    price_cents = models.BigIntegerField(null=True, blank=True)
    provider_cents = models.BigIntegerField(null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True)
    # The document as it was offered.
    storage_key = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=[QuoteState.DRAFT, QuoteState.OFFERED]),
                name="orders_quote_one_open",
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state=QuoteState.ACCEPTED), name="orders_quote_one_accepted"
            ),
            models.CheckConstraint(
                condition=Q(state=QuoteState.DRAFT)
                | Q(state=QuoteState.EXPIRED)
                | Q(price_cents__isnull=False, provider_cents__isnull=False, valid_until__isnull=False),
                name="orders_quote_complete",
            ),
        )
        triggers = (StateTrigger(machine=QUOTE),)

    def __str__(self) -> str:
        return self.number

    @property
    def side(self) -> str:
        """Which prices of its lines its price is made of: "inside" the quota, "outside" it, "both", "" where they are
        the same."""
        inside, outside = (sum(line[f"{side}_cents"] for line in self.lines) for side in ("inside", "outside"))
        if inside == outside:
            return ""
        return {inside: "inside", outside: "outside"}.get(self.price_cents or 0, "both")

    def provider_cents_of(self, line: Any) -> int:
        """Return what the provider asks for one line, in cents; of a line that was granted in part since, that part of
        it, by area, each at least the minimum that was quoted."""
        said = next(one for one in self.lines if one["line"] == line.pk)
        quoted, left = (max(area, said["minimum_m2"]) for area in (said["area_m2"], line.area_m2))
        return int(-(-said["provider_cents"] * min(left, quoted) // quoted))
