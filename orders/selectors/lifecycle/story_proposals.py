# SPDX-License-Identifier: AGPL-3.0-or-later
"""What became of proposed images, as one order sees it: the words of its requesters, then the outcome for its areas.

An image that several share may be taken for one area and not for another: each order is told of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dinamis.core.models import StateChange
from dinamis.core.statemachine import By
from dinamis.core.templatetags.ui import percent
from orders.enums import VoteChoice
from orders.models import Order, Proposal, ProposalVote
from orders.reasons import label_of


@dataclass(frozen=True)
class Outcome:
    """What a change of a proposed image means for an order."""

    title: str
    more: tuple[str, ...]


def votes_on(order: Order) -> list[ProposalVote]:
    """Return what was said of proposed images for the areas of an order, oldest first; one query."""
    return list(ProposalVote.objects.filter(line__order=order).select_related("person").order_by("at", "pk"))


def said(vote: ProposalVote) -> Outcome:
    """Put a vote into words, with the cloud over the area it was cast for."""
    title = {
        VoteChoice.ACCEPT: _("Proposed image accepted for this area"),
        VoteChoice.SPLIT: _("Clear part of the proposed image accepted for this area"),
        VoteChoice.REFUSE: _("Proposed image refused for this area"),
    }[VoteChoice(vote.choice)]
    more = []
    if vote.cloud is not None:
        more.append(_("Clouds over this area: %(cloud)s.") % {"cloud": percent(vote.cloud)})
    if vote.person is None:
        more.append(_("Nobody answered in time: what was agreed for this case stands."))
    return Outcome(title, tuple(more))


def outcome(change: StateChange, proposal: Proposal, votes: Sequence[ProposalVote]) -> Outcome:
    """Say what the end of a proposed image means for the areas of an order, whose `votes` on it these are."""
    if change.actor_kind == By.PROVIDER:
        clouds = _("Clouds over the whole image: %(cloud)s.") % {"cloud": percent(proposal.cloud)}
        if change.transition == "accept":
            return Outcome(_("Image acquired, within what was asked"), (clouds,))
        return Outcome(_("Image dropped by the provider"), (clouds, _goes_on()))
    if change.transition == "accept" and not _only_refused(votes):
        return Outcome(_("Proposed image taken"), (*_counted(change), _("It is being produced.")))
    if change.transition == "accept":
        title = _("Proposed image taken for other areas, not for this one")
        return Outcome(title, (*_counted(change), _("Nothing of it is bought for this order."), _goes_on()))
    title = _("Proposed image not taken")
    return Outcome(title, (*_counted(change), _("Nothing of it is bought."), _goes_on()))


def _only_refused(votes: Sequence[ProposalVote]) -> bool:
    return bool(votes) and all(vote.choice == VoteChoice.REFUSE for vote in votes)


def _goes_on() -> str:
    return _("The provider goes on looking for an image of this area.")


def _counted(change: StateChange) -> tuple[str, ...]:
    """Why it ended and, where several were asked, how many said yes."""
    yes, mark, everybody = change.words.partition("/")
    several = mark and yes.isdecimal() and everybody.isdecimal() and int(everybody) > 1
    # That everybody has answered says nothing of one alone.
    telling = change.reason_code and (several or change.reason_code != "voted")
    why = (f"{capfirst(label_of(change.reason_code))}.",) if telling else ()
    if not several:
        return why
    words = {"yes": int(yes), "all": int(everybody)}
    if change.transition == "lapse":
        counted = _("Answers: %(yes)d of %(all)d.") % words
    else:
        counted = _("Wanted by %(yes)d of %(all)d.") % words
    return (*why, counted)
