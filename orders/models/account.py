# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of a year, frozen by two people (docs/adr/0050)."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, HardTrigger, StateTrigger
from orders.enums import ClosingState, Cut
from orders.transitions import CLOSING

LIVING = (ClosingState.PROPOSED, ClosingState.CLOSED)


class WhileProposed(HardTrigger):
    """Figures are written while the closing waits, in the transaction that closes, and never after."""

    name = "while_proposed"
    when = pgtrigger.Before
    operation = pgtrigger.Insert

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a refusal is a check violation."""
        return self.format_sql("""
            PERFORM FROM orders_yearclosing WHERE id = NEW.closing_id AND state = 'proposed' FOR SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'orders.yearfigure: the year is closed' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class YearClosing(StatefulModel):
    """A year of Paris that one person proposed to close and another closed; `files` has, by language, the PDF of its
    account: `storage_key` and `sha256`."""

    machine: ClassVar[StateMachine] = CLOSING

    year = models.PositiveSmallIntegerField(_("year"))
    state = models.CharField(
        pgettext_lazy("of a closing", "state"),
        max_length=20,
        choices=ClosingState.choices,
        default=ClosingState.PROPOSED,
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    files = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("closing of a year")
        verbose_name_plural = _("closings of years")
        ordering = ("-year", "-id")
        constraints = (
            models.UniqueConstraint(fields=["year"], condition=Q(state__in=LIVING), name="orders_year_closed_once"),
            models.CheckConstraint(
                condition=Q(state__in=[ClosingState.PROPOSED, ClosingState.WITHDRAWN])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="orders_year_two_people",
            ),
        )
        triggers = (
            StateTrigger(machine=CLOSING),
            FrozenOnce(
                name="frozen_once_closed",
                columns=("year", "proposed_by_id", "proposed_at", "decided_by_id", "decided_at"),
                once="OLD.state <> 'proposed'",
            ),
        )

    def __str__(self) -> str:
        return str(self.year)


class YearFigure(models.Model):
    """A row of the account of a closed year: `figures` are (m2, attempts, cents) by the names of `Figure`.

    `key` and `label` name the envelope, owner, family or provider as they were. Append-only.
    """

    closing = models.ForeignKey(YearClosing, on_delete=models.PROTECT, related_name="rows")
    cut = models.CharField(max_length=10, choices=Cut.choices)
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=60, blank=True)
    label = models.CharField(max_length=250, blank=True)
    figures = models.JSONField()

    class Meta:
        verbose_name = _("figure of a closed year")
        verbose_name_plural = _("figures of closed years")
        ordering = ("closing", "cut", "position")
        constraints = (
            models.UniqueConstraint(fields=["closing", "cut", "key"], name="orders_year_figure_once"),
            models.UniqueConstraint(fields=["closing", "cut", "position"], name="orders_year_figure_place"),
        )
        triggers = (AppendOnly(), WhileProposed())

    def __str__(self) -> str:
        return f"{self.closing} {self.cut} {self.label}"
