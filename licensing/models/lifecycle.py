# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.triggers import AppendOnly, RecordEvents
from licensing.models.adhesion import Adhesion, SigningLink


class EntityCorrection(models.Model):
    """What a legal representative corrected before signing: field → what stood before, what stands since."""

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="corrections")
    link = models.ForeignKey(SigningLink, on_delete=models.PROTECT, related_name="corrections")
    before = models.JSONField()
    after = models.JSONField()
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ("made_at", "id")
        triggers = (AppendOnly(), RecordEvents(digest=("before", "after")))

    def __str__(self) -> str:
        return f"{self.adhesion}: {', '.join(self.after)}"
