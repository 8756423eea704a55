# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a reader is told of an order: who acts next, and everything that happened, with who and when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dinamis.accounts.enums import OfficeRole
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, who_words
from dinamis.core.models import StateChange
from dinamis.core.sentences import say
from dinamis.core.statemachine import By
from dinamis.core.templatetags.ui import km2
from orders.enums import LineVerdict, OrderKind, OrderState
from orders.models import (
    Activation,
    Delivery,
    HoldBack,
    Order,
    OrderItem,
    Proposal,
    ProposalVote,
    ProviderOrder,
    StopRequest,
)
from orders.reasons import LABELS, label_of
from orders.selectors.fulfilment.acquired import acquired_m2
from orders.selectors.lifecycle.story_money import Movement, movements
from orders.selectors.lifecycle.story_proposals import outcome, said, votes_on
from orders.selectors.reviewing.stages import line_decisions

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
    ("orders.order", "activate"): gettext_lazy("CIEST² activated: no review, placed at once"),
    ("orders.activation", "end"): gettext_lazy("The days of the activation are over"),
    ("orders.activation", "stop"): gettext_lazy("Activation stopped early"),
    ("orders.order", "refuse"): gettext_lazy("Refused"),
    ("orders.order", "cancel"): gettext_lazy("Cancelled"),
    ("orders.order", "close"): gettext_lazy("Closed"),
    ("orders.order", "take_back"): gettext_lazy("Taken back by the requester"),
    ("orders.order", "reopen"): gettext_lazy("Reopened"),
    ("orders.order", "reopen_part"): gettext_lazy("Reopened"),
    ("orders.holdback", "create"): gettext_lazy("Hold-back of the images asked"),
    ("orders.holdback", "grant"): gettext_lazy("Hold-back granted"),
    ("orders.holdback", "refuse"): gettext_lazy("Hold-back not granted"),
    ("orders.holdback", "extend"): gettext_lazy("Hold-back extended"),
    ("orders.holdback", "end"): gettext_lazy(
        "Hold-back ended by the office: the images are free for everybody entitled"
    ),
    ("orders.holdback", "release_early"): gettext_lazy("Images released early by the requester"),
    ("orders.holdback", "release"): gettext_lazy("Hold-back over: the images are free for everybody entitled"),
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
OFFICE = (OfficeRole.MODERATOR, OfficeRole.ADMINISTRATOR)
AUTOMAT = {"name": SYSTEM.label}
BAD = {"refuse", "fail", "reject", "cancelled_by_provider", "expire", "withdraw"}


@dataclass(frozen=True)
class Step:
    """One line of the timeline; `kind` is done, now, next or bad.

    `more` are our sentences on it, `text` what its actor wrote, `quote` what a provider did, in its own language.
    """

    title: str
    who: str = ""
    when: datetime | None = None
    text: str = ""
    kind: str = "done"
    reason: str = ""
    more: tuple[str, ...] = ()
    quote: str = ""
    line: int | None = None
    money: bool = True
    """Whether what envelopes did meanwhile may be told here."""


def tone(state: str) -> str:
    """Return the tone of a state for the status component."""
    return TONES[OrderState(state)]


def timeline(order: Order) -> list[Step]:
    """Return everything that happened to an order and what belongs to it, oldest first, with what was paid for it and
    given back; a constant number of queries."""
    lines = {line.pk: line for line in order.items.all()}
    proposals = {row.pk: row for row in Proposal.objects.filter(provider_order__lines__in=list(lines))}
    owners = _owners(order, list(lines.values())) | {"orders.proposal": dict.fromkeys(proposals)}
    votes = votes_on(order)
    steps = [_vote_step(vote) for vote in votes]
    for change in _changes(owners):
        if change.aggregate == "orders.proposal":
            proposal = proposals[change.object_id]
            steps.append(_outcome_step(change, proposal, [vote for vote in votes if vote.proposal_id == proposal.pk]))
        else:
            line = owners[change.aggregate][change.object_id]
            steps.append(_step(order, change, lines.get(line) if line else None))
    steps.sort(key=_moment)
    steps = _with_money(steps, movements(lines))
    if len(lines) > 1:
        # With one line its name would only be repeated.
        steps = [replace(s, title=f"{s.title} · {lines[s.line].label}") if s.line else s for s in steps]
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
        "orders.activation": dict.fromkeys(Activation.objects.filter(order=order).values_list("pk", flat=True)),
        "orders.holdback": dict.fromkeys(HoldBack.objects.filter(order=order).values_list("pk", flat=True)),
        "orders.officeticket": dict.fromkeys(order.tickets.values_list("pk", flat=True)),
    }


def _changes(owners: Mapping[str, Mapping[int, int | None]]) -> list[StateChange]:
    wanted = Q(pk__isnull=True)
    for aggregate, ids in owners.items():
        wanted |= Q(aggregate=aggregate, object_id__in=list(ids))
    changes = StateChange.objects.filter(wanted).select_related("actor").order_by("at", "pk")
    return [change for change in changes if (change.aggregate, change.transition) in TITLES]


def _step(order: Order, change: StateChange, line: OrderItem | None) -> Step:
    """A change as a reader of the order is told it; `line` is the one it concerns, None = all."""
    step = Step(
        title=str(TITLES[change.aggregate, change.transition]),
        who=_who(order, change),
        when=change.at,
        reason=label_of(change.reason_code) if change.reason_code in LABELS else "",
        kind="bad" if change.transition in BAD else "done",
        line=line.pk if line else None,
        money=change.aggregate != "orders.holdback",
    )
    if (change.aggregate, change.transition) == ("orders.holdback", "grant"):
        step = replace(step, more=(_months_granted(order),))
    if (change.aggregate, change.transition) == ("orders.order", "approve"):
        granted = _granted(order)
        return replace(step, title=_("Approved in part") if granted else step.title, text=change.words, more=granted)
    if change.reason_code == "moved_on":
        return replace(step, title=_("The wait is over"), reason="")
    if change.transition == "place":
        return replace(step, more=(_("Its number there: %(number)s.") % {"number": change.words},))
    if change.reason_code == "partly_acquired" and line is not None:
        return replace(step, title=_("Delivered in part"), more=(_kept(line),))
    words = say(change.words)
    if change.actor_kind == By.PROVIDER or (change.transition in BAD and change.actor_kind == By.SYSTEM):
        return replace(step, quote=words if change.transition in BAD and _is_sentence(words) else "")
    return replace(step, text=words)


def _who(order: Order, change: StateChange) -> str:
    """The actor by name, and in what capacity: a newcomer knows none of the names."""
    name = {"name": who_words(change.actor_label)}
    if change.actor_kind == By.PROVIDER:
        return _("%(name)s, the provider") % name
    if change.actor_kind == By.SYSTEM:
        return _("%(name)s, automatically") % name
    if change.actor is not None and change.actor.pk == order.requester_id:
        return _("%(name)s, requester") % name
    if change.actor is not None and change.actor.office_role in OFFICE:
        return _("%(name)s, DINAMIS office") % name
    return who_words(change.actor_label)


def _is_sentence(words: str) -> bool:
    """Whether a provider's words are more than the name of one of its states."""
    return " " in words.strip() and words != words.upper()


def _granted(order: Order) -> tuple[str, ...]:
    """What was granted of the lines that were not granted wholly, and why not the rest."""
    sentences = []
    for decision in line_decisions(order):
        line, why = decision.item, f"{label_of(decision.reason_code)}. {decision.words}".strip(" .")
        assert line is not None
        if decision.verdict == LineVerdict.REFUSED:
            sentences.append(_("Not granted: %(line)s. Reason: %(why)s.") % {"line": line.label, "why": why})
            continue
        asked, granted = line.asked_area_m2 or line.area_m2, decision.area_m2 or 0
        sizes = {"granted": km2(granted), "asked": km2(asked), "rest": km2(asked - granted), "why": why}
        sentences.append(
            _("Granted: %(granted)s of the %(asked)s asked for. Not granted: %(rest)s. Reason: %(why)s.") % sizes
        )
    return tuple(sentences)


def _months_granted(order: Order) -> str:
    row = order.hold_back
    words = ngettext(
        "Granted: %(granted)d of the %(asked)d month asked for.",
        "Granted: %(granted)d of the %(asked)d months asked for.",
        row.months,
    )
    return words % {"granted": row.granted_months, "asked": row.months}


def _kept(line: OrderItem) -> str:
    sizes = {"kept": km2(acquired_m2([line])[line.pk]), "asked": km2(line.area_m2)}
    return _("Delivered and kept: %(kept)s of the %(asked)s asked for.") % sizes


def _vote_step(vote: ProposalVote) -> Step:
    told = said(vote)
    who = _("%(name)s, requester") % {"name": vote.person} if vote.person else _("%(name)s, automatically") % AUTOMAT
    reason = label_of(vote.reason_code) if vote.reason_code else ""
    return Step(told.title, who, vote.at, text=vote.words, more=told.more, reason=reason, line=vote.line_id)


def _outcome_step(change: StateChange, proposal: Proposal, votes: Sequence[ProposalVote]) -> Step:
    told = outcome(change, proposal, votes)
    who = _("%(name)s, automatically") if change.actor_kind == By.SYSTEM else _("%(name)s, the provider")
    return Step(told.title, who % {"name": change.actor_label}, change.at, more=told.more)


def _moment(step: Step) -> datetime:
    return step.when or clock.now()


def _with_money(steps: list[Step], entries: Sequence[Movement]) -> list[Step]:
    """Tell each movement of money with the step that caused it: the last one of its line before it was written."""
    told = list(steps)
    for entry in entries:
        places = [n for n, s in enumerate(told) if _moment(s) <= entry.at and s.line in {None, entry.line} and s.money]
        if places:
            last = told[places[-1]]
            told[places[-1]] = replace(last, more=(*last.more, entry.text))
    return [replace(step, more=_counted(step.more)) for step in told]


def _counted(sentences: Sequence[str]) -> tuple[str, ...]:
    """Say once, with how often, what lines that are alike say each."""
    return tuple(f"{count} × {text}" if count > 1 else text for text, count in Counter(sentences).items())


def _to_come(order: Order) -> str:
    if order.kind == OrderKind.ACQUISITION and order.state in {O.PLACED, O.IN_PROGRESS}:
        return _("An image is taken, then produced and delivered")
    return _("Production and delivery")


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
    }.get(O(order.state), _to_come(order))
    now = [Step(**{**vars(step), "kind": "now"}) for step in steps[-1:] if step.kind == "done"]
    return [*steps[: len(steps) - len(now)], *now, Step(title=coming, kind="next")]
