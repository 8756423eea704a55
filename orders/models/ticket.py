# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import ApiClient
from dinamis.catalogue.models import Asset
from dinamis.core import clock
from licensing.models import Entitlement, Project


class DownloadTicket(models.Model):
    """A locator for at most 64 files, for one person. It carries no right: `decide()` is asked at every request."""

    keys_may_write: ClassVar[bool] = True

    token_sha256 = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tickets")
    project = models.ForeignKey(Project, null=True, on_delete=models.PROTECT, related_name="+")
    # The key that asked for it: its links end with it.
    api_client = models.ForeignKey(ApiClient, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("download ticket")
        verbose_name_plural = _("download tickets")
        ordering = ("-issued_at",)

    def __str__(self) -> str:
        return f"{self.person} {self.issued_at:%Y-%m-%d %H:%M}"


class TicketObject(models.Model):
    """One file a ticket may fetch, under the name shown in the link."""

    ticket = models.ForeignKey(DownloadTicket, on_delete=models.CASCADE, related_name="objects_named")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    # The right it was named under, for the record: files of one ticket may stand under several licences.
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("file of a ticket")
        verbose_name_plural = _("files of a ticket")
        constraints = (models.UniqueConstraint(fields=["ticket", "name"], name="orders_ticket_name"),)

    def __str__(self) -> str:
        return self.name
