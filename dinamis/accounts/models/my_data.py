# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person asks about their own data: a copy, or the erasure of the account."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import ErasureCause, ErasureState
from dinamis.accounts.transitions import ERASURE
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import FrozenOnce, RecordEvents, StateTrigger


class DataExport(models.Model):
    """A copy of a person's data, made by a worker, for that person alone, for some days. One at a time."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="data_export")
    asked_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    storage_key = models.CharField(max_length=300, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("copy of personal data")
        verbose_name_plural = _("copies of personal data")
        ordering = ("asked_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ready_at__isnull=True, storage_key="")
                | (Q(ready_at__isnull=False, expires_at__isnull=False) & ~Q(storage_key="") & ~Q(sha256="")),
                name="accounts_export_complete",
            ),
        )
        triggers = (RecordEvents(never=("storage_key",)),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.asked_at:%Y-%m-%d}"


class Erasure(StatefulModel):
    """An account is to be erased: its person asks, or nobody uses it. Until it is due the person may keep it."""

    machine: ClassVar[StateMachine] = ERASURE

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasures")
    state = models.CharField(_("state"), max_length=20, choices=ErasureState.choices, default=ErasureState.ASKED)
    cause = models.CharField(_("cause"), max_length=20, choices=ErasureCause.choices, default=ErasureCause.ASKED)
    asked_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("erasure of an account")
        verbose_name_plural = _("erasures of accounts")
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state=ErasureState.ASKED),
                name="accounts_erasure_one_open",
                violation_error_message=_("The erasure of this account is asked for already."),
            ),
        )
        triggers = (
            StateTrigger(machine=ERASURE),
            FrozenOnce(name="frozen_request", columns=("person_id", "cause", "asked_at", "due_at"), once="TRUE"),
            RecordEvents(),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.asked_at:%Y-%m-%d}"
