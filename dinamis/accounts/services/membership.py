# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on memberships. The référent of the organisation activates; nobody activates themselves (I5)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts import notifications
from dinamis.accounts.enums import MemberRole, MembershipEnd, MembershipState
from dinamis.accounts.models import Membership, Organisation, User
from dinamis.accounts.selectors.membership import referents
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid
from dinamis.core.transitions import apply_transition, record_creation


def lock_home(organisation: Organisation, *people: User) -> Organisation:
    """Lock people, then an organisation: the order in which an erasure does. Must be called inside a transaction.

    Whoever adds or takes away a référent holds this lock, so that two who leave at once do not both believe that the
    other stays.
    """
    list(User.objects.filter(pk__in=[person.pk for person in people]).order_by("pk").select_for_update(no_key=True))
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def refuse_last_referent(membership: Membership) -> None:
    """Refuse the end of an active membership that leaves its organisation without a référent. Raises Invalid.

    The organisation must be locked.
    """
    if membership.role != MemberRole.REFERENT or membership.state != MembershipState.ACTIVE:
        return
    if not referents(membership.organisation).exclude(pk=membership.user_id).exists():
        raise Invalid(
            _("%(name)s is the last référent of %(organisation)s.")
            % {"name": membership.user, "organisation": membership.organisation},
            repair=_("Name a successor first; once they have accepted, this is possible."),
            code="last_referent",
        )


def refuse_without_referent(organisation: Organisation) -> None:
    """Refuse to let anybody into an organisation in restricted mode. Raises IllegalTransition."""
    if not referents(organisation).exists():
        raise IllegalTransition(
            _("%(name)s has no référent at present: nobody new can be let in.") % {"name": organisation},
            code="no_referent",
        )


def refuse_ended(organisation: Organisation) -> None:
    """Lock an organisation and refuse one that has ended. Raises Invalid. Must be called inside a transaction."""
    if lock_home(organisation).ended_at is not None:
        raise Invalid(
            _("%(name)s does not exist any more.") % {"name": organisation},
            pointer="organisation",
            repair=_("Choose the organisation that has taken its place."),
            code="organisation_ended",
        )


def request_membership(
    *, user: User, organisation: Organisation, motivation: str, role: str = MemberRole.MEMBER
) -> Membership:
    """Ask to belong to an organisation; its référents get a mail.

    Raises Invalid when the words are missing, an open membership exists, or the organisation has ended.
    """
    if not motivation.strip():
        raise Invalid(
            _("Say why you need access."), pointer="motivation", repair=_("The référent of your organisation reads it.")
        )
    with transaction.atomic():
        refuse_ended(organisation)
        membership = _opened(user, organisation, role, motivation.strip())
        if role == MemberRole.MEMBER:
            notifications.membership_requested(membership)
    return membership


def _opened(user: User, organisation: Organisation, role: str, motivation: str) -> Membership:
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                user=user, organisation=organisation, role=role, motivation=motivation
            )
    except IntegrityError as error:
        raise Invalid(
            _("You belong to this organisation already, or have asked to."), pointer="organisation", code="already_open"
        ) from error
    record_creation(membership, actor=Actor.person(user), words=motivation)
    return membership


def activate_membership(*, membership: Membership, actor: User, expected_version: int | None = None) -> Membership:
    """Let a person in. Raises NotPermitted (only a référent of the organisation, never for oneself),
    IllegalTransition, StaleVersion.
    """
    with transaction.atomic():
        active = apply_transition(
            membership,
            "activate",
            actor=Actor.person(actor),
            expected_version=expected_version,
            active_from=clock.now(),
        )
        notifications.membership_activated(active)
    return active


def decline_membership(
    *, membership: Membership, actor: User, words: str, expected_version: int | None = None
) -> Membership:
    """Refuse a request, with words for the person. Raises NotPermitted, IllegalTransition, Invalid without words."""
    with transaction.atomic():
        ended = apply_transition(
            membership,
            "decline",
            actor=Actor.person(actor),
            reason=Reason(words=words),
            expected_version=expected_version,
            ended_at=clock.now(),
            ending=MembershipEnd.DECLINED,
        )
        notifications.membership_ended(ended, words)
    return ended


def remove_member(
    *, membership: Membership, actor: User, words: str, expected_version: int | None = None
) -> Membership:
    """End somebody's membership. Raises NotPermitted, IllegalTransition, Invalid without words."""
    with transaction.atomic():
        lock_home(membership.organisation, actor)
        ended = apply_transition(
            membership,
            "remove",
            actor=Actor.person(actor),
            reason=Reason(words=words),
            expected_version=expected_version,
            ended_at=clock.now(),
            ending=MembershipEnd.REMOVED,
        )
        notifications.membership_ended(ended, words)
    return ended


def leave(*, membership: Membership, actor: User) -> Membership:
    """Leave an organisation, or take a request back.

    Raises NotPermitted for somebody else's membership, Invalid (`last_referent`) while nobody else answers for it.
    """
    with transaction.atomic():
        lock_home(membership.organisation, actor)
        membership.refresh_from_db(fields=["state", "role", "version"])
        if membership.user_id == actor.pk:
            refuse_last_referent(membership)
        return apply_transition(
            membership, "leave", actor=Actor.person(actor), ended_at=clock.now(), ending=MembershipEnd.LEFT
        )


def end_membership(*, membership: Membership, actor: User, words: str) -> Membership:
    """End a membership by the office, even the last référent's: somebody died, is not to be reached, was struck off.

    Raises NotPermitted (not the office, or a part in the organisation), IllegalTransition, Invalid without words.
    """
    with transaction.atomic():
        lock_home(membership.organisation, actor)
        ended = apply_transition(
            membership,
            "end",
            actor=Actor.person(actor),
            reason=Reason("by_office", words.strip()) if words.strip() else None,
            ended_at=clock.now(),
            ending=MembershipEnd.BY_OFFICE,
        )
        notifications.membership_ended(ended, words.strip())
    return ended


def change_role(*, membership: Membership, role: str, actor: Actor) -> Membership:
    """Let a person go on in another role: the membership ends, and one in the new role begins at the same instant.

    The organisation must be locked. Raises NotPermitted, IllegalTransition, Invalid for the last référent.
    """
    if role != MemberRole.REFERENT:
        refuse_last_referent(membership)
    now = clock.now()
    ended = apply_transition(membership, "change_role", actor=actor, ended_at=now, ending=MembershipEnd.ROLE_CHANGED)
    return begin(user=ended.user, organisation=ended.organisation, role=role, actor=actor)


def begin(*, user: User, organisation: Organisation, role: str, actor: Actor) -> Membership:
    """Begin an active membership in a role that was agreed on. Must be called inside the transaction that agrees."""
    made = Membership.objects.create(user=user, organisation=organisation, role=role)
    record_creation(made, actor=actor)
    return apply_transition(made, "appoint", actor=SYSTEM, active_from=clock.now())


def admit_referent(*, user: User, organisation: Organisation) -> None:
    """Let in, by the decision that admits the organisation, the référent who filed its adhesion."""
    waiting = Membership.objects.filter(
        user=user, organisation=organisation, role=MemberRole.REFERENT, state=MembershipState.REQUESTED
    )
    for membership in waiting:
        apply_transition(membership, "admit", actor=SYSTEM, active_from=clock.now())
