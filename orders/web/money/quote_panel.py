# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the page of an order shows of its feasibility and its quote."""

from datetime import datetime

from orders.enums import ItemState, OrderKind, QuoteState
from orders.reasons import choices
from orders.selectors.ciest2.emergencies import is_emergency
from orders.selectors.money.quotes import current_quote, feasibilities

BEFORE = {ItemState.PENDING, ItemState.APPROVED}


def quote_context(order, user):
    """Return what `orders/money/_quote.html` shows to this reader."""
    lines = list(order.items.all())
    quote = current_quote(order)
    studies = feasibilities(lines) if order.kind == OrderKind.ACQUISITION else {}
    waiting = any(line.state in BEFORE for line in lines)
    state = quote.state if quote else ""
    running = state in {QuoteState.DRAFT, QuoteState.OFFERED}
    # An accepted price takes the place of the one that was estimated.
    price = {"price_cents": quote.price_cents} if quote and state == QuoteState.ACCEPTED else {}
    return price | {
        "quote": quote,
        # Quotes of before keep their lines as whoever made them called them; the reader has a language too.
        "quoted": _lines(quote, lines) if quote else [],
        "studies": [_shown(studies[line.pk]) for line in lines if line.pk in studies],
        "may_ask_quote": waiting
        and not running
        and user.has_perm("orders.ask_quote", order)
        and not is_emergency(order),
        "may_answer_quote": state == QuoteState.OFFERED and user.has_perm("orders.answer_quote", quote),
        "quote_reasons": choices("quote_refused"),
    }


def _lines(quote, lines):
    labels = {line.pk: line.label for line in lines}
    return [{**line, "label": labels.get(line["line"], line["label"])} for line in quote.lines]


def _shown(study):
    for one in study.passes:
        one["when"] = datetime.fromisoformat(one["start"])
    return study
