# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's decision on an order. Four eyes: the rules keep a moderator off their own organisation's orders."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotEntitled
from dinamis.core.transitions import apply_transition, lock
from orders import notifications
from orders.enums import ItemState, OrderState, ReviewState
from orders.models import Envelope, Order, OrderItem, Review
from orders.selectors.envelope import envelopes_for
from orders.selectors.rights import missing_for
from orders.services import ledger


@transaction.atomic
def start_review(*, order: Order, actor: Any, expected_version: int | None = None) -> Order:
    """Claim an order for CLAIM_MINUTES; a submitted one moves into review.

    Raises IllegalTransition when nothing is to be decided or somebody else's claim still runs, NotPermitted.
    """
    moved = lock(order)
    person = Actor.person(actor)
    review = _open_review(moved)
    _check_claim(review, actor)
    if moved.state == OrderState.SUBMITTED:
        moved = apply_transition(moved, "start_review", actor=person, expected_version=expected_version)
    review.claimed_by = actor
    review.claimed_until = clock.now() + timedelta(minutes=settings.DINAMIS["CLAIM_MINUTES"])
    review.save(update_fields=["claimed_by", "claimed_until"])
    return moved


@transaction.atomic
def approve_order(
    *, order: Order, actor: Any, reason: str, envelope: Envelope | None = None, expected_version: int | None = None
) -> Order:
    """Approve every line: envelopes hold the cost from this moment, placing with the provider is queued.

    Without `envelope` the purses of the order pay in turn, a line perhaps from several; the order shows the first.
    Raises QuotaExceeded (nothing changes), Busy, Invalid (no reason, an envelope that cannot pay for this), NotEntitled
    when the requester has lost the right meanwhile, NotPermitted, IllegalTransition, StaleVersion.
    """
    locked = lock(order)
    person, why = Actor.person(actor), Reason("approved", reason)
    _check_claim(_open_review(locked), actor)
    moved = apply_transition(locked, "approve", actor=person, reason=_said(why), expected_version=expected_version)
    check_entitled(moved)
    lines = waiting_lines(moved)
    purses = _purses(moved, envelope)
    entries = ledger.hold(purses=purses, items=lines, actor=person)
    moved.envelope = entries[0].envelope if entries else purses[0]
    moved.save(update_fields=["envelope"])
    for item in lines:
        apply_transition(item, "approve", actor=person, reason=why)
        outbox.put("orders.place", {"item_id": item.pk}, key=f"orders.place:{item.pk}")
    _decide_review(moved, actor, why)
    notifications.order_approved(moved, reason)
    return moved


@transaction.atomic
def refuse_order(*, order: Order, actor: Any, reason: str, expected_version: int | None = None) -> Order:
    """Refuse an order, with the words the requester will read. Raises Invalid without a reason, NotPermitted,
    IllegalTransition, StaleVersion."""
    locked = lock(order)
    person, why = Actor.person(actor), Reason("refused", reason)
    _check_claim(_open_review(locked), actor)
    moved = apply_transition(locked, "refuse", actor=person, reason=_said(why), expected_version=expected_version)
    for item in waiting_lines(moved):
        apply_transition(item, "refuse", actor=person, reason=why)
    _decide_review(moved, actor, why)
    notifications.order_refused(moved, reason)
    return moved


@transaction.atomic
def request_changes(*, order: Order, actor: Any, reason: str, expected_version: int | None = None) -> Order:
    """Send an order back to its requester. Raises Invalid without a reason, NotPermitted, IllegalTransition,
    StaleVersion."""
    locked = lock(order)
    why = Reason("changes_requested", reason)
    _check_claim(_open_review(locked), actor)
    moved = apply_transition(
        locked, "request_changes", actor=Actor.person(actor), reason=_said(why), expected_version=expected_version
    )
    _decide_review(moved, actor, why)
    notifications.changes_requested(moved, reason)
    return moved


def check_entitled(order: Order) -> None:
    """Ask the entitlement decision for the requester, the project and every scene, now. Raises NotEntitled."""
    if missing := missing_for(order, at=clock.now()):
        raise NotEntitled(_("Something is missing before this image can be ordered."), missing=missing)


def waiting_lines(order: Order) -> list[OrderItem]:
    """Return the lines that are not yet with the provider, in order."""
    waiting = [ItemState.PENDING, ItemState.APPROVED]
    return list(order.items.filter(state__in=waiting).select_related("order", "scene__collection").order_by("position"))


def lapse_review(order: Order) -> None:
    """Close the open review of an order that will not be decided any more, if there is one."""
    review = order.reviews.filter(state=ReviewState.OPEN).first()
    if review is not None:
        apply_transition(review, "lapse", actor=SYSTEM)


def _open_review(order: Order) -> Review:
    review = order.reviews.select_for_update(of=("self",)).filter(state=ReviewState.OPEN).first()
    if review is None:
        raise IllegalTransition(_("There is nothing to decide on this order."), state=order.state)
    return review


def _check_claim(review: Review, actor: Any) -> None:
    taken = review.claimed_by_id not in {None, actor.pk}
    if taken and review.claimed_until and review.claimed_until > clock.now():
        raise IllegalTransition(_("%(name)s is working on this order.") % {"name": review.claimed_by}, code="claimed")


def _decide_review(order: Order, actor: Any, why: Reason) -> None:
    apply_transition(
        _open_review(order),
        "decide",
        actor=Actor.person(actor),
        reason=why,
        verdict=why.code,
        reason_code=why.code,
        words=why.words,
        decided_by=actor,
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
