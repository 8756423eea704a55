# SPDX-License-Identifier: AGPL-3.0-or-later
"""An organisation ends, is merged into another, or split into several: declared by the office, in effect from a day on.

No right passes on by itself: a successor's own adhesion gives its members theirs. Signatures, decisions and rights stay
with the organisation that had them, and link forward.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from dinamis.accounts.enums import MemberRole
from dinamis.accounts.models import Membership, Organisation, User
from dinamis.accounts.services.closure import close_organisation
from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.periods import day_start
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing import notifications_of_ends as notifications
from licensing.enums import EndKind, OrganisationEndState
from licensing.models import Adhesion, OrganisationEnd, Project, Succession
from licensing.selectors.adhesion import IN_FORCE
from licensing.selectors.ending import is_admitted, newcomers, running_projects
from licensing.selectors.standing import open_revocation
from licensing.sentences import BY_MERGER
from licensing.services.entitlement import revoke_entitlements
from licensing.services.representative_change import close_changes
from licensing.services.signing_link import revoke_links
from licensing.transitions import OPEN

TOPIC = "licensing.end_organisation"
COPIED = (
    *("title", "purpose", "theme", "description", "partners", "sponsor", "contract", "awarding_body"),
    *("starts_on", "ends_on"),
)


@dataclass(frozen=True)
class Ending:
    """What the office declares: the kind, the first Paris day without the organisation, why, what takes its place."""

    kind: str
    effective_on: date
    words: str
    successors: tuple[Organisation, ...] = ()


def declare_end(*, organisation: Organisation, actor: User, ending: Ending) -> OrganisationEnd:
    """Declare the end of an organisation; when its day has come it takes effect at once, else on that day.

    Raises NotPermitted (not the office, or a part in one of the organisations), Invalid naming the field: no words, a
    successor that is missing, too many, ended, not admitted; declared already.
    """
    refuse_keys()
    end = OrganisationEnd(
        organisation=organisation,
        kind=ending.kind,
        effective_on=ending.effective_on,
        words=ending.words.strip(),
        decided_by=actor,
    )
    with transaction.atomic(), acting(Actor.person(actor), action="licensing.organisationend.create"):
        end.organisation = _locked(organisation, ending.successors)
        _check_may(end, actor, ending.successors)
        _check(end, ending.successors)
        _open(end, ending.successors)
        if ending.effective_on <= clock.today():
            return _carry_out(end)
        _bring_forward(end)
        outbox.put(TOPIC, {"end_id": end.pk}, key=f"{TOPIC}:{end.pk}", at=day_start(end.effective_on))
        notifications.end_declared(end)
    return end


def _locked(organisation: Organisation, successors: Iterable[Organisation]) -> Organisation:
    """Lock every organisation concerned, always in the same order, and return the one that ends as it is now."""
    numbers = {organisation.pk, *(one.pk for one in successors)}
    rows = Organisation.objects.filter(pk__in=numbers).order_by("pk").select_for_update()
    return next(row for row in list(rows) if row.pk == organisation.pk)


def _check_may(end: OrganisationEnd, actor: User, successors: Iterable[Organisation]) -> None:
    for home in (end.organisation, *successors):
        if not actor.has_perm("licensing.end_organisation", OrganisationEnd(organisation=home)):
            raise NotPermitted(_("Only a moderator who has no part in these organisations may do this."))


def _check(end: OrganisationEnd, successors: tuple[Organisation, ...]) -> None:
    if not end.words:
        raise Invalid(_("Give a reason."), pointer="words", repair=_("The members read it."))
    if end.organisation.ended_at is not None:
        raise _declared_already()
    if end.kind not in EndKind.values:
        raise Invalid(_("Choose what happens."), pointer="kind")
    _check_number(end.kind, len({one.pk for one in successors}))
    for one in successors:
        if one.pk == end.organisation.pk or Organisation.objects.get(pk=one.pk).ended_at is not None:
            raise Invalid(
                _("%(name)s cannot take its place.") % {"name": one}, pointer="successors", code="not_a_successor"
            )
        if end.kind == EndKind.MERGED and not is_admitted(one, clock.now()):
            raise Invalid(
                _("%(name)s is not admitted.") % {"name": one},
                pointer="successors",
                repair=_("It adheres first; then the merger can be declared."),
                code="not_admitted",
            )


def _check_number(kind: str, number: int) -> None:
    wanted = {EndKind.ENDED: number == 0, EndKind.MERGED: number == 1, EndKind.SPLIT: number >= 2}
    if not wanted[EndKind(kind)]:
        raise Invalid(
            _("An end has no successor, a merger has one, a split has several."),
            pointer="successors",
            code="number_of_successors",
        )


def _declared_already() -> Invalid:
    return Invalid(_("The end of this organisation is declared already."), code="declared_already")


def _open(end: OrganisationEnd, successors: Iterable[Organisation]) -> None:
    try:
        with transaction.atomic():
            end.save()
    except IntegrityError as error:
        raise _declared_already() from error
    for one in {one.pk: one for one in successors}.values():
        Succession.objects.create(end=end, organisation=one)
    record_creation(end, actor=Actor.person(end.decided_by), words=end.words)


def _bring_forward(end: OrganisationEnd) -> None:
    """Let the periods of adhesions end with the organisation: `decide()` needs no job to know it."""
    moment = day_start(end.effective_on)
    ending = end.organisation.adhesions.filter(
        state__in=IN_FORCE, period__startswith__lt=moment, period__endswith__gt=moment
    )
    for adhesion in ending.select_for_update():
        assert adhesion.period is not None
        end.former_ends[str(adhesion.pk)] = adhesion.period.upper.isoformat()
        _end_period(adhesion, moment)
    end.save(update_fields=["former_ends"])


def _give_back(end: OrganisationEnd) -> None:
    """Let periods end where they did, but for one that its renewal follows already: it ends where that begins."""
    cut = end.organisation.adhesions.filter(pk__in=end.former_ends, state__in=IN_FORCE)
    for adhesion in cut.exclude(renewals__state__in=IN_FORCE).select_for_update(of=("self",)):
        _end_period(adhesion, datetime.fromisoformat(end.former_ends[str(adhesion.pk)]))


def _end_period(adhesion: Adhesion, moment: datetime) -> None:
    assert adhesion.period is not None
    adhesion.period = (adhesion.period.lower, moment)
    adhesion.version += 1
    try:
        with transaction.atomic():
            adhesion.save(update_fields=["period", "version"])
    except IntegrityError as error:
        raise IllegalTransition(
            _("The renewal of this adhesion was approved at the same moment. Read the page again, and repeat."),
            code="renewed_meanwhile",
        ) from error


def cancel_end(*, end: OrganisationEnd, actor: User, words: str) -> OrganisationEnd:
    """Take a declared end back before its day; periods last as before, or until their renewal. Everybody is told.

    Raises NotPermitted, IllegalTransition (in effect or cancelled), Invalid without words.
    """
    reason = Reason("cancelled", words.strip()) if words.strip() else None
    with transaction.atomic():
        _locked(end.organisation, ())
        cancelled = apply_transition(end, "cancel", actor=Actor.person(actor), reason=reason)
        with acting(Actor.person(actor), action="licensing.organisationend.cancel"):
            _give_back(cancelled)
        notifications.end_cancelled(cancelled, words.strip())
    return cancelled


def carry_out_end(end: OrganisationEnd) -> None:
    """Let a declared end take effect when its day has come; called again, or once cancelled, it changes nothing."""
    with transaction.atomic():
        end.organisation = _locked(end.organisation, [row.organisation for row in end.successions.all()])
        held = lock(end)
        if held.state == OrganisationEndState.DECLARED and held.effective_on <= clock.today():
            held.organisation = end.organisation
            _carry_out(held)


def _carry_out(end: OrganisationEnd) -> OrganisationEnd:
    reason = Reason(f"organisation_{end.kind}", end.words)
    home = end.organisation
    with acting(SYSTEM, action="licensing.organisationend.carry_out"):
        adhesions = _close_adhesions(home, reason)
        moving = _moved(end) if end.kind == EndKind.MERGED else 0
        close_changes(home, reason)
        members = close_organisation(home, reason=reason)
        running_projects(home, clock.now()).update(
            ended_at=clock.now(), ended_by=end.decided_by, ended_words=end.words, revision=F("revision") + 1
        )
        done = apply_transition(end, "carry_out", actor=SYSTEM, carried_out_at=clock.now())
    notifications.organisation_ended(done, members, adhesions)
    if moving:
        notifications.newcomers_by_merger(done, moving)
    return done


def _close_adhesions(home: Organisation, reason: Reason) -> list[Adhesion]:
    """End every adhesion of an organisation; returns those that were in force."""
    for adhesion in home.adhesions.filter(state__in=OPEN):
        withdrawn = apply_transition(
            adhesion, "withdraw", actor=SYSTEM, reason=reason, claimed_by=None, claimed_until=None
        )
        revoke_links(withdrawn)
    ended = []
    for adhesion in home.adhesions.filter(state__in=IN_FORCE):
        _close_notice(adhesion, reason)
        closed = apply_transition(adhesion, "close", actor=SYSTEM, reason=reason)
        revoke_links(closed)
        revoke_entitlements(adhesion=closed, reason=reason)
        ended.append(closed)
    return ended


def _close_notice(adhesion: Adhesion, reason: Reason) -> None:
    notice = open_revocation(adhesion)
    if notice is not None:
        apply_transition(notice, "end_with_organisation", actor=SYSTEM, reason=reason)


def _moved(end: OrganisationEnd) -> int:
    """Ask, for each active member, to belong to the successor, and open running projects there; returns how many ask.

    The référent of the successor activates them, one by one, as any other request.
    """
    successor = end.successions.get().organisation
    words = BY_MERGER.keep(name=str(end.organisation))
    arriving = list(newcomers(end, successor).select_related("user"))
    for membership in arriving:
        made = Membership.objects.create(
            user=membership.user, organisation=successor, role=MemberRole.MEMBER, motivation=words
        )
        record_creation(made, actor=SYSTEM, words=words)
    _reopen_projects(end.organisation, successor)
    return len(arriving)


def _reopen_projects(home: Organisation, successor: Organisation) -> None:
    known = set(successor.projects.values_list("title", flat=True))
    for project in running_projects(home, clock.now()):
        if project.title in known:
            continue
        copy = Project.objects.create(
            organisation=successor, owner=project.owner, **{name: getattr(project, name) for name in COPIED}
        )
        copy.members.set(project.members.all())
