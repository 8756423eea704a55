# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is named as référent, by whom, and what they answered."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import NominationState
from dinamis.accounts.models.invitation import Invitation
from dinamis.accounts.models.organisation import Membership, Organisation
from dinamis.accounts.transitions import NOMINATION
from dinamis.accounts.triggers import NoPart
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import RecordEvents, StateTrigger

if TYPE_CHECKING:
    from dinamis.accounts.models.user import User


def last_moment() -> datetime:
    """Return until when a nomination made now may be accepted."""
    return clock.now() + timedelta(days=settings.DINAMIS["NOMINATION_DAYS"])


class NominationQuerySet(models.QuerySet["Nomination"]):
    """Reads of nominations."""

    def waiting(self) -> "NominationQuerySet":
        """Those that wait for an answer, oldest first, with what a page shows of them."""
        rows = self.filter(state=NominationState.PROPOSED)
        return rows.select_related("organisation", "successor", "invitation__membership__user", "named_by")

    def open_at(self, at: datetime) -> "NominationQuerySet":
        """Those that may still be accepted at that moment."""
        return self.waiting().filter(expires_at__gt=at)

    def lapsed(self, at: datetime) -> "NominationQuerySet":
        """Those that nobody answered in time and that are not closed yet."""
        return self.filter(state=NominationState.PROPOSED, expires_at__lte=at)

    def naming(self, user: Any) -> "NominationQuerySet":
        """Those that name a person, themselves or through the invitation they accepted."""
        return self.filter(Q(successor=user) | Q(invitation__membership__user=user))


class Nomination(StatefulModel):
    """A person is named as référent; they are one once they accept. Whoever named may step back at that moment."""

    machine: ClassVar[StateMachine] = NOMINATION

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="nominations")
    successor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="nominations"
    )
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.PROTECT, related_name="nominations")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_office = models.BooleanField(default=False)
    hands_over = models.BooleanField(_("I stop being référent"), default=False)
    words = models.TextField(_("reason"), blank=True)
    state = models.CharField(
        _("state"), max_length=20, choices=NominationState.choices, default=NominationState.PROPOSED
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(default=last_moment, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    membership = models.ForeignKey(Membership, null=True, editable=False, on_delete=models.PROTECT, related_name="+")

    objects = NominationQuerySet.as_manager()

    class Meta:
        verbose_name = _("nomination of a référent")
        verbose_name_plural = _("nominations of référents")
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(successor__isnull=True) ^ Q(invitation__isnull=True), name="accounts_nomination_of_one"
            ),
            models.CheckConstraint(condition=~Q(successor=F("named_by")), name="accounts_nomination_not_oneself"),
            models.CheckConstraint(
                condition=Q(by_office=False) | (~Q(words="") & Q(hands_over=False)),
                name="accounts_nomination_reasoned",
            ),
            models.CheckConstraint(
                condition=~Q(state=NominationState.ACCEPTED) | Q(membership__isnull=False),
                name="accounts_nomination_accepted",
            ),
            models.UniqueConstraint(
                fields=["organisation", "successor"],
                condition=Q(state=NominationState.PROPOSED),
                name="accounts_nomination_one_open",
                violation_error_message=_("This person is named already."),
            ),
            models.UniqueConstraint(
                fields=["invitation"],
                condition=Q(state=NominationState.PROPOSED),
                name="accounts_nomination_one_of_invitation",
                violation_error_message=_("This person is named already."),
            ),
        )
        triggers = (
            StateTrigger(machine=NOMINATION),
            NoPart(person="NEW.named_by_id", when_so="NEW.by_office"),
            RecordEvents(digest=("words",)),
        )

    def __str__(self) -> str:
        return f"{self.name} · {self.organisation}"

    def expired(self, at: datetime) -> bool:
        """Tell whether nobody answered in time."""
        return self.expires_at <= at

    @property
    def person(self) -> "User | None":
        """The account of who is named; None while an invitation was not accepted."""
        if self.invitation is None:
            return self.successor
        return self.invitation.membership.user if self.invitation.membership else None

    @property
    def name(self) -> str:
        """The name to show of who is named."""
        if self.person is not None:
            return str(self.person)
        return self.invitation.name if self.invitation else ""
