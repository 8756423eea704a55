# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Organisation
from dinamis.accounts.validators import validate_country
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, RecordEvents, StateTrigger
from licensing.enums import (
    Acceptors,
    Action,
    Capacity,
    Contractors,
    Derived,
    EligibilityClass,
    EndDuty,
    LicenceFamily,
    LicenceKind,
    LicenceVersionState,
    Publication,
    Purpose,
    Sharing,
)
from licensing.transitions import LICENCE_VERSION
from licensing.validators import validate_credit_line


def in_language(fr: str, en: str) -> str:
    """Return the text of the reader's language."""
    return en if (get_language() or "fr").startswith("en") else fr


class Licence(models.Model):
    """What a text allows, to whom: data, not code. The charter is a text of the same kind with no products."""

    code = models.SlugField(unique=True)
    kind = models.CharField(max_length=20, choices=LicenceKind.choices, default=LicenceKind.PRODUCT)
    name_fr = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    classes = ArrayField(models.CharField(max_length=30, choices=EligibilityClass.choices), default=list, blank=True)
    actions = ArrayField(models.CharField(max_length=30, choices=Action.choices), default=list, blank=True)
    purposes = ArrayField(models.CharField(max_length=30, choices=Purpose.choices), default=list, blank=True)
    acceptors = models.CharField(max_length=20, choices=Acceptors.choices, default=Acceptors.BOTH)
    credit_line = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_credit_line],
        help_text="{year} is the year of acquisition, {sensor} the sensor's public name",
    )
    family = models.CharField(_("family"), max_length=20, choices=LicenceFamily.choices, default=LicenceFamily.OTHER)
    countries_allowed = ArrayField(
        models.CharField(max_length=2, validators=[validate_country]),
        default=list,
        blank=True,
        help_text="ISO 3166-1 codes of the organisations admitted; none named: every country",
    )
    countries_denied = ArrayField(
        models.CharField(max_length=2, validators=[validate_country]), default=list, blank=True
    )
    nationality_classes = ArrayField(
        models.CharField(max_length=30, choices=EligibilityClass.choices),
        default=list,
        blank=True,
        help_text="classes of which the nationality condition is asked",
    )
    contractors = models.CharField(
        _("contractors"), max_length=20, choices=Contractors.choices, default=Contractors.UNDERTAKING
    )
    sharing = models.CharField(_("third parties"), max_length=20, choices=Sharing.choices, default=Sharing.NOBODY)
    derived = models.CharField(
        _("derived products"), max_length=20, choices=Derived.choices, default=Derived.NOT_REVERSIBLE
    )
    publication = models.CharField(
        _("publication"), max_length=20, choices=Publication.choices, default=Publication.EXTRACT
    )
    retention_days = models.PositiveIntegerField(
        _("retention"), null=True, blank=True, help_text="days a file may be kept; empty: until the right ends"
    )
    embargo_days = models.PositiveSmallIntegerField(
        _("embargo"), default=0, help_text="days after the acquisition during which nobody may use an image"
    )
    signed_per_project = models.BooleanField(
        _("signed for each project"), default=False, help_text="a person signs for every project, not once for all"
    )
    end_duty = models.CharField(_("at the end"), max_length=20, choices=EndDuty.choices, default=EndDuty.DESTROY)
    provisional = models.BooleanField(default=False, help_text="the text is ours and stands in for the official one")
    sources = models.TextField(blank=True, help_text="where the facts above come from")
    revision = models.PositiveIntegerField(default=0, editable=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
        ordering = ("position", "code")
        constraints = (
            models.CheckConstraint(
                condition=~Q(signed_per_project=True) | Q(acceptors__in=[Acceptors.PERSON, Acceptors.BOTH]),
                name="licensing_licence_signed_per_project",
                violation_error_message=_("Only a licence that persons sign can be signed for each project."),
            ),
        )
        triggers = (RecordEvents(),)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_fr, self.name_en)

    def admits_country(self, country: str) -> bool:
        """Tell whether organisations of a country (ISO 3166-1) are admitted."""
        named = not self.countries_allowed or country in self.countries_allowed
        return named and country not in self.countries_denied


class LicenceChange(models.Model):
    """Who changed what a licence allows, from what to what, and why. Append-only."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="changes")
    before = models.JSONField()
    after = models.JSONField()
    words = models.TextField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("change of a licence")
        verbose_name_plural = _("changes of licences")
        ordering = ("-changed_at", "-id")
        constraints = (models.CheckConstraint(condition=~Q(words=""), name="licensing_licence_change_reasoned"),)
        triggers = (AppendOnly(), RecordEvents(digest=("before", "after", "words")))

    def __str__(self) -> str:
        return f"{self.licence} {self.changed_at:%Y-%m-%d}"


class LicenceVersion(StatefulModel):
    """One text in both languages. A published text never changes."""

    machine: ClassVar[StateMachine] = LICENCE_VERSION

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text_fr = models.TextField()
    text_en = models.TextField()
    sha256_fr = models.CharField(max_length=64)
    sha256_en = models.CharField(max_length=64)
    material = models.BooleanField(default=True, help_text="whether those who signed before must sign again")
    grace_days = models.PositiveIntegerField(default=30)
    state = models.CharField(max_length=20, choices=LicenceVersionState.choices, default=LicenceVersionState.DRAFT)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("licence version")
        verbose_name_plural = _("licence versions")
        ordering = ("licence", "-number")
        constraints = (
            models.UniqueConstraint(fields=["licence", "number"], name="licensing_version_number"),
            models.UniqueConstraint(
                fields=["licence"],
                condition=Q(state=LicenceVersionState.PUBLISHED),
                name="licensing_version_one_published",
            ),
            models.CheckConstraint(
                condition=Q(state=LicenceVersionState.DRAFT) | Q(published_at__isnull=False),
                name="licensing_version_published_at",
            ),
        )
        triggers = (
            StateTrigger(machine=LICENCE_VERSION),
            FrozenOnce(
                name="frozen_text",
                columns=(
                    "licence_id",
                    "number",
                    "text_fr",
                    "text_en",
                    "sha256_fr",
                    "sha256_en",
                    "material",
                    "grace_days",
                    "published_at",
                ),
                once="OLD.state <> 'draft'",
            ),
            RecordEvents(digest=("text_fr", "text_en")),
        )

    def __str__(self) -> str:
        return f"{self.licence} v{self.number}"

    @property
    def text(self) -> str:
        """The text in the reader's language."""
        return in_language(self.text_fr, self.text_en)

    def text_in(self, language: str) -> str:
        """Return the text in "fr" or "en"."""
        return self.text_en if language == "en" else self.text_fr

    def sha256_in(self, language: str) -> str:
        """Return the SHA-256 (hex, over UTF-8) of the text in "fr" or "en"."""
        return self.sha256_en if language == "en" else self.sha256_fr


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    """Reads of signatures."""

    def visible_to(self, user: Any) -> "AcceptanceQuerySet":
        """Return what they signed, or was signed for an organisation they are référent of; for the office, all."""
        if user.has_perm("licensing.moderate"):
            return self.all()
        led = user.memberships.filter(role=MemberRole.REFERENT, state=MembershipState.ACTIVE)
        return self.filter(Q(person=user) | Q(organisation__in=led.values("organisation")))


class Acceptance(models.Model):
    """A person's signature on an exact text. Append-only; a legal representative needs no account."""

    licence_version = models.ForeignKey(LicenceVersion, on_delete=models.PROTECT, related_name="acceptances")
    capacity = models.CharField(max_length=30, choices=Capacity.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="acceptances"
    )
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="acceptances")
    # Where the licence is signed for each project: the one it was signed for.
    project = models.ForeignKey(
        "licensing.Project", null=True, blank=True, on_delete=models.PROTECT, related_name="acceptances"
    )
    # 1 for the first signature of a person on a text, 2 for the one after a withdrawal, and so on.
    ordinal = models.PositiveSmallIntegerField(default=1)
    email = models.EmailField()
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    sha256 = models.CharField(max_length=64)
    typed_name = models.CharField(max_length=150)
    authenticated_by = models.CharField(max_length=60)
    accepted_at = models.DateTimeField(default=clock.now)

    objects = AcceptanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        ordering = ("accepted_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(capacity=Capacity.SELF, person__isnull=False, organisation__isnull=True)
                | Q(capacity=Capacity.LEGAL_REPRESENTATIVE, organisation__isnull=False),
                name="licensing_acceptance_complete",
            ),
            models.CheckConstraint(
                condition=~Q(typed_name="") & ~Q(email="") & ~Q(authenticated_by=""),
                name="licensing_acceptance_named",
            ),
            models.UniqueConstraint(
                fields=["licence_version", "person", "project", "ordinal"],
                condition=Q(capacity=Capacity.SELF),
                nulls_distinct=False,
                name="licensing_acceptance_once_self",
                violation_error_message=_("You have signed this version already."),
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "licence_version"], name="licensing_acc_organisation"),
            models.Index(fields=["person", "licence_version"], name="licensing_acc_person"),
        )
        triggers = (
            AppendOnly(erasable=("email", "typed_name")),
            RecordEvents(digest=("email", "typed_name")),
        )

    def __str__(self) -> str:
        return f"{self.typed_name} · {self.licence_version}"


class Withdrawal(models.Model):
    """A person takes a signature back. Append-only: the signature stays proof of the past, the right ends now."""

    acceptance = models.OneToOneField(Acceptance, on_delete=models.PROTECT, related_name="withdrawal")
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=clock.now)
    words = models.TextField(blank=True)

    class Meta:
        verbose_name = _("withdrawal of a signature")
        verbose_name_plural = _("withdrawals of signatures")
        ordering = ("withdrawn_at", "id")
        triggers = (AppendOnly(), RecordEvents(digest=("words",)))

    def __str__(self) -> str:
        return f"{self.acceptance} {self.withdrawn_at:%Y-%m-%d}"


class AcceptanceTrace(models.Model):
    """Address and browser of a signature, apart from the evidence so that they can be erased."""

    acceptance = models.OneToOneField(Acceptance, on_delete=models.CASCADE, related_name="trace")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name = _("trace of an acceptance")
        verbose_name_plural = _("traces of acceptances")

    def __str__(self) -> str:
        return f"{self.acceptance_id} {self.ip}"
