# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests that a provider is asked about: quotes, proposed images, groupings."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from orders.models import Pool, Quote
from orders.services.money.quotes import store_document
from orders.services.requests import submission
from orders.services.reviewing import review
from tests.factories.orders import acquisition_of, envelope, offered, pool_of, proposed, tasked
from tests.walk.world import ELSEWHERE, HOME, Case, World


def on_acquisition(cell: str) -> Callable[[World], Case]:
    """A draft of an acquisition request, of which much may be asked."""

    def prepared(w: World) -> Case:
        collection = w.scene.collection
        order = acquisition_of(w.member(cell), w.organisation(cell), w.projects[cell], collection)
        return Case((order.reference,), {})

    return prepared


def on_quote(cell: str) -> Callable[[World], Case]:
    """A quote that is offered, with its document, and what is sent to accept or refuse it."""

    def prepared(w: World) -> Case:
        collection = w.scene.collection
        order = acquisition_of(w.member(cell), w.organisation(cell), w.projects[cell], collection)
        quote = offered(order)
        store_document(quote_id=quote.pk, storage_key="private/quotes/a.pdf", sha256="0" * 64)
        said = {"fingerprint": quote.fingerprint, "reason_code": "too_expensive", "words": "essai"}
        return Case((order.reference, quote.number), said)

    return prepared


def on_quote_by_program(cell: str) -> Callable[[World], Case]:
    """The same, accepted by a program at the price it read."""

    def prepared(w: World) -> Case:
        args = on_quote(cell)(w).args
        return Case(args, {"price_cents": Quote.objects.get(number=args[1]).price_cents}, json=True)

    return prepared


def on_proposal(cell: str) -> Callable[[World], Case]:
    """An image proposed for an acquisition request, and its requester's yes."""

    def prepared(w: World) -> Case:
        collection = w.scene.collection
        made = acquisition_of(w.member(cell), w.organisation(cell), w.projects[cell], collection)
        order = submission.submit_order(order=made, actor=made.requester)
        review.start_review(order=order, actor=w.dora)
        pays = envelope(owner=w.organisation(cell), name="acquisitions")
        review.approve_order(order=order, actor=w.dora, reason="essai", envelope=pays)
        line = order.items.get()
        return Case((order.reference, proposed(tasked(line)).pk), {"line": line.pk, "choice": "accept"})

    return prepared


def on_proposal_by_program(cell: str) -> Callable[[World], Case]:
    """The same for a program, which names the image alone."""

    def prepared(w: World) -> Case:
        case = on_proposal(cell)(w)
        return Case(case.args[1:], case.data, json=True)

    return prepared


def on_pool(**data: Any) -> dict[str, Callable[[World], Case]]:
    """Both cells of a page of a grouping of two requests of Alice (of Charlie elsewhere)."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            place = SimpleNamespace(
                researcher=w.member(cell),
                organisation=w.organisation(cell),
                project=w.projects[cell],
                collection=w.scene.collection,
            )
            pool = pool_of(place)
            line = pool.living()[0].line_id
            return Case((pool.reference,), {"version": pool.version, "line": line, **data})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def on_pool_by_program(**data: Any) -> dict[str, Callable[[World], Case]]:
    """The same, answered by a program for the first of the requests."""

    def case(prepare: Callable[[World], Case]) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            args = prepare(w).args
            line = Pool.objects.get(reference=args[0]).living()[0].line
            return Case(args, {"order": line.order.reference, "version": 0, **data}, json=True)

        return prepared

    return {cell: case(prepare) for cell, prepare in on_pool().items()}
