# SPDX-License-Identifier: AGPL-3.0-or-later
"""Predicates on (user, object). Nobody decides on themselves."""

from typing import Any

import rules
from allauth.account.models import EmailAddress
from django.conf import settings

from dinamis.accounts.enums import MemberRole, MembershipState, OfficeRole


@rules.predicate
def is_moderator(user: Any) -> bool:
    """The person belongs to the DINAMIS office."""
    return bool(user.is_active and user.office_role == OfficeRole.MODERATOR)


@rules.predicate
def is_administrator(user: Any) -> bool:
    """The person administers the system."""
    return bool(user.is_active and user.office_role == OfficeRole.ADMINISTRATOR)


@rules.predicate
def needs_second_factor(user: Any) -> bool:
    """The person's office role asks for a second factor (`SECOND_FACTOR_ROLES`: the one register of such roles)."""
    return bool(user.office_role in settings.DINAMIS["SECOND_FACTOR_ROLES"])


@rules.predicate
def is_self(user: Any, membership: Any) -> bool:
    """The membership is the person's own."""
    return bool(membership is not None and membership.user_id == user.pk)


@rules.predicate
def is_referent_of_organisation(user: Any, obj: Any) -> bool:
    """The person is an active référent of the object's organisation."""
    if obj is None or not user.is_authenticated:
        return False
    return bool(
        user.memberships.filter(
            organisation_id=obj.organisation_id, role=MemberRole.REFERENT, state=MembershipState.ACTIVE
        ).exists()
    )


@rules.predicate
def is_member_of_organisation(user: Any, obj: Any) -> bool:
    """The person is an active member of the object's organisation."""
    if obj is None or not user.is_authenticated:
        return False
    return bool(user.memberships.filter(organisation_id=obj.organisation_id, state=MembershipState.ACTIVE).exists())


rules.add_perm("accounts.accept_invitation", is_self)
rules.add_perm("accounts.leave_membership", is_self)
rules.add_perm("accounts.activate_membership", is_referent_of_organisation & ~is_self)


@rules.predicate
def owns_api_client(user: Any, client: Any) -> bool:
    """The API key acts as the person."""
    return bool(client is not None and client.person_id is not None and client.person_id == user.pk)


@rules.predicate
def is_key_of_organisation(user: Any, client: Any) -> bool:
    """The API key acts for an organisation: its secret lets nobody act as somebody else."""
    return bool(client is not None and client.organisation_id is not None)


manages_key = owns_api_client | (is_key_of_organisation & (is_referent_of_organisation | is_administrator))
rules.add_perm("accounts.create_api_client", manages_key)
rules.add_perm("accounts.rotate_api_client", manages_key)
rules.add_perm("accounts.revoke_api_client", manages_key | is_administrator)
rules.add_perm("accounts.grant_partner_scope", is_administrator)
rules.add_perm("accounts.set_affiliation_rule", is_referent_of_organisation)


@rules.predicate
def is_invitee(user: Any, invitation: Any) -> bool:
    """The account has verified the address the invitation is bound to."""
    if invitation is None or not user.is_authenticated:
        return False
    addresses = EmailAddress.objects.filter(user_id=user.pk, verified=True)
    return bool(addresses.filter(email__iexact=invitation.email).exists())


rules.add_perm("accounts.manage_invitation", is_referent_of_organisation)
rules.add_perm("accounts.take_invitation", is_invitee)


@rules.predicate
def asked_erasure(user: Any, erasure: Any) -> bool:
    """The account to be erased is the person's own."""
    return bool(erasure is not None and erasure.person_id == user.pk)


rules.add_perm("accounts.cancel_erasure", asked_erasure)


@rules.predicate
def has_part_in_organisation(user: Any, obj: Any) -> bool:
    """The person has any open membership of the object's organisation."""
    if obj is None or not user.is_authenticated:
        return False
    memberships = user.memberships.exclude(state=MembershipState.ENDED)
    return bool(memberships.filter(organisation_id=obj.organisation_id).exists())


@rules.predicate
def is_successor(user: Any, nomination: Any) -> bool:
    """The person is named as référent, by name or through the invitation they accepted."""
    if nomination is None or not user.is_authenticated:
        return False
    return bool(nomination.person is not None and nomination.person.pk == user.pk)


judges_from_outside = is_moderator & ~has_part_in_organisation
rules.add_perm("accounts.end_membership", judges_from_outside)
rules.add_perm("accounts.name_referent", is_referent_of_organisation)
rules.add_perm("accounts.appoint_referent", judges_from_outside)
rules.add_perm("accounts.take_nomination", is_successor)
rules.add_perm("accounts.withdraw_nomination", is_referent_of_organisation | judges_from_outside)
