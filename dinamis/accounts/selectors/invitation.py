# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of invitations."""

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from dinamis.accounts.enums import InvitationState, MembershipState
from dinamis.accounts.models import Invitation, Membership, Organisation, User
from dinamis.core.onetime import hash_token


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a token, whatever its state; None when there is none."""
    return (
        Invitation.objects.filter(token_sha256=hash_token(token))
        .select_related("organisation", "invited_by", "membership")
        .first()
    )


def open_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """Return what was sent and not answered, the expired included, oldest first."""
    return organisation.invitations.filter(state=InvitationState.SENT).select_related("organisation", "invited_by")


def holder_of(email: str) -> User | None:
    """Return the account that holds an address."""
    address = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    return address.user if address else User.objects.filter(email__iexact=email).first()


def open_membership_at(email: str, organisation: Organisation) -> Membership | None:
    """Return the open membership that the holder of an address has in an organisation."""
    holder = holder_of(email)
    if holder is None:
        return None
    return holder.memberships.filter(organisation=organisation).exclude(state=MembershipState.ENDED).first()


def former_member_at(email: str, organisation: Organisation) -> User | None:
    """Return the holder of an address when they were a member before: the address may have a new owner since."""
    holder = holder_of(email)
    if holder is None:
        return None
    former = holder.memberships.filter(
        organisation=organisation, state=MembershipState.ENDED, active_from__isnull=False
    )
    return holder if former.exists() else None
