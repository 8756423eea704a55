# SPDX-License-Identifier: AGPL-3.0-or-later
"""The end of an organisation: when, why, by whom, and what takes its place. Its history stays where it is."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.accounts.triggers import NoPart
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, RecordEvents, StateTrigger
from licensing.enums import EndKind, OrganisationEndState
from licensing.transitions import ORGANISATION_END


class OrganisationEnd(StatefulModel):
    """The office's word that an organisation ends, is merged or split, from the beginning of a Paris day on."""

    machine: ClassVar[StateMachine] = ORGANISATION_END

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="ends")
    kind = models.CharField(_("what happens"), max_length=20, choices=EndKind.choices)
    effective_on = models.DateField(_("from this day on"))
    words = models.TextField(_("reason"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=clock.now, editable=False)
    state = models.CharField(
        _("state"),
        max_length=20,
        choices=OrganisationEndState.choices,
        default=OrganisationEndState.DECLARED,
    )
    carried_out_at = models.DateTimeField(null=True, editable=False)
    # Ends of periods that were brought forward, by adhesion: what a cancellation gives back.
    former_ends = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("end of an organisation")
        verbose_name_plural = _("ends of organisations")
        ordering = ("decided_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["organisation"],
                condition=~Q(state=OrganisationEndState.CANCELLED),
                name="licensing_organisation_ends_once",
                violation_error_message=_("The end of this organisation is declared already."),
            ),
            models.CheckConstraint(condition=~Q(words=""), name="licensing_organisation_end_reasoned"),
        )
        triggers = (
            StateTrigger(machine=ORGANISATION_END),
            NoPart(person="NEW.decided_by_id"),
            FrozenOnce(
                name="frozen_word",
                columns=("organisation_id", "kind", "effective_on", "decided_by_id", "decided_at"),
                once="TRUE",
            ),
            RecordEvents(digest=("words",)),
        )

    def __str__(self) -> str:
        return f"{self.organisation}: {self.get_kind_display()}"


class Succession(models.Model):
    """One organisation that takes the place of another. Append-only."""

    end = models.ForeignKey(OrganisationEnd, on_delete=models.PROTECT, related_name="successions")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="successions")

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["end", "organisation"], name="licensing_succession_once"),)
        triggers = (AppendOnly(), RecordEvents())

    def __str__(self) -> str:
        return f"{self.end.organisation} → {self.organisation}"
