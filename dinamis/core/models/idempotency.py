# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyRecord(models.Model):
    """The first answer to a request that carried an `Idempotency-Key`, kept for a while. Neither is readable here."""

    keys_may_write: ClassVar[bool] = True

    # SHA-256 of the caller, the address and the key; the answer is sealed with a secret made of the same words.
    token = models.CharField(max_length=64, unique=True)
    body_sha256 = models.CharField(max_length=64)
    answer = models.BinaryField(default=b"")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        ordering = ("expires_at",)

    def __str__(self) -> str:
        return self.token[:12]
