# SPDX-License-Identifier: AGPL-3.0-or-later
"""What providers invoice, line by line, and how differences from the ledger were settled (docs/adr/0050)."""

from datetime import date, timedelta
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, HardTrigger, StateTrigger
from licensing.models import EvidenceFile
from orders.enums import Finding, InvoiceState
from orders.models.fulfilment import ProviderOrder
from orders.transitions import INVOICE

STANDING = (InvoiceState.RECORDED, InvoiceState.APPROVED)
FACTS = ("provider", "number", "day", "period", "net_cents", "gross_cents", "file_name", "storage_key", "size",
         "sha256", "recorded_by_id", "recorded_at")  # fmt: skip


class AddsUp(HardTrigger):
    """An invoice is approved only when its lines come to its amount before tax."""

    name = "adds_up"
    when = pgtrigger.Before
    operation = pgtrigger.Update
    condition = pgtrigger.Q(new__state=InvoiceState.APPROVED) & ~pgtrigger.Q(old__state=InvoiceState.APPROVED)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a refusal is a check violation."""
        return self.format_sql("""
            IF NEW.net_cents <> (SELECT coalesce(sum(amount_cents), 0) FROM orders_invoiceline
                                 WHERE invoice_id = NEW.id) THEN
                RAISE EXCEPTION 'orders.providerinvoice: the lines do not come to the amount'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class WhileRecorded(HardTrigger):
    """Lines of an invoice are written, struck out and taken away until somebody decides on it, and never after.

    It waits for who decides at the same moment.
    """

    name = "while_recorded"
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a refusal is a check violation."""
        return self.format_sql("""
            PERFORM FROM orders_providerinvoice WHERE state = 'recorded' AND id =
                CASE TG_OP WHEN 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END FOR SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'orders.invoiceline: the invoice was decided on' USING ERRCODE = 'check_violation';
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        """)


class ProviderInvoice(StatefulModel):
    """An invoice of a provider, or below zero a credit note: recorded by one person of the office, approved by another.

    What it says never changes; what was typed wrong is withdrawn and recorded again. Amounts are in cents of euro.
    """

    Scan = EvidenceFile.Scan
    machine: ClassVar[StateMachine] = INVOICE

    provider = models.CharField(_("provider"), max_length=40)
    number = models.CharField(_("number of the invoice"), max_length=60)
    day = models.DateField(_("date of the invoice"))
    period = DateRangeField(_("period invoiced"))
    net_cents = models.BigIntegerField()
    gross_cents = models.BigIntegerField()
    file_name = models.CharField(max_length=200)
    storage_key = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    scan = models.CharField(max_length=20, choices=Scan.choices, default=Scan.UNSCANNED)
    scan_detail = models.CharField(max_length=300, blank=True)
    scanned_at = models.DateTimeField(null=True, editable=False)
    state = models.CharField(
        pgettext_lazy("of an invoice", "state"),
        max_length=20,
        choices=InvoiceState.choices,
        default=InvoiceState.RECORDED,
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invoice of a provider")
        verbose_name_plural = _("invoices of providers")
        ordering = ("-day", "-id")
        constraints = (
            models.UniqueConstraint(
                "provider",
                Upper("number"),
                condition=Q(state__in=STANDING),
                name="orders_invoice_once",
                violation_error_message=_("This invoice of this provider is recorded already."),
            ),
            models.CheckConstraint(
                condition=(Q(net_cents__gt=0, gross_cents__gte=F("net_cents")))
                | Q(net_cents__lt=0, gross_cents__lte=F("net_cents")),
                name="orders_invoice_tax",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[InvoiceState.RECORDED, InvoiceState.WITHDRAWN])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("recorded_by"))),
                name="orders_invoice_two_people",
            ),
        )
        triggers = (
            StateTrigger(machine=INVOICE),
            FrozenOnce(name="frozen_facts", columns=FACTS, once="TRUE"),
            AddsUp(),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def last_day(self) -> date:
        """The last day of the period that is invoiced."""
        last: date = self.period.upper - timedelta(days=1)
        return last

    @property
    def standing(self) -> bool:
        """Whether it counts: neither rejected nor withdrawn."""
        return self.state in STANDING

    @property
    def scan_tone(self) -> str:
        """The tone of the status component for the scan of its document."""
        tones = {self.Scan.CLEAN: "ok", self.Scan.INFECTED: "bad", self.Scan.FAILED: "act", self.Scan.PENDING: "wait"}
        return tones.get(self.Scan(self.scan), "neutral")

    @property
    def openable(self) -> bool:
        """Whether the document may be handed out: when it is clean or, where the setting says so, unscanned."""
        if self.scan == self.Scan.UNSCANNED:
            return bool(settings.DINAMIS["OPEN_UNSCANNED_EVIDENCE"])
        return self.scan == self.Scan.CLEAN


class InvoiceLine(models.Model):
    """What an invoice asks for one provider order, or for a part of it that the provider invoices by itself.

    `reference` is ours where the order is known, else as the provider wrote it; `part` tells the parts of one order
    apart. One part of an order is invoiced once: a line that is `void` (its invoice was rejected or withdrawn) and a
    credit do not count.
    """

    invoice = models.ForeignKey(ProviderInvoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    reference = models.CharField(max_length=60)
    part = models.PositiveSmallIntegerField(default=1)
    provider_order = models.ForeignKey(
        ProviderOrder, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_lines"
    )
    area_m2 = models.BigIntegerField()
    # Cents for each km2; None where the provider states no unit price.
    unit_cents = models.BigIntegerField(null=True)
    amount_cents = models.BigIntegerField()
    void = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        ordering = ("invoice", "position")
        constraints = (
            models.UniqueConstraint(fields=["invoice", "position"], name="orders_invoice_position"),
            models.UniqueConstraint(
                Upper("reference"),
                "part",
                condition=Q(void=False, amount_cents__gt=0),
                name="orders_invoiced_once",
                violation_error_message=_("This order is invoiced already."),
            ),
            models.CheckConstraint(
                condition=~Q(reference="") & ~Q(amount_cents=0) & Q(part__gte=1, area_m2__gte=0),
                name="orders_invoice_line_says_something",
            ),
        )
        triggers = (WhileRecorded(),)

    def __str__(self) -> str:
        return f"{self.invoice} #{self.position}"


class Settlement(models.Model):
    """That the office let a difference stand, with a coded reason, or wrote the price invoiced into the ledger
    (`priced`). Append-only; it speaks of the difference as it was: another one is open again."""

    reference = models.CharField(max_length=60)
    provider_order = models.ForeignKey(
        ProviderOrder, null=True, blank=True, on_delete=models.PROTECT, related_name="settlements"
    )
    finding = models.CharField(max_length=20, choices=Finding.choices)
    difference_cents = models.BigIntegerField()
    priced = models.BooleanField(default=False)
    reason_code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("settlement of a difference")
        verbose_name_plural = _("settlements of differences")
        ordering = ("settled_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(priced=True, finding=Finding.PRICED) | (Q(priced=False) & ~Q(reason_code="")),
                name="orders_settlement_why",
            ),
        )
        indexes = (models.Index(Upper("reference"), F("id").desc(), name="orders_settlement_last"),)
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.reference} {self.difference_cents:+d}"
