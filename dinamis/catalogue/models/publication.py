# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import ApiClient
from dinamis.catalogue.enums import PublicationKind
from dinamis.core import clock
from dinamis.core.triggers import AppendOnly


class Publication(models.Model):
    """What one request of a data centre wrote into the catalogue. Refused requests write nothing, here neither."""

    keys_may_write = True

    client = models.ForeignKey(ApiClient, verbose_name=_("API key"), on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("what was done"), max_length=10, choices=PublicationKind.choices)
    # By their names: a publication is remembered longer than what it wrote.
    collection = models.CharField(_("collection"), max_length=50)
    stac_id = models.CharField(_("image"), max_length=200, blank=True, help_text="empty when there are several")
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    deleted = models.PositiveIntegerField(_("deleted"), default=0)
    at = models.DateTimeField(_("written on"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ("-at", "-id")
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.kind} {self.collection} {self.stac_id}".strip()
