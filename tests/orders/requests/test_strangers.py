# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs that are asked by somebody who has no part in an order: refused, and nothing is written."""

import pytest

from dinamis.core.exceptions import NotPermitted
from orders.models import OrderMark, Pool, Quote
from orders.services.fulfilment.pooling import propose_by_office
from orders.services.money.quotes import ask_quote
from orders.services.requests.sharing import share_with_project
from tests.factories.accounts import UserFactory
from tests.factories.orders import submitted, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return submitted(world())


def test_no_quote_is_asked_for(order):
    with pytest.raises(NotPermitted):
        ask_quote(order=order, actor=UserFactory())
    assert Quote.objects.count() == 0


def test_an_order_is_not_shared(order):
    order.project.members.add(UserFactory())
    before = OrderMark.objects.count()
    with pytest.raises(NotPermitted):
        share_with_project(order=order, actor=UserFactory())
    assert OrderMark.objects.count() == before


def test_no_grouping_is_proposed(order):
    lines = list(order.items.values_list("pk", flat=True))
    for actor in (UserFactory(), order.requester):
        with pytest.raises(NotPermitted):
            propose_by_office(lines=lines, actor=actor)
    assert Pool.objects.count() == 0


def test_a_grouping_of_nothing_is_not_proposed(order):
    with pytest.raises(NotPermitted):
        propose_by_office(lines=[], actor=world().moderator)
    assert Pool.objects.count() == 0
