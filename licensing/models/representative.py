# SPDX-License-Identifier: AGPL-3.0-or-later
"""The change of who binds an organisation: declared, signed by the new one, confirmed by the office, in effect."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation, User
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import FrozenOnce, RecordEvents, StateTrigger
from licensing.enums import RepresentativeChangeState, RepresentativeReason
from licensing.models.adhesion import Adhesion, Decision, EvidenceFile
from licensing.transitions import REPRESENTATIVE_CHANGE, REPRESENTATIVE_OPEN
from licensing.triggers import DecidedByAnother

DECIDED = (
    RepresentativeChangeState.CONFIRMED,
    RepresentativeChangeState.IN_EFFECT,
    RepresentativeChangeState.REFUSED,
)
SIGNED = (
    RepresentativeChangeState.SIGNED,
    RepresentativeChangeState.CONFIRMED,
    RepresentativeChangeState.IN_EFFECT,
)


class RepresentativeChangeQuerySet(models.QuerySet["RepresentativeChange"]):
    """Reads of changes."""

    def visible_to(self, user: Any) -> "RepresentativeChangeQuerySet":
        """Those of the organisations the person is référent of; for the office, all."""
        if user.has_perm("licensing.moderate"):
            return self.all()
        led = user.memberships.filter(role="referent", state="active")
        return self.filter(organisation__in=led.values("organisation"))


class RepresentativeChange(StatefulModel):
    """Somebody else becomes the legal representative, from the beginning of a Paris day on."""

    machine: ClassVar[StateMachine] = REPRESENTATIVE_CHANGE

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="representative_changes")
    # The adhesion in force that holds the document and the decision.
    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="representative_changes")
    former_name = models.CharField(max_length=150)
    legal_representative_name = models.CharField(_("name of the legal representative"), max_length=150)
    legal_representative_title = models.CharField(_("function"), max_length=150, blank=True)
    legal_representative_email = models.EmailField(_("e-mail of the legal representative"))
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    reason = models.CharField(_("reason"), max_length=20, choices=RepresentativeReason.choices)
    effective_on = models.DateField(_("from this day on"))
    # Null once its time has passed: a document is held for less long than the history.
    evidence = models.OneToOneField(
        EvidenceFile, null=True, on_delete=models.SET_NULL, related_name="representative_change"
    )
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(default=clock.now, editable=False)
    state = models.CharField(
        _("state"),
        max_length=30,
        choices=RepresentativeChangeState.choices,
        default=RepresentativeChangeState.AWAITING_SIGNATURE,
    )
    typed_name = models.CharField(max_length=150, blank=True)
    signed_at = models.DateTimeField(null=True, editable=False)
    # What was ticked: version, language and SHA-256 of each text; signatures of the organisation from the day on.
    signed = models.JSONField(default=list, editable=False)
    # Where it was signed from, until it stands with the signatures or nothing comes of it.
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=400, blank=True)
    decision = models.OneToOneField(Decision, null=True, on_delete=models.PROTECT, related_name="representative_change")
    in_effect_at = models.DateTimeField(null=True, editable=False)

    objects = RepresentativeChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a legal representative")
        verbose_name_plural = _("changes of legal representatives")
        ordering = ("declared_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=REPRESENTATIVE_OPEN),
                name="licensing_representative_one_open",
                violation_error_message=_("A change of the legal representative is under way already."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED) | Q(decision__isnull=False), name="licensing_representative_decided"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=SIGNED) | Q(signed_at__isnull=False),
                name="licensing_representative_signed",
            ),
        )
        triggers = (
            StateTrigger(machine=REPRESENTATIVE_CHANGE),
            DecidedByAnother(),
            FrozenOnce(
                name="frozen_declaration",
                columns=(
                    *("organisation_id", "adhesion_id", "former_name", "legal_representative_name"),
                    *("legal_representative_email", "language", "reason", "effective_on"),
                    *("declared_by_id", "declared_at"),
                ),
                once="TRUE",
            ),
            FrozenOnce(
                name="frozen_signature",
                columns=("legal_representative_title", "typed_name", "signed_at", "signed"),
                once="OLD.signed_at IS NOT NULL",
            ),
            RecordEvents(
                digest=(
                    *("former_name", "legal_representative_name", "legal_representative_title"),
                    *("legal_representative_email", "typed_name"),
                ),
                never=("ip", "user_agent"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation} → {self.legal_representative_name}"

    @property
    def signable(self) -> bool:
        """Whether its link may be signed with."""
        return self.state == RepresentativeChangeState.AWAITING_SIGNATURE

    @property
    def referent(self) -> User:
        """Who declared it: whom the person named writes to."""
        return self.declared_by

    @property
    def referent_id(self) -> int:
        """Who declared it, for the permissions: they do not decide on it."""
        return self.declared_by_id
