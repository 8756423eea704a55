# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import MemberRole, MembershipEnd, MembershipState
from dinamis.accounts.transitions import MEMBERSHIP
from dinamis.accounts.triggers import LastReferent
from dinamis.accounts.validators import validate_country, validate_ror, validate_siret, validate_uai
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import RecordEvents, StateTrigger


class Organisation(models.Model):
    """The legal entity that adheres to DINAMIS."""

    name = models.CharField(_("name"), max_length=200)
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    country = models.CharField(_("country"), max_length=2, default="FR", validators=[validate_country])
    siret = models.CharField(_("SIRET"), max_length=14, blank=True, validators=[validate_siret])
    ror = models.CharField(_("ROR identifier"), max_length=9, blank=True, validators=[validate_ror])
    uai = models.CharField(_("UAI number"), max_length=8, blank=True, validators=[validate_uai])
    sector = models.CharField(_("sector of activity"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # Ended, merged or split: it stays for what was signed and decided, and nobody joins it or files for it any more.
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["siret"],
                condition=~Q(siret=""),
                name="accounts_organisation_siret",
                violation_error_message=_("An organisation with this SIRET exists already."),
            ),
            models.UniqueConstraint(
                fields=["ror"],
                condition=~Q(ror=""),
                name="accounts_organisation_ror",
                violation_error_message=_("An organisation with this ROR identifier exists already."),
            ),
            models.UniqueConstraint(
                fields=["uai"],
                condition=~Q(uai=""),
                name="accounts_organisation_uai",
                violation_error_message=_("An organisation with this UAI number exists already."),
            ),
        )
        triggers = (RecordEvents(),)

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Reads of memberships."""

    def visible_to(self, user: Any) -> "MembershipQuerySet":
        """One's own memberships, and those of the organisations one is an active référent of."""
        led = user.memberships.filter(role=MemberRole.REFERENT, state=MembershipState.ACTIVE)
        return self.filter(Q(user=user) | Q(organisation__in=led.values("organisation")))


class Membership(StatefulModel):
    """A person in an organisation. Its effect follows `active_from` and `ended_at`, so the past stays true."""

    machine: ClassVar[StateMachine] = MEMBERSHIP

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=MemberRole.choices, default=MemberRole.MEMBER)
    state = models.CharField(
        _("state"), max_length=20, choices=MembershipState.choices, default=MembershipState.REQUESTED
    )
    motivation = models.TextField(_("why you need access"), blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    active_from = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ending = models.CharField(max_length=20, choices=MembershipEnd.choices, blank=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=~Q(state=MembershipState.ENDED),
                name="accounts_membership_one_open",
                violation_error_message=_("This person already belongs to the organisation or has asked to."),
            ),
            models.CheckConstraint(
                condition=~Q(state=MembershipState.ACTIVE) | Q(active_from__isnull=False),
                name="accounts_membership_active_from",
            ),
            models.CheckConstraint(
                condition=(~Q(state=MembershipState.ENDED) & Q(ended_at__isnull=True))
                | (Q(state=MembershipState.ENDED) & Q(ended_at__isnull=False)),
                name="accounts_membership_ended_at",
            ),
        )
        # Each decision asks whether the organisation has a référent; of its members they are a few.
        indexes = (
            models.Index(
                fields=["organisation"], name="accounts_membership_referents", condition=Q(role=MemberRole.REFERENT)
            ),
        )
        triggers = (StateTrigger(machine=MEMBERSHIP), LastReferent(), RecordEvents(digest=("motivation",)))

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation}"
