# SPDX-License-Identifier: AGPL-3.0-or-later
"""A revocation in three steps: notice, answer of the organisation or time passed, decision (entitlement facts, 6.6)."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid
from dinamis.core.periods import day_after
from dinamis.core.templatetags.ui import datetime_words
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing import notifications
from licensing.enums import AdhesionState, RevocationState
from licensing.models import Adhesion, Decision, Revocation
from licensing.services.entitlement import revoke_entitlements
from licensing.services.ruling import Ruling, apply_ruling, check_reason, check_ruling, touch, write_decision
from licensing.services.suspension import check_running

V = Decision.Verdict
IN_FORCE = (AdhesionState.APPROVED, AdhesionState.SUSPENDED)


def give_notice(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Revocation:
    """Step one: tell the organisation what it is reproached with and until when it may answer.

    The adhesion stays as it is meanwhile (it may be suspended at once, for a cause). Raises NotPermitted,
    IllegalTransition (not in force, period over, a notice runs already), StaleVersion, Invalid.
    """
    with transaction.atomic():
        held = lock(adhesion)
        _check_may_notice(held, actor, expected_version)
        check_reason(V.REVOKE, reason)
        notice = _opened(
            adhesion=held,
            reason_code=reason.code,
            words=reason.words.strip(),
            noticed_by=actor,
            noticed_at=clock.now(),
            due_at=day_after(clock.today() + timedelta(days=settings.DINAMIS["REVOCATION_ANSWER_DAYS"])),
        )
        record_creation(notice, actor=Actor.person(actor), words=notice.words)
        touch(held)
        notifications.revocation_noticed(notice)
    adhesion.refresh_from_db()
    return notice


def _check_may_notice(adhesion: Adhesion, actor: User, expected_version: int) -> None:
    check_ruling(adhesion, actor, expected_version)
    if adhesion.state not in IN_FORCE:
        raise IllegalTransition(
            _("Only an adhesion in force can be revoked: the state is “%(state)s”.")
            % {"state": adhesion.get_state_display()},
            state=adhesion.state,
        )
    check_running(adhesion)


def _opened(**fields: object) -> Revocation:
    try:
        with transaction.atomic():
            return Revocation.objects.create(**fields)
    except IntegrityError as error:
        raise IllegalTransition(_("A revocation of this adhesion is under way already."), code="under_way") from error


def answer_notice(*, revocation: Revocation, actor: User, words: str) -> Revocation:
    """Step two: the référent answers for the organisation, once, even after the time while nothing was decided.

    Raises NotPermitted, IllegalTransition, Invalid without words.
    """
    if not words.strip():
        raise Invalid(_("Write your answer."), pointer="words", repair=_("The DINAMIS office reads it."))
    with transaction.atomic():
        answered = apply_transition(
            revocation,
            "answer",
            actor=Actor.person(actor),
            answer=words.strip(),
            answered_by=actor,
            answered_at=clock.now(),
        )
        notifications.revocation_answered(answered)
    return answered


def confirm_revocation(*, revocation: Revocation, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """Step three: end the adhesion and its rights for good.

    `expected_version` is that of the adhesion the moderator read. Raises NotPermitted, IllegalTransition (the
    organisation may still answer; decided already), StaleVersion, Invalid.
    """
    adhesion = revocation.adhesion
    ruling = Ruling("revoke", V.REVOKE, actor, reason, expected_version)
    with transaction.atomic():
        revoked = apply_ruling(adhesion, ruling)
        held = lock(revocation)
        _check_answered_or_due(held)
        decision = write_decision(revoked, ruling)
        apply_transition(revocation, "revoke", actor=Actor.person(actor), reason=reason, decision=decision)
        revoke_entitlements(adhesion=revoked, reason=reason)
        notifications.adhesion_decided(decision)
    return revoked


def _check_answered_or_due(revocation: Revocation) -> None:
    if revocation.state == RevocationState.NOTICED and clock.now() < revocation.due_at:
        raise IllegalTransition(
            _("The organisation may answer until %(time)s.") % {"time": datetime_words(revocation.due_at)},
            code="time_to_answer",
        )


def drop_revocation(*, revocation: Revocation, actor: User, words: str) -> Revocation:
    """Step three the other way: nothing is revoked, and the organisation is told why.

    Raises NotPermitted, IllegalTransition, Invalid.
    """
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("The organisation reads it."))
    with transaction.atomic():
        dropped = apply_transition(
            revocation, "drop", actor=Actor.person(actor), reason=Reason("dropped", words.strip())
        )
        touch(lock(dropped.adhesion))
        notifications.revocation_dropped(dropped, words.strip())
    return dropped
