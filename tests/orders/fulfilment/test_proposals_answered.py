# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is answered to proposed images goes to the provider once, at the real simulator process."""

import pytest

from dinamis.core import clock, geo, outbox
from dinamis.core.models import OutboxMessage
from dinamis.providers.base import SegmentStatus
from orders import tasks
from orders.models import Proposal, ProposalVote
from orders.services.fulfilment.placement import placed_order
from tests.factories.orders import approved_acquisition, world
from tests.orders.conftest import drive
from tests.orders.fulfilment.proposing import accept, end, proposed, refuse, segment, states
from tests.orders.fulfilment.sharing import CLOUD, CLOUDS, OUTLINE, A
from tests.orders.fulfilment.test_tasking_flow import acquire, follow, fresh, mails, produced, tasking_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]


@pytest.fixture
def both(simulator):
    """An image proposed to two, for tests that speak with the provider."""
    return proposed(simulator)


def test_accepted_where_it_is_clear_and_sought_again_where_it_is_not(both, simulator):
    """The eighth acceptance test of the reference."""
    first, second, row, a, b = both
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    assert (fresh(proposal).state, states(a, b)) == ("proposed", ["proposed", "proposed"])
    assert not OutboxMessage.objects.filter(topic="orders.answer_proposal").exists()
    refuse(proposal, b, second.researcher)
    assert (fresh(proposal).state, states(a, b)) == ("accepted", ["producing", "in_progress"])
    assert geo.to_shapely(fresh(proposal).part).symmetric_difference(A).area < 1e-9
    drive("orders.answer_proposal")
    assert segment(simulator, row, proposal).status == SegmentStatus.ACCEPTED
    validated = tasking_of(simulator, row).validated_area_m2
    assert validated == pytest.approx(geo.area_m2(A), rel=0.01)
    produced(simulator, row, 1)
    assert states(a, b) == ["delivered", "in_progress"]
    acquire(simulator, row, 4)
    follow()
    produced(simulator, row, 2)
    assert states(a, b) == ["delivered", "delivered"]
    assert (a.products.count(), b.products.count()) == (1, 1)
    assert a.products.get() != b.products.get()


def test_the_provider_is_told_once(both, simulator):
    first, second, row, a, b = both
    proposal = Proposal.objects.get()
    refuse(proposal, a, first.researcher)
    refuse(proposal, b, second.researcher)
    assert fresh(proposal).state == "refused"
    assert OutboxMessage.objects.filter(topic="orders.answer_proposal").count() == 1
    simulator.faults(server_error={"times": 20})
    drive("orders.answer_proposal")
    assert fresh(proposal).answered_at is None
    simulator.call("DELETE", "/simulator/faults")
    assert segment(simulator, row, proposal).status == SegmentStatus.PROPOSED
    simulator.faults(overcast=True)
    OutboxMessage.objects.filter(topic="orders.answer_proposal").update(available_at=clock.now())
    drive("orders.answer_proposal")
    assert segment(simulator, row, proposal).status == SegmentStatus.REFUSED
    answered = fresh(proposal).answered_at
    outbox.put("orders.answer_proposal", {"proposal_id": proposal.pk})
    drive("orders.answer_proposal")
    assert (fresh(proposal).answered_at, fresh(proposal).answer_error) == (answered, "")
    assert states(a, b) == ["in_progress", "in_progress"]


def test_an_answer_that_the_provider_does_not_take_is_told_to_the_office(both, simulator):
    first, second, row, a, b = both
    proposal = Proposal.objects.get()
    placed = placed_order(row)
    simulator.provider.refuse_segment(placed.contract_id, proposal.tasking_id, proposal.segment_id)
    accept(proposal, a, first.researcher)
    accept(proposal, b, second.researcher)
    drive("orders.answer_proposal")
    assert fresh(proposal).answer_error == "refused"
    assert mails("answer_refused")


def test_too_few_answers_let_it_lapse(both, simulator):
    _first, _second, row, a, b = both
    proposal = Proposal.objects.get()
    end(proposal)
    assert (fresh(proposal).state, ProposalVote.objects.count()) == ("lapsed", 0)
    assert states(a, b) == ["in_progress", "in_progress"]
    OutboxMessage.objects.filter(topic="orders.answer_proposal").update(available_at=clock.now())
    drive("orders.answer_proposal")
    assert segment(simulator, row, proposal).status == SegmentStatus.REFUSED


def test_a_single_requester_needs_no_quorum(simulator):
    simulator.faults(overcast=True)
    line = approved_acquisition(world(), aoi=A).items.get()
    drive("orders.place")
    follow()
    acquire(simulator, fresh(line).provider_order, CLOUD, OUTLINE, CLOUDS)
    follow()
    end(Proposal.objects.get())
    assert (Proposal.objects.get().state, fresh(line).state) == ("accepted", "producing")


def test_a_tasking_that_ends_lets_its_proposals_lapse(both, simulator):
    _first, _second, row, a, b = both
    simulator.provider.cancel(placed_order(row))
    follow()
    assert (Proposal.objects.get().state, states(a, b)) == ("lapsed", ["cancelled", "cancelled"])


class Forgetful:
    """A provider that does not list its taskings for a while."""

    def __init__(self, provider):
        self.provider = provider

    def taskings(self, *_args, **_words):
        return []

    def __getattr__(self, name):
        return getattr(self.provider, name)


def test_a_tasking_that_is_not_listed_for_a_while_ends_no_vote(both, simulator):
    _first, _second, row, _a, _b = both
    with pytest.raises(outbox.Again):
        tasks._follow_tasking(Forgetful(simulator.provider), row)
    assert Proposal.objects.get().state == "proposed"
