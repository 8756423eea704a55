# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of memberships."""

from django.db.models import QuerySet

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Membership, Organisation, User


def open_memberships(user: User) -> QuerySet[Membership]:
    """Return what binds a person to organisations now: invited, requested, active."""
    return (
        Membership.objects.filter(user=user).exclude(state=MembershipState.ENDED).select_related("organisation", "user")
    )


def active_memberships(user: User) -> QuerySet[Membership]:
    """Return the organisations a person is an active member of now."""
    return open_memberships(user).filter(state=MembershipState.ACTIVE).order_by("organisation_id")


def referents(organisation: Organisation) -> QuerySet[User]:
    """Return the active référents of an organisation."""
    return User.objects.filter(
        is_active=True,
        memberships__organisation=organisation,
        memberships__role=MemberRole.REFERENT,
        memberships__state=MembershipState.ACTIVE,
    ).distinct()


def organisations_led_by(user: User) -> QuerySet[Organisation]:
    """Return the organisations a person is an active référent of."""
    return Organisation.objects.filter(
        memberships__user=user, memberships__role=MemberRole.REFERENT, memberships__state=MembershipState.ACTIVE
    ).distinct()


def has_active_referent(organisation: Organisation) -> bool:
    """Tell whether somebody can activate accounts and follow the adhesion; without, the mode is restricted."""
    return referents(organisation).exists()


def people_of(organisation: Organisation) -> QuerySet[Membership]:
    """Return the open memberships of an organisation, oldest first."""
    return (
        Membership.objects.filter(organisation=organisation)
        .exclude(state=MembershipState.ENDED)
        .select_related("user", "organisation")
        .order_by("created_at", "id")
    )
