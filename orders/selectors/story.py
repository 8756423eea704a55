# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a reader is told of an order: who acts next, and everything that happened, with who and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.core import clock
from dinamis.core.models import StateChange
from orders.enums import OrderState
from orders.models import Delivery, Order, OrderItem, Proposal, ProviderOrder, StopRequest
from orders.reasons import LABELS, label_of
from orders.selectors.stages import open_review, who_acts

O = OrderState
ENDED = (O.DELIVERED, O.CLOSED, O.REFUSED, O.CANCELLED, O.EXPIRED, O.FAILED)
TONES = {
    O.DRAFT: "neutral",
    O.SUBMITTED: "wait",
    O.IN_REVIEW: "wait",
    O.CHANGES_REQUESTED: "act",
    O.APPROVED: "progress",
    O.REFUSED: "bad",
    O.PLACED: "progress",
    O.IN_PROGRESS: "progress",
    O.PARTLY_DELIVERED: "progress",
    O.DELIVERED: "ok",
    O.CLOSED: "over",
    O.CANCELLED: "over",
    O.EXPIRED: "over",
    O.FAILED: "bad",
}
# What a reader needs of the histories of an order, of its lines, of what was placed and of what came. What the order
# does because its lines do is left out: the lines say it.
TITLES: dict[tuple[str, str], Any] = {
    ("orders.order", "create"): gettext_lazy("Draft written"),
    ("orders.order", "submit"): gettext_lazy("Submitted"),
    ("orders.order", "start_review"): gettext_lazy("Taken in charge by the office"),
    ("orders.order", "request_changes"): gettext_lazy("Changes requested"),
    ("orders.order", "resubmit"): gettext_lazy("Changes sent"),
    ("orders.order", "approve"): gettext_lazy("Approved"),
    ("orders.order", "refuse"): gettext_lazy("Refused"),
    ("orders.order", "cancel"): gettext_lazy("Cancelled"),
    ("orders.order", "close"): gettext_lazy("Closed"),
    ("orders.order", "expire"): gettext_lazy("Expired"),
    ("orders.order", "take_back"): gettext_lazy("Taken back by the requester"),
    ("orders.order", "reopen"): gettext_lazy("Reopened"),
    ("orders.order", "reopen_part"): gettext_lazy("Reopened"),
    ("orders.stoprequest", "create"): gettext_lazy("The provider is asked to stop"),
    ("orders.stoprequest", "refuse"): gettext_lazy("Not stopped"),
    ("orders.orderitem", "stop"): gettext_lazy("Stopped"),
    ("orders.orderitem", "ask_again"): gettext_lazy("Asked again from the provider"),
    ("orders.delivery", "dispute"): gettext_lazy("Delivery disputed by the requester"),
    ("orders.delivery", "keep"): gettext_lazy("Delivery kept by the office"),
    ("orders.officeticket", "create"): gettext_lazy("The office is told that this takes longer than usual"),
    ("orders.officeticket", "resolve"): gettext_lazy("Handled by the office"),
    ("orders.orderitem", "place"): gettext_lazy("Placed with the provider"),
    ("orders.orderitem", "propose"): gettext_lazy("Image proposed"),
    ("orders.orderitem", "deliver"): gettext_lazy("Image in the catalogue"),
    ("orders.orderitem", "cancelled_by_provider"): gettext_lazy("Cancelled by the provider"),
    ("orders.orderitem", "fail"): gettext_lazy("Failed"),
    ("orders.orderitem", "expire"): gettext_lazy("Expired at the provider"),
    ("orders.providerorder", "to_accepted"): gettext_lazy("Accepted by the provider"),
    ("orders.providerorder", "to_scheduled"): gettext_lazy("Scheduled by the provider"),
    ("orders.providerorder", "to_held"): gettext_lazy("Held by the provider"),
    ("orders.providerorder", "to_processing"): gettext_lazy("In production"),
    ("orders.providerorder", "to_completed"): gettext_lazy("Production finished"),
    ("orders.proposal", "accept"): gettext_lazy("Proposed image taken"),
    ("orders.proposal", "refuse"): gettext_lazy("Proposed image refused"),
    ("orders.proposal", "lapse"): gettext_lazy("Proposed image not taken: too few answers, or too late"),
    ("orders.delivery", "create"): gettext_lazy("Delivery announced"),
    ("orders.delivery", "receive"): gettext_lazy("Files are being fetched"),
    ("orders.delivery", "check"): gettext_lazy("Sizes and checksums verified"),
    ("orders.delivery", "accept"): gettext_lazy("Delivery checked and converted"),
    ("orders.delivery", "reject"): gettext_lazy("Delivery refused"),
    ("orders.delivery", "fail"): gettext_lazy("Delivery failed"),
    ("orders.delivery", "withdraw"): gettext_lazy("Delivery withdrawn"),
}
BAD = {"refuse", "fail", "reject", "cancelled_by_provider", "expire", "withdraw"}


@dataclass(frozen=True)
class Step:
    """One line of the timeline; `kind` is done, now, next or bad."""

    title: str
    who: str = ""
    when: datetime | None = None
    text: str = ""
    kind: str = "done"
    reason: str = ""


def tone(state: str) -> str:
    """Return the tone of a state for the status component."""
    return TONES[OrderState(state)]


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
        return _provider_acts(order)
    return _over(order)


def timeline(order: Order) -> list[Step]:
    """Return everything that happened to an order and what belongs to it, oldest first; the changes in one query."""
    lines = list(order.items.all())
    labels = {line.pk: line.label for line in lines}
    owners = _owners(order, lines)
    steps = []
    for change in _changes(owners):
        line = owners[change.aggregate][change.object_id]
        # With one line its name would only be repeated.
        steps.append(_step(change, labels[line] if line and len(labels) > 1 else ""))
    return _with_end(order, steps)


def _owners(order: Order, lines: Sequence[OrderItem]) -> dict[str, dict[int, int | None]]:
    """The rows whose histories tell of an order, by aggregate: their ids and the line they belong to, None = all."""
    rows: dict[int, int | None] = {line.provider_order_id: line.pk for line in lines if line.provider_order_id}
    # What was placed before a delivery was withdrawn bears the number of its line (placement).
    numbers = {f"{order.reference}-{line.position}": line.pk for line in lines}
    earlier = ProviderOrder.objects.filter(reference__startswith=f"{order.reference}-").exclude(pk__in=rows)
    for pk, reference in earlier.values_list("pk", "reference"):
        rows[pk] = numbers.get(reference.partition("-R")[0])
    placed = Delivery.objects.filter(provider_order__in=rows).values_list("pk", "provider_order_id")
    stops = StopRequest.objects.filter(line__order=order).values_list("pk", "line_id")
    return {
        "orders.order": {order.pk: None},
        "orders.orderitem": {line.pk: line.pk for line in lines},
        "orders.providerorder": rows,
        "orders.delivery": {pk: rows[row] for pk, row in placed},
        "orders.stoprequest": dict(stops),
        "orders.proposal": dict.fromkeys(Proposal.objects.filter(provider_order__in=rows).values_list("pk", flat=True)),
        "orders.officeticket": dict.fromkeys(order.tickets.values_list("pk", flat=True)),
    }


def provider_label(row: ProviderOrder) -> str:
    """Return the name people know a provider by."""
    return str(settings.DINAMIS["PROVIDER_LABELS"].get(row.provider, row.provider))


def _changes(owners: Mapping[str, Mapping[int, int | None]]) -> list[StateChange]:
    wanted = Q(pk__isnull=True)
    for aggregate, ids in owners.items():
        wanted |= Q(aggregate=aggregate, object_id__in=list(ids))
    changes = StateChange.objects.filter(wanted).order_by("at", "pk")
    return [change for change in changes if (change.aggregate, change.transition) in TITLES]


def _step(change: StateChange, scene: str) -> Step:
    title = str(TITLES[change.aggregate, change.transition])
    return Step(
        title=f"{title} · {scene}" if scene else title,
        who=change.actor_label,
        when=change.at,
        text=change.words,
        reason=label_of(change.reason_code) if change.reason_code in LABELS else "",
        kind="bad" if change.transition in BAD else "done",
    )


def _with_end(order: Order, steps: list[Step]) -> list[Step]:
    """Mark where an order that is not over stands, and what comes after."""
    if order.state in ENDED:
        return steps
    coming = {
        O.DRAFT: _("Submission"),
        O.SUBMITTED: _("Decision of the office"),
        O.IN_REVIEW: _("Decision of the office"),
        O.CHANGES_REQUESTED: _("Your changes"),
        O.APPROVED: _("Placing with the provider"),
    }.get(O(order.state), _("Production and delivery"))
    now = [Step(**{**vars(step), "kind": "now"}) for step in steps[-1:] if step.kind == "done"]
    return [*steps[: len(steps) - len(now)], *now, Step(title=coming, kind="next")]


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


def _provider_acts(order: Order) -> str:
    row = next((item.provider_order for item in order.items.all() if item.provider_order), None)
    name = provider_label(row) if row else _("the provider")
    if row is not None and row.state == "completed" and order.state != O.PARTLY_DELIVERED:
        return _("DINAMIS receives and checks the files now; nobody has to act.")
    return _("%(name)s acts next: the image is being produced. A mail will say when it is there.") % {"name": name}


def _over(order: Order) -> str:
    return {
        O.DELIVERED: _("The image is there. Nobody has to act any more; you can download it."),
        O.CLOSED: _("This order is closed."),
        O.REFUSED: _("The office refused this order; its reason is below."),
        O.CANCELLED: _("This order was cancelled; nothing was bought."),
        O.EXPIRED: _("This order expired without an image."),
        O.FAILED: _("This order failed; what it would have cost was given back to the envelope."),
    }[O(order.state)]
