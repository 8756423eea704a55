# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on memberships. The référent of the organisation activates; nobody activates themselves (I5)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts import notifications
from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Membership, Organisation, User
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import Invalid
from dinamis.core.transitions import apply_transition, record_creation


def request_membership(
    *, user: User, organisation: Organisation, motivation: str, role: str = MemberRole.MEMBER
) -> Membership:
    """Ask to belong to an organisation; its référents get a mail.

    Raises Invalid when the words are missing or an open membership exists.
    """
    if not motivation.strip():
        raise Invalid(
            _("Say why you need access."), pointer="motivation", repair=_("The référent of your organisation reads it.")
        )
    with transaction.atomic():
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
        )
        notifications.membership_ended(ended, words)
    return ended


def remove_member(
    *, membership: Membership, actor: User, words: str, expected_version: int | None = None
) -> Membership:
    """End somebody's membership. Raises NotPermitted, IllegalTransition, Invalid without words."""
    with transaction.atomic():
        ended = apply_transition(
            membership,
            "remove",
            actor=Actor.person(actor),
            reason=Reason(words=words),
            expected_version=expected_version,
            ended_at=clock.now(),
        )
        notifications.membership_ended(ended, words)
    return ended


def leave(*, membership: Membership, actor: User) -> Membership:
    """Leave an organisation, or take a request back. Raises NotPermitted for somebody else's membership."""
    return apply_transition(membership, "leave", actor=Actor.person(actor), ended_at=clock.now())


def admit_referent(*, user: User, organisation: Organisation) -> None:
    """Let in, by the decision that admits the organisation, the référent who filed its adhesion."""
    waiting = Membership.objects.filter(
        user=user, organisation=organisation, role=MemberRole.REFERENT, state=MembershipState.REQUESTED
    )
    for membership in waiting:
        apply_transition(membership, "admit", actor=SYSTEM, active_from=clock.now())
