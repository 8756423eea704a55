# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, StateTrigger
from licensing.enums import Acceptors, Action, Capacity, EligibilityClass, LicenceKind, LicenceVersionState, Purpose
from licensing.transitions import LICENCE_VERSION


def in_language(fr: str, en: str) -> str:
    """Return the text of the reader's language."""
    return en if (get_language() or "fr").startswith("en") else fr


class Licence(models.Model):
    """What a text allows, to whom: data, not code. The charter is a text of the same kind with no products."""

    code = models.SlugField(unique=True)
    kind = models.CharField(max_length=20, choices=LicenceKind.choices, default=LicenceKind.PRODUCT)
    name_fr = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    classes = ArrayField(models.CharField(max_length=30, choices=EligibilityClass.choices), default=list)
    actions = ArrayField(models.CharField(max_length=30, choices=Action.choices), default=list)
    purposes = ArrayField(models.CharField(max_length=30, choices=Purpose.choices), default=list)
    acceptors = models.CharField(max_length=20, choices=Acceptors.choices, default=Acceptors.BOTH)
    credit_line = models.CharField(
        max_length=200, blank=True, help_text="{year} is the year of acquisition, {sensor} the sensor's public name"
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_fr, self.name_en)


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


class Acceptance(models.Model):
    """A person's signature on an exact text. Append-only; a legal representative needs no account."""

    licence_version = models.ForeignKey(LicenceVersion, on_delete=models.PROTECT, related_name="acceptances")
    capacity = models.CharField(max_length=30, choices=Capacity.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="acceptances"
    )
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="acceptances")
    email = models.EmailField()
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    sha256 = models.CharField(max_length=64)
    typed_name = models.CharField(max_length=150)
    authenticated_by = models.CharField(max_length=60)
    accepted_at = models.DateTimeField(default=clock.now)

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
                fields=["licence_version", "person"],
                condition=Q(capacity=Capacity.SELF),
                name="licensing_acceptance_once_self",
                violation_error_message=_("You have signed this version already."),
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "licence_version"], name="licensing_acc_organisation"),
            models.Index(fields=["person", "licence_version"], name="licensing_acc_person"),
        )
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.typed_name} · {self.licence_version}"


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
