# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OutboxMessage(models.Model):
    """A side effect due, written in the transaction that decided it. `key` makes a second writing harmless."""

    # What a key may do, it may tell of: a verb that is refused leaves no message.
    keys_may_write: ClassVar[bool] = True

    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        ordering = ("available_at", "id")
        indexes = (
            models.Index(
                fields=["available_at", "id"],
                name="core_outbox_due",
                condition=Q(done_at__isnull=True, dead_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
