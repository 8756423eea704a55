# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock


class SentMail(models.Model):
    """A mail the demonstration would have sent: kept here instead, one row for each recipient."""

    to = models.CharField(_("recipient"), max_length=254, db_index=True)
    subject = models.CharField(_("subject"), max_length=500)
    body = models.TextField(_("text"))
    html = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), default=clock.now)

    class Meta:
        verbose_name = _("mail of the demo")
        verbose_name_plural = _("mails of the demo")
        ordering = ("-sent_at", "-id")
        constraints = (
            # The same message sent twice is one mail for its reader.
            models.UniqueConstraint(fields=["message_id", "to"], condition=~Q(message_id=""), name="demo_mail_once"),
        )

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"
