# SPDX-License-Identifier: AGPL-3.0-or-later
"""Work outside requests: placing orders with providers, following them, receiving what they deliver.

Every handler may be called twice, or die anywhere: the next call finds what the last one left and goes on.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings

from dinamis.core import clock, geo, outbox
from dinamis.core.exceptions import QuotaExceeded
from dinamis.providers.base import (
    DeliveryFile,
    ErrorCode,
    OrderRequest,
    PlacedOrder,
    Provider,
    ProviderError,
    SegmentStatus,
    StatusCode,
)
from dinamis.providers.registry import get_provider
from orders.enums import OrderKind, ProposalState, QuoteState
from orders.models import Delivery, Feasibility, Obligation, Proposal, ProviderOrder, Quote
from orders.selectors.fulfilment.proposals import refusal_words
from orders.selectors.money.quotes import lines_of
from orders.selectors.requests.products import due_product_types
from orders.selectors.requests.request import feasibility_request, line_price_request, order_request, price_request
from orders.services.ciest2 import emergency
from orders.services.duties import hold_backs, obligations
from orders.services.figures import needs, transparency
from orders.services.fulfilment import delivery as deliveries
from orders.services.fulfilment import placement, pooling, proposals
from orders.services.lifecycle import lateness, stops, watchdog
from orders.services.money import envelopes, feasibility, quotes
from orders.services.requests import product_options
from orders.services.reviewing import queue
from orders.tasks_of_accounts import print_closed_year, scan_invoice_document
from orders.tasks_of_sessions import call_member, draw_paper, remind_members

__all__ = [
    "answer_proposal",
    "ask_feasibility",
    "call_member",
    "count_figures",
    "count_needs",
    "count_queue",
    "draw_paper",
    "expire_quotes",
    "find_pools",
    "follow",
    "keep_envelopes",
    "learn_durations",
    "open_obligations",
    "place",
    "price_quote",
    "print_closed_year",
    "print_destruction",
    "receive",
    "refresh_product_options",
    "release_hold_backs",
    "remind_members",
    "remind_obligations",
    "render_quote",
    "scan_invoice_document",
    "stop",
    "watch_emergencies",
    "watch_pools",
    "watch_proposals",
    "watch_provider_orders",
    "watch_waits",
]

log = logging.getLogger(__name__)

ANOTHER_WORKER = timedelta(seconds=60)
WAIT_FOR_OFFICE = timedelta(hours=1)
# A wrong key or an answer we cannot read says nothing about the order: it is asked again, and nothing is given up.
OUR_FAULT = {ErrorCode.UNAUTHORIZED, ErrorCode.UNREADABLE_ANSWER, ErrorCode.UNKNOWN_PROVIDER}


@shared_task(name="orders.watch_provider_orders")
def watch_provider_orders() -> None:
    """Put back what is under way and has no live message."""
    if written := watchdog.put_back(at=clock.now()):
        log.info("watchdog: %d messages put back", written)


@shared_task(name="orders.watch_waits")
def watch_waits() -> None:
    """Tell the office and the requesters what takes too long; close what is over."""
    seen = lateness.watch(at=clock.now())
    if any(vars(seen).values()):
        log.info("waits: %s", seen)


@shared_task(name="orders.count_figures")
def count_figures() -> None:
    """Count the figures of the public page."""
    transparency.count_figures(at=clock.now())


@shared_task(name="orders.count_queue")
def count_queue() -> None:
    """Count what the formula of the queue needs of the past and of others."""
    queue.count_queue(at=clock.now())


@shared_task(name="orders.count_needs")
def count_needs() -> None:
    """Count where images are wanted."""
    needs.count_needs(at=clock.now())


@shared_task(name="orders.learn_durations")
def learn_durations() -> None:
    """Learn from the histories how long each state lasts."""
    lateness.learn(at=clock.now())


@shared_task(name="orders.release_hold_backs")
def release_hold_backs() -> None:
    """Tell of the images whose hold-back is over; they were free from that moment on."""
    if told := hold_backs.release_due(at=clock.now()):
        log.info("hold-backs: %d images released", told)


@shared_task(name="orders.open_obligations")
def open_obligations() -> None:
    """Ask for the usage reports and certificates of destruction that are owed from now on."""
    if opened := obligations.open_due(at=clock.now()):
        log.info("obligations: %d opened", opened)


@shared_task(name="orders.remind_obligations")
def remind_obligations() -> None:
    """Recall what is owed, each step once."""
    if told := obligations.remind(at=clock.now()):
        log.info("obligations: %d reminders", told)


@outbox.handles(obligations.PRINT_TOPIC)
def print_destruction(payload: Mapping[str, Any]) -> None:
    """Print a certificate of destruction as it was signed."""
    from orders.services.duties.destruction_document import print_certificate

    print_certificate(Obligation.objects.get(pk=payload["obligation_id"]))


@shared_task(name="orders.keep_envelopes")
def keep_envelopes() -> None:
    """Open the periods that come, carry over what is left of those that ended, sum up the ledger."""
    opened, carried, summed = (
        envelopes.open_periods(at=clock.now()),
        envelopes.carry_over(at=clock.now()),
        envelopes.sum_up(),
    )
    if opened or carried or summed:
        log.info("envelopes: %d opened, %d carried over, %d summed up", opened, carried, summed)


@shared_task(name="orders.refresh_product_options")
def refresh_product_options() -> None:
    """Ask the provider for the options of the products that were never asked, or too long ago."""
    due = due_product_types(clock.now())
    if not due:
        return
    name = settings.DEFAULT_PROVIDER
    with closing(get_provider(name, settings.PROVIDERS)) as provider:
        contract = str(settings.PROVIDER_CONTRACTS.get(name, "")) or provider.contracts()[0].id
        for product_type in due:
            try:
                options = provider.options(contract, product_type, product_options.reference_area())
                product_options.keep_options(provider=name, product_type=product_type, options=options)
            except (ProviderError, ValueError) as error:
                # The last good answer, or the documented one, stays; it is asked again at the next beat.
                log.warning("options of %s were not read: %s", product_type, error)


@shared_task(name="orders.watch_emergencies")
def watch_emergencies() -> None:
    """Tell of each day of an activation that is over, and end those whose days are."""
    emergency.watch(at=clock.now())


@shared_task(name="orders.watch_pools")
def watch_pools() -> None:
    """Settle the groupings whose requests changed, whose time is over or whose images are there."""
    pooling.watch(at=clock.now())


@shared_task(name="orders.find_pools")
def find_pools() -> None:
    """Look for groupings among all open requests: what the look at each new one may have missed."""
    if found := pooling.queue_all(at=clock.now()):
        log.info("groupings: %d proposals queued", found)


@outbox.handles("orders.look_around")
def look_around(payload: Mapping[str, Any]) -> None:
    """Look at the neighbours of a request that was submitted, changed, decided or ended."""
    pooling.look_around(payload["order_id"])


@outbox.handles("orders.propose_pools")
def propose_pools(payload: Mapping[str, Any]) -> None:
    """Propose to buy requests as one, each group in a transaction of its own, if that is still worth it."""
    for lines in payload["groups"]:
        pooling.propose(lines)


@outbox.handles("orders.place", queue=outbox.SLOW)
def place(payload: Mapping[str, Any]) -> None:
    """Place an approved line with its provider, once: an answer that was lost is found again by the reference."""
    row = placement.prepare_placement(item_id=payload["item_id"])
    if row is None or row.provider_id or placement.is_over(row):
        return
    with _buying_from(row) as provider:
        _place(provider, row)


@outbox.handles("orders.follow", queue=outbox.SLOW)
def follow(payload: Mapping[str, Any]) -> None:
    """Ask the provider where an order stands; when it is complete, write what will be delivered."""
    row = ProviderOrder.objects.get(pk=payload["provider_order_id"])
    if placement.is_over(row) and row.state != StatusCode.COMPLETED:
        return
    acquisition = row.lines.filter(order__kind=OrderKind.ACQUISITION).exists()
    # What was bought is bought: a question that is refused (a search that does not list the order yet) ends nothing.
    with closing(get_provider(row.provider, settings.PROVIDERS)) as provider:
        _follow_tasking(provider, row) if acquisition else _follow(provider, row)


@outbox.handles("orders.answer_proposal", queue=outbox.SLOW)
def answer_proposal(payload: Mapping[str, Any]) -> None:
    """Tell the provider what was decided on an image it proposed, once: what it knows already is not said again."""
    proposal = Proposal.objects.select_related("provider_order").get(pk=payload["proposal_id"])
    if proposal.answered_at is None:
        with closing(get_provider(proposal.provider_order.provider, settings.PROVIDERS)) as provider:
            proposals.record_answer(proposal_id=proposal.pk, error=_answer(provider, proposal))


@outbox.handles(quotes.PRICE_TOPIC, queue=outbox.SLOW)
def price_quote(payload: Mapping[str, Any]) -> None:
    """Ask the provider's price of every line of a quote, then offer it; what it refuses for good ends the quote."""
    quote = Quote.objects.select_related("order").get(pk=payload["quote_id"])
    if quote.state != QuoteState.DRAFT:
        return
    with closing(get_provider(settings.DEFAULT_PROVIDER, settings.PROVIDERS)) as provider:
        try:
            contract = _contract(provider, settings.DEFAULT_PROVIDER)
            prices = {
                line.pk: provider.price(line_price_request(line, contract, reference=quote.number)).cents
                for line in lines_of(quote.order)
            }
        except ProviderError as error:
            if not error.permanent or error.code in OUR_FAULT:
                raise
            quotes.give_up(quote_id=quote.pk, words=error.message)
            return
    quotes.offer(quote_id=quote.pk, provider_cents=prices)


@outbox.handles(quotes.DOCUMENT_TOPIC)
def render_quote(payload: Mapping[str, Any]) -> None:
    """Print a quote as it was offered."""
    from orders.services.money.quote_document import print_quote

    print_quote(Quote.objects.get(pk=payload["quote_id"]))


@outbox.handles(feasibility.TOPIC, queue=outbox.SLOW)
def ask_feasibility(payload: Mapping[str, Any]) -> None:
    """Ask the provider whether it can do a line, and at which passes."""
    row = Feasibility.objects.select_related("line__order__acquisition").filter(pk=payload["feasibility_id"]).first()
    # The line was written anew meanwhile: nobody waits for the answer.
    if row is None or row.answered_at is not None:
        return
    with closing(get_provider(settings.DEFAULT_PROVIDER, settings.PROVIDERS)) as provider:
        try:
            question = feasibility_request(row.line, _contract(provider, settings.DEFAULT_PROVIDER))
            answer = next(iter(provider.feasibility(question)), None)
            passes = provider.attempts(question)
        except ProviderError as error:
            if not error.permanent or error.code in OUR_FAULT:
                raise
            feasibility.record_feasibility(feasibility_id=row.pk, answer=None, error=error.message)
            return
    feasibility.record_feasibility(feasibility_id=row.pk, answer=answer, passes=passes)


@shared_task(name="orders.expire_quotes")
def expire_quotes() -> None:
    """End the offers whose day has passed."""
    quotes.expire_overdue(at=clock.now())


@shared_task(name="orders.watch_proposals")
def watch_proposals() -> None:
    """Remind those whose answer on a proposed image is due, and end the votes whose time has passed."""
    at = clock.now()
    proposals.remind(at=at)
    for pk in Proposal.objects.filter(state=ProposalState.PROPOSED, deadline__lte=at).values_list("pk", flat=True):
        proposals.close(proposal_id=pk, at=at)


@outbox.handles("orders.stop", queue=outbox.SLOW)
def stop(payload: Mapping[str, Any]) -> None:
    """Ask the provider to stop an order; its answer moves the line."""
    row = stops.to_ask(stop_id=payload["stop_id"])
    if row is None or placement.is_over(row):
        return
    if not row.provider_id:
        # It is being placed at this moment: what is not known there cannot be stopped there.
        raise outbox.Again(placement.poll_interval())
    with closing(get_provider(row.provider, settings.PROVIDERS)) as provider:
        try:
            status = provider.cancel(placement.placed_order(row))
        except ProviderError as error:
            if not error.permanent or error.code in OUR_FAULT:
                raise
            stops.refuse(stop_id=payload["stop_id"], actor=placement.provider_actor(row.provider), words=error.message)
            return
    placement.record_status(provider_order_id=row.pk, status=status)


@outbox.handles("orders.receive", queue=outbox.SLOW)
def receive(payload: Mapping[str, Any]) -> None:
    """Fetch, check, convert and catalogue a delivery; nothing of it is visible before all of it is."""
    # The image libraries are loaded where they are needed: by workers that receive something.
    from orders.services.fulfilment import reception

    row = deliveries.begin(delivery_id=payload["delivery_id"])
    space = reception.Workspace(
        settings.FILES_ROOT, settings.PUBLIC_FILES_FOLDER, row.provider_order.reference, row.folder
    )
    try:
        with reception.exclusive(space):
            if row.state in deliveries.UNDER_WAY:
                _receive(row, space)
            reception.clean(space, failed=row.state in deliveries.REFUSED)
    except BlockingIOError as error:
        raise outbox.Again(ANOTHER_WORKER) from error


def _place(provider: Provider, row: ProviderOrder) -> None:
    contract = _contract(provider, row.provider)
    known = provider.find_by_reference(contract, row.reference)
    if known is None:
        agreed = placement.agreed_cents(row)
        asked = provider.price(price_request(row, contract)).cents
        if asked > agreed:
            placement.hold_for_price(provider_order_id=row.pk, asked_cents=asked, agreed_cents=agreed)
            quotes.price_moved(provider_order_id=row.pk, asked_cents=asked)
            raise outbox.Again(WAIT_FOR_OFFICE)
        try:
            placement.reserve_price(provider_order_id=row.pk, asked_cents=asked)
        except QuotaExceeded as error:
            left, wanted = error.extra["available"], error.extra["required"]
            placement.wait_for_envelope(
                provider_order_id=row.pk, asked_cents=asked, left_cents=left, wanted_cents=wanted
            )
            raise outbox.Again(WAIT_FOR_OFFICE) from error
        if not placement.begin_buying(provider_order_id=row.pk):
            return
        known = _buy(provider, order_request(row, contract, expected_cents=asked))
    placement.record_placed(provider_order_id=row.pk, placed=known)


def _buy(provider: Provider, request: OrderRequest) -> PlacedOrder:
    try:
        return provider.place(request)
    except ProviderError as error:
        if error.code != ErrorCode.CONFLICT:
            raise
        # The price moved between question and order: nothing was bought, it is asked again.
        raise outbox.Again(placement.poll_interval()) from error


def _follow(provider: Provider, row: ProviderOrder) -> None:
    placed = placement.placed_order(row)
    status = provider.status(placed)
    placement.record_status(provider_order_id=row.pk, status=status)
    if status.code != StatusCode.COMPLETED and status.code.is_final:
        return
    files = provider.deliveries(placed) if status.code == StatusCode.COMPLETED else []
    if not files:
        raise outbox.Again(placement.poll_interval())
    deliveries.expect(provider_order_id=row.pk, files=files)


def _follow_tasking(provider: Provider, row: ProviderOrder) -> None:
    """Images come one by one until the area is covered: what is new of them is asked before where it stands."""
    placed = placement.placed_order(row)
    tasking = next(iter(provider.taskings(placed.contract_id, reference=row.reference)), None)
    segments = provider.segments(placed.contract_id, tasking.id) if tasking else []
    # Asked before the files: an end that comes between the two is seen the next time, with its files.
    status = provider.status(placed)
    if files := provider.deliveries(placed):
        deliveries.expect(provider_order_id=row.pk, files=files)
    placement.record_status(provider_order_id=row.pk, status=status)
    # A tasking that is not listed says nothing of its images: what waits for a vote goes on waiting.
    if tasking or status.code.is_final:
        by = placement.provider_actor(row.provider)
        proposals.record_segments(provider_order_id=row.pk, segments=segments, actor=by)
    if not status.code.is_final or (status.code == StatusCode.COMPLETED and not files):
        raise outbox.Again(placement.poll_interval())


def _answer(provider: Provider, proposal: Proposal) -> str:
    """Say yes or no to a proposed image; returns what stands against it, in the provider's words, if anything does."""
    contract = placement.placed_order(proposal.provider_order).contract_id
    accepted = proposal.state == ProposalState.ACCEPTED
    try:
        known = {one.id: one.status for one in provider.segments(contract, proposal.tasking_id)}
        status = known.get(proposal.segment_id)
        if status == SegmentStatus.PROPOSED and accepted:
            part = None if proposal.part is None else geo.to_geojson(geo.to_shapely(proposal.part))
            provider.accept_segment(contract, proposal.tasking_id, proposal.segment_id, part)
        elif status == SegmentStatus.PROPOSED:
            provider.refuse_segment(contract, proposal.tasking_id, proposal.segment_id, refusal_words(proposal))
        elif status != (SegmentStatus.ACCEPTED if accepted else SegmentStatus.REFUSED):
            return str(status or "unknown")
    except ProviderError as error:
        if not error.permanent or error.code in OUR_FAULT:
            raise
        return error.message
    return ""


def _contract(provider: Provider, name: str) -> str:
    """The contract named in the settings, else the first one the account has."""
    return str(settings.PROVIDER_CONTRACTS.get(name, "")) or provider.contracts()[0].id


@contextmanager
def _buying_from(row: ProviderOrder) -> Iterator[Provider]:
    """The adapter of an order to be placed. What it refuses for good ends the line; anything else is tried again."""
    with closing(get_provider(row.provider, settings.PROVIDERS)) as provider:
        try:
            yield provider
        except ProviderError as error:
            if not error.permanent or error.code in OUR_FAULT:
                raise
            placement.record_failure(provider_order_id=row.pk, code=str(error.code), words=error.message)


def _receive(row: Delivery, space: Any) -> None:
    from orders.services.fulfilment.reception import Rejected, build

    try:
        names = _fetch(row, space)
        deliveries.begin_checking(delivery_id=row.pk)
        built = build(space, names)
    except Rejected as error:
        deliveries.reject(delivery_id=row.pk, code=error.code, words=str(error))
    else:
        deliveries.accept(delivery_id=row.pk, product=built.product, files=built.files)
    row.refresh_from_db(fields=["state"])


def _fetch(row: Delivery, space: Any) -> list[str]:
    """Download what the manifest names, with resume; sizes and checksums are verified. Returns the names."""
    from orders.services.fulfilment.reception import Rejected, safe_name

    names: list[str] = []
    with closing(get_provider(row.provider_order.provider, settings.PROVIDERS)) as provider:
        for entry in row.manifest:
            name = safe_name(entry["name"], taken=names)
            try:
                provider.fetch(DeliveryFile(**entry), space.downloads / name)
            except ProviderError as error:
                if not error.permanent or error.code in OUR_FAULT:
                    raise
                raise Rejected(str(error.code), error.message) from error
            names.append(name)
    return names
