# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, RecordEvents, StateTrigger
from licensing.enums import AdhesionState, EligibilityClass
from licensing.models.form import FormRevision
from licensing.reasons import ADVERSE
from licensing.transitions import ADHESION
from licensing.triggers import FourEyes, NoCauseLeft

if TYPE_CHECKING:
    from licensing.models.representative import RepresentativeChange

CLOSED = (AdhesionState.REFUSED, AdhesionState.WITHDRAWN, AdhesionState.REVOKED, AdhesionState.TERMINATED)


class AdhesionQuerySet(models.QuerySet["Adhesion"]):
    """Reads of adhesions."""

    def visible_to(self, user: Any) -> "AdhesionQuerySet":
        """Adhesions the person filed or answers for; for the office, all that left the drawer."""
        referent_of = Q(
            organisation__memberships__user=user,
            organisation__memberships__role="referent",
            organisation__memberships__state="active",
        )
        shown = Q(referent=user) | referent_of
        if user.has_perm("licensing.moderate"):
            shown |= ~Q(state__in=[AdhesionState.DRAFT, AdhesionState.AWAITING_SIGNATURE])
        return self.filter(shown).distinct()


class Adhesion(StatefulModel):
    """The organisation's act of joining, validated for a period."""

    machine: ClassVar[StateMachine] = ADHESION

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="adhesions")
    eligibility_class = models.CharField(_("eligibility class"), max_length=30, choices=EligibilityClass.choices)
    referent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adhesions_filed")
    legal_representative_name = models.CharField(_("name of the legal representative"), max_length=150)
    legal_representative_title = models.CharField(_("function"), max_length=150, blank=True)
    legal_representative_email = models.EmailField(_("e-mail of the legal representative"))
    mission = models.TextField(_("mission and intended use"), blank=True)
    answers = models.JSONField(default=dict, blank=True)
    form_revision = models.ForeignKey(FormRevision, on_delete=models.PROTECT, related_name="adhesions")
    state = models.CharField(_("state"), max_length=30, choices=AdhesionState.choices, default=AdhesionState.DRAFT)
    period = DateTimeRangeField(_("period"), null=True, blank=True)
    renews = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals")
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)

    objects = AdhesionQuerySet.as_manager()

    class Meta:
        verbose_name = _("adhesion")
        verbose_name_plural = _("adhesions")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "eligibility_class"],
                condition=~Q(state__in=CLOSED) & Q(renews__isnull=True),
                name="licensing_adhesion_one_open",
                violation_error_message=_("This organisation has an adhesion of this class already."),
            ),
            models.UniqueConstraint(
                fields=["renews"],
                condition=~Q(state__in=[AdhesionState.REFUSED, AdhesionState.WITHDRAWN]),
                name="licensing_adhesion_one_renewal",
                violation_error_message=_("This adhesion is being renewed already."),
            ),
            ExclusionConstraint(
                name="licensing_adhesion_no_overlap",
                expressions=[
                    ("organisation", RangeOperators.EQUAL),
                    ("eligibility_class", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=[AdhesionState.APPROVED, AdhesionState.SUSPENDED]),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[AdhesionState.APPROVED, AdhesionState.SUSPENDED]) | Q(period__isnull=False),
                name="licensing_adhesion_period",
            ),
        )
        indexes = (
            # The queue of the office: few of many, the longest waiting first.
            models.Index(
                fields=["submitted_at", "id"],
                condition=Q(state__in=["submitted", "in_review", "changes_requested"]),
                name="licensing_adhesion_queue",
            ),
        )
        triggers = (
            StateTrigger(machine=ADHESION),
            NoCauseLeft(),
            FourEyes(people=("claimed_by_id",), adhesion="NEW.id"),
            RecordEvents(
                digest=(
                    "legal_representative_name",
                    "legal_representative_title",
                    "legal_representative_email",
                    "mission",
                    "answers",
                ),
                never=("claimed_by_id", "claimed_until"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation} · {self.get_eligibility_class_display()}"

    @property
    def signable(self) -> bool:
        """Whether a link may be signed with: the first time, or for what is due since."""
        return self.state in {AdhesionState.AWAITING_SIGNATURE, AdhesionState.APPROVED}


class SigningLink(models.Model):
    """A one-time link for a legal representative, bound to one address; only hashes are kept."""

    adhesion = models.ForeignKey(Adhesion, null=True, on_delete=models.CASCADE, related_name="signing_links")
    change = models.ForeignKey(
        "licensing.RepresentativeChange", null=True, on_delete=models.PROTECT, related_name="signing_links"
    )
    email = models.EmailField()
    token_sha256 = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="fr")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    code_sha256 = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True)
    code_attempts = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("signing link")
        verbose_name_plural = _("signing links")
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["adhesion"],
                condition=Q(used_at__isnull=True, revoked_at__isnull=True),
                name="licensing_link_one_open",
            ),
            models.UniqueConstraint(
                fields=["change"],
                condition=Q(used_at__isnull=True, revoked_at__isnull=True),
                name="licensing_link_one_open_change",
            ),
            models.CheckConstraint(
                condition=Q(adhesion__isnull=False, change__isnull=True)
                | Q(adhesion__isnull=True, change__isnull=False),
                name="licensing_link_one_matter",
            ),
        )
        triggers = (
            RecordEvents(
                digest=("email",),
                never=("token_sha256", "code_sha256", "code_expires_at", "code_attempts", "codes_sent"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} · {self.matter}"

    @property
    def matter(self) -> "Adhesion | RepresentativeChange":
        """What a signature is asked for: an adhesion, or the change of its legal representative."""
        found = self.adhesion or self.change
        assert found is not None
        return found


class EvidenceFile(models.Model):
    """A document that supports an adhesion; served as an attachment, to those who may see the adhesion (I16)."""

    class Scan(models.TextChoices):
        UNSCANNED = "unscanned", _("not scanned")
        PENDING = "pending", _("scan under way")
        CLEAN = "clean", _("clean")
        INFECTED = "infected", _("infected")
        FAILED = "failed", _("scan failed")

    adhesion = models.ForeignKey(Adhesion, on_delete=models.CASCADE, related_name="evidence")
    title = models.CharField(_("title"), max_length=200)
    file_name = models.CharField(max_length=200)
    storage_key = models.CharField(max_length=300)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    scan = models.CharField(max_length=20, choices=Scan.choices, default=Scan.UNSCANNED)
    scan_detail = models.CharField(max_length=300, blank=True)
    scanned_at = models.DateTimeField(null=True, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")
        ordering = ("uploaded_at", "id")
        triggers = (
            RecordEvents(digest=("title", "file_name")),
            FrozenOnce(
                name="frozen_content",
                columns=("adhesion_id", "file_name", "media_type", "size", "sha256", "uploaded_by_id", "uploaded_at"),
                once="TRUE",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def scan_tone(self) -> str:
        """The tone of the status component for the scan."""
        tones = {self.Scan.CLEAN: "ok", self.Scan.INFECTED: "bad", self.Scan.FAILED: "act", self.Scan.PENDING: "wait"}
        return tones.get(self.Scan(self.scan), "neutral")

    @property
    def openable(self) -> bool:
        """Whether the file may be handed out: when it is clean or, where the setting says so, unscanned."""
        if self.scan == self.Scan.UNSCANNED:
            return bool(settings.DINAMIS["OPEN_UNSCANNED_EVIDENCE"])
        return self.scan == self.Scan.CLEAN


class Decision(models.Model):
    """A moderator's decision with its reason and the version it was taken on. Append-only."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("approved")
        REFUSE = "refuse", _("refused")
        REQUEST_CHANGES = "request_changes", _("changes requested")
        SUSPEND = "suspend", _("suspended")
        RESUME = "resume", _("suspension lifted")
        REVOKE = "revoke", _("revoked")
        NEW_REPRESENTATIVE = "new_representative", _("new legal representative confirmed")
        KEEP_REPRESENTATIVE = "keep_representative", _("new legal representative refused")

    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    reason_code = models.CharField(max_length=60, blank=True)
    words = models.TextField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=clock.now)
    version_seen = models.PositiveIntegerField()
    # How to contest it, in each language, as it stood on that day.
    recourse = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("decided_at", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(words=""), name="licensing_decision_reasoned"),
            models.CheckConstraint(
                condition=~Q(verdict__in=ADVERSE) | (~Q(reason_code="") & ~Q(recourse={})),
                name="licensing_decision_contestable",
            ),
        )
        triggers = (
            AppendOnly(erasable=("words",)),
            FourEyes(people=("decided_by_id",)),
            RecordEvents(digest=("words",)),
        )

    def __str__(self) -> str:
        return f"{self.adhesion}: {self.get_verdict_display()}"

    @property
    def number(self) -> str:
        """What letters and rights refer to it by."""
        return f"{self.adhesion_id}-{self.pk}"


class Certificate(models.Model):
    """The numbered certificate of an approved adhesion; the page that verifies it shows the same facts."""

    adhesion = models.OneToOneField(Adhesion, on_delete=models.PROTECT, related_name="certificate")
    number = models.CharField(max_length=30, unique=True)
    # 2 and more: what it says was true until then of somebody else, and is told anew.
    version = models.PositiveSmallIntegerField(default=1)
    secret = models.CharField(max_length=32, unique=True)
    issued_at = models.DateTimeField(default=clock.now)
    storage_key = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ("number",)
        triggers = (RecordEvents(never=("secret",)),)

    def __str__(self) -> str:
        return self.number
