# SPDX-License-Identifier: AGPL-3.0-or-later
"""A proposed image that two share, and what is answered to it."""

from datetime import timedelta

from dinamis.core import clock
from orders import tasks
from orders.services.fulfilment import proposals
from orders.services.fulfilment.placement import placed_order
from tests.factories.orders import world
from tests.orders.conftest import drive
from tests.orders.fulfilment.sharing import CLOUD, CLOUDS, OUTLINE, shared
from tests.orders.fulfilment.test_tasking_flow import acquire, follow, fresh


def proposed(simulator):
    """Two worlds, their lines, the shared provider order, the image proposed."""
    simulator.faults(overcast=True)
    first, second = world(), world()
    row, a, b = shared(first, second)
    drive("orders.place")
    follow()
    acquire(simulator, fresh(row), CLOUD, OUTLINE, CLOUDS)
    follow()
    return first, second, fresh(row), a, b


def states(*lines):
    return [fresh(line).state for line in lines]


def segment(simulator, row, proposal):
    placed = placed_order(row)
    known = simulator.provider.segments(placed.contract_id, proposal.tasking_id)
    return next(one for one in known if one.id == proposal.segment_id)


def accept(proposal, line, who, choice="accept", **more):
    return proposals.vote(proposal=proposal, line=line, actor=who, choice=choice, **more)


def refuse(proposal, line, who):
    return accept(proposal, line, who, "refuse", reason_code="clouds_over_area")


def end(proposal):
    with clock.at(proposal.deadline + timedelta(minutes=1)):
        tasks.watch_proposals()
