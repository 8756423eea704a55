# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who answers for an organisation: a référent names another, the office appoints one where none is left.

Nobody becomes référent without having accepted, and the last one goes only when another has begun.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts import notifications
from dinamis.accounts.enums import InvitationState, MemberRole, MembershipEnd, MembershipState, NominationState
from dinamis.accounts.models import Invitation, Membership, Nomination, Organisation, User
from dinamis.accounts.selectors.membership import referents
from dinamis.accounts.services.membership import begin, change_role, lock_home
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.templatetags.ui import datetime_words
from dinamis.core.transitions import apply_transition, record_creation


def name_referent(
    *, organisation: Organisation, actor: User, who: Membership | Invitation, hands_over: bool = False
) -> Nomination:
    """Name an active member, or somebody invited, as référent; they are one once they accept.

    With `hands_over` the actor is a member like any other from that moment on. Raises NotPermitted (only a référent of
    the organisation), Invalid naming what is wrong with the choice.
    """
    refuse_keys()
    nomination = Nomination(organisation=organisation, named_by=actor, hands_over=hands_over)
    with transaction.atomic(), acting(Actor.person(actor), action="accounts.nomination.create"):
        lock_home(organisation, actor)
        if not actor.has_perm("accounts.name_referent", nomination):
            raise NotPermitted(_("Only a référent of the organisation may do this."))
        _choose(nomination, who)
        return _opened(nomination)


def _choose(nomination: Nomination, who: Membership | Invitation) -> None:
    who.refresh_from_db(fields=["state"])
    if who.organisation_id != nomination.organisation_id:
        raise Invalid(_("Choose somebody of this organisation."), pointer="who", code="not_a_member")
    if isinstance(who, Invitation):
        if who.state != InvitationState.SENT or who.expired(clock.now()):
            raise Invalid(
                _("This invitation is not open any more."),
                pointer="who",
                repair=_("Invite the person again, or choose a member."),
                code="invitation_closed",
            )
        nomination.invitation = who
        return
    if who.state != MembershipState.ACTIVE or not who.user.is_active:
        raise Invalid(
            _("Only an active member can become référent."),
            pointer="who",
            repair=_("Activate the account first, or choose another member."),
            code="not_a_member",
        )
    nomination.successor = who.user
    _refuse_referents(nomination)


def _refuse_referents(nomination: Nomination) -> None:
    if nomination.successor is not None and nomination.successor in referents(nomination.organisation):
        raise Invalid(_("This person is a référent already."), pointer="who", code="referent_already")


def appoint_referent(*, organisation: Organisation, actor: User, person: User, words: str) -> Nomination:
    """Appoint, by the office, the référent of an organisation that has none; they are one once they accept.

    The person need not be a member yet. Raises NotPermitted (not the office, or a part in the organisation), Invalid
    (oneself, no words, an account that is closed, named already), IllegalTransition while a référent is there.
    """
    refuse_keys()
    nomination = Nomination(
        organisation=organisation, named_by=actor, successor=person, by_office=True, words=words.strip()
    )
    with transaction.atomic(), acting(Actor.person(actor), action="accounts.nomination.appoint"):
        lock_home(organisation, actor)
        if not actor.has_perm("accounts.appoint_referent", nomination):
            raise NotPermitted(_("Only a moderator who has no part in this organisation may do this."))
        if person.pk == actor.pk:
            raise Invalid(_("Nobody appoints themselves."), pointer="email", code="oneself")
        if not nomination.words:
            raise Invalid(_("Give a reason."), pointer="words", repair=_("The person reads it."))
        if not person.is_active:
            raise Invalid(_("This account is closed."), pointer="email", code="account_closed")
        if referents(organisation).exists():
            raise IllegalTransition(
                _("%(name)s has a référent: they name the next one.") % {"name": organisation}, code="has_referent"
            )
        return _opened(nomination)


def _opened(nomination: Nomination) -> Nomination:
    # One that lapsed holds nobody's place.
    for lapsed in nomination.organisation.nominations.lapsed(clock.now()):
        _expire(lapsed)
    try:
        with transaction.atomic():
            nomination.save()
    except IntegrityError as error:
        raise Invalid(_("This person is named already."), pointer="who", code="named_already") from error
    record_creation(nomination, actor=Actor.person(nomination.named_by), words=nomination.words)
    notifications.referent_named(nomination)
    return nomination


def accept_nomination(*, nomination: Nomination, actor: User) -> Nomination:
    """Become référent of the organisation; who named steps back where they said so. Everybody concerned is told.

    Raises NotPermitted for somebody else's nomination, IllegalTransition (answered, withdrawn, too late, or no member
    any more).
    """
    with transaction.atomic():
        lock_home(nomination.organisation, actor, nomination.named_by)
        if not actor.has_perm("accounts.take_nomination", nomination):
            raise NotPermitted(_("This nomination is for somebody else."))
        nomination.refresh_from_db(fields=["state", "version"])
        _refuse_expired(nomination)
        made = _taken_up(nomination, actor) if nomination.state == NominationState.PROPOSED else None
        accepted = apply_transition(
            nomination, "accept", actor=Actor.person(actor), answered_at=clock.now(), membership=made
        )
        if accepted.hands_over:
            _step_back(accepted)
        notifications.referent_answered(accepted)
    return accepted


def _refuse_expired(nomination: Nomination) -> None:
    if nomination.state == NominationState.PROPOSED and nomination.expired(clock.now()):
        raise IllegalTransition(
            _("This nomination could be accepted until %(time)s. Ask to be named again.")
            % {"time": datetime_words(nomination.expires_at)},
            code="nomination_expired",
        )


def _taken_up(nomination: Nomination, person: User) -> Membership:
    home = nomination.organisation
    known = person.memberships.filter(organisation=home).exclude(state=MembershipState.ENDED).first()
    if known is not None and known.state == MembershipState.ACTIVE:
        if known.role == MemberRole.REFERENT:
            return known
        return change_role(membership=known, role=MemberRole.REFERENT, actor=Actor.person(person))
    if not nomination.by_office:
        raise IllegalTransition(_("You are not an active member of the organisation any more."), code="not_a_member")
    if known is not None:
        apply_transition(
            known, "leave", actor=Actor.person(person), ended_at=clock.now(), ending=MembershipEnd.ROLE_CHANGED
        )
    return begin(user=person, organisation=home, role=MemberRole.REFERENT, actor=Actor.person(person))


def _step_back(nomination: Nomination) -> None:
    """End the role of who handed over, if they still have it; they stay a member."""
    held = nomination.named_by.memberships.filter(
        organisation=nomination.organisation, role=MemberRole.REFERENT, state=MembershipState.ACTIVE
    )
    for membership in held:
        change_role(membership=membership, role=MemberRole.MEMBER, actor=SYSTEM)


def decline_nomination(*, nomination: Nomination, actor: User) -> Nomination:
    """Say no; who named is told. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        declined = apply_transition(nomination, "decline", actor=Actor.person(actor), answered_at=clock.now())
        notifications.referent_answered(declined)
    return declined


def withdraw_nomination(*, nomination: Nomination, actor: User) -> Nomination:
    """Take a nomination back before it is answered; the person is told. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        withdrawn = apply_transition(nomination, "withdraw", actor=Actor.person(actor), answered_at=clock.now())
        notifications.referent_answered(withdrawn)
    return withdrawn


def expire_nominations(*, at: datetime) -> int:
    """Close what nobody answered in time; everybody concerned is told, once. Returns how many."""
    count = 0
    for number in Nomination.objects.lapsed(at).values_list("pk", flat=True):
        with transaction.atomic():
            # Who answers, names or sweeps at the same moment waits, then finds it closed.
            held = Nomination.objects.lapsed(at).select_for_update(of=("self",)).filter(pk=number).first()
            if held is not None:
                _expire(held)
                count += 1
    return count


def _expire(nomination: Nomination) -> None:
    notifications.referent_answered(apply_transition(nomination, "expire", actor=SYSTEM))


def step_down(*, membership: Membership, actor: User) -> Membership:
    """Stop being référent and stay a member.

    Raises NotPermitted for somebody else's membership, IllegalTransition for who is no référent, Invalid
    (`last_referent`) for the last one.
    """
    with transaction.atomic():
        lock_home(membership.organisation, actor)
        membership.refresh_from_db(fields=["state", "role", "version"])
        if membership.user_id != actor.pk:
            raise NotPermitted(_("This membership is somebody else's."))
        if membership.role != MemberRole.REFERENT:
            raise IllegalTransition(_("You are no référent of this organisation."), state=membership.state)
        return change_role(membership=membership, role=MemberRole.MEMBER, actor=Actor.person(actor))
