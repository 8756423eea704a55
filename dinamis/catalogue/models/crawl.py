# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock


class Crawl(models.Model):
    """A walk through a collection of another catalogue, with how far it came: what was read is never read twice."""

    url = models.CharField(_("address"), max_length=1000)
    theirs = models.CharField(_("their collection"), max_length=200)
    collection = models.CharField(_("our collection"), max_length=50)
    since = models.CharField(_("acquired since"), max_length=40, blank=True)
    # The next page (`foreign.pages`), empty at the end.
    place = models.JSONField(null=True)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    read = models.PositiveIntegerField(_("read"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("as before"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    # Why the last try stopped, empty when it did not.
    stopped = models.TextField(_("stopped by"), blank=True)
    started_at = models.DateTimeField(_("started on"), default=clock.now, editable=False)
    touched_at = models.DateTimeField(_("last page on"), default=clock.now)
    finished_at = models.DateTimeField(_("finished on"), null=True, blank=True)

    class Meta:
        verbose_name = _("crawl")
        verbose_name_plural = _("crawls")
        ordering = ("-started_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["url", "theirs", "collection"],
                condition=Q(finished_at__isnull=True),
                name="catalogue_crawl_under_way",
            ),
        )

    def __str__(self) -> str:
        return f"{self.url} {self.theirs}"
