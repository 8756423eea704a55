# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stopping what is with the provider: it is asked, and its answer moves the line. Nothing is given back before."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, NotPermitted, StaleVersion
from dinamis.core.transitions import apply_transition, lock, record_creation
from orders import notifications
from orders.enums import ItemState, StopState
from orders.models import Order, OrderItem, ProviderOrder, StopRequest
from orders.reasons import check_reason
from orders.sentences import REASON
from orders.services.fulfilment import pooling
from orders.services.fulfilment.progress import OPEN, synchronise
from orders.services.money import ledger

WITH_PROVIDER = OPEN - {ItemState.APPROVED}
# Why a provider order is not bought yet.
WAITS_FOR_MONEY = frozenset({"price_above_quote", "envelope_exceeded"})


@transaction.atomic
def ask_stop(
    *,
    order: Order,
    actor: Any,
    code: str,
    words: str = "",
    subject: str = "stop",
    expected_version: int | None = None,
) -> list[StopRequest]:
    """Stop an order that was placed: lines not yet bought are cancelled now, the provider is asked about the others.

    Returns what is asked of the provider. Raises Invalid (no reason of the subject), NotPermitted,
    IllegalTransition when nothing is under way or all of it was asked before, StaleVersion.
    """
    locked = lock(order)
    if not actor.has_perm("orders.cancel", locked):
        raise NotPermitted(_("You may not stop this order."))
    if expected_version is not None and expected_version != locked.version:
        raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
    check_reason(subject, code, words)
    lines = list(lines_to_stop(locked))
    if not lines:
        raise IllegalTransition(_("Nothing of this order can be stopped."), state=locked.state)
    person, reason = Actor.person(actor), Reason(code, words)
    asked = []
    for line in lines:
        if line.provider_order_id is None:
            apply_transition(line, "cancel", actor=person, reason=reason)
            ledger.give_back(line, actor=person, words=words or code)
        else:
            asked.append(_ask(line, actor, reason))
    if not asked:
        synchronise(locked, actor=SYSTEM, reason=reason)
    pooling.announce(locked)
    return asked


def lines_to_stop(order: Order) -> "Sequence[OrderItem]":
    """Return the lines under way of which it was not asked already that they be stopped."""
    asked = StopRequest.objects.filter(state=StopState.ASKED).values("line")
    return list(order.items.filter(state__in=OPEN).exclude(pk__in=asked).order_by("position"))


def _ask(line: OrderItem, actor: Any, reason: Reason) -> StopRequest:
    request = StopRequest.objects.create(line=line, asked_by=actor, reason_code=reason.code, words=reason.words)
    record_creation(request, actor=Actor.person(actor), words=reason.words)
    outbox.put("orders.stop", {"stop_id": request.pk}, key=f"orders.stop:{request.pk}")
    return request


@transaction.atomic
def to_ask(*, stop_id: int) -> ProviderOrder | None:
    """Return the provider order that the provider is to be asked to cancel; None when there is nothing to ask.

    Where others wait for the same image it is not asked: the answer is no. Where nothing was bought, because the price
    was higher than agreed, the answer is yes, to each who asks.
    """
    request = _locked(stop_id)
    row = request.line.provider_order
    if request.state != StopState.ASKED or row is None:
        return None
    if _others_wait(request, row):
        _refuse(request, SYSTEM, Reason("shared"))
        return None
    locked = lock(row)
    ended = locked.state in ProviderOrder.machine.final
    if locked.provider_id or not (ended or locked.reason_code in WAITS_FOR_MONEY):
        return row
    end_by_stop(request.line, actor=SYSTEM, reason=Reason("not_bought"))
    if not ended:
        apply_transition(locked, "to_user_cancelled", actor=SYSTEM, reason=Reason("not_bought"), reason_code="")
    return None


@transaction.atomic
def refuse(*, stop_id: int, actor: Actor, words: str) -> None:
    """Write that the provider does not stop: the line goes on. Twice = once."""
    request = _locked(stop_id)
    if request.state == StopState.ASKED:
        _refuse(request, actor, Reason("stop_too_late", words))


def end_by_stop(line: OrderItem, *, actor: Actor, reason: Reason) -> bool:
    """End a line whose stop was asked, now that the provider has agreed; False when nobody had asked.

    Its cost is given back, its requester told. Call it in the transaction that writes the provider's answer.
    """
    request = StopRequest.objects.select_related("asked_by").filter(line=line, state=StopState.ASKED).first()
    if request is None or line.state not in OPEN:
        return False
    why = Reason(request.reason_code, request.words)
    apply_transition(request, "accept", actor=actor, reason=reason)
    if line.state == ItemState.APPROVED:
        apply_transition(line, "cancel", actor=SYSTEM, reason=why)
    else:
        apply_transition(line, "stop", actor=actor, reason=why)
    ledger.give_back(line, actor=actor, words=request.words or REASON.keep(reason=request.reason_code))
    synchronise(line.order, actor=SYSTEM, reason=why)
    notifications.stop_answered(request, accepted=True)
    return True


def agreed(line: OrderItem, *, actor: Actor, reason: Reason) -> None:
    """Answer yes to a stop that was asked of a line whose first images are there: nothing more will come."""
    request = StopRequest.objects.select_related("asked_by").filter(line=line, state=StopState.ASKED).first()
    if request is not None:
        apply_transition(request, "accept", actor=actor, reason=reason)
        notifications.stop_answered(request, accepted=True)


def overtaken(line: OrderItem) -> None:
    """Answer no to a stop that is still asked of a line that has come to an end by itself."""
    request = StopRequest.objects.filter(line=line, state=StopState.ASKED).first()
    if request is not None:
        _refuse(request, SYSTEM, Reason("stop_too_late"))


def _refuse(request: StopRequest, actor: Actor, reason: Reason) -> None:
    apply_transition(request, "refuse", actor=actor, reason=reason)
    notifications.stop_answered(request, accepted=False, code=reason.code)


def _others_wait(request: StopRequest, row: ProviderOrder) -> bool:
    asked = StopRequest.objects.filter(state=StopState.ASKED).values("line")
    return row.lines.filter(state__in=OPEN).exclude(pk__in=asked).exclude(pk=request.line_id).exists()


def _locked(stop_id: int) -> StopRequest:
    """The request, with its order locked first: the same order of locks everywhere."""
    lock(Order.objects.get(items__stops=stop_id))
    rows = StopRequest.objects.select_related("line__order__requester", "line__order__organisation", "line__scene")
    return rows.select_related("line__provider_order").select_for_update(of=("self",)).get(pk=stop_id)
