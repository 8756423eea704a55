# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who acts next on an order, and what it came to, in a sentence or two at the head of its page."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.models import StateChange
from dinamis.core.templatetags.ui import date_words, datetime_words
from orders.enums import DeliveryState, ItemState, OrderKind, ProposalState, QuoteState, StopState
from orders.enums import OrderState as O
from orders.models import Delivery, Order, Proposal, ProposalVote, ProviderOrder
from orders.selectors.fulfilment.acquired import acquired_m2, suffices
from orders.selectors.reviewing.stages import open_review, who_acts

AFTER_DELIVERY = (O.PARTLY_DELIVERED, O.DELIVERED, O.CLOSED)
ENDED_LINES = (ItemState.DELIVERED, ItemState.REFUSED, ItemState.CANCELLED, ItemState.EXPIRED, ItemState.FAILED)


def next_step(order: Order, reader: Any) -> str:
    """Say in one sentence who acts next, and what they do."""
    if held := _held_for_price(order):
        return _("The office acts next: %(provider)s asks a higher price than agreed; nothing is bought meanwhile.") % {
            "provider": provider_label(held)
        }
    if order.state in {O.DRAFT, O.CHANGES_REQUESTED}:
        return _requester_acts(order, reader)
    if order.state in {O.SUBMITTED, O.IN_REVIEW}:
        review = open_review(order)
        return who_acts(review, clock.now()) if review else ""
    if order.state == O.APPROVED:
        return _("DINAMIS places the order with the provider now; nobody has to act.")
    if order.state in {O.PLACED, O.IN_PROGRESS, O.PARTLY_DELIVERED}:
        return _answer_due(order, reader) or _provider_acts(order)
    return _over(order)


def page_lead(order: Order, reader: Any) -> str:
    """Say what the head of an order's page says: who acts next, and whose answer waits beside it."""
    disputed = Delivery.objects.filter(provider_order__lines__order=order, state=DeliveryState.DISPUTED)
    if order.state in AFTER_DELIVERY and disputed.exists():
        return _("The office acts next: a problem was reported, and it compares what came with what was ordered.")
    return " ".join(filter(None, (next_step(order, reader), also_waiting(order, reader))))


def also_waiting(order: Order, reader: Any) -> str:
    """Say that a quote waits for an answer, and whose; "" when none does."""
    quote = order.quotes.filter(state=QuoteState.OFFERED).first()
    if quote is None or quote.valid_until is None or quote.valid_until <= clock.now():
        return ""
    words = {"name": order.requester, "when": date_words(quote.valid_until)}
    if reader.has_perm("orders.answer_quote", quote):
        return _("A quote waits for your answer until %(when)s.") % words
    return _("A quote waits for the answer of %(name)s until %(when)s.") % words


def provider_label(row: ProviderOrder) -> str:
    """Return the name people know a provider by."""
    return str(settings.DINAMIS["PROVIDER_LABELS"].get(row.provider, row.provider))


def _held_for_price(order: Order) -> ProviderOrder | None:
    rows = [item.provider_order for item in order.items.all()]
    return next((row for row in rows if row and row.reason_code == "price_above_quote"), None)


def _requester_acts(order: Order, reader: Any) -> str:
    mine = order.requester_id == reader.pk
    if order.state == O.DRAFT:
        return _("You act next: check the order and submit it.")
    if mine:
        return _("You act next: make the changes the office asked for and send them.")
    return _("%(name)s acts next: the office asked for changes.") % {"name": order.requester}


def proposed_to(order: Order) -> Proposal | None:
    """Return the proposed image whose answer for this order is due first; no query unless one is."""
    if all(line.state != ItemState.PROPOSED for line in order.items.all()):
        return None
    waiting = Proposal.objects.filter(state=ProposalState.PROPOSED, provider_order__lines__order=order)
    return waiting.order_by("deadline").first()


def _answer_due(order: Order, reader: Any) -> str:
    proposal = proposed_to(order)
    if proposal is None:
        return ""
    words = {"name": order.requester, "when": datetime_words(proposal.deadline)}
    if ProposalVote.objects.filter(proposal=proposal, line__order=order).exists():
        return _("The others who share the proposed image act next: they answer before %(when)s.") % words
    if order.requester_id == reader.pk:
        return _("You act next: say before %(when)s whether the proposed image suits you.") % words
    return _("%(name)s acts next: says before %(when)s whether the proposed image is suitable.") % words


def _provider_acts(order: Order) -> str:
    if all(line.state in ENDED_LINES for line in order.items.all()):
        return _("A part of it is there; the rest will not come, and costs nothing. Nobody has to act any more.")
    row = next((item.provider_order for item in order.items.all() if item.provider_order), None)
    name = provider_label(row) if row else _("the provider")
    if row is not None and row.state == "completed" and order.state != O.PARTLY_DELIVERED:
        return _("DINAMIS receives and checks the files now; nobody has to act.")
    if row is not None and row.state != "processing" and order.kind == OrderKind.ACQUISITION:
        return _("%(name)s acts next: it is to take the image. A mail will say when there is news.") % {"name": name}
    return _("%(name)s acts next: the image is being produced. A mail will say when it is there.") % {"name": name}


def _over(order: Order) -> str:
    if order.state == O.CANCELLED and (name := _cancelling_provider(order)):
        return _(
            "%(name)s, the provider, cancelled this order: nothing will come, and nothing is charged. Nobody has to "
            "act any more. If you still need an image, choose another one and order it."
        ) % {"name": name}
    if order.state == O.CANCELLED and order.items.filter(stops__state=StopState.ACCEPTED).exists():
        return _(
            "This order was stopped as asked: nothing will come, and what was not delivered was given back to the "
            "envelope. Nobody has to act any more."
        )
    return {
        O.DELIVERED: _delivered(order),
        O.CLOSED: _("This order is closed. Nobody has to act any more."),
        O.REFUSED: _("The office refused this order; its reason is below. Nobody has to act any more."),
        O.CANCELLED: _("This order was cancelled; nothing was bought. Nobody has to act any more."),
        O.EXPIRED: _(
            "The time for making the image has passed without one: nothing will come, and nothing is charged. Nobody "
            "has to act any more. If you still need an image, order again."
        ),
        O.FAILED: _(
            "This order failed; what it would have cost was given back to the envelope. Nobody has to act any more."
        ),
    }[O(order.state)]


def _delivered(order: Order) -> str:
    lines = list(order.items.all())
    if order.kind == OrderKind.ACQUISITION:
        acquired = acquired_m2(lines)
        if not all(suffices(line, acquired[line.pk]) for line in lines if line.state == ItemState.DELIVERED):
            return _(
                "A part of the area is there; you can download it. The rest was not acquired in time, and costs "
                "nothing. Nobody has to act any more."
            )
    if any(line.asked_area_m2 for line in lines):
        return _("The image of the part that was granted is there; you can download it. Nobody has to act any more.")
    return _("The image is there. Nobody has to act any more; you can download it.")


def _cancelling_provider(order: Order) -> str:
    """The name of the provider that cancelled the lines of an order, if one did."""
    changes = StateChange.objects.filter(
        aggregate="orders.orderitem",
        object_id__in=[line.pk for line in order.items.all()],
        transition="cancelled_by_provider",
    )
    return str(changes.values_list("actor_label", flat=True).order_by("-pk").first() or "")
