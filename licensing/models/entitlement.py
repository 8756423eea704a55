# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import FrozenOnce, RecordEvents, StateTrigger
from licensing.enums import Action, AdhesionState, EligibilityClass, EntitlementState, Purpose, SuspensionCause
from licensing.models.adhesion import Adhesion, Decision, EvidenceFile
from licensing.models.licence import Licence
from licensing.transitions import ENTITLEMENT
from licensing.triggers import BasisGiven, BlockFourEyes, FourEyes

# What a right issued for a project rests on: it never changes under the right.
GROUNDS = ("purpose", "sponsor", "contract", "awarding_body")


class ProjectQuerySet(models.QuerySet["Project"]):
    """Reads of projects."""

    def visible_to(self, user: Any) -> "ProjectQuerySet":
        """Return the projects of the person's active organisations."""
        return self.filter(organisation__memberships__user=user, organisation__memberships__state="active").distinct()


class Project(models.Model):
    """Why imagery is used: theme, purpose, dates."""

    # Under a scope of its own; what rests on a project is frozen all the same.
    keys_may_write: ClassVar[bool] = True

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="projects")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="projects")
    title = models.CharField(_("title"), max_length=200)
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose.choices, default=Purpose.PUBLIC_SERVICE)
    theme = models.CharField(_("theme"), max_length=100, blank=True)
    description = models.TextField(_("description"), blank=True)
    partners = models.TextField(_("partners"), blank=True)
    sponsor = models.CharField(_("French partner"), max_length=200, blank=True)
    contract = models.CharField(_("reference of the contract"), max_length=120, blank=True)
    awarding_body = models.CharField(_("awarding public body"), max_length=200, blank=True)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    ended_words = models.TextField(blank=True, editable=False)
    # Nobody named: every member of the organisation may use imagery for it.
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="projects_joined", through="licensing.ProjectMember"
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["organisation", "title"], name="licensing_project_title"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="licensing_project_dates",
                violation_error_message=_("The project ends before it starts."),
            ),
        )
        triggers = (
            RecordEvents(digest=("title", "theme", "description", "ended_words")),
            FrozenOnce(
                name="frozen_grounds",
                columns=("organisation_id", *GROUNDS),
                once="EXISTS (SELECT FROM licensing_entitlement e WHERE e.project_id = OLD.id)",
            ),
            FrozenOnce(
                name="frozen_end",
                columns=("ended_at", "ended_by_id", "ended_words"),
                once="OLD.ended_at IS NOT NULL",
            ),
        )

    def __str__(self) -> str:
        return self.title


class ProjectMember(models.Model):
    """A person who takes part in a project; where any is named, only they and the owner may use imagery for it."""

    keys_may_write: ClassVar[bool] = True

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    class Meta:
        verbose_name = _("member of a project")
        verbose_name_plural = _("members of projects")
        db_table = "licensing_project_members"
        ordering = ("id",)
        unique_together = (("project", "user"),)
        triggers = (RecordEvents(),)

    def __str__(self) -> str:
        return f"{self.project}: {self.user}"


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Reads of rights."""

    def visible_to(self, user: Any) -> "EntitlementQuerySet":
        """Return the rights of the person's active organisations; for the office, all."""
        if user.has_perm("licensing.moderate"):
            return self.all()
        return self.filter(organisation__memberships__user=user, organisation__memberships__state="active").distinct()

    def with_standing(self, at: datetime) -> "EntitlementQuerySet":
        """Add what the standing at `at` is computed from: causes, a suspended adhesion, a block on the whole right.

        A block of one person leaves the right of their organisation as it is.
        """
        on_it = Q(organisation=OuterRef("organisation")) | ~Q(document_sha256="") & Q(
            document_sha256__in=EvidenceFile.objects.filter(adhesion=OuterRef(OuterRef("adhesion"))).values("sha256")
        )
        under_it = Q(licence__isnull=True) | Q(licence=OuterRef("licence"))
        blocks = Block.objects.standing_at(at).filter(on_it, under_it)
        rests = Q(adhesion__state=AdhesionState.SUSPENDED)
        return self.prefetch_related("suspensions").annotate(blocked=Exists(blocks), adhesion_rests=rests)


class Entitlement(StatefulModel):
    """The frozen right issued by a decision: organisation × licence × purpose × project × period."""

    machine: ClassVar[StateMachine] = ENTITLEMENT

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="entitlements")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="entitlements")
    purpose = models.CharField(max_length=30, choices=Purpose.choices)
    project = models.ForeignKey(Project, null=True, on_delete=models.PROTECT, related_name="entitlements")
    eligibility_class = models.CharField(max_length=30, choices=EligibilityClass.choices)
    actions = ArrayField(models.CharField(max_length=30, choices=Action.choices))
    period = DateTimeRangeField()
    adhesion = models.ForeignKey(Adhesion, on_delete=models.PROTECT, related_name="entitlements")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="entitlements")
    # What the decision rested on, with fingerprints (selectors/basis.py): never empty, never a name.
    basis = models.JSONField(default=dict)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    state = models.CharField(max_length=20, choices=EntitlementState.choices, default=EntitlementState.GRANTED)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        ordering = ("organisation", "licence", "created_at")
        constraints = (
            ExclusionConstraint(
                name="licensing_entitlement_no_overlap",
                expressions=[
                    ("organisation", RangeOperators.EQUAL),
                    ("licence", RangeOperators.EQUAL),
                    ("purpose", RangeOperators.EQUAL),
                    (Coalesce("project", Value(0)), RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(state=EntitlementState.GRANTED),
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__startswith__isnull=False, period__endswith__isnull=False),
                name="licensing_entitlement_period",
            ),
            # Only French institutions hold rights that any of their projects may use.
            models.CheckConstraint(
                condition=Q(project__isnull=False) | Q(eligibility_class=EligibilityClass.FRENCH_INSTITUTIONAL),
                name="licensing_entitlement_project",
            ),
        )
        triggers = (
            StateTrigger(machine=ENTITLEMENT),
            BasisGiven(),
            FrozenOnce(
                name="frozen_right",
                columns=(
                    "organisation_id",
                    "licence_id",
                    "purpose",
                    "project_id",
                    "eligibility_class",
                    "actions",
                    "period",
                    "adhesion_id",
                    "decision_id",
                    "basis",
                ),
                once="TRUE",
            ),
            RecordEvents(),
        )

    def __str__(self) -> str:
        return f"{self.organisation} · {self.licence}"


class Suspension(models.Model):
    """One cause that makes a right rest, from its beginning until it is lifted."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="suspensions")
    cause = models.CharField(max_length=20, choices=SuspensionCause.choices)
    words = models.TextField()
    began_at = models.DateTimeField(default=clock.now)
    began_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_words = models.TextField(blank=True)

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        ordering = ("began_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["entitlement", "cause"],
                condition=Q(lifted_at__isnull=True),
                name="licensing_suspension_one_open",
                violation_error_message=_("The right is suspended for this cause already."),
            ),
            models.CheckConstraint(condition=~Q(words=""), name="licensing_suspension_reasoned"),
        )
        triggers = (
            FrozenOnce(name="frozen_start", columns=("entitlement_id", "cause", "words", "began_at"), once="TRUE"),
            FrozenOnce(name="frozen_end", columns=("lifted_at",), once="OLD.lifted_at IS NOT NULL"),
            FourEyes(
                people=("began_by_id", "lifted_by_id"),
                adhesion="(SELECT e.adhesion_id FROM licensing_entitlement e WHERE e.id = NEW.entitlement_id)",
            ),
            RecordEvents(digest=("words", "lifted_words")),
        )

    def __str__(self) -> str:
        return f"{self.entitlement}: {self.get_cause_display()}"


class BlockQuerySet(models.QuerySet["Block"]):
    """Reads of blocks."""

    def standing_at(self, at: datetime) -> "BlockQuerySet":
        """Return the blocks that keep somebody out at `at`."""
        return self.filter(period__contains=at).filter(Q(lifted_at__isnull=True) | Q(lifted_at__gt=at))


class Block(models.Model):
    """Keeps a person, an organisation or whatever rests on a document out, of one licence or of all, for a time."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="blocks"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="blocks"
    )
    document_sha256 = models.CharField(max_length=64, blank=True, validators=[RegexValidator(r"^[0-9a-f]{64}$")])
    licence = models.ForeignKey(Licence, null=True, blank=True, on_delete=models.PROTECT, related_name="blocks")
    words = models.TextField()
    period = DateTimeRangeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_words = models.TextField(blank=True)
    # What makes a double click one block.
    key = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation__isnull=True, document_sha256="")
                | Q(person__isnull=True, organisation__isnull=False, document_sha256="")
                | Q(person__isnull=True, organisation__isnull=True) & ~Q(document_sha256=""),
                name="licensing_block_one_subject",
            ),
            models.CheckConstraint(condition=~Q(words=""), name="licensing_block_reasoned"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_words=""),
                name="licensing_block_lifted",
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__startswith__isnull=False), name="licensing_block_period"
            ),
        )
        triggers = (
            FrozenOnce(
                name="frozen_block",
                columns=(
                    *("person_id", "organisation_id", "document_sha256", "licence_id", "words", "period"),
                    *("created_by_id", "created_at"),
                ),
                once="TRUE",
            ),
            FrozenOnce(
                name="frozen_lift",
                columns=("lifted_at", "lifted_by_id", "lifted_words"),
                once="OLD.lifted_at IS NOT NULL",
            ),
            BlockFourEyes(),
            RecordEvents(digest=("words", "lifted_words"), never=("key",)),
        )

    def __str__(self) -> str:
        return f"{self.person or self.organisation or self.document_sha256[:12]}"
