# SPDX-License-Identifier: AGPL-3.0-or-later
"""The review of an order, stage by stage. Four eyes: the rules keep everybody with an interest off the decision.

Every verb locks the order first: of two reviewers who decide at once, the second finds the stage closed.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason, behalf
from dinamis.core.exceptions import IllegalTransition, Invalid, NotEntitled, NotPermitted, StaleVersion
from dinamis.core.transitions import apply_transition, lock, lock_rows, record_creation
from licensing.enums import OpinionVerdict
from orders import interests, notifications
from orders.enums import ItemState, LineVerdict, OrderState, ReviewStage, ReviewState
from orders.models import Envelope, Order, OrderItem, Recusal, Review
from orders.reasons import OTHER, check_reason
from orders.rules import has_interest
from orders.selectors.money.envelope import envelopes_for
from orders.selectors.requests.rights import missing_for
from orders.selectors.reviewing import stages
from orders.selectors.reviewing.absences import principals_of
from orders.services.duties import hold_backs
from orders.services.duties.hold_backs import HoldBackRuling
from orders.services.fulfilment import pooling
from orders.services.money import ledger, quotes
from orders.services.reviewing import grants
from orders.services.reviewing.grants import Ruling


def open_stage(order: Order, stage: ReviewStage, *, actor: Actor) -> Review:
    """Open a stage of the review and tell those who act next. Must be called in a transaction that locked the order."""
    now = clock.now()
    review = Review.objects.create(order=order, stage=stage, opened_at=now, due_at=stages.due_at(stage, now))
    record_creation(review, actor=actor)
    notifications.stage_opened(review)
    return review


@transaction.atomic
@interests.asked_once()
def start_review(*, order: Order, actor: Any, expected_version: int | None = None) -> Order:
    """Claim an order for CLAIM_MINUTES; a submitted one moves into review.

    Raises IllegalTransition when nothing is to be decided by the office or somebody else's claim still runs,
    NotPermitted.
    """
    moved = lock(order)
    actor.read_again()
    person = Actor.person(actor)
    review = _open_review(moved)
    _check_claim(review, actor)
    if not actor.has_perm("orders.decide_review", review):
        raise NotPermitted(_("Somebody else decides on this order."))
    if moved.state == OrderState.SUBMITTED:
        moved = apply_transition(moved, "start_review", actor=person, expected_version=expected_version, locked=True)
    review.claimed_by = actor
    review.claimed_until = clock.now() + timedelta(minutes=settings.DINAMIS["CLAIM_MINUTES"])
    review.save(update_fields=["claimed_by", "claimed_until"])
    return moved


@transaction.atomic
@interests.asked_once()
def pass_on(
    *,
    order: Order,
    actor: Any,
    reason: str,
    reason_code: str = "passed_on",
    rulings: Sequence[Ruling] = (),
    expected_version: int | None = None,
) -> Order:
    """End a stage in favour of the order and open the next one, with what this stage would grant of each line.

    Raises IllegalTransition when no further stage is needed (then approve), Invalid (no words, unknown code, rulings as
    `checked_rulings`), NotPermitted, StaleVersion.
    """
    locked, review = _for_decision(order, actor, expected_version)
    check_reason("pass_on", reason_code, reason)
    following = stages.stage_after(locked, review.stage)
    if following is None:
        raise IllegalTransition(_("No further stage is needed: approve or refuse the order."), code="last_stage")
    if not reason.strip():
        raise Invalid(_("Give a reason."), pointer="reason", repair=_("Those of the next stage read it."))
    checked = grants.checked_rulings(waiting_lines(locked), rulings)
    grants.record(_decide(review, actor, "pass_on", Reason(reason_code, reason)), checked)
    _advance(locked, following, actor)
    return locked


@transaction.atomic
def give_opinion(*, review: Review, actor: Any, verdict: str, words: str) -> Review:
    """Give the opinion of one's body on an order, once; it advises, and the order goes on to its next stage.

    Raises NotPermitted (another body, or an interest in the order), IllegalTransition (given already, or not asked any
    more), Invalid.
    """
    if verdict not in OpinionVerdict.values:
        raise Invalid(_("Choose your opinion."), pointer="verdict")
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("The DINAMIS office reads it."))
    order = lock(review.order)
    actor.read_again()
    given = _close(review, "opine", actor, verdict, Reason(verdict, words.strip()))
    _advance(order, stages.stage_after(order, given.stage) or ReviewStage.FINAL, actor)
    return given


@transaction.atomic
@interests.asked_once()
def approve_order(
    *,
    order: Order,
    actor: Any,
    reason: str,
    envelope: Envelope | None = None,
    reason_code: str = "need_established",
    rulings: Sequence[Ruling] = (),
    hold_back: HoldBackRuling | None = None,
    expected_version: int | None = None,
) -> Order:
    """Approve an order at its last stage, wholly or line by line: envelopes hold the cost of what is granted from this
    moment, placing it with the provider is queued. `rulings` that grant nothing refuse the order.

    Without `envelope` the purses of the order pay in turn, a line perhaps from several; the order shows the first.
    An order that asks for a hold-back needs the word on it too.
    Raises IllegalTransition while a further stage is needed, QuotaExceeded (nothing changes), Busy, Invalid (no reason,
    rulings as `checked_rulings`, an envelope that cannot pay for this), NotEntitled when the requester has lost the
    right meanwhile, NotPermitted, StaleVersion.
    """
    locked, review = _for_decision(order, actor, expected_version)
    _check_last_stage(locked, review)
    lines = waiting_lines(locked)
    checked = grants.checked_rulings(lines, rulings)
    if lines and all(ruling.verdict == LineVerdict.REFUSED for ruling in checked):
        return refuse_order(order=locked, actor=actor, reason=reason, reason_code=checked[0].reason_code)
    check_reason("approve", reason_code, reason)
    person, why = Actor.person(actor), Reason(reason_code, reason)
    moved = apply_transition(locked, "approve", actor=person, reason=_said(why), locked=True)
    check_entitled(moved)
    quotes.check_accepted(moved)
    grants.record(_decide(review, actor, "approve", why), checked)
    hold_backs.decide(moved, actor=actor, ruling=hold_back)
    bought = _grant_lines(lines, checked, why=why, person=person)
    notifications.order_approved(moved, reason)
    pooling.announce(moved)
    # Last, so that the purses are locked no longer than it takes to write and commit.
    _pay(moved, bought, person=person, envelope=envelope)
    return moved


@transaction.atomic
@interests.asked_once()
def refuse_order(
    *, order: Order, actor: Any, reason: str, reason_code: str = OTHER, expected_version: int | None = None
) -> Order:
    """Refuse an order at any stage of the office, with the words the requester will read. Raises Invalid without a
    reason, NotPermitted, IllegalTransition, StaleVersion."""
    locked, review = _for_decision(order, actor, expected_version)
    person, why = Actor.person(actor), Reason(reason_code, reason)
    moved = apply_transition(locked, "refuse", actor=person, reason=_said(why), locked=True)
    for item in waiting_lines(moved):
        apply_transition(item, "refuse", actor=person, reason=why, locked=True)
    _decide(review, actor, "refuse", why)
    quotes.end_open(moved)
    notifications.order_refused(moved, reason)
    pooling.announce(moved)
    return moved


@transaction.atomic
@interests.asked_once()
def request_changes(
    *, order: Order, actor: Any, reason: str, reason_code: str = OTHER, expected_version: int | None = None
) -> Order:
    """Send an order back to its requester; once sent again it starts from the first stage. Raises Invalid without a
    reason, NotPermitted, IllegalTransition, StaleVersion."""
    locked, review = _for_decision(order, actor, expected_version)
    why = Reason(reason_code, reason)
    moved = apply_transition(locked, "request_changes", actor=Actor.person(actor), reason=_said(why), locked=True)
    _decide(review, actor, "request_changes", why)
    notifications.changes_requested(moved, reason)
    pooling.announce(moved)
    return moved


@transaction.atomic
def step_back(*, order: Order, actor: Any, reason_code: str, words: str = "") -> Recusal:
    """Declare an interest in an order: the person may not decide on it any more, and a claim of theirs ends.

    Twice = once. Raises NotPermitted to everybody but the office and those who give opinions, Invalid.
    """
    if not (actor.has_perm("orders.moderate") or actor.has_perm("orders.opine")):
        raise NotPermitted(_("You decide on no order."))
    check_reason("recuse", reason_code, words)
    locked = lock(order)
    recusal, _new = Recusal.objects.get_or_create(
        order=locked, person=actor, defaults={"reason_code": reason_code, "words": words.strip()}
    )
    locked.reviews.filter(state=ReviewState.OPEN, claimed_by=actor).update(claimed_by=None, claimed_until=None)
    return recusal


def check_entitled(order: Order) -> None:
    """Ask the entitlement decision for the requester, the project and every scene, now. Raises NotEntitled."""
    if missing := missing_for(order, at=clock.now()):
        raise NotEntitled(_("Something is missing before this image can be ordered."), missing=missing)


def waiting_lines(order: Order) -> list[OrderItem]:
    """Return the lines that are not yet with the provider, in order, locked. Raises Busy."""
    waiting = order.items.filter(state__in=[ItemState.PENDING, ItemState.APPROVED])
    return lock_rows(waiting.select_related("scene__collection").order_by("position"))


def lapse_review(order: Order) -> None:
    """Close the open review of an order that will not be decided any more, if there is one."""
    review = order.reviews.filter(state=ReviewState.OPEN).first()
    if review is not None:
        apply_transition(review, "lapse", actor=SYSTEM)


def _for_decision(order: Order, actor: Any, expected_version: int | None) -> tuple[Order, Review]:
    """Lock the order and its open stage, and see that this person may end it now."""
    locked = lock(order)
    actor.read_again()
    if expected_version is not None and expected_version != locked.version:
        raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
    review = _open_review(locked)
    if not actor.has_perm("orders.decide_review", review):
        raise NotPermitted(_("Somebody else decides on this order."))
    _check_claim(review, actor)
    return locked, review


def _check_last_stage(order: Order, review: Review) -> None:
    following = stages.stage_after(order, review.stage)
    if following is not None:
        raise IllegalTransition(
            _("This order still needs: %(stage)s. Pass it on.") % {"stage": following.label},
            code="stage_missing",
            stage=following.value,
        )


def _grant_lines(
    lines: Sequence[OrderItem], rulings: Sequence[Ruling], *, why: Reason, person: Actor
) -> list[OrderItem]:
    """Refuse, cut and approve lines as was ruled; returns those that are bought."""
    bought = []
    for item, ruling in zip(lines, rulings, strict=True):
        said = Reason(ruling.reason_code, ruling.words)
        if ruling.verdict == LineVerdict.REFUSED:
            apply_transition(item, "refuse", actor=person, reason=said, locked=True)
            continue
        if ruling.area is not None:
            grants.cut(item, ruling.area)
        words = said if ruling.area is not None else why
        apply_transition(item, "approve", actor=person, reason=words, locked=True)
        bought.append(item)
    outbox.put_all([outbox.Draft("orders.place", {"item_id": item.pk}, f"orders.place:{item.pk}") for item in bought])
    return bought


def _pay(order: Order, lines: Sequence[OrderItem], *, person: Actor, envelope: Envelope | None) -> None:
    """Hold the cost of the lines; the order shows the first purse that pays."""
    purses = _purses(order, envelope)
    entries = ledger.hold(purses=purses, items=lines, actor=person)
    order.envelope = entries[0].envelope if entries else purses[0]
    order.save(update_fields=["envelope"])


def _advance(order: Order, stage: ReviewStage, actor: Any) -> None:
    """Open the next stage; the version moves, so that a page of the stage before is out of date."""
    order.version += 1
    order.save(update_fields=["version"])
    open_stage(order, stage, actor=Actor.person(actor))


def _open_review(order: Order) -> Review:
    found = lock_rows(order.reviews.filter(state=ReviewState.OPEN))
    if not found:
        raise IllegalTransition(_("There is nothing to decide on this order."), state=order.state)
    return found[0]


def _check_claim(review: Review, actor: Any) -> None:
    runs = review.claimed_until is not None and review.claimed_until > clock.now()
    if not runs or review.claimed_by_id in {None, actor.pk}:
        return
    # Who stands in for somebody goes on with what they had begun.
    if review.claimed_by not in principals_of(actor, clock.now()):
        raise IllegalTransition(_("%(name)s is working on this order.") % {"name": review.claimed_by}, code="claimed")


def _decide(review: Review, actor: Any, verdict: str, why: Reason) -> Review:
    return _close(review, "decide", actor, verdict, why, locked=True)


def _close(review: Review, arrow: str, actor: Any, verdict: str, why: Reason, *, locked: bool = False) -> Review:
    if behalf() is not None and has_interest(behalf(), review.order):
        raise NotPermitted(_("%(name)s has an interest in this order: decide in your own name.") % {"name": behalf()})
    return apply_transition(
        review,
        arrow,
        actor=Actor.person(actor),
        reason=why,
        locked=locked,
        verdict=verdict,
        reason_code=why.code,
        words=why.words,
        decided_by=actor,
        decided_for=behalf(),
        decided_at=clock.now(),
    )


def _purses(order: Order, envelope: Envelope | None) -> list[Envelope]:
    """The envelopes that may pay, in their order; the one that is named alone. Raises Invalid when it may not."""
    usable = envelopes_for(
        family=order.family,
        organisation_id=order.organisation_id,
        project_id=order.project_id,
        at=clock.now(),
    )
    if envelope is None:
        return list(usable)
    if not usable.filter(pk=envelope.pk).exists():
        raise Invalid(
            _("The envelope “%(name)s” cannot pay for this order.") % {"name": envelope},
            pointer="envelope",
            repair=_("Choose an envelope of the same product family, of the current period."),
        )
    return [envelope]


def _said(why: Reason) -> Reason | None:
    """A code alone is not a reason that somebody can read."""
    return why if why.words.strip() else None
