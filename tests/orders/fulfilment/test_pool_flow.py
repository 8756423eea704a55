# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two organisations, one order: proposed, agreed, placed once, delivered once, against the real simulator process."""

from datetime import timedelta

import pytest
from shapely.geometry import box

from dinamis.core import clock
from licensing.enums import Action
from licensing.selectors.decision import Allow, decide
from orders.models import Delivery, OrderItem, Pool, ProviderOrder
from orders.selectors.fulfilment.pools import living_pool_of
from orders.selectors.money.envelope import balance
from orders.selectors.requests.request import order_request
from orders.services.fulfilment import pooling
from tests.factories.orders import acquisition_approved, acquisition_request, neighbour, world
from tests.orders.conftest import drive
from tests.orders.fulfilment.test_tasking_flow import acquire, follow, produced

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]
HERE, THERE = box(5.30, 43.24, 5.40, 43.31), box(5.35, 43.24, 5.45, 43.31)
ALL = box(5.29, 43.23, 5.46, 43.32)


def test_two_organisations_buy_once_and_both_are_entitled(simulator):
    simulator.faults(overcast=True)
    one = world()
    other = neighbour(one)
    now = clock.now()
    window = (now, now + timedelta(days=60))
    orders = [
        acquisition_request(w, areas=[area], window=window, **asked)
        for w, area, asked in ((one, HERE, {"cloud_max": 20}), (other, THERE, {"proposal_threshold": 60}))
    ]
    drive("orders.look_around")
    pool = Pool.objects.get()
    for w, order in zip((one, other), orders, strict=True):
        pooling.accept(pool=pool, line=order.items.get().pk, actor=w.researcher)
        acquisition_approved(w, order)
    before = simulator.count()
    drive("orders.place")
    row = ProviderOrder.objects.get()
    assert simulator.count() == before + 1
    assert (row.reference, row.lines.count()) == (pool.reference, 2)
    asked = order_request(row, "C", expected_cents=None)
    assert (asked.tasking.max_cloud_cover, asked.tasking.notification_threshold) == (10, 30)
    assert {user.name for user in asked.end_users} == {one.organisation.name, other.organisation.name}
    shares = {member.line_id: member for member in pool.members.all()}
    for line in OrderItem.objects.all():
        assert (line.billed_area_m2, line.price_cents) == (shares[line.pk].share_m2, shares[line.pk].share_cents)
    assert balance(one.envelope).committed + balance(other.envelope).committed == pool.billed_m2
    assert sum(line.price_cents for line in OrderItem.objects.all()) == pool.price_cents

    acquire(simulator, row, 5, ALL)
    follow()
    produced(simulator, row, 1)
    delivery = Delivery.objects.get()
    assert delivery.state == "available"
    for w, order in zip((one, other), orders, strict=True):
        order.refresh_from_db()
        assert (order.state, order.items.get().product) == ("delivered", delivery.item)
        allowed = decide(w.researcher, Action.DOWNLOAD, delivery.item.facts, project=None, at=clock.now())
        assert isinstance(allowed, Allow)
    pooling.watch(at=clock.now())
    assert living_pool_of(orders[0].items.get().pk).state == "closed"
