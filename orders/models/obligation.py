# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is owed for imagery: a usage report, a certificate of destruction, publications (docs/adr/0041)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, StateTrigger
from licensing.models import Entitlement, Project
from orders.enums import ObligationKind, ObligationState
from orders.transitions import OBLIGATION
from orders.validators import validate_doi


class ObligationQuerySet(models.QuerySet["Obligation"]):
    """Reads of obligations."""

    def visible_to(self, user: Any) -> "ObligationQuerySet":
        """One's own and those of the organisations one is référent of; certificates sent, for who ordered the work;
        for the office, all."""
        return self.all() if user.has_perm("orders.moderate") else self.concerning(user)

    def concerning(self, user: Any) -> "ObligationQuerySet":
        """The same without the office's part."""
        led = Organisation.objects.filter(
            memberships__user=user, memberships__role="referent", memberships__state="active"
        )
        received = Q(commissioner__in=led, kind=ObligationKind.DESTRUCTION, state=ObligationState.DONE)
        return self.filter(Q(person=user) | Q(organisation__in=led) | received)


class Obligation(StatefulModel):
    """Something a person owes for what was downloaded between `since` and `until`, pre-filled with what is known."""

    machine: ClassVar[StateMachine] = OBLIGATION

    kind = models.CharField(_("kind"), max_length=20, choices=ObligationKind.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="obligations")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="obligations")
    project = models.ForeignKey(Project, null=True, on_delete=models.PROTECT, related_name="obligations")
    # Of a certificate of destruction: the right that ended, and the public body that ordered the work if it is known.
    entitlement = models.ForeignKey(Entitlement, null=True, on_delete=models.PROTECT, related_name="obligations")
    commissioner = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()
    due_on = models.DateField(_("due on"))
    # What is known when it opens: {"files": […], "images", "area_m2"}; downloads themselves are forgotten in time.
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=ObligationState.choices, default=ObligationState.DUE)
    opened_at = models.DateTimeField(default=clock.now)
    words = models.TextField(blank=True)
    results = models.TextField(blank=True)
    typed_name = models.CharField(max_length=200, blank=True)
    destroyed_on = models.DateField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    storage_key = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        ordering = ("due_on", "id")
        constraints = (
            # Workers that look at the same downloads at the same moment open one report.
            models.UniqueConstraint(
                fields=["person", "organisation", "project", "since"],
                condition=Q(kind=ObligationKind.USAGE_REPORT),
                nulls_distinct=False,
                name="orders_usage_report_once",
            ),
            models.UniqueConstraint(
                fields=["entitlement"], condition=Q(kind=ObligationKind.DESTRUCTION), name="orders_destruction_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=ObligationKind.USAGE_REPORT, entitlement__isnull=True)
                | Q(kind=ObligationKind.DESTRUCTION, entitlement__isnull=False),
                name="orders_obligation_kind",
            ),
            models.CheckConstraint(
                condition=~Q(state=ObligationState.DONE) | Q(sent_at__isnull=False, sent_by__isnull=False),
                name="orders_obligation_sent",
            ),
        )
        indexes = (
            models.Index(fields=["due_on", "id"], condition=Q(state="due"), name="orders_obligation_due"),
            models.Index(fields=["state", "due_on"], name="orders_obligation_list"),
        )
        triggers = (
            StateTrigger(machine=OBLIGATION),
            FrozenOnce(
                name="frozen_answer",
                columns=("facts", "words", "results", "typed_name", "destroyed_on", "sent_at", "sent_by_id"),
                once="OLD.state <> 'due'",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.project or self.organisation}"

    @property
    def number(self) -> str:
        """What people call it."""
        return f"DU-{self.opened_at.astimezone(clock.PARIS).year}-{self.pk:04d}"

    @property
    def late(self) -> bool:
        """The day has passed and nothing came."""
        return self.state == ObligationState.DUE and self.due_on < clock.today()


class ObligationReminder(models.Model):
    """A reminder that was sent: so many days before (negative) or after the day, each once."""

    obligation = models.ForeignKey(Obligation, on_delete=models.CASCADE, related_name="reminders")
    step = models.SmallIntegerField()
    sent_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("reminder of an obligation")
        verbose_name_plural = _("reminders of obligations")
        ordering = ("obligation", "step")
        constraints = (models.UniqueConstraint(fields=["obligation", "step"], name="orders_obligation_reminded_once"),)
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.obligation} {self.step:+d}"


class Publication(models.Model):
    """A published work in which images were used, by its DOI."""

    # Under the scope `orders:write`: a laboratory's own list may declare its works.
    keys_may_write: ClassVar[bool] = True

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="publications")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="publications")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="publications")
    # As `orders.domain.doi.normalised` writes it: without its resolver, in lower case.
    doi = models.CharField("DOI", max_length=255, validators=[validate_doi])
    title = models.CharField(_("title"), max_length=500)
    year = models.PositiveSmallIntegerField(_("year"))
    items = models.ManyToManyField(Item, related_name="publications")
    declared_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ("-year", "title", "id")
        constraints = (models.UniqueConstraint(fields=["organisation", "doi"], name="orders_publication_once"),)

    def __str__(self) -> str:
        return self.title
