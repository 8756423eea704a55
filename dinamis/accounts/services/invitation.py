# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on invitations. The référent's invitation is their activation; the person's acceptance makes the membership."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.enums import InvitationState, MembershipState
from dinamis.accounts.models import Invitation, Membership, Organisation, User
from dinamis.accounts.selectors.invitation import former_member_at, open_invitations, open_membership_at
from dinamis.accounts.services.membership import leave, lock_home, refuse_without_referent
from dinamis.core import clock, outbox
from dinamis.core.actors import Actor
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.lookalike import suspicion
from dinamis.core.onetime import hash_token, token_for
from dinamis.core.transitions import apply_transition, lock, record_creation
from dinamis.core.validation import checked

TOPIC = "accounts.mail_invitation"


@dataclass(frozen=True)
class Invitee:
    """Who is invited; `same_person` says that a former member's address still has the same owner."""

    email: str
    name: str
    language: str = "fr"
    same_person: bool = False


def label_of(invitation: Invitation) -> str:
    """Return what the token of an invitation is derived from: each sending has another."""
    return f"accounts.invitation:{invitation.pk}:{invitation.number}"


def invite(*, organisation: Organisation, actor: User, invitee: Invitee) -> Invitation:
    """Invite one person. Raises NotPermitted, Invalid naming the field (see `invite_all`)."""
    with transaction.atomic():
        _check_may(organisation, actor, 1)
        return _invited(organisation, actor, invitee)


def invite_all(
    *, organisation: Organisation, actor: User, invitees: Sequence[Invitee]
) -> tuple[list[Invitation], list[tuple[int, Invalid]]]:
    """Invite everybody or nobody; returns the invitations and, when nobody was, (position, what is wrong) of each.

    Raises NotPermitted, Invalid when there are too many.
    """
    problems: list[tuple[int, Invalid]] = []
    made: list[Invitation] = []
    with transaction.atomic():
        _check_may(organisation, actor, len(invitees))
        for position, invitee in enumerate(invitees):
            try:
                with transaction.atomic():
                    made.append(_invited(organisation, actor, invitee))
            except Invalid as error:
                problems.append((position, error))
        if problems:
            transaction.set_rollback(True)
    return ([], problems) if problems else (made, [])


def _check_may(organisation: Organisation, actor: User, more: int) -> None:
    refuse_keys()
    if not actor.has_perm("accounts.manage_invitation", Invitation(organisation=organisation)):
        raise NotPermitted(_("Only a référent of the organisation may do this."))
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    limit = settings.DINAMIS["INVITATIONS_OPEN_MAX"]
    if open_invitations(organisation).count() + more > limit:
        raise Invalid(
            _("An organisation has at most %(limit)d invitations without an answer.") % {"limit": limit},
            repair=_("Withdraw those that are not needed."),
            code="too_many_invitations",
        )


def _invited(organisation: Organisation, actor: User, invitee: Invitee) -> Invitation:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Invitation._meta.db_table])
        pk = int(cursor.fetchone()[0])
    invitation = Invitation(
        pk=pk,
        organisation=organisation,
        email=invitee.email.strip().lower(),
        name=" ".join(invitee.name.split()),
        language=invitee.language,
        invited_by=actor,
        expires_at=_end(),
    )
    invitation.token_sha256 = hash_token(token_for(label_of(invitation)))
    checked(invitation, exclude=("id",))
    _check_address(invitation, invitee)
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:
        raise _already() from error
    record_creation(invitation, actor=Actor.person(actor))
    _mail(invitation)
    return invitation


def _end() -> datetime:
    return clock.now() + timedelta(days=settings.DINAMIS["INVITATION_DAYS"])


def _already() -> Invalid:
    return Invalid(
        _("This address is invited already."), pointer="email", repair=_("Send the invitation again."), code="invited"
    )


def _check_address(invitation: Invitation, invitee: Invitee) -> None:
    organisation, email = invitation.organisation, invitation.email
    if suspicion(email, organisation.memberships.values_list("user__email", flat=True)):
        raise Invalid(
            _("The domain of this address looks like another one."),
            pointer="email",
            repair=_("Type the address again, letter by letter."),
            code="lookalike",
        )
    membership = open_membership_at(email, organisation)
    if membership is not None and membership.state == MembershipState.ACTIVE:
        raise Invalid(
            _("This person is a member already."), pointer="email", repair=_("Take the line out."), code="member"
        )
    if membership is not None:
        raise Invalid(
            _("This person has asked for an account already."),
            pointer="email",
            repair=_("Activate the request on the page of the organisation."),
            code="requested",
        )
    former = former_member_at(email, organisation)
    if former is not None and not invitee.same_person:
        raise Invalid(
            _("This address was that of %(name)s, who is not a member any more.") % {"name": former},
            pointer="same_person",
            repair=_("If it still is, invite them alone and say so; a new owner needs an address of their own."),
            code="recycled",
        )


def _mail(invitation: Invitation) -> None:
    payload = {"invitation_id": invitation.pk, "number": invitation.number}
    outbox.put(TOPIC, payload, key=f"{TOPIC}:{invitation.pk}:{invitation.number}")


def send_again(*, invitation: Invitation, actor: User) -> Invitation:
    """Send a new link, good for the whole time again; the one before dies. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        held = lock(invitation)
        held.number += 1
        again = apply_transition(
            invitation,
            "resend",
            actor=Actor.person(actor),
            number=held.number,
            token_sha256=hash_token(token_for(label_of(held))),
            expires_at=_end(),
        )
        _mail(again)
    return again


def withdraw_invitation(*, invitation: Invitation, actor: User) -> Invitation:
    """Make the link useless. Raises NotPermitted, IllegalTransition."""
    return apply_transition(invitation, "withdraw", actor=Actor.person(actor))


def check_open(invitation: Invitation) -> None:
    """Raise IllegalTransition when the invitation was answered, withdrawn, or has expired."""
    if invitation.state == InvitationState.ACCEPTED:
        raise IllegalTransition(_("This invitation has been accepted already."), code="invitation_accepted")
    if invitation.state != InvitationState.SENT:
        raise IllegalTransition(_("This invitation was withdrawn or declined."), code="invitation_closed")
    if invitation.expired(clock.now()):
        raise IllegalTransition(_("This invitation has expired."), code="invitation_expired")


def accept_invitation(*, invitation: Invitation, actor: User) -> Membership:
    """Become a member. A request of one's own is taken back: the invitation is the référent's answer to it.

    Raises NotPermitted when the account has not verified the address the link is bound to, IllegalTransition (also
    while the organisation has no référent).
    """
    with transaction.atomic():
        lock_home(invitation.organisation, actor)
        held = lock(invitation)
        check_open(held)
        if not actor.has_perm("accounts.take_invitation", held):
            raise NotPermitted(
                _("This invitation is for %(email)s: sign in with the account of this address.")
                % {"email": held.email},
                code="other_address",
            )
        # Whom a référent named as successor may come in when that référent is gone.
        if not held.nominations.waiting().exists():
            refuse_without_referent(held.organisation)
        membership = _membership(held, actor)
        active = apply_transition(membership, "accept", actor=Actor.person(actor), active_from=clock.now())
        apply_transition(held, "accept", actor=Actor.person(actor), membership=active)
    invitation.refresh_from_db()
    return active


def _membership(invitation: Invitation, user: User) -> Membership:
    known = user.memberships.filter(organisation=invitation.organisation).exclude(state=MembershipState.ENDED).first()
    if known is not None and known.state == MembershipState.REQUESTED:
        leave(membership=known, actor=user)
    try:
        with transaction.atomic():
            made = Membership.objects.create(
                user=user, organisation=invitation.organisation, state=MembershipState.INVITED
            )
    except IntegrityError as error:
        raise IllegalTransition(_("You belong to this organisation already."), code="already_open") from error
    record_creation(made, actor=Actor.person(invitation.invited_by))
    return made


def decline_invitation(*, invitation: Invitation) -> Invitation:
    """Say no, through the link and without an account. Raises IllegalTransition."""
    with transaction.atomic():
        held = lock(invitation)
        check_open(held)
        return apply_transition(invitation, "decline", actor=Actor.signatory(held.name))
