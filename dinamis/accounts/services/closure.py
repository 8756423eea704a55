# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ends with an organisation on the side of people: memberships, invitations, nominations, its own keys."""

from dinamis.accounts.enums import ApiClientState, InvitationState, MembershipEnd, MembershipState
from dinamis.accounts.models import ApiClient, Organisation, User
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Reason
from dinamis.core.transitions import apply_transition


def close_organisation(organisation: Organisation, *, reason: Reason) -> list[User]:
    """End a locked organisation; returns who was an active member, by number.

    Must be called inside the transaction that decided it.
    """
    for nomination in organisation.nominations.waiting():
        apply_transition(nomination, "withdraw", actor=SYSTEM, reason=reason, answered_at=clock.now())
    for invitation in organisation.invitations.filter(state=InvitationState.SENT):
        apply_transition(invitation, "withdraw", actor=SYSTEM, reason=reason)
    for client in ApiClient.objects.filter(organisation=organisation, state=ApiClientState.ACTIVE):
        apply_transition(client, "revoke", actor=SYSTEM, reason=reason)
    members = []
    open_ones = organisation.memberships.exclude(state=MembershipState.ENDED)
    for membership in open_ones.select_related("user").order_by("user_id"):
        if membership.state == MembershipState.ACTIVE:
            members.append(membership.user)
        apply_transition(
            membership,
            "end_with_organisation",
            actor=SYSTEM,
            reason=reason,
            ended_at=clock.now(),
            ending=MembershipEnd.ORGANISATION_ENDED,
        )
    organisation.ended_at = clock.now()
    organisation.save(update_fields=["ended_at"])
    return members
