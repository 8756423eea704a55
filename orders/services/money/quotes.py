# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quotes: priced by the provider and by our tariffs, offered for a time, accepted or refused by those who pay.

A quote counts for exactly what it was made of. When what is asked or what it costs has changed, nothing is accepted and
nothing is bought: a new one is offered, to be accepted anew.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, NotPermitted
from dinamis.core.transitions import apply_transition, lock, record_creation
from orders import notifications
from orders.enums import ItemState, QuoteState
from orders.models import Order, ProviderOrder, Quote
from orders.reasons import check_reason
from orders.selectors.money.prices import prices_of
from orders.selectors.money.quotes import accepted_quote, bill, lines_of
from orders.services.money import ledger

PRICE_TOPIC = "orders.price_quote"
DOCUMENT_TOPIC = "orders.render_quote"
BEFORE = (ItemState.PENDING, ItemState.APPROVED)


class QuoteChanged(IllegalTransition):
    """What was to be accepted is not what is asked or what it costs any more; `quote` is the one offered instead."""

    def __init__(self, quote: Quote, was_cents: int) -> None:
        super().__init__(
            _("The price or the request has changed since this quote: read the new one and accept it."),
            code="price_changed",
            was_cents=was_cents,
            now_cents=quote.price_cents,
            number=quote.number,
        )
        self.quote = quote


@transaction.atomic
def ask_quote(*, order: Order, actor: Any) -> Quote:
    """Ask for a quote; the provider's price is asked by a task, then it is offered. One that is open is returned.

    Raises NotPermitted, IllegalTransition once the order is with the provider or over.
    """
    locked = lock(order)
    if not actor.has_perm("orders.ask_quote", locked):
        raise NotPermitted(_("You may not ask for a quote on this order."))
    if not lines_of(locked) or locked.items.exclude(state__in=[*BEFORE, ItemState.REFUSED]).exists():
        raise IllegalTransition(_("A quote is made before an order is placed."), state=locked.state)
    running = locked.quotes.filter(state__in=[QuoteState.DRAFT, QuoteState.OFFERED]).first()
    return running or _drafted(locked, Actor.person(actor))


@transaction.atomic
def offer(*, quote_id: int, provider_cents: Mapping[int, int]) -> Quote:
    """Write the bill, with the provider's price of each line in cents, and offer it. Twice = once."""
    quote = _locked(quote_id)
    if quote.state != QuoteState.DRAFT:
        return quote
    return _offered(quote, provider_cents)


@transaction.atomic
def give_up(*, quote_id: int, words: str) -> None:
    """End a quote that the provider gives no price for. Twice = once."""
    quote = _locked(quote_id)
    if quote.state == QuoteState.DRAFT:
        apply_transition(quote, "expire", actor=SYSTEM, reason=Reason("not_feasible", words), error=words)


def accept(*, quote: Quote, actor: Any, fingerprint: str) -> Quote:
    """Accept a quote: the person says which content they read. Raises QuoteChanged (a new one is offered, and nothing
    accepted), NotPermitted, IllegalTransition (decided, or past its day), QuotaExceeded (what is approved already costs
    more than a ceiling in euros leaves; nothing is accepted), Busy."""
    with transaction.atomic():
        current = _open(quote, actor)
        stands = _stands(current)
        changed = not stands or fingerprint != current.fingerprint
        if changed:
            was = current.price_cents or 0
            if not stands:
                current = _replaced(current, _provider_cents(current))
        else:
            _end_accepted(current.order)
            decided = {"decided_by": actor, "decided_at": clock.now()}
            current = apply_transition(current, "accept", actor=Actor.person(actor), **decided)
            _hold_price(current.order, Actor.person(actor))
            _place_now(current)
    if changed:
        raise QuoteChanged(current, was)
    return current


@transaction.atomic
def refuse(*, quote: Quote, actor: Any, reason_code: str, words: str = "") -> Quote:
    """Refuse a quote. Raises Invalid without a reason, NotPermitted, IllegalTransition."""
    check_reason("quote_refused", reason_code, words)
    current = _open(quote, actor)
    decided = {"decided_by": actor, "decided_at": clock.now(), "words": words.strip()}
    return apply_transition(current, "refuse", actor=Actor.person(actor), reason=Reason(reason_code, words), **decided)


@transaction.atomic
def price_moved(*, provider_order_id: int, asked_cents: int) -> list[Quote]:
    """Offer new quotes where the provider asks more than was accepted: nothing is bought meanwhile.

    The price of an order for several lines is shared by the area that is billed. Orders without an accepted quote are
    left to the office. Twice at one price = once.
    """
    row = ProviderOrder.objects.get(pk=provider_order_id)
    lines = list(row.lines.select_related("order").order_by("order_id", "pk"))
    billed = sum(line.billed_area_m2 for line in lines)
    prices = {line.pk: -(-asked_cents * line.billed_area_m2 // billed) for line in lines}
    offered = []
    for order in {line.order_id: line.order for line in lines}.values():
        quote = accepted_quote(lock(order))
        if quote is not None:
            known = _provider_cents(quote) | {pk: prices[pk] for pk in prices if pk in _provider_cents(quote)}
            offered.append(_replaced(quote, known))
    return offered


def expire_overdue(*, at: datetime) -> int:
    """End the offers whose day has passed; returns how many."""
    overdue = Quote.objects.filter(state=QuoteState.OFFERED, valid_until__lte=at).values_list("pk", flat=True)
    return sum(_expired(pk, at) for pk in list(overdue))


def end_open(order: Order) -> None:
    """End the quote that nobody has answered, or the provider not yet priced: its order, which is locked, is over."""
    for quote in order.quotes.filter(state__in=[QuoteState.DRAFT, QuoteState.OFFERED]):
        apply_transition(quote, "expire", actor=SYSTEM, reason=Reason("order_over"))


def check_accepted(order: Order) -> None:
    """Refuse to go on without an accepted quote where the setting QUOTE_NEEDED names this kind of order.

    Raises IllegalTransition.
    """
    if order.kind in settings.DINAMIS["QUOTE_NEEDED"] and accepted_quote(order) is None:
        raise IllegalTransition(
            _("This order needs an accepted quote before it is approved."), code="quote_missing", state=order.state
        )


@transaction.atomic
def store_document(*, quote_id: int, storage_key: str, sha256: str) -> bool:
    """Note where the document of a quote lies; False when another one is there already."""
    quote = Quote.objects.select_for_update().get(pk=quote_id)
    if quote.storage_key:
        return False
    quote.storage_key, quote.sha256 = storage_key, sha256
    quote.save(update_fields=["storage_key", "sha256"])
    return True


@transaction.atomic
def _expired(quote_id: int, at: datetime) -> bool:
    quote = _locked(quote_id)
    if quote.state != QuoteState.OFFERED or quote.valid_until is None or quote.valid_until > at:
        return False
    apply_transition(quote, "expire", actor=SYSTEM, reason=Reason("quote_overdue"))
    return True


def _drafted(order: Order, actor: Actor) -> Quote:
    quote = Quote.objects.create(order=order, number=_next_number())
    record_creation(quote, actor=actor)
    outbox.put(PRICE_TOPIC, {"quote_id": quote.pk}, key=f"{PRICE_TOPIC}:{quote.pk}")
    return quote


def _offered(quote: Quote, provider_cents: Mapping[int, int]) -> Quote:
    until = clock.now() + timedelta(days=settings.DINAMIS["QUOTE_DAYS"])
    facts = bill(quote.order, provider_cents)
    offered = apply_transition(quote, "offer", actor=SYSTEM, valid_until=until, **facts)
    outbox.put(DOCUMENT_TOPIC, {"quote_id": quote.pk}, key=f"{DOCUMENT_TOPIC}:{quote.pk}")
    notifications.quote_offered(offered)
    return offered


def _stands(quote: Quote) -> bool:
    """Whether the quote still says what is asked, at what our tariffs say now."""
    known = _provider_cents(quote)
    if set(known) != {line.pk for line in lines_of(quote.order)}:
        return False
    return bool(bill(quote.order, known)["fingerprint"] == quote.fingerprint)


def _replaced(quote: Quote, provider_cents: Mapping[int, int]) -> Quote:
    """End a quote and offer what takes its place: at once, or when the provider has priced lines that are new."""
    apply_transition(quote, "expire", actor=SYSTEM, reason=Reason("price_changed"))
    running = quote.order.quotes.filter(state=QuoteState.OFFERED).first()
    if running is not None:
        apply_transition(running, "expire", actor=SYSTEM, reason=Reason("price_changed"))
    if set(provider_cents) != {line.pk for line in lines_of(quote.order)}:
        return _drafted(quote.order, SYSTEM)
    fresh = Quote.objects.create(order=quote.order, number=_next_number())
    record_creation(fresh, actor=SYSTEM)
    return _offered(fresh, provider_cents)


def _end_accepted(order: Order) -> None:
    before = accepted_quote(order)
    if before is not None:
        apply_transition(before, "expire", actor=SYSTEM, reason=Reason("price_changed"))


def _hold_price(order: Order, actor: Actor) -> None:
    """What the envelopes hold for approved lines becomes what was accepted."""
    held = [line for line in order.items.filter(state=ItemState.APPROVED) if ledger.purses_of(line)]
    for line, price in zip(held, prices_of(held), strict=True):
        ledger.reprice(line, price, actor=actor)


def _place_now(quote: Quote) -> None:
    """What waited for this price is placed without waiting for its next turn."""
    for line in quote.order.items.filter(state=ItemState.APPROVED):
        outbox.put("orders.place", {"item_id": line.pk}, key=f"orders.place:{line.pk}:{quote.number}")


def _provider_cents(quote: Quote) -> dict[int, int]:
    return {line["line"]: line["provider_cents"] for line in quote.lines}


def _open(quote: Quote, actor: Any) -> Quote:
    current = _locked(quote.pk)
    if not actor.has_perm("orders.answer_quote", current):
        raise NotPermitted(_("The requester or the référent of the organisation that pays answers a quote."))
    if current.state != QuoteState.OFFERED or current.valid_until is None or current.valid_until <= clock.now():
        raise IllegalTransition(_("This quote does not stand any more: ask for a new one."), state=current.state)
    return current


def _locked(quote_id: int) -> Quote:
    """The quote, with its order locked first: the same order of locks everywhere."""
    lock(Order.objects.get(quotes=quote_id))
    related = ("order__acquisition", "order__requester", "order__organisation")
    return Quote.objects.select_related(*related).select_for_update(of=("self",)).get(pk=quote_id)


def _next_number() -> str:
    """The next "DV-2026-0042" (devis): year of Paris, then a number that never comes back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_quote_seq')")
        (number,) = cursor.fetchone()
    return f"DV-{clock.today().year}-{number:04d}"
