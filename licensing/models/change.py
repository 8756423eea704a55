# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core.triggers import AppendOnly
from licensing.enums import ChangeKind
from licensing.models.entitlement import Entitlement


class EntitlementChange(models.Model):
    """One line of the feed for partners; its id is the sequence they read from. Append-only, written by one writer."""

    keys_may_write: ClassVar[bool] = True

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=ChangeKind.choices)
    cause = models.CharField(max_length=60, blank=True)
    occurred_at = models.DateTimeField()
    # The row the line was made from: it is never noted twice.
    source = models.CharField(max_length=80, unique=True)

    class Meta:
        verbose_name = _("change of a right")
        verbose_name_plural = _("changes of rights")
        ordering = ("id",)
        indexes = (models.Index(fields=["entitlement", "id"], name="licensing_change_of_right"),)
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.pk}: {self.kind} {self.entitlement_id}"
