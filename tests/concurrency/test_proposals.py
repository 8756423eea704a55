# SPDX-License-Identifier: AGPL-3.0-or-later
"""Votes on a proposed image at the same moment, and the deadline with them: one outcome, one answer to the provider."""

from datetime import timedelta

import pytest

from dinamis.core.exceptions import IllegalTransition
from dinamis.core.models import OutboxMessage, StateChange
from orders.models import OrderItem, Proposal, ProposalVote
from orders.services.fulfilment.proposals import close, vote
from tests.concurrency.test_orders import together
from tests.factories.orders import approved_acquisition, proposed, tasked, world
from tests.orders.fulfilment.sharing import CLOUDS, OUTLINE, A, B

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def asked():
    """An image proposed to two requesters; the lines and the proposal."""
    lines = [approved_acquisition(world(), aoi=area).items.get() for area in (A, B)]
    return *lines, proposed(tasked(*lines), outline=OUTLINE, clouds=CLOUDS)


def saying(proposal, line, choice, code=""):
    return lambda: vote(proposal=proposal, line=line, actor=line.order.requester, choice=choice, reason_code=code)


def outcome(proposal):
    """The state, how often it was decided, and how many answers wait for the provider."""
    decided = StateChange.objects.filter(aggregate="orders.proposal").exclude(transition="create")
    answers = OutboxMessage.objects.filter(topic="orders.answer_proposal")
    return Proposal.objects.get(pk=proposal.pk).state, decided.count(), answers.count()


def test_two_last_words_at_once_decide_once():
    a, b, proposal = asked()
    answers = together(saying(proposal, a, "accept"), saying(proposal, b, "refuse", "clouds_over_area"))
    assert all(isinstance(answer, ProposalVote) for answer in answers)
    assert outcome(proposal) == ("accepted", 1, 1)
    assert set(OrderItem.objects.values_list("state", flat=True)) == {"producing", "in_progress"}


def test_the_same_word_twice_at_once_is_one_vote():
    a, _b, proposal = asked()
    together(*[saying(proposal, a, "accept")] * 4)
    assert ProposalVote.objects.count() == 1
    assert outcome(proposal) == ("proposed", 0, 0)


def test_votes_at_the_moment_of_the_deadline_count_or_come_too_late():
    a, b, proposal = asked()
    after = proposal.deadline + timedelta(seconds=1)

    def end():
        return close(proposal_id=proposal.pk, at=after)

    answers = together(saying(proposal, a, "accept"), end, saying(proposal, b, "refuse", "haze"), end)
    state, times, told = outcome(proposal)
    assert (times, told) == (1, 1)
    refused = [answer for answer in answers if isinstance(answer, IllegalTransition)]
    votes = ProposalVote.objects.filter(person__isnull=False).count()
    assert len(refused) + votes == 2
    # Whoever came first: a yes in time takes the image, no word in time lets it lapse, a no alone refuses it here.
    assert state in {"accepted", "lapsed", "refused"}
    assert (state == "lapsed") == (ProposalVote.objects.count() == 0)
