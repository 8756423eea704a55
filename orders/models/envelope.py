# SPDX-License-Identifier: AGPL-3.0-or-later
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.triggers import AppendOnly
from orders.enums import EntryKind


class Envelope(models.Model):
    """A budget in square metres for one product family and one period; no owner = the common pot."""

    name = models.CharField(_("name"), max_length=120)
    family = models.CharField(max_length=20, choices=ProductFamily.choices)
    owner = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="envelopes")
    period = DateTimeRangeField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("envelope")
        verbose_name_plural = _("envelopes")
        ordering = ("family", "period", "id")

    def __str__(self) -> str:
        return self.name


class LedgerEntry(models.Model):
    """One line of an envelope. Append-only; the balance is the sum.

    `amount_m2` is signed: grants, releases and refunds add, holds take; a commit (0) turns a hold into a debt that only
    a refund can undo. `key` makes a repetition of the same act impossible.
    """

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    amount_m2 = models.BigIntegerField()
    order_item = models.ForeignKey(
        "orders.OrderItem", null=True, blank=True, on_delete=models.PROTECT, related_name="ledger_entries"
    )
    key = models.CharField(max_length=120, unique=True)
    actor_label = models.CharField(max_length=200)
    words = models.TextField(blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ("at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=EntryKind.HOLD, amount_m2__lt=0)
                | Q(kind=EntryKind.COMMIT, amount_m2=0)
                | Q(kind__in=[EntryKind.GRANT, EntryKind.RELEASE, EntryKind.REFUND], amount_m2__gt=0)
                | Q(kind=EntryKind.ADJUST),
                name="orders_ledger_sign",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[EntryKind.GRANT, EntryKind.ADJUST]) | Q(order_item__isnull=False),
                name="orders_ledger_item",
            ),
        )
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.envelope} {self.kind} {self.amount_m2}"
