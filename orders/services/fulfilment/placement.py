# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens between us and a provider, written down. Tasks make the calls, outside transactions."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.transitions import apply_transition, record_creation
from dinamis.providers.base import PlacedOrder, ProviderStatus, StatusCode
from orders import notifications
from orders.enums import ItemState, OrderKind
from orders.models import OrderItem, ProviderOrder
from orders.selectors.fulfilment.pools import living_pool_of
from orders.selectors.money.prices import placed_prices
from orders.selectors.money.quotes import agreed_quote
from orders.selectors.requests.rights import missing_for
from orders.sentences import CEILING_SHORT
from orders.services.fulfilment import pooling
from orders.services.fulfilment.closing import ENDED_BADLY, STOPPED, settle
from orders.services.fulfilment.lines import end_line, locked_item, locked_row
from orders.services.fulfilment.progress import synchronise
from orders.services.lifecycle import stops
from orders.services.money import ledger

PLACED_FIELDS = ("reference", "contract_id", "order_id", "source", "tasking_id", "item_id", "cents", "currency")
ACKNOWLEDGED = {StatusCode.ACCEPTED, StatusCode.SCHEDULED, StatusCode.RESERVED, StatusCode.TASKED}


def poll_interval() -> timedelta:
    """How long to wait before asking a provider again."""
    return timedelta(seconds=settings.DINAMIS["PROVIDER_POLL_SECONDS"])


def provider_actor(provider: str) -> Actor:
    """Return the actor of what a provider does, under the name people know it by."""
    return Actor.provider(settings.DINAMIS["PROVIDER_LABELS"].get(provider, provider))


@transaction.atomic
def prepare_placement(*, item_id: int) -> ProviderOrder | None:
    """Write the provider order of an approved line, with its unique reference, before the provider is called.

    A line of a grouping is placed with the others, once all are approved. Called again it returns the same row. None
    when there is nothing to place (yet): the line was cancelled meanwhile, or its grouping waits.
    """
    if pool := living_pool_of(item_id):
        return pooling.place(pool)
    item = locked_item(item_id)
    if item.provider_order is not None or item.state != ItemState.APPROVED:
        return item.provider_order
    # Nothing is bought for who has lost the right meanwhile; the watchdog asks again.
    if missing_for(item.order, at=clock.now()):
        return None
    row = ProviderOrder.objects.create(
        aoi=item.aoi,
        provider=settings.DEFAULT_PROVIDER,
        reference=_reference(item),
    )
    item.provider_order = row
    item.save(update_fields=["provider_order"])
    record_creation(row, actor=SYSTEM)
    return row


@transaction.atomic
def record_placed(*, provider_order_id: int, placed: PlacedOrder) -> ProviderOrder:
    """Note that the provider knows the order: its lines are placed, their holds become debts, following starts.

    Twice = once.
    """
    row, lines = locked_row(provider_order_id)
    if row.provider_id:
        return row
    facts = {name: value for name, value in asdict(placed).items() if name in PLACED_FIELDS}
    row.provider_id = placed.order_id
    row.price_cents = placed.cents
    row.placed_at = clock.now()
    row.reason_code = row.reason_text = ""
    row.payload = {**row.payload, "placed": facts, "order": dict(placed.raw)}
    row.save(update_fields=["provider_id", "price_cents", "placed_at", "reason_code", "reason_text", "payload"])
    for line, price in zip(lines, placed_prices(row, lines), strict=True):
        # Of a line for which another party of the grouping pays, nothing is held.
        if line.billed_area_m2:
            ledger.commit(line, actor=SYSTEM, price=price)
        apply_transition(line, "place", actor=SYSTEM, reason=Reason("placed", placed.order_id))
        synchronise(line.order, actor=SYSTEM)
    follow(row)
    return row


@transaction.atomic
def record_status(*, provider_order_id: int, status: ProviderStatus) -> ProviderOrder:
    """Write what the provider says (a STAPI status) and move the provider order, its lines and orders accordingly.

    An unchanged status only notes that it was asked. A bad end gives the cost back to the envelope and tells people;
    of an acquisition, what was acquired before it stays.
    """
    row, lines = locked_row(provider_order_id)
    row.checked_at = clock.now()
    row.payload = {**row.payload, "status": _plain(status)}
    row.save(update_fields=["checked_at", "payload"])
    actor = provider_actor(row.provider)
    arrow = next((a for a in row.machine.leaving(row.state) if a.target == status.code.value), None)
    if arrow is None:
        return row
    reason = Reason(status.reason_code or status.code.value, status.reason_text or status.provider_state)
    row = apply_transition(
        row, arrow.name, actor=actor, reason=reason, reason_code=reason.code[:60], reason_text=reason.words
    )
    for line in lines:
        _move_line(line, status.code, actor, reason)
    settle(provider_order_id=row.pk, actor=actor)
    return row


@transaction.atomic
def record_failure(*, provider_order_id: int, code: str, words: str) -> ProviderOrder:
    """Note that lines cannot be bought or received: they fail, the envelope gets their cost back, people are told.

    Twice = once.
    """
    row, lines = locked_row(provider_order_id)
    reason = Reason(code[:60], words)
    if row.state not in ProviderOrder.machine.final:
        row = apply_transition(
            row, "to_failed", actor=SYSTEM, reason=reason, reason_code=reason.code, reason_text=words
        )
    for line in lines:
        end_line(line, "fail", actor=SYSTEM, reason=reason)
    return row


@transaction.atomic
def hold_for_price(*, provider_order_id: int, asked_cents: int, agreed_cents: int) -> None:
    """Wait: the provider asks more than was agreed (both in cents). The office is told once for each price."""
    row, _lines = locked_row(provider_order_id)
    row.checked_at = clock.now()
    row.price_cents = asked_cents
    row.reason_code = "price_above_quote"
    row.reason_text = f"{asked_cents} > {agreed_cents}"
    row.save(update_fields=["checked_at", "price_cents", "reason_code", "reason_text"])
    notifications.price_above_quote(row, asked_cents=asked_cents, agreed_cents=agreed_cents)


@transaction.atomic
def reserve_price(*, provider_order_id: int, asked_cents: int) -> None:
    """Hold what is about to be bought at the price the provider asks, before it is. Twice = once.

    Raises QuotaExceeded when a ceiling in euros leaves too little (nothing is held or bought), Busy.
    """
    row, lines = locked_row(provider_order_id)
    row.price_cents = asked_cents
    for line, price in zip(lines, placed_prices(row, lines), strict=True):
        if price is not None and ledger.purses_of(line):
            ledger.reprice(line, price, actor=SYSTEM)


@transaction.atomic
def wait_for_envelope(*, provider_order_id: int, asked_cents: int, left_cents: int, wanted_cents: int) -> None:
    """Note that nothing is bought: for the price that is asked, a ceiling leaves `left_cents` where more is wanted."""
    row, _lines = locked_row(provider_order_id)
    row.checked_at = clock.now()
    words = CEILING_SHORT.keep(left=left_cents, wanted=wanted_cents)
    row.price_cents, row.reason_code, row.reason_text = asked_cents, "envelope_exceeded", words
    row.save(update_fields=["checked_at", "price_cents", "reason_code", "reason_text"])


@transaction.atomic
def begin_buying(*, provider_order_id: int) -> bool:
    """Tell whether the provider may be asked to buy now; from then on a stop waits for its answer.

    False when the order was stopped while it waited for its price: nothing is held for it any more.
    """
    row, _lines = locked_row(provider_order_id)
    if is_over(row):
        return False
    row.reason_code = row.reason_text = ""
    row.save(update_fields=["reason_code", "reason_text"])
    return True


def agreed_cents(row: ProviderOrder) -> int:
    """Return the highest price, in cents, at which this may be placed without asking the office again.

    What the quote accepted last says; without one, the scheme's agreed price per km2 applied to the billed area, never
    below what the requesters were shown.
    """
    return sum(_agreed_cents(line) for line in row.lines.select_related("order__acquisition"))


def placed_order(row: ProviderOrder) -> PlacedOrder:
    """Return what the adapter needs to ask about an order that was placed."""
    return PlacedOrder(**row.payload["placed"])


def follow(row: ProviderOrder, *, bucket: str = "start") -> None:
    """Queue the question where the order stands; the same bucket twice is one question."""
    outbox.put("orders.follow", {"provider_order_id": row.pk}, key=f"orders.follow:{row.pk}:{bucket}")


def _reference(item: OrderItem) -> str:
    """The line's number; of what is asked again after a withdrawn delivery, with how many times it was asked."""
    first = f"{item.order.reference}-{item.position}"
    before = ProviderOrder.objects.filter(Q(reference=first) | Q(reference__startswith=f"{first}-R")).count()
    return f"{first}-R{before}" if before else first


def _agreed_cents(line: OrderItem) -> int:
    if (quote := agreed_quote(line.order)) is not None:
        return quote.provider_cents_of(line)
    rate = int(_rates(line).get(line.order.family, 0))
    return max(-(-line.billed_area_m2 * rate // 1_000_000), line.price_cents or 0)


def _rates(line: OrderItem) -> Mapping[str, int]:
    if line.order.kind == OrderKind.ARCHIVE:
        return settings.DINAMIS["PROVIDER_CENTS_PER_KM2"]
    return settings.DINAMIS["PROVIDER_TASKING_CENTS_PER_KM2"][line.order.acquisition.programme]


def _plain(status: ProviderStatus) -> Mapping[str, Any]:
    return {
        "code": status.code.value,
        "reason_code": status.reason_code,
        "reason_text": status.reason_text,
        "provider_state": status.provider_state,
        "updated": status.updated.isoformat() if status.updated else None,
        "raw": dict(status.raw),
    }


def _move_line(item: OrderItem, code: StatusCode, actor: Actor, reason: Reason) -> None:
    acquisition = item.order.kind == OrderKind.ACQUISITION
    # What an acquisition has brought already stays, and is settled when all of it is in.
    begun = acquisition and item.provider_order is not None and item.provider_order.deliveries.exists()
    if code in STOPPED and not begun and stops.end_by_stop(item, actor=actor, reason=reason):
        return
    if name := ENDED_BADLY.get(code):
        if not acquisition:
            end_line(item, name, actor=actor, reason=reason)
        return
    producing = code == StatusCode.PROCESSING
    name = "produce" if producing and not acquisition else "progress" if producing or code in ACKNOWLEDGED else ""
    if name and item.state in item.machine.find(name).sources:
        apply_transition(item, name, actor=actor, reason=reason)
        synchronise(item.order, actor=actor)


def is_over(row: ProviderOrder) -> bool:
    """Tell whether the provider has nothing more to say."""
    return row.state in ProviderOrder.machine.final
