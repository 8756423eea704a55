# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session decides. The verbs of the review move the order; here it is only noted on the agenda.

Locks: the session, then the order, then the envelopes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import behalf
from dinamis.core.exceptions import DomainError, IllegalTransition, Invalid, NotPermitted, StaleVersion
from orders.enums import AgendaOutcome, LineVerdict, OrderState, ReviewStage, SessionState
from orders.models import AgendaRow, CommitteeSession, Envelope, Order, Review
from orders.reasons import check_reason, codes
from orders.rules import has_interest
from orders.selectors.reviewing import stages
from orders.selectors.reviewing.agenda import is_there
from orders.services.duties.hold_backs import HoldBackRuling
from orders.services.reviewing import review, sessions
from orders.services.reviewing.grants import Ruling

GRANT, CHANGES, REFUSE, DEFER = "grant", "changes", "refuse", "defer"


@dataclass(frozen=True)
class Word:
    """What the committee says of an order: `decision` is grant, changes, refuse or defer.

    `votes` are for, against, abstained; `expected_version` is the version of the order that was read.
    """

    decision: str
    words: str
    reason_code: str = ""
    rulings: Sequence[Ruling] = ()
    envelope: Envelope | None = None
    votes: tuple[int, int, int] | None = None
    expected_version: int | None = None
    hold_back: HoldBackRuling | None = None


@dataclass(frozen=True)
class Told:
    """What became of one row of a batch; `problem` is empty when it went through."""

    row: AgendaRow
    problem: str = ""


@transaction.atomic
def decide(*, row: AgendaRow, actor: Any, word: Word) -> AgendaRow:
    """Decide one order of an open session, once. A grant approves it where no further stage is due, else passes it on.

    Raises NotPermitted (also: an interest in the order), IllegalTransition: the session is not open, the order was
    decided already or is not at the committee any more; and what the verbs of the review raise.
    """
    session = sessions.locked_for(row.session, actor, SessionState.OPEN)
    locked = AgendaRow.objects.select_for_update(of=("self",)).select_related("order").get(pk=row.pk, session=session)
    if locked.outcome:
        raise IllegalTransition(
            _("%(order)s was decided already: %(outcome)s.")
            % {"order": locked.order.reference, "outcome": locked.get_outcome_display()}
        )
    stage = _stage_of(locked.order)
    if not actor.has_perm("orders.decide_review", stage):
        raise NotPermitted(_("Somebody else decides on this order."))
    _check_votes(session, word)
    locked.outcome = _carried_out(locked, stage, actor, word)
    if locked.review is not None:
        locked.review.refresh_from_db()
    locked.decided_by, locked.decided_for, locked.decided_at = actor, behalf(), clock.now()
    if word.votes is not None:
        locked.votes_for, locked.votes_against, locked.abstentions = word.votes
    locked.save()
    if word.decision == DEFER:
        put_on_next(session, locked.order)
    return locked


def decide_several(*, rows: Iterable[AgendaRow], actor: Any, word: Word) -> list[Told]:
    """Decide several orders alike, each in a transaction of its own: what one refuses does not hold up the others."""
    return [_told(row, actor, word) for row in rows]


def put_on_next(session: CommitteeSession, order: Order) -> AgendaRow | None:
    """Put a deferred order on the agenda of the next planned session; None when there is none yet.

    Must be called in the transaction that deferred it.
    """
    later = CommitteeSession.objects.filter(state=SessionState.PLANNED, starts_at__gt=session.starts_at)
    following = later.exclude(rows__order=order).select_for_update(of=("self",)).order_by("starts_at", "pk").first()
    return sessions.append(following, order) if following else None


def _told(row: AgendaRow, actor: Any, word: Word) -> Told:
    try:
        return Told(decide(row=row, actor=actor, word=word))
    except DomainError as error:
        repair = error.repair if isinstance(error, Invalid) else ""
        return Told(row, f"{error} {repair}".strip())


def _stage_of(order: Order) -> Review:
    stage = stages.open_review(order)
    if stage is None or stage.stage != ReviewStage.COMMITTEE:
        raise IllegalTransition(_("%(order)s is not at the stage of the committee.") % {"order": order.reference})
    return stage


def _check_votes(session: CommitteeSession, word: Word) -> None:
    """Nobody votes who is not there."""
    if word.votes is None:
        return
    there = sum(is_there(seat) for seat in session.members.values_list("attendance", flat=True))
    if min(word.votes) < 0 or sum(word.votes) > there:
        raise Invalid(
            _("More votes are named than members are present (%(there)d).") % {"there": there},
            pointer="votes_for",
            repair=_("Correct the votes, or note first who is present."),
        )


def _carried_out(row: AgendaRow, stage: Review, actor: Any, word: Word) -> AgendaOutcome:
    """Let the review's own verb do it; what it wrote is what the row shows."""
    if word.decision == DEFER:
        return _deferred(row, word)
    row.review = stage
    common: dict[str, Any] = {
        "order": row.order,
        "actor": actor,
        "reason": word.words,
        "expected_version": word.expected_version,
    }
    match word.decision:
        case "refuse":
            check_reason(REFUSE, word.reason_code, word.words)
            review.refuse_order(reason_code=word.reason_code, **common)
            return AgendaOutcome.REFUSED
        case "changes":
            check_reason(CHANGES, word.reason_code, word.words)
            review.request_changes(reason_code=word.reason_code, **common)
            return AgendaOutcome.CHANGES
        case "grant":
            return _granted(row, stage, word, common)
    raise Invalid(_("Choose what is decided."), pointer="decision")


def _granted(row: AgendaRow, stage: Review, word: Word, common: dict[str, Any]) -> AgendaOutcome:
    if stages.stage_after(row.order, stage.stage) is not None:
        code = word.reason_code if word.reason_code in codes("pass_on") else "passed_on"
        review.pass_on(reason_code=code, rulings=word.rulings, **common)
        return AgendaOutcome.PASSED_ON
    code = word.reason_code or "need_established"
    moved = review.approve_order(
        reason_code=code, envelope=word.envelope, rulings=word.rulings, hold_back=word.hold_back, **common
    )
    if moved.state == OrderState.REFUSED:
        return AgendaOutcome.REFUSED
    limited = stage.lines.exclude(verdict=LineVerdict.WHOLE).exists()
    return AgendaOutcome.IN_PART if limited else AgendaOutcome.GRANTED


def _deferred(row: AgendaRow, word: Word) -> AgendaOutcome:
    check_reason(DEFER, word.reason_code, word.words)
    if word.expected_version is not None and word.expected_version != row.order.version:
        raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
    if behalf() is not None and has_interest(behalf(), row.order):
        raise NotPermitted(_("%(name)s has an interest in this order: decide in your own name.") % {"name": behalf()})
    row.reason_code, row.words = word.reason_code, word.words.strip()
    # Written before the next agenda takes it: an order waits on one at most.
    return AgendaOutcome.DEFERRED
