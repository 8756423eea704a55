# SPDX-License-Identifier: AGPL-3.0-or-later
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core.triggers import AppendOnly, RecordEvents


class StateChange(models.Model):
    """Who moved what, from where to where, when and why. Append-only."""

    aggregate = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    transition = models.CharField(max_length=60)
    from_state = models.CharField(max_length=40, blank=True)
    to_state = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20)
    actor_label = models.CharField(max_length=200)
    reason_code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("state change")
        verbose_name_plural = _("state changes")
        ordering = ("at", "id")
        indexes = (models.Index(fields=["aggregate", "object_id", "at"], name="core_change_of_object"),)
        triggers = (AppendOnly(erasable=("actor_label", "words")), RecordEvents(digest=("actor_label", "words")))

    def __str__(self) -> str:
        return f"{self.aggregate} {self.object_id}: {self.from_state} → {self.to_state}"
