# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who holds what on an order: nobody decides on what they asked for, though they left the organisation since."""

import pytest

from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.orders import submitted, world

pytestmark = pytest.mark.django_db


def test_an_order_is_reviewed_by_an_office_without_a_part():
    order = submitted(world())
    requester, member = ModeratorFactory(), ModeratorFactory()
    active_membership(member, order.organisation)
    assert ModeratorFactory().has_perm("orders.review", order)
    order.requester = requester
    for nobody in (requester, member, UserFactory()):
        assert not nobody.has_perm("orders.review", order)
