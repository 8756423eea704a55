# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposed images: whom they concern, and how cloudy they are over each requester's own area."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from orders.enums import ItemState, ProposalState, VoteChoice
from orders.models import Order, OrderItem, Proposal, ProposalVote

# Areas on the ellipsoid. Polygons only: outlines that touch also have points and lines in common.
SHARES_SQL = """
SELECT l.id, ST_Area(seen.g::geography),
       CASE WHEN p.cloud_mask IS NOT NULL THEN ST_Area(ST_Intersection(seen.g, p.cloud_mask)::geography) END
FROM orders_proposal p
JOIN orders_orderitem l ON l.provider_order_id = p.provider_order_id,
LATERAL (SELECT ST_CollectionExtract(ST_Intersection(l.aoi, p.footprint), 3) AS g) seen
WHERE p.id = %s AND l.state = ANY(%s)
"""
WAITING = (ItemState.PLACED, ItemState.IN_PROGRESS, ItemState.PROPOSED, ItemState.PRODUCING)


@dataclass(frozen=True)
class Share:
    """What a proposed image shows of a line's area: m2, percent of the area, and the cloud over it in percent.

    Without a mask `cloud` is None: only the cloud of the whole image is known.
    """

    line: OrderItem
    covered_m2: int
    cloud: float | None

    @property
    def covered(self) -> float:
        """The share of the line's area that the image shows, in percent."""
        return min(100.0, 100 * self.covered_m2 / self.line.area_m2)


def shares(proposal: Proposal, *, every: bool = False) -> list[Share]:
    """Return what the image shows of each line that waits for it, by line; `every`: also of lines that have ended.

    Lines of which it shows nothing are left out. Two queries.
    """
    states = ItemState.values if every else WAITING
    with connection.cursor() as cursor:
        cursor.execute(SHARES_SQL, [proposal.pk, [str(state) for state in states]])
        found = {pk: (round(seen), cloudy) for pk, seen, cloudy in cursor.fetchall() if round(seen) > 0}
    lines = OrderItem.objects.select_related("order__requester", "order__acquisition").in_bulk(found)
    return [_share(lines[pk], *found[pk]) for pk in sorted(found)]


def default_choice(proposal: Proposal, share: Share) -> VoteChoice:
    """Return the word that counts for a requester who said nothing (setting PROPOSAL_DEFAULT).

    "measured" accepts when the cloud over the requester's own area, as the mask tells it, is within what was asked.
    """
    rule = settings.DINAMIS["PROPOSAL_DEFAULT"]
    if rule != "measured":
        return VoteChoice(rule)
    limit = share.line.order.acquisition.cloud_max
    cloud = proposal.cloud if share.cloud is None else share.cloud
    return VoteChoice.ACCEPT if limit is None or cloud <= limit else VoteChoice.REFUSE


def proposals_of(order: Order) -> QuerySet[Proposal]:
    """Return the acquisitions made for an order, oldest first."""
    return Proposal.objects.filter(provider_order__lines__order=order).distinct().order_by("acquired_at", "pk")


def visible_proposal(user: Any, *, reference: str = "", pk: int) -> Proposal | None:
    """Return a proposal that concerns an order the person may read (the one named, if any), or None."""
    return visible_proposals(user, reference=reference).filter(pk=pk).first()


def visible_proposals(user: Any, *, reference: str = "") -> QuerySet[Proposal]:
    """Return the proposals that concern orders the person may read, or the one named, by id."""
    orders = Order.objects.visible_to(user)
    if reference:
        orders = orders.filter(reference=reference)
    lines = OrderItem.objects.filter(order__in=orders.values("pk"), provider_order__isnull=False)
    rows = Proposal.objects.filter(provider_order__in=lines.values("provider_order"))
    return rows.select_related("provider_order").order_by("pk")


def waiting_for(user: Any) -> QuerySet[Proposal]:
    """Return the proposals that wait for the person's own word, the most pressing first."""
    mine = OrderItem.objects.filter(order__requester=user, state__in=WAITING)
    said = ProposalVote.objects.filter(proposal=OuterRef(OuterRef("pk")), line=OuterRef("pk"))
    silent = mine.filter(~Exists(said), provider_order=OuterRef("provider_order"))
    return (
        Proposal.objects.filter(Exists(silent), state=ProposalState.PROPOSED)
        .select_related("provider_order")
        .prefetch_related(Prefetch("provider_order__lines", queryset=mine.select_related("order"), to_attr="my_lines"))
        .order_by("deadline", "pk")
    )


def refusal_words(proposal: Proposal) -> str:
    """Return why a proposed image is refused, for the provider: the reasons of those who said so, without names."""
    said = proposal.votes.filter(choice=VoteChoice.REFUSE).values_list("reason_code", "words")
    return "; ".join(dict.fromkeys(": ".join(filter(None, one)) for one in said))


def overall(votes: Iterable[ProposalVote]) -> dict[str, int]:
    """Return how many lines said what."""
    counted = {choice.value: 0 for choice in VoteChoice}
    for vote in votes:
        counted[vote.choice] += 1
    return counted


def _share(line: OrderItem, seen: int, cloudy: float | None) -> Share:
    return Share(line, seen, None if cloudy is None else round(min(100.0, 100 * cloudy / seen), 1))
