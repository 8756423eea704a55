# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dinamis.accounts.models import Organisation
from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, HardTrigger, StateTrigger
from licensing.models import Project
from orders.enums import AdjustmentState, CarryRule, EntryKind, EnvelopeKind, PriceBasis
from orders.transitions import ADJUSTMENT

BUDGET = (EntryKind.GRANT, EntryKind.ADJUST, EntryKind.CARRY)
SETTLES = (EntryKind.COMMIT, EntryKind.RELEASE)
OF_A_HOLD = (*SETTLES, EntryKind.REFUND, EntryKind.PRICE)
TAKES = (EntryKind.HOLD, EntryKind.PRICE, EntryKind.ADJUST, EntryKind.CARRY)


NOTHING = Q(amount_m2=0, attempts=0, amount_cents=0)


class NationalProgramme(models.Model):
    """A national programme that pays for imagery; the projects it supports may draw on its envelopes."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    projects = models.ManyToManyField(Project, blank=True, related_name="programmes")

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Envelope(models.Model):
    """A budget for one product family and one period, in square metres and, where they are counted, in attempts of the
    provider and in euros. `kind` says whose it is: an organisation's or pre-financed one has an `owner`, a programme's
    its `programme`, the common pot neither."""

    name = models.CharField(_("name"), max_length=120)
    family = models.CharField(_("product family"), max_length=20, choices=ProductFamily.choices)
    kind = models.CharField(_("whose"), max_length=20, choices=EnvelopeKind.choices, default=EnvelopeKind.COMMON)
    owner = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="envelopes")
    programme = models.ForeignKey(
        NationalProgramme, null=True, blank=True, on_delete=models.PROTECT, related_name="envelopes"
    )
    period = DateTimeRangeField(_("period"))
    counts_attempts = models.BooleanField(_("counts attempts of the provider"), default=False)
    # Whether the euros that are granted are a ceiling: what has no room in them is not held (docs/adr/0049).
    counts_euros = models.BooleanField(_("has a ceiling in euros"), default=False)
    # What the next period inherits, and what it is granted anew when it opens.
    carry = models.CharField(_("what is left at the end"), max_length=10, choices=CarryRule.choices, default="none")
    carry_percent = models.PositiveSmallIntegerField(_("share carried, in percent"), default=0)
    renews = models.BooleanField(_("a next period opens by itself"), default=False)
    renew_m2 = models.BigIntegerField(default=0)
    renew_attempts = models.BigIntegerField(default=0)
    renew_cents = models.BigIntegerField(default=0)
    previous = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="next")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("envelope")
        verbose_name_plural = _("envelopes")
        ordering = ("family", "period", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=EnvelopeKind.COMMON, owner__isnull=True, programme__isnull=True)
                | Q(kind=EnvelopeKind.PROGRAMME, owner__isnull=True, programme__isnull=False)
                | Q(
                    kind__in=[EnvelopeKind.ORGANISATION, EnvelopeKind.PREFINANCED],
                    owner__isnull=False,
                    programme__isnull=True,
                ),
                name="orders_envelope_owner",
            ),
            models.CheckConstraint(
                condition=Q(carry=CarryRule.NONE, carry_percent=0)
                | Q(carry=CarryRule.ALL, carry_percent=100)
                | Q(carry=CarryRule.SHARE, carry_percent__gt=0, carry_percent__lt=100),
                name="orders_envelope_carry",
            ),
            models.CheckConstraint(
                condition=Q(renew_m2__gte=0, renew_attempts__gte=0, renew_cents__gte=0), name="orders_envelope_renewal"
            ),
        )

    def __str__(self) -> str:
        return self.name


class OfAHold(HardTrigger):
    """A commit, release, refund or price difference speaks of one hold; a release gives back what it holds by then,
    refunds never give back more.

    Two answers to one hold wait for each other (an advisory lock of that hold alone), so that each sees the other.
    """

    name = "of_a_hold"
    when = pgtrigger.Before
    operation = pgtrigger.Insert
    condition = pgtrigger.Q(new__kind__in=OF_A_HOLD)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; refusals are check violations."""
        # 3355 is the class of the advisory locks on one hold; that of the envelopes is in services/money/ledger.py.
        return self.format_sql("""
            SELECT * INTO held FROM orders_ledgerentry WHERE id = NEW.hold_id AND kind = 'hold';
            IF held.id IS NULL OR held.envelope_id <> NEW.envelope_id OR held.order_item_id <> NEW.order_item_id THEN
                RAISE EXCEPTION 'orders.ledgerentry: no such hold in this envelope' USING ERRCODE = 'check_violation';
            END IF;
            PERFORM pg_advisory_xact_lock(3355, (held.id % 2147483647)::int);
            SELECT -held.amount_cents - coalesce(sum(amount_cents), 0) INTO price
                FROM orders_ledgerentry WHERE hold_id = held.id AND kind = 'price';
            IF NEW.kind = 'release' AND (NEW.amount_m2 <> -held.amount_m2 OR NEW.attempts <> -held.attempts
                OR NEW.amount_cents <> price) THEN
                RAISE EXCEPTION 'orders.ledgerentry: a release gives back what was held'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.kind IN ('refund', 'price') THEN
                SELECT coalesce(sum(amount_m2), 0) AS m2, coalesce(sum(attempts), 0) AS attempts,
                    coalesce(sum(amount_cents), 0) AS cents INTO given
                    FROM orders_ledgerentry WHERE hold_id = held.id AND kind IN ('refund', 'release');
                IF NEW.kind = 'price' AND (given.m2 <> 0 OR given.attempts <> 0 OR given.cents <> 0
                    OR price < NEW.amount_cents) THEN
                    RAISE EXCEPTION 'orders.ledgerentry: what was given back keeps its price, and none is below zero'
                        USING ERRCODE = 'check_violation';
                END IF;
            END IF;
            IF NEW.kind = 'refund' THEN
                IF NOT EXISTS (SELECT 1 FROM orders_ledgerentry WHERE hold_id = held.id AND kind = 'commit') THEN
                    RAISE EXCEPTION 'orders.ledgerentry: the hold is not committed' USING ERRCODE = 'check_violation';
                END IF;
                IF given.m2 + NEW.amount_m2 > -held.amount_m2 OR given.attempts + NEW.attempts > -held.attempts
                    OR given.cents + NEW.amount_cents > price THEN
                    RAISE EXCEPTION 'orders.ledgerentry: more would be refunded than was held'
                        USING ERRCODE = 'check_violation';
                END IF;
            END IF;
            RETURN NEW;
        """)

    def get_declare(self, model: Any) -> list[tuple[str, str]]:
        """Return the variables of the body."""
        return [("held", model._meta.db_table), ("given", "record"), ("price", "bigint")]


class LeavesRoom(HardTrigger):
    """What takes euros of an envelope with a ceiling leaves no fewer than none (docs/adr/0049).

    It waits for the lock that takers hold anyway, and reads the sum after it; by its name it runs after
    `keeps_the_sum`. The price of what is committed is a debt already: it is written whatever is left.
    """

    name = "leaves_room"
    when = pgtrigger.After
    operation = pgtrigger.Insert
    condition = pgtrigger.Q(new__kind__in=TAKES, new__amount_cents__lt=0)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a refusal is a check violation."""
        # 3354 (0x0D1A) is the class of the advisory locks of envelopes in services/money/ledger.py.
        return self.format_sql("""
            IF NOT EXISTS (SELECT 1 FROM orders_envelope WHERE id = NEW.envelope_id AND counts_euros) OR
                (NEW.kind = 'price'
                 AND EXISTS (SELECT 1 FROM orders_ledgerentry WHERE hold_id = NEW.hold_id AND kind = 'commit')) THEN
                RETURN NULL;
            END IF;
            PERFORM pg_advisory_xact_lock(3354, NEW.envelope_id::int);
            SELECT coalesce(sum(granted_cents - held_cents - committed_cents), 0) INTO room
                FROM orders_envelopetally WHERE envelope_id = NEW.envelope_id;
            IF room < 0 THEN
                RAISE EXCEPTION 'orders.ledgerentry: the ceiling in euros leaves no room'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        """)

    def get_declare(self, model: Any) -> list[tuple[str, str]]:
        """Return the variables of the body."""
        return [("room", "bigint")]


class KeepsTheSum(HardTrigger):
    """Each entry adds one row of differences to `orders_envelopetally` (docs/adr/0033)."""

    name = "keeps_the_sum"
    when = pgtrigger.After
    operation = pgtrigger.Insert

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body: what the entry adds to granted, held and committed, in each unit."""
        return self.format_sql("""
            IF NEW.kind = 'commit' THEN
                SELECT sum(amount_m2)::bigint AS amount_m2, sum(attempts)::bigint AS attempts,
                    sum(amount_cents)::bigint AS amount_cents INTO held FROM orders_ledgerentry
                    WHERE id = NEW.hold_id OR (hold_id = NEW.hold_id AND kind = 'price');
            ELSE
                SELECT 0::bigint AS amount_m2, 0::bigint AS attempts, 0::bigint AS amount_cents INTO held;
            END IF;
            debt := NEW.kind = 'price'
                AND EXISTS (SELECT 1 FROM orders_ledgerentry WHERE hold_id = NEW.hold_id AND kind = 'commit');
            INSERT INTO orders_envelopetally (envelope_id, granted_m2, held_m2, committed_m2, granted_attempts,
                held_attempts, committed_attempts, granted_cents, held_cents, committed_cents)
            SELECT NEW.envelope_id, granted * NEW.amount_m2,
                CASE NEW.kind WHEN 'commit' THEN held.amount_m2 ELSE holding * NEW.amount_m2 END,
                CASE NEW.kind WHEN 'commit' THEN -held.amount_m2 ELSE refunding * NEW.amount_m2 END,
                granted * NEW.attempts,
                CASE NEW.kind WHEN 'commit' THEN held.attempts ELSE holding * NEW.attempts END,
                CASE NEW.kind WHEN 'commit' THEN -held.attempts ELSE refunding * NEW.attempts END,
                granted * NEW.amount_cents,
                CASE NEW.kind WHEN 'commit' THEN held.amount_cents ELSE holding * NEW.amount_cents END,
                CASE NEW.kind WHEN 'commit' THEN -held.amount_cents ELSE refunding * NEW.amount_cents END
            FROM (SELECT (NEW.kind IN ('grant', 'adjust', 'carry'))::int AS granted,
                         -(NEW.kind IN ('hold', 'release') OR NEW.kind = 'price' AND NOT debt)::int AS holding,
                         -(NEW.kind = 'refund' OR debt)::int AS refunding) sign;
            RETURN NULL;
        """)

    def get_declare(self, model: Any) -> list[tuple[str, str]]:
        """Return the variables of the body."""
        return [("held", "record"), ("debt", "boolean")]


class NotInAClosedYear(HardTrigger):
    """What happens after a year was closed belongs to the year in which it happens (docs/adr/0050)."""

    name = "not_in_a_closed_year"
    when = pgtrigger.Before
    operation = pgtrigger.Insert

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a refusal is a check violation."""
        return self.format_sql("""
            IF EXISTS (SELECT FROM orders_yearclosing WHERE state = 'closed'
                       AND year = extract(year FROM NEW.at AT TIME ZONE 'Europe/Paris')) THEN
                RAISE EXCEPTION 'orders.ledgerentry: the year is closed' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class LedgerEntry(models.Model):
    """One line of an envelope. Append-only; the balance is the sum.

    `amount_m2`, `attempts` and `amount_cents` are signed: grants, releases, refunds add, holds take; a commit (0) turns
    a hold into a debt that only refunds can undo; a price difference is what a line costs more (or less) than was held.
    What answers a hold names it in `hold`: the database lets a hold be settled once, one way. `basis` says where the
    euros come from, and `tariff`, `quote` or `provider_order` the row that set the price. `key` makes a repetition of
    the same act impossible.
    """

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    amount_m2 = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    amount_cents = models.BigIntegerField(db_default=0, default=0)
    basis = models.CharField(
        max_length=10, choices=PriceBasis.choices, db_default=PriceBasis.UNPRICED, default=PriceBasis.UNPRICED
    )
    tariff = models.ForeignKey("orders.Tariff", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    quote = models.ForeignKey("orders.Quote", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    provider_order = models.ForeignKey(
        "orders.ProviderOrder", null=True, blank=True, on_delete=models.PROTECT, related_name="ledger_entries"
    )
    order_item = models.ForeignKey(
        "orders.OrderItem", null=True, blank=True, on_delete=models.PROTECT, related_name="ledger_entries"
    )
    hold = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="answers")
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
                condition=(Q(kind=EntryKind.HOLD, amount_m2__lte=0, attempts__lte=0, amount_cents__lte=0) & ~NOTHING)
                | (Q(kind=EntryKind.COMMIT) & NOTHING)
                | (Q(kind=EntryKind.PRICE, amount_m2=0, attempts=0) & ~Q(amount_cents=0))
                | (
                    Q(
                        kind__in=[EntryKind.GRANT, EntryKind.RELEASE, EntryKind.REFUND],
                        amount_m2__gte=0,
                        attempts__gte=0,
                        amount_cents__gte=0,
                    )
                    & ~NOTHING
                )
                | (Q(kind__in=[EntryKind.ADJUST, EntryKind.CARRY]) & ~NOTHING),
                name="orders_ledger_sign",
            ),
            models.CheckConstraint(
                condition=Q(basis=PriceBasis.TARIFF, tariff__isnull=False)
                | Q(basis=PriceBasis.QUOTE, quote__isnull=False)
                | Q(basis=PriceBasis.PROVIDER, provider_order__isnull=False)
                | Q(basis=PriceBasis.LINE, order_item__isnull=False)
                | Q(basis=PriceBasis.HOLD, hold__isnull=False)
                | Q(basis=PriceBasis.BUDGET, kind__in=BUDGET)
                | Q(basis=PriceBasis.UNPRICED, amount_cents=0),
                name="orders_ledger_price",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=BUDGET) | Q(order_item__isnull=False), name="orders_ledger_item"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OF_A_HOLD, hold__isnull=False) | (~Q(kind__in=OF_A_HOLD) & Q(hold__isnull=True)),
                name="orders_ledger_hold",
            ),
            models.UniqueConstraint(fields=["hold"], condition=Q(kind__in=SETTLES), name="orders_ledger_settled_once"),
        )
        indexes = (models.Index(fields=["envelope", "at", "id"], name="orders_ledger_page"),)
        triggers = (AppendOnly(), OfAHold(), KeepsTheSum(), LeavesRoom(), NotInAClosedYear())

    def __str__(self) -> str:
        return f"{self.envelope} {self.kind} {self.amount_m2}"


class EnvelopeTally(models.Model):
    """What entries changed of an envelope, as differences in m2, attempts and cents; their sum is the balance.

    Written by a trigger of the ledger, a row for each entry, so that writers never wait for each other;
    `services.money.envelopes.sum_up` replaces many rows by their sum now and then (docs/adr/0033).
    """

    envelope = models.ForeignKey(Envelope, on_delete=models.CASCADE, related_name="+")
    granted_m2 = models.BigIntegerField()
    held_m2 = models.BigIntegerField()
    committed_m2 = models.BigIntegerField()
    granted_attempts = models.BigIntegerField()
    held_attempts = models.BigIntegerField()
    committed_attempts = models.BigIntegerField()
    granted_cents = models.BigIntegerField(db_default=0, default=0)
    held_cents = models.BigIntegerField(db_default=0, default=0)
    committed_cents = models.BigIntegerField(db_default=0, default=0)

    class Meta:
        verbose_name = _("sum of an envelope")
        verbose_name_plural = _("sums of envelopes")

    def __str__(self) -> str:
        return f"{self.envelope_id}: {self.granted_m2} {self.held_m2} {self.committed_m2}"


class EnvelopeAlert(models.Model):
    """That people were told, once, that so many percent of an envelope are used."""

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="alerts")
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("alert of an envelope")
        verbose_name_plural = _("alerts of envelopes")
        constraints = (models.UniqueConstraint(fields=["envelope", "percent"], name="orders_alert_once"),)

    def __str__(self) -> str:
        return f"{self.envelope} {self.percent} %"


class Adjustment(StatefulModel):
    """A change of a budget, with its reason: proposed by one person, confirmed or refused by another."""

    machine: ClassVar[StateMachine] = ADJUSTMENT

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="adjustments")
    amount_m2 = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    amount_cents = models.BigIntegerField(db_default=0, default=0)
    # Whether the periods to come are granted as much more, or less, when they open.
    recurs = models.BooleanField(_("also for the periods to come"), default=False)
    words = models.TextField(_("reason"))
    state = models.CharField(
        pgettext_lazy("of a change", "state"),
        max_length=20,
        choices=AdjustmentState.choices,
        default=AdjustmentState.PROPOSED,
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ("proposed_at", "id")
        constraints = (
            models.CheckConstraint(condition=~NOTHING, name="orders_adjustment_amount"),
            models.CheckConstraint(
                condition=Q(state__in=[AdjustmentState.PROPOSED, AdjustmentState.WITHDRAWN])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="orders_adjustment_two_people",
            ),
        )
        triggers = (StateTrigger(machine=ADJUSTMENT),)

    def __str__(self) -> str:
        return f"{self.envelope} {self.amount_m2:+d}"
