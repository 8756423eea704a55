# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models.collection import Collection
from dinamis.core import clock
from dinamis.core.triggers import FrozenOnce, RecordEvents


class PublishingRightQuerySet(models.QuerySet["PublishingRight"]):
    """Reads of publishing rights."""

    def in_force(self) -> "PublishingRightQuerySet":
        """Those that nobody has ended."""
        return self.filter(ended_at__isnull=True)

    def visible_to(self, user: Any) -> "PublishingRightQuerySet":
        """Return those of the person's active organisations; for an administrator, all."""
        if user.has_perm("accounts.grant_partner_scope"):
            return self.all()
        return self.filter(organisation__memberships__user=user, organisation__memberships__state="active").distinct()


class PublishingRight(models.Model):
    """That an organisation's keys may write images of a collection; once ended it is so at once (docs/adr/0052)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="publishing_rights")
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="publishing_rights")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=clock.now, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = PublishingRightQuerySet.as_manager()

    class Meta:
        verbose_name = _("right to publish")
        verbose_name_plural = _("rights to publish")
        ordering = ("organisation__name", "collection__slug", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "collection"],
                condition=Q(ended_at__isnull=True),
                name="catalogue_publishing_right_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="catalogue_publishing_right_ended",
            ),
        )
        triggers = (
            RecordEvents(),
            FrozenOnce(
                name="frozen_grant",
                columns=("organisation_id", "collection_id", "given_by_id", "given_at"),
                once="TRUE",
            ),
            FrozenOnce(name="frozen_end", columns=("ended_at", "ended_by_id"), once="OLD.ended_at IS NOT NULL"),
        )

    def __str__(self) -> str:
        return f"{self.organisation} → {self.collection}"
