# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's review of an adhesion: claim, approve, send back, refuse. Four eyes everywhere (I5)."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
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
from licensing.services.change_request import ask_changes
from licensing.services.entitlement import CLASS_PURPOSES, issue_entitlements
from licensing.services.opinion import ask_needed_opinions, check_opinions
from licensing.services.period import period_for, project_ends_on
from licensing.services.project import adopt_project, save_project
from licensing.services.ruling import Ruling, apply_ruling, write_decision

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
            started = apply_transition(
                adhesion, "start_review", actor=Actor.person(actor), claimed_by=actor, claimed_until=until
            )
            ask_needed_opinions(started)
            return started
        _check_may_review(held, actor)
        _check_free(held, actor)
        held.claimed_by = actor
        held.claimed_until = until
        held.save(update_fields=["claimed_by", "claimed_until"])
        # What was changed since may need opinions that the first version did not.
        ask_needed_opinions(held)
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
        % {"name": adhesion.claimed_by, "time": f"{localtime(until):%H:%M}"},
        code="claimed",
    )


def _check_holder(adhesion: Adhesion, actor: User) -> None:
    if adhesion.claimed_by_id != actor.pk:
        _check_free(adhesion, actor)
        raise IllegalTransition(_("Claim the adhesion before you decide on it."), code="not_claimed")


def request_changes(
    *,
    adhesion: Adhesion,
    actor: User,
    reason: Reason,
    expected_version: int,
    changes: Mapping[str, str] | None = None,
) -> Adhesion:
    """Send an adhesion back to its référent with words, and field by field: `changes` maps a field to what is asked.

    Raises as `approve_adhesion` does.
    """
    ruling = Ruling("request_changes", V.REQUEST_CHANGES, actor, reason, expected_version)
    return _close_review(adhesion, ruling, changes)


def refuse_adhesion(*, adhesion: Adhesion, actor: User, reason: Reason, expected_version: int) -> Adhesion:
    """Refuse an adhesion with a reason. Raises as `approve_adhesion` does."""
    return _close_review(adhesion, Ruling("refuse", V.REFUSE, actor, reason, expected_version))


def _close_review(adhesion: Adhesion, ruling: Ruling, changes: Mapping[str, str] | None = None) -> Adhesion:
    with transaction.atomic():
        _check_claimed(adhesion, ruling.actor)
        decided = apply_ruling(adhesion, ruling, claimed_by=None, claimed_until=None)
        decision = write_decision(decided, ruling)
        ask_changes(decision, changes or {})
        notifications.adhesion_decided(decision)
    return decided


def _check_claimed(adhesion: Adhesion, actor: User) -> None:
    held = lock(adhesion)
    if held.state == AdhesionState.IN_REVIEW and actor.has_perm("licensing.decide", held):
        _check_holder(held, actor)


def approve_adhesion(
    *,
    adhesion: Adhesion,
    actor: User,
    reason: Reason,
    expected_version: int,
    until: date | None = None,
    years: int | None = None,
) -> Adhesion:
    """Admit an organisation: period, numbered certificate, rights, référent, mails, in one transaction.

    `until` is the last day, `years` another way to say it (see `period_for`). `expected_version` is the version the
    moderator read. Raises NotPermitted, IllegalTransition (not in review, or not claimed by `actor`), StaleVersion,
    Invalid (no reason, a period that cannot be, or a project that this class needs is missing or over).
    """
    with transaction.atomic():
        _check_claimed(adhesion, actor)
        ruling = Ruling("approve", V.APPROVE, actor, reason, expected_version)
        period = period_for(adhesion, until=until, years=years)
        approved = apply_ruling(adhesion, ruling, claimed_by=None, claimed_until=None, period=period)
        approved.refresh_from_db()
        check_opinions(approved)
        decision = write_decision(approved, ruling)
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
    grounds = {"purpose": purpose if purpose in purposes else purposes[0], **_parties(adhesion)}
    existing = Project.objects.filter(organisation=adhesion.organisation, title=title).first()
    if existing is not None:
        ends_on = project_ends_on(adhesion) if adhesion.renews_id else existing.ends_on
        return adopt_project(existing, grounds=grounds, ends_on=ends_on)
    return save_project(
        Project(
            organisation=adhesion.organisation,
            owner=adhesion.referent,
            title=title,
            description=adhesion.mission,
            starts_on=clock.today(),
            ends_on=project_ends_on(adhesion),
            **grounds,
        )
    )


def _parties(adhesion: Adhesion) -> dict[str, str]:
    """Return for whom the project is: the French partner of a cooperation, or the contract and who awards it."""
    partner = adhesion.answers.get("partner", "")
    if adhesion.eligibility_class == EligibilityClass.FOREIGN_SCIENTIFIC:
        return {"sponsor": partner}
    return {"contract": adhesion.answers.get("contract", ""), "awarding_body": partner}
