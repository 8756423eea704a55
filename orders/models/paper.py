# SPDX-License-Identifier: AGPL-3.0-or-later
"""A paper of a session: what it says, and the file that was drawn of it (docs/adr/0047)."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.triggers import FrozenOnce
from orders.enums import PaperKind
from orders.models.session import CommitteeSession


class SessionPaper(models.Model):
    """One content of a paper in one language, named by its fingerprint: asked for, then drawn once, never again."""

    session = models.ForeignKey(CommitteeSession, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=20, choices=PaperKind.choices)
    language = models.CharField(max_length=10)
    # What it says, as `selectors.reviewing.papers` has it, and the SHA-256 of that: one row, and one file, for each
    # content.
    facts = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    asked_at = models.DateTimeField(default=clock.now)
    # The file, once it is drawn.
    storage_key = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("paper of a session")
        verbose_name_plural = _("papers of sessions")
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["session", "kind", "language", "fingerprint"], name="orders_paper_one_for_each_content"
            ),
            models.CheckConstraint(
                condition=Q(storage_key="", sha256="", drawn_at__isnull=True)
                | (~Q(storage_key="") & ~Q(sha256="") & Q(drawn_at__isnull=False)),
                name="orders_paper_drawn_whole",
            ),
        )
        triggers = (
            FrozenOnce(
                name="said_once", columns=("session_id", "kind", "language", "facts", "fingerprint"), once="TRUE"
            ),
            FrozenOnce(name="drawn_once", columns=("storage_key", "sha256", "drawn_at"), once="OLD.sha256 <> ''"),
        )

    def __str__(self) -> str:
        return f"{self.session} · {self.kind} · {self.language}"

    @property
    def is_drawn(self) -> bool:
        """Whether its file is there."""
        return bool(self.sha256)
