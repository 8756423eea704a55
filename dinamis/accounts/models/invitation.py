# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invitations: a référent lets a person in before they ask."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import InvitationState
from dinamis.accounts.models.organisation import Membership, Organisation
from dinamis.accounts.transitions import INVITATION
from dinamis.accounts.validators import validate_person_name
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import FrozenOnce, RecordEvents, StateTrigger


class Invitation(StatefulModel):
    """A one-time link bound to one address; only a hash of its token is kept. *Expired* is computed from its date."""

    machine: ClassVar[StateMachine] = INVITATION

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=150, validators=[validate_person_name])
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="fr")
    state = models.CharField(_("state"), max_length=20, choices=InvitationState.choices, default=InvitationState.SENT)
    # How many times it was sent: each sending has a token of its own.
    number = models.PositiveSmallIntegerField(default=1, editable=False)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    membership = models.OneToOneField(
        Membership, null=True, editable=False, on_delete=models.PROTECT, related_name="invitation"
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=Q(state=InvitationState.SENT),
                name="accounts_invitation_one_open",
                violation_error_message=_("This address is invited already: send the invitation again."),
            ),
            models.CheckConstraint(
                condition=~Q(state=InvitationState.ACCEPTED) | Q(membership__isnull=False),
                name="accounts_invitation_accepted",
            ),
        )
        triggers = (
            StateTrigger(machine=INVITATION),
            FrozenOnce(
                name="frozen_address",
                columns=("organisation_id", "email", "invited_by_id"),
                once="NEW.email <> '[erased]'",
            ),
            RecordEvents(digest=("email", "name"), never=("token_sha256",)),
        )

    def __str__(self) -> str:
        return f"{self.email} · {self.organisation}"

    def expired(self, at: datetime) -> bool:
        """Tell whether the link is too old at that moment."""
        return self.expires_at <= at
