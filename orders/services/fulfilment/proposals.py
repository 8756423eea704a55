# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images a provider proposes, and what those who share the purchase say of them (ADR 0037).

Each requester answers for the part of the image that shows their own area. Accepted is the union of what was accepted:
the provider produces that, and the tasking goes on for the rest. Silence counts as the settings say.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from shapely import make_valid, unary_union
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from dinamis.core import clock, geo, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.transitions import apply_transition, lock, record_creation
from dinamis.providers.base import Segment, SegmentStatus
from orders import notifications
from orders.enums import ItemState, ProposalState, VoteChoice
from orders.models import OrderItem, Proposal, ProposalVote, ProviderOrder
from orders.reasons import check_reason
from orders.selectors.fulfilment.acquired import accepted_m2, suffices
from orders.selectors.fulfilment.proposals import Share, default_choice, shares
from orders.services.fulfilment.lines import locked_row
from orders.services.fulfilment.progress import synchronise

QUORUM_FROM = 2


@transaction.atomic
def record_segments(*, provider_order_id: int, segments: Sequence[Segment], actor: Actor) -> None:
    """Write the acquisitions of a tasking, each once, and ask the requesters about those that are proposed.

    What the provider itself has taken or dropped is written as its act; a proposal it does not list any more, or that
    waits when the tasking has ended, lapses.
    """
    row, lines = locked_row(provider_order_id)
    for segment in segments:
        proposal = _recorded(row, segment, actor)
        if proposal.state == ProposalState.PROPOSED and segment.status != SegmentStatus.PROPOSED:
            name = "accept" if segment.status == SegmentStatus.ACCEPTED else "refuse"
            apply_transition(proposal, name, actor=actor, reason=Reason("provider"), answered_at=clock.now())
    listed = {segment.id for segment in segments}
    for proposal in row.proposals.filter(state=ProposalState.PROPOSED):
        if row.state in ProviderOrder.machine.final or proposal.segment_id not in listed:
            apply_transition(proposal, "lapse", actor=actor, answered_at=clock.now())
    move_lines(row, lines, actor)


def _recorded(row: ProviderOrder, segment: Segment, actor: Actor) -> Proposal:
    known = row.proposals.filter(segment_id=segment.id).first()
    if known is not None:
        return known
    proposal = Proposal.objects.create(
        provider_order=row,
        segment_id=segment.id,
        tasking_id=segment.tasking_id,
        scene_id=segment.scene_id,
        footprint=_stored(shape(segment.footprint)),
        acquired_at=segment.acquired,
        incidence=segment.incidence_angle,
        cloud=segment.cloud_cover,
        cloud_mask=None if segment.cloud_mask is None else _stored(shape(segment.cloud_mask)),
        quicklook_url=segment.quicklook_url,
        deadline=clock.now() + timedelta(hours=settings.DINAMIS["PROPOSAL_HOURS"]),
    )
    record_creation(proposal, actor=actor)
    if segment.status == SegmentStatus.PROPOSED:
        for share in shares(proposal):
            notifications.image_proposed(proposal, share)
    return proposal


@transaction.atomic
def vote(
    *, proposal: Proposal, line: OrderItem, actor: Any, choice: str, reason_code: str = "", words: str = ""
) -> ProposalVote:
    """Say yes, no, or yes to the clear part of one's own area; until the end of the vote it may be said again.

    When everybody concerned has answered the outcome is sent to the provider. Raises NotPermitted (somebody else's
    line), IllegalTransition (decided, too late, or the image does not show the line's area), Invalid (unknown choice,
    a refusal without its reason, a split of an image whose clouds nobody mapped).
    """
    row, lines = locked_row(proposal.provider_order_id)
    current = lock(proposal)
    share = _share_of(current, line)
    if not actor.has_perm("orders.vote", share.line):
        raise NotPermitted(_("Only the requester of this area answers for it."))
    _check(current, choice, reason_code, words)
    cast, _created = ProposalVote.objects.update_or_create(
        proposal=current,
        line=line,
        defaults={
            "choice": choice,
            "person": actor,
            "cloud": share.cloud,
            "reason_code": reason_code if choice == VoteChoice.REFUSE else "",
            "words": words.strip(),
            "at": clock.now(),
        },
    )
    concerned = shares(current)
    votes = _votes(current)
    if all(one.line.pk in votes for one in concerned):
        _decide(current, concerned, votes, Reason("voted"))
        move_lines(row, lines, SYSTEM)
    return cast


@transaction.atomic
def close(*, proposal_id: int, at: datetime) -> bool:
    """End a vote whose deadline has passed: the default stands for those who said nothing.

    When several share the image and fewer than the quorum answered, it lapses: the provider is told no, the tasking
    goes on. Returns whether something was decided; twice = once.
    """
    proposal = Proposal.objects.get(pk=proposal_id)
    row, lines = locked_row(proposal.provider_order_id)
    current = lock(proposal)
    if current.state != ProposalState.PROPOSED or current.deadline > at:
        return False
    concerned, votes = shares(current), _votes(current)
    quorum = settings.DINAMIS["PROPOSAL_QUORUM_PERCENT"]
    if len(concerned) >= QUORUM_FROM and 100 * len(votes) < quorum * len(concerned):
        apply_transition(current, "lapse", actor=SYSTEM, reason=Reason("no_quorum", f"{len(votes)}/{len(concerned)}"))
        _tell(current, concerned)
    else:
        for share in concerned:
            if share.line.pk not in votes:
                votes[share.line.pk] = _by_default(current, share)
        _decide(current, concerned, votes, Reason("deadline"))
    move_lines(row, lines, SYSTEM)
    return True


def remind(*, at: datetime) -> None:
    """Write once more to those whose answer is due soon and has not come; each is reminded once."""
    soon = at + timedelta(hours=settings.DINAMIS["PROPOSAL_REMINDER_HOURS"])
    for proposal in Proposal.objects.filter(state=ProposalState.PROPOSED, deadline__gt=at, deadline__lte=soon):
        answered = set(proposal.votes.values_list("line_id", flat=True))
        for share in shares(proposal):
            if share.line.pk not in answered:
                notifications.proposal_reminder(proposal, share)


@transaction.atomic
def record_answer(*, proposal_id: int, error: str = "") -> None:
    """Note that the provider knows the outcome, or what it said instead: then the office is told. Twice = once."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal_id)
    if proposal.answered_at is None:
        proposal.answered_at, proposal.answer_error = clock.now(), error
        proposal.save(update_fields=["answered_at", "answer_error"])
        if error:
            notifications.answer_refused(proposal, error)


def move_lines(row: ProviderOrder, lines: Sequence[OrderItem], actor: Actor) -> None:
    """Bring lines to what their proposals say: proposed while one waits for them, in production once all of their
    area was accepted. The lines are locked by the caller."""
    waiting = row.proposals.filter(state=ProposalState.PROPOSED)
    proposed = {share.line.pk for proposal in waiting for share in shares(proposal)}
    accepted = accepted_m2(lines)
    for line in lines:
        if line.pk in proposed and line.state == ItemState.IN_PROGRESS:
            apply_transition(line, "propose", actor=Actor.provider(actor.label))
        elif line.pk not in proposed and line.state == ItemState.PROPOSED:
            apply_transition(line, "resume", actor=actor)
        if line.state == ItemState.IN_PROGRESS and suffices(line, accepted[line.pk]):
            apply_transition(line, "produce", actor=actor)
        synchronise(line.order, actor=actor)


def _check(proposal: Proposal, choice: str, code: str, words: str) -> None:
    if proposal.state != ProposalState.PROPOSED or clock.now() >= proposal.deadline:
        raise IllegalTransition(_("This image has been decided on: no answer is taken any more."), state=proposal.state)
    if choice not in VoteChoice.values:
        raise Invalid(_("Accept the image, refuse it, or take its clear part."), pointer="choice")
    if choice == VoteChoice.REFUSE:
        check_reason("proposal_refused", code, words)
    if choice == VoteChoice.SPLIT and proposal.cloud_mask is None:
        raise Invalid(
            _("Nobody knows where the clouds of this image are: its clear part cannot be taken alone."),
            pointer="choice",
            repair=_("Accept or refuse the whole."),
            code="no_mask",
        )


def _share_of(proposal: Proposal, line: OrderItem) -> Share:
    share = next((one for one in shares(proposal) if one.line.pk == line.pk), None)
    if share is None:
        raise IllegalTransition(_("This image does not concern that area, or the area needs no image any more."))
    return share


def _votes(proposal: Proposal) -> dict[int, ProposalVote]:
    return {vote.line_id: vote for vote in proposal.votes.all()}


def _by_default(proposal: Proposal, share: Share) -> ProposalVote:
    choice = default_choice(proposal, share)
    code = "clouds_over_area" if choice == VoteChoice.REFUSE else ""
    return ProposalVote.objects.create(
        proposal=proposal, line=share.line, choice=choice, cloud=share.cloud, reason_code=code
    )


def _decide(proposal: Proposal, concerned: Sequence[Share], votes: dict[int, ProposalVote], why: Reason) -> None:
    """Write the outcome and queue the provider's answer, in the transaction of the last word."""
    said = {share.line.pk: VoteChoice(votes[share.line.pk].choice) for share in concerned}
    taken = _polygons(unary_union([_taken(proposal, share.line, said[share.line.pk]) for share in concerned]))
    yes = sum(choice != VoteChoice.REFUSE for choice in said.values())
    reason = Reason(why.code, f"{yes}/{len(said)}")
    if taken.is_empty:
        apply_transition(proposal, "refuse", actor=SYSTEM, reason=reason)
    else:
        whole = all(choice == VoteChoice.ACCEPT for choice in said.values())
        part = None if whole else geo.to_multipolygon(taken)
        apply_transition(proposal, "accept", actor=SYSTEM, reason=reason, part=part)
    _tell(proposal, concerned)


def _tell(proposal: Proposal, concerned: Sequence[Share]) -> None:
    outbox.put("orders.answer_proposal", {"proposal_id": proposal.pk}, key=f"orders.answer_proposal:{proposal.pk}")
    for share in concerned:
        notifications.proposal_decided(proposal, share)


def _taken(proposal: Proposal, line: OrderItem, choice: VoteChoice) -> BaseGeometry:
    if choice == VoteChoice.REFUSE:
        return MultiPolygon()
    seen = geo.to_shapely(line.aoi).intersection(geo.to_shapely(proposal.footprint))
    if choice == VoteChoice.SPLIT and proposal.cloud_mask is not None:
        seen = seen.difference(geo.to_shapely(proposal.cloud_mask))
    return _polygons(seen)


def _polygons(area: BaseGeometry) -> MultiPolygon:
    parts = getattr(area, "geoms", [area])
    flat = [one for part in parts for one in getattr(part, "geoms", [part]) if isinstance(one, Polygon)]
    return MultiPolygon([part for part in flat if not part.is_empty])


def _stored(area: BaseGeometry) -> Any:
    return geo.to_multipolygon(_polygons(area if area.is_valid else make_valid(area)))
