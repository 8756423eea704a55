# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's side of an adhesion: claim, decide with a reason, suspend, resume, revoke. Four eyes everywhere (I5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.accounts.services.membership import admit_referent
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.transitions import apply_transition, lock
from licensing import notifications
from licensing.enums import AdhesionState, EligibilityClass
from licensing.models import Adhesion, Decision, Project
from licensing.services.certificate import issue_certificate
from licensing.services.entitlement import CLASS_PURPOSES, issue_entitlements, revoke_entitlements
from licensing.services.project import prolong_project, save_project
from licensing.services.renewal import period_of

V = Decision.Verdict


def claim_adhesion(*, adhesion: Adhesion, actor: User) -> Adhesion:
    """Take an adhesion to review for a while; claiming again prolongs.

    Raises NotPermitted (not a moderator, or one's own organisation), IllegalTransition when another moderator holds it
    or there is nothing to review.
    """
    with transaction.atomic():
        held = lock(adhesion)
        until = clock.now() + timedelta(minutes=settings.DINAMIS["CLAIM_MINUTES"])
        if held.state == AdhesionState.SUBMITTED:
            return apply_transition(
                adhesion, "start_review", actor=Actor.person(actor), claimed_by=actor, claimed_until=until
            )
        _check_may_review(held, actor)
        _check_free(held, actor)
        held.claimed_by = actor
        held.claimed_until = until
        held.save(update_fields=["claimed_by", "claimed_until"])
    adhesion.refresh_from_db()
    return held


def release_adhesion(*, adhesion: Adhesion, actor: User) -> Adhesion:
    """Give a claim back. Raises IllegalTransition when somebody else holds it."""
    with transaction.atomic():
        held = lock(adhesion)
        _check_holder(held, actor)
        held.claimed_by = None
        held.claimed_until = None
        held.save(update_fields=["claimed_by", "claimed_until"])
    adhesion.refresh_from_db()
    return held


def _check_may_review(adhesion: Adhesion, actor: User) -> None:
    if not actor.has_perm("licensing.decide", adhesion):
        raise NotPermitted(_("Only a moderator who has no part in this organisation may do this."))
    if adhesion.state != AdhesionState.IN_REVIEW:
        raise IllegalTransition(
            _("There is nothing to review: the state is “%(state)s”.") % {"state": adhesion.get_state_display()},
            state=adhesion.state,
        )


def _check_free(adhesion: Adhesion, actor: User) -> None:
    until = adhesion.claimed_until
    if adhesion.claimed_by_id in {None, actor.pk} or until is None or until <= clock.now():
        return
    raise IllegalTransition(
        _("%(name)s is reviewing this adhesion until %(time)s.")
        % {"name": adhesion.claimed_by, "time": date_format(localtime(until), "TIME_FORMAT")},
        code="claimed",
    )


def _check_holder(adhesion: Adhesion, actor: User) -> None:
    if adhesion.claimed_by_id != actor.pk:
        _check_free(adhesion, actor)
        raise IllegalTransition(_("Claim the adhesion before you decide on it."), code="not_claimed")


@dataclass(frozen=True)
class _Ruling:
    """A moderator's word: the transition, the verdict kept, the reason, and the version it was taken on."""

    transition: str
    verdict: str
    actor: User
    reason: Reason
    expected_version: int


def request_changes(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """Send an adhesion back to its référent with words. Raises as `approve_adhesion` does."""
    return _close_review(adhesion, _Ruling("request_changes", V.REQUEST_CHANGES, actor, reason, expected_version))


def refuse_adhesion(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """Refuse an adhesion with a reason. Raises as `approve_adhesion` does."""
    return _close_review(adhesion, _Ruling("refuse", V.REFUSE, actor, reason, expected_version))


def _close_review(adhesion: Adhesion, ruling: _Ruling) -> Adhesion:
    with transaction.atomic():
        _check_claimed(adhesion, ruling.actor)
        decided = _apply(adhesion, ruling, claimed_by=None, claimed_until=None)
        notifications.adhesion_decided(_decision(decided, ruling))
    return decided


def _apply(adhesion: Adhesion, ruling: _Ruling, **changes: Any) -> Adhesion:
    if not ruling.reason.words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("Write one sentence the other side can read."))
    return apply_transition(
        adhesion,
        ruling.transition,
        actor=Actor.person(ruling.actor),
        reason=ruling.reason,
        expected_version=ruling.expected_version,
        **changes,
    )


def _check_claimed(adhesion: Adhesion, actor: User) -> None:
    held = lock(adhesion)
    if held.state == AdhesionState.IN_REVIEW and actor.has_perm("licensing.decide", held):
        _check_holder(held, actor)


def approve_adhesion(
    *, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int, years: int | None = None
) -> Adhesion:
    """Admit an organisation: period, numbered certificate, rights, référent, mails, in one transaction.

    `years` defaults to the setting ADHESION_YEARS. `expected_version` is the version the moderator read. Raises
    NotPermitted, IllegalTransition (not in review, or not claimed by `actor`), StaleVersion, Invalid (no reason, or a
    project that this class needs is missing or over).
    """
    with transaction.atomic():
        _check_claimed(adhesion, actor)
        ruling = _Ruling("approve", V.APPROVE, actor, reason, expected_version)
        period = period_of(adhesion, years=years or settings.DINAMIS["ADHESION_YEARS"], at=clock.now())
        approved = _apply(adhesion, ruling, claimed_by=None, claimed_until=None, period=period)
        approved.refresh_from_db()
        decision = _decision(approved, ruling)
        admit_referent(user=approved.referent, organisation=approved.organisation)
        issue_entitlements(adhesion=approved, decision=decision, project=_project(approved))
        issue_certificate(approved)
        notifications.adhesion_decided(decision)
    adhesion.refresh_from_db()
    return approved


def _project(adhesion: Adhesion) -> Project | None:
    """Return the project that bounds the rights of this class, made from the answers; None where none is needed."""
    if adhesion.eligibility_class == EligibilityClass.FRENCH_INSTITUTIONAL:
        return None
    answers = adhesion.answers
    title, purpose = answers.get("project_title", ""), answers.get("project_purpose", "")
    purposes = CLASS_PURPOSES[adhesion.eligibility_class]
    if not title or (len(purposes) > 1 and purpose not in purposes):
        raise Invalid(_("This class needs a project with a title and a purpose."), pointer="project_title")
    ends_on = date.fromisoformat(answers["project_ends_on"]) if answers.get("project_ends_on") else None
    if ends_on and ends_on < clock.today():
        raise Invalid(_("The project has ended already."), pointer="project_ends_on")
    existing = Project.objects.filter(organisation=adhesion.organisation, title=title).first()
    if existing is not None:
        return prolong_project(existing, ends_on) if adhesion.renews_id else existing
    return save_project(
        Project(
            organisation=adhesion.organisation,
            owner=adhesion.referent,
            title=title,
            purpose=purpose if purpose in purposes else purposes[0],
            description=adhesion.mission,
            starts_on=clock.today(),
            ends_on=ends_on,
        )
    )


def suspend_adhesion(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """Make every right of an adhesion rest. Raises NotPermitted, IllegalTransition, StaleVersion, Invalid."""
    return _rule_later(adhesion, _Ruling("suspend", V.SUSPEND, actor, reason, expected_version))


def resume_adhesion(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """Lift a suspension. Raises NotPermitted, IllegalTransition, StaleVersion, Invalid."""
    return _rule_later(adhesion, _Ruling("resume", V.RESUME, actor, reason, expected_version))


def revoke_adhesion(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """End a suspended adhesion and its rights for good.

    Raises NotPermitted, IllegalTransition, StaleVersion, Invalid.
    """
    with transaction.atomic():
        revoked = _rule_later(adhesion, _Ruling("revoke", V.REVOKE, actor, reason, expected_version))
        revoke_entitlements(adhesion=revoked, reason=reason)
    return revoked


def _rule_later(adhesion: Adhesion, ruling: _Ruling) -> Adhesion:
    with transaction.atomic():
        decided = _apply(adhesion, ruling)
        notifications.adhesion_decided(_decision(decided, ruling))
    return decided


def _decision(adhesion: Adhesion, ruling: _Ruling) -> Decision:
    return Decision.objects.create(
        adhesion=adhesion,
        verdict=ruling.verdict,
        reason_code=ruling.reason.code,
        words=ruling.reason.words.strip(),
        decided_by=ruling.actor,
        decided_at=clock.now(),
        version_seen=ruling.expected_version,
    )
