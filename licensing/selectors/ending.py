# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of the end of an organisation: what it would touch, what took its place, what it took the place of."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from dinamis.accounts.enums import ApiClientState, InvitationState, MembershipState
from dinamis.accounts.models import ApiClient, Membership, Organisation
from dinamis.core import clock
from licensing.enums import EntitlementState, OrganisationEndState
from licensing.models import OrganisationEnd, Project, Succession
from licensing.selectors.adhesion import IN_FORCE, joinable_organisations
from licensing.transitions import OPEN


@dataclass(frozen=True)
class Foreseen:
    """How many rows the end of an organisation touches."""

    members: int
    requests: int
    invitations: int
    open_adhesions: int
    adhesions_in_force: int
    rights: int
    projects: int
    keys: int


def foreseen(organisation: Organisation, at: datetime) -> Foreseen:
    """Return what would end with an organisation at `at`."""
    memberships = organisation.memberships.exclude(state=MembershipState.ENDED)
    return Foreseen(
        members=memberships.filter(state=MembershipState.ACTIVE).count(),
        requests=memberships.exclude(state=MembershipState.ACTIVE).count(),
        invitations=organisation.invitations.filter(state=InvitationState.SENT).count(),
        open_adhesions=organisation.adhesions.filter(state__in=OPEN).count(),
        adhesions_in_force=organisation.adhesions.filter(state__in=IN_FORCE).count(),
        rights=organisation.entitlements.filter(state=EntitlementState.GRANTED, period__endswith__gt=at).count(),
        projects=running_projects(organisation, at).count(),
        keys=ApiClient.objects.filter(organisation=organisation, state=ApiClientState.ACTIVE).count(),
    )


def running_projects(organisation: Organisation, at: datetime) -> QuerySet[Project]:
    """Return the projects of an organisation that nobody ended and whose last day has not passed."""
    open_ones = organisation.projects.filter(ended_at__isnull=True)
    return open_ones.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=at.astimezone(clock.PARIS).date())).order_by("pk")


def clashing_titles(organisation: Organisation, successor: Organisation, at: datetime) -> list[str]:
    """Return the titles of running projects that the successor has too: those are not opened there again."""
    known = successor.projects.values_list("title", flat=True)
    return list(running_projects(organisation, at).filter(title__in=known).values_list("title", flat=True))


def newcomers(end: OrganisationEnd, successor: Organisation) -> QuerySet[Membership]:
    """Return the active memberships of an organisation whose person has no part in the successor yet."""
    there = successor.memberships.exclude(state=MembershipState.ENDED).values("user")
    active = end.organisation.memberships.filter(state=MembershipState.ACTIVE, user__is_active=True)
    return active.exclude(user__in=there).order_by("user_id")


def end_of(organisation: Organisation) -> OrganisationEnd | None:
    """Return the end of an organisation that was declared or took effect."""
    ends = organisation.ends.exclude(state=OrganisationEndState.CANCELLED).select_related("organisation", "decided_by")
    return ends.prefetch_related("successions__organisation").first()


def came_from(organisation: Organisation) -> QuerySet[Succession]:
    """Return the organisations whose place this one takes, oldest first."""
    found = Succession.objects.filter(organisation=organisation).exclude(end__state=OrganisationEndState.CANCELLED)
    return found.select_related("end__organisation").order_by("end__effective_on", "pk")


def possible_successors(organisation: Organisation) -> QuerySet[Organisation]:
    """Return the organisations that have not ended, but for one; by name."""
    return Organisation.objects.filter(ended_at__isnull=True).exclude(pk=organisation.pk).order_by("name", "pk")


def is_admitted(organisation: Organisation, at: datetime) -> bool:
    """Tell whether an organisation's adhesion is in force at `at`."""
    return joinable_organisations(at).filter(pk=organisation.pk).exists()
