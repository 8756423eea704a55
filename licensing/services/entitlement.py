# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on rights: issued by a decision, suspended for a cause, ended with the adhesion."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.periods import day_after
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing import notifications
from licensing.enums import (
    Acceptors,
    Action,
    Capacity,
    EligibilityClass,
    EntitlementState,
    LicenceKind,
    Purpose,
    SuspensionCause,
)
from licensing.models import Acceptance, Adhesion, Decision, Entitlement, Licence, Project, Suspension
from licensing.selectors.basis import basis_of
from licensing.selectors.opinion import unfavourable

# Domain facts, section 2.3: what each class may do; what the published rules do not state is not granted.
CLASS_ACTIONS: dict[str, tuple[str, ...]] = {
    EligibilityClass.FRENCH_INSTITUTIONAL: (Action.DOWNLOAD, Action.ORDER_ARCHIVE, Action.REQUEST_ACQUISITION),
    EligibilityClass.FOREIGN_SCIENTIFIC: (Action.DOWNLOAD, Action.ORDER_ARCHIVE),
    EligibilityClass.PRIVATE: (Action.DOWNLOAD,),
}
CLASS_PURPOSES: dict[str, tuple[str, ...]] = {
    EligibilityClass.FRENCH_INSTITUTIONAL: (Purpose.PUBLIC_SERVICE,),
    EligibilityClass.FOREIGN_SCIENTIFIC: (Purpose.SCIENTIFIC_COOPERATION,),
    EligibilityClass.PRIVATE: (Purpose.PUBLIC_ORDER, Purpose.OWN_RESEARCH),
}


@dataclass(frozen=True)
class _Key:
    """What every right issued by one approval shares."""

    adhesion: Adhesion
    decision: Decision
    project: Project | None
    period: tuple[datetime, datetime]


def issue_entitlements(*, adhesion: Adhesion, decision: Decision, project: Project | None) -> list[Entitlement]:
    """Issue the rights an approval gives: one per licence admitted for the class and accepted, and per purpose.

    `project` bounds purpose and end for the classes that need one. A right still running for the same key is
    superseded. Raises Invalid when the nationality condition is not known to be met. Must be called inside the
    transaction of the decision.
    """
    _check_nationality(adhesion)
    key = _Key(adhesion, decision, project, _period(adhesion, project))
    purposes = CLASS_PURPOSES[adhesion.eligibility_class]
    if project is not None:
        purposes = tuple(purpose for purpose in purposes if purpose == project.purpose)
    return [
        _issue(key, licence, purpose)
        for licence in granted_licences(adhesion)
        for purpose in purposes
        if purpose in licence.purposes
    ]


def issue_missing(adhesion: Adhesion) -> list[Entitlement]:
    """Issue the rights that an adhesion in force may have and has not: a licence accepted after the approval.

    They rest on the decision that admitted the organisation, which covers the licences of its class, and on the
    acceptance; each project that holds a right of this adhesion gets its own. Must be called inside the transaction of
    the acceptance.
    """
    decision = adhesion.decisions.filter(verdict=Decision.Verdict.APPROVE).latest("decided_at", "pk")
    held = list(adhesion.entitlements.filter(state=EntitlementState.GRANTED).select_related("project"))
    known = {right.licence_id for right in held}
    projects = list(dict.fromkeys(right.project for right in held))
    missing = [licence for licence in granted_licences(adhesion) if licence.pk not in known]
    return [
        _issue(_Key(adhesion, decision, project, _period(adhesion, project)), licence, purpose)
        for project in projects
        for licence in missing
        for purpose in CLASS_PURPOSES[adhesion.eligibility_class]
        if purpose in licence.purposes and (project is None or purpose == project.purpose)
    ]


def _check_nationality(adhesion: Adhesion) -> None:
    """Unknown is not yes (I15): Pléiades is granted subject to nationality (domain facts, 2.2)."""
    if adhesion.eligibility_class != EligibilityClass.FOREIGN_SCIENTIFIC:
        return
    if adhesion.answers.get("nationality_condition") != "yes":
        raise Invalid(
            _("The form does not say that the nationality condition is met."),
            pointer="nationality_condition",
            repair=_("Ask the référent for the document that shows it."),
            code="nationality",
        )


def _period(adhesion: Adhesion, project: Project | None) -> tuple[datetime, datetime]:
    start, end = adhesion.period.lower, adhesion.period.upper
    if project is None or project.ends_on is None:
        return start, end
    return start, min(end, day_after(project.ends_on))


def granted_licences(adhesion: Adhesion) -> list[Licence]:
    """Return the product licences admitted for the class and, where the organisation must sign, signed by it.

    One that a needed opinion speaks against is left out.
    """
    against = set(unfavourable(adhesion).values_list("licence_id", flat=True))
    signed = set(
        Acceptance.objects.filter(
            organisation_id=adhesion.organisation_id, capacity=Capacity.LEGAL_REPRESENTATIVE
        ).values_list("licence_version__licence_id", flat=True)
    )
    admitted = Licence.objects.filter(kind=LicenceKind.PRODUCT, classes__contains=[adhesion.eligibility_class])
    needing = {Acceptors.ORGANISATION, Acceptors.BOTH}
    country = adhesion.organisation.country
    return [
        licence
        for licence in admitted
        if licence.pk not in against
        and (licence.acceptors not in needing or licence.pk in signed)
        and licence.admits_country(country)
    ]


def _issue(key: _Key, licence: Licence, purpose: str) -> Entitlement:
    adhesion = key.adhesion
    former = Entitlement.objects.filter(
        organisation_id=adhesion.organisation_id,
        licence=licence,
        purpose=purpose,
        project=key.project,
        state=EntitlementState.GRANTED,
        period__overlap=key.period,
    )
    replaced = [apply_transition(old, "supersede", actor=SYSTEM) for old in former]
    allowed = CLASS_ACTIONS[adhesion.eligibility_class]
    entitlement = Entitlement.objects.create(
        organisation_id=adhesion.organisation_id,
        licence=licence,
        purpose=purpose,
        project=key.project,
        eligibility_class=adhesion.eligibility_class,
        actions=[action for action in licence.actions if action in allowed],
        period=key.period,
        adhesion=adhesion,
        decision=key.decision,
        basis=basis_of(adhesion, key.decision, licence, key.project),
        supersedes=replaced[-1] if replaced else None,
    )
    record_creation(entitlement, actor=SYSTEM, words=key.decision.words)
    return entitlement


def revoke_entitlements(*, adhesion: Adhesion, reason: Reason) -> int:
    """End every right an adhesion gave; returns how many. Must be called inside the transaction of the decision."""
    running = adhesion.entitlements.filter(state=EntitlementState.GRANTED)
    for entitlement in running:
        apply_transition(entitlement, "revoke", actor=SYSTEM, reason=reason)
    return len(running)


def suspend_entitlement(*, entitlement: Entitlement, cause: str, words: str, actor: User) -> Suspension:
    """Make a right rest for one cause; downloads stop at the next request.

    Raises NotPermitted (own organisation), Invalid (unknown cause, no words, suspended for this cause already).
    """
    _check_actor(entitlement, actor)
    if cause not in SuspensionCause.values:
        raise Invalid(_("Choose the cause of the suspension."), pointer="cause")
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("The organisation reads it."))
    with transaction.atomic():
        held = lock(entitlement)
        if held.state != EntitlementState.GRANTED:
            raise IllegalTransition(_("This right has ended."), state=held.state)
        if held.suspensions.filter(cause=cause, lifted_at__isnull=True).exists():
            raise Invalid(_("The right is suspended for this cause already."), pointer="cause", code="suspended")
        suspension = Suspension.objects.create(
            entitlement=held, cause=cause, words=words.strip(), began_at=clock.now(), began_by=actor
        )
        notifications.right_suspended(suspension)
    return suspension


def lift_suspension(*, suspension: Suspension, words: str, actor: User) -> Suspension:
    """Lift one cause; the right is active again when no cause is left.

    Raises NotPermitted (own organisation), Invalid without words, IllegalTransition when it is lifted already.
    """
    _check_actor(suspension.entitlement, actor)
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("The organisation reads it."))
    with transaction.atomic():
        held = Suspension.objects.select_for_update().get(pk=suspension.pk)
        if held.lifted_at is not None:
            raise IllegalTransition(_("This suspension has been lifted already."))
        held.lifted_at = clock.now()
        held.lifted_by = actor
        held.lifted_words = words.strip()
        held.save(update_fields=["lifted_at", "lifted_by", "lifted_words"])
        notifications.right_restored(held)
    return held


def _check_actor(entitlement: Entitlement, actor: User) -> None:
    if not actor.has_perm("licensing.suspend_entitlement", entitlement):
        raise NotPermitted(_("Only a moderator who has no part in this organisation may do this."))
