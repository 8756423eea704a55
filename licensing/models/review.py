# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the office writes about an adhesion beside its decisions."""

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, RecordEvents, StateTrigger
from licensing.enums import OpinionBody, OpinionState, OpinionVerdict, RevocationState, SuspensionCause
from licensing.models.adhesion import Adhesion, Decision
from licensing.models.licence import Licence
from licensing.transitions import OPINION, REVOCATION
from licensing.triggers import FourEyes, TimeToAnswer


class AdhesionSuspension(models.Model):
    """One cause for which an adhesion rests, until it is lifted; the adhesion is active again when none is left."""

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="causes")
    cause = models.CharField(_("cause"), max_length=30, choices=SuspensionCause.choices)
    words = models.TextField()
    began_at = models.DateTimeField(default=clock.now)
    began_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_words = models.TextField(blank=True)

    class Meta:
        verbose_name = _("cause of a suspension")
        verbose_name_plural = _("causes of suspensions")
        ordering = ("began_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["adhesion", "cause"],
                condition=Q(lifted_at__isnull=True),
                name="licensing_cause_one_open",
                violation_error_message=_("The adhesion is suspended for this cause already."),
            ),
            models.CheckConstraint(condition=~Q(words=""), name="licensing_cause_reasoned"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | ~Q(lifted_words=""), name="licensing_cause_lift_reasoned"
            ),
        )
        triggers = (
            RecordEvents(digest=("words", "lifted_words")),
            FrozenOnce(
                name="frozen_start", columns=("adhesion_id", "cause", "words", "began_at", "began_by_id"), once="TRUE"
            ),
            FrozenOnce(
                name="frozen_end",
                columns=("lifted_at", "lifted_by_id", "lifted_words"),
                once="OLD.lifted_at IS NOT NULL",
            ),
            FourEyes(people=("began_by_id", "lifted_by_id")),
        )

    def __str__(self) -> str:
        return f"{self.adhesion}: {self.get_cause_display()}"


class Revocation(StatefulModel):
    """A revocation in three steps: notice with its facts, answer of the organisation or time passed, decision."""

    machine: ClassVar[StateMachine] = REVOCATION

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="revocations")
    state = models.CharField(
        _("state"), max_length=20, choices=RevocationState.choices, default=RevocationState.NOTICED
    )
    reason_code = models.CharField(max_length=60)
    words = models.TextField()
    noticed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    noticed_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    decision = models.OneToOneField(Decision, null=True, on_delete=models.PROTECT, related_name="revocation")

    class Meta:
        verbose_name = _("revocation")
        verbose_name_plural = _("revocations")
        ordering = ("noticed_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["adhesion"],
                condition=Q(state__in=[RevocationState.NOTICED, RevocationState.ANSWERED]),
                name="licensing_revocation_one_open",
                violation_error_message=_("A revocation of this adhesion is under way already."),
            ),
            models.CheckConstraint(condition=~Q(words="") & ~Q(reason_code=""), name="licensing_revocation_reasoned"),
            models.CheckConstraint(
                condition=~Q(state=RevocationState.ANSWERED) | ~Q(answer=""), name="licensing_revocation_answer"
            ),
        )
        triggers = (
            RecordEvents(digest=("words", "answer")),
            StateTrigger(machine=REVOCATION),
            TimeToAnswer(),
            FrozenOnce(
                name="frozen_notice",
                columns=("adhesion_id", "reason_code", "words", "noticed_by_id", "noticed_at", "due_at"),
                once="TRUE",
            ),
            FrozenOnce(
                name="frozen_answer",
                columns=("answer", "answered_by_id", "answered_at"),
                once="OLD.answered_at IS NOT NULL",
            ),
            FourEyes(people=("noticed_by_id",)),
        )

    def __str__(self) -> str:
        return f"{self.adhesion}: {self.get_state_display()}"

    @property
    def organisation_id(self) -> int:
        """The organisation concerned, for the permissions."""
        return self.adhesion.organisation_id

    @property
    def referent_id(self) -> int:
        """Who filed the adhesion, for the permissions."""
        return self.adhesion.referent_id


class DecisionLetter(models.Model):
    """The PDF of a decision, stored once by a worker; its page says the same."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="letter")
    storage_key = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("letter of a decision")
        verbose_name_plural = _("letters of decisions")
        ordering = ("made_at", "id")

    def __str__(self) -> str:
        return str(self.decision)


class Submission(models.Model):
    """What the form said when it was signed or sent again: field → value, documents by fingerprint. Append-only."""

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    submitted_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ("adhesion", "number")
        constraints = (models.UniqueConstraint(fields=["adhesion", "number"], name="licensing_submission_number"),)
        triggers = (
            RecordEvents(digest=("content",)),
            AppendOnly(),
        )

    def __str__(self) -> str:
        return f"{self.adhesion} · {self.number}"


class ChangeRequest(models.Model):
    """One field of the form that a decision asks to change, and the référent's answer where it stays as it is."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="change_requests")
    field = models.CharField(max_length=60)
    words = models.TextField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("request for a change")
        verbose_name_plural = _("requests for changes")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["decision", "field"], name="licensing_change_one_per_field"),
            models.CheckConstraint(condition=~Q(words=""), name="licensing_change_worded"),
        )
        triggers = (
            RecordEvents(digest=("words", "answer")),
            FrozenOnce(name="frozen_request", columns=("decision_id", "field", "words"), once="TRUE"),
        )

    def __str__(self) -> str:
        return f"{self.decision}: {self.field}"


class RemarkQuerySet(models.QuerySet["Remark"]):
    """Reads of remarks."""

    def visible_to(self, user: Any) -> "RemarkQuerySet":
        """The office's alone, and nobody's on their own organisation."""
        if not user.has_perm("licensing.moderate"):
            return self.none()
        mine = user.memberships.exclude(state="ended").values("organisation")
        return self.exclude(adhesion__organisation__in=mine).exclude(adhesion__referent=user)


class Remark(models.Model):
    """A word of the office to itself. Nobody else ever reads it. Append-only."""

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="remarks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    words = models.TextField()
    written_at = models.DateTimeField(default=clock.now)
    # What makes a double click one remark.
    key = models.UUIDField(unique=True, default=uuid4)

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        ordering = ("written_at", "id")
        constraints = (models.CheckConstraint(condition=~Q(words=""), name="licensing_remark_worded"),)
        triggers = (AppendOnly(), FourEyes(people=("author_id",)))

    def __str__(self) -> str:
        return f"{self.adhesion}: {self.author}"


class Message(models.Model):
    """A word between the office and the référent, mailed to the other side. Append-only."""

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    from_office = models.BooleanField()
    words = models.TextField()
    written_at = models.DateTimeField(default=clock.now)
    key = models.UUIDField(unique=True, default=uuid4)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("written_at", "id")
        constraints = (models.CheckConstraint(condition=~Q(words=""), name="licensing_message_worded"),)
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.adhesion}: {self.author}"


class OpinionQuerySet(models.QuerySet["Opinion"]):
    """Reads of opinions."""

    def visible_to(self, user: Any) -> "OpinionQuerySet":
        """Those asked of the body the person speaks for, never on their own organisation; for the office, all."""
        if user.has_perm("licensing.moderate"):
            return self
        if not user.has_perm("licensing.opine"):
            return self.none()
        mine = user.memberships.exclude(state="ended").values("organisation")
        body = user.office_role.removeprefix("opinion_")
        return self.filter(body=body).exclude(adhesion__organisation__in=mine).exclude(adhesion__referent=user)


class Opinion(StatefulModel):
    """The word of CNES or Airbus DS on an adhesion, for one licence; required ones hold the approval up."""

    machine: ClassVar[StateMachine] = OPINION

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="opinions")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="opinions")
    body = models.CharField(_("body"), max_length=20, choices=OpinionBody.choices)
    required = models.BooleanField(_("required"))
    question = models.TextField(_("question"), blank=True)
    state = models.CharField(_("state"), max_length=20, choices=OpinionState.choices, default=OpinionState.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    verdict = models.CharField(_("opinion"), max_length=20, choices=OpinionVerdict.choices, blank=True)
    words = models.TextField(blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(null=True)

    objects = OpinionQuerySet.as_manager()

    class Meta:
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["adhesion", "licence", "body"],
                condition=~Q(state=OpinionState.WITHDRAWN),
                name="licensing_opinion_one",
                violation_error_message=_("This opinion is asked for already."),
            ),
            models.CheckConstraint(
                condition=~Q(state=OpinionState.GIVEN)
                | (~Q(verdict="") & ~Q(words="") & Q(given_by__isnull=False, given_at__isnull=False)),
                name="licensing_opinion_given",
            ),
        )
        indexes = (
            models.Index(fields=["body", "due_at"], condition=Q(state="asked"), name="licensing_opinion_waiting"),
        )
        triggers = (
            RecordEvents(digest=("question", "words")),
            StateTrigger(machine=OPINION),
            FrozenOnce(
                name="frozen_question",
                columns=("adhesion_id", "licence_id", "body", "required", "asked_at"),
                once="TRUE",
            ),
            FrozenOnce(
                name="frozen_opinion",
                columns=("verdict", "words", "given_by_id", "given_at"),
                once="OLD.state <> 'asked'",
            ),
            FourEyes(people=("asked_by_id", "given_by_id")),
        )

    def __str__(self) -> str:
        return f"{self.get_body_display()} · {self.licence} · {self.adhesion}"

    @property
    def organisation_id(self) -> int:
        """The organisation concerned, for the permissions."""
        return self.adhesion.organisation_id

    @property
    def referent_id(self) -> int:
        """Who filed the adhesion, for the permissions."""
        return self.adhesion.referent_id
