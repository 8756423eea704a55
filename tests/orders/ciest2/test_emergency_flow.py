# SPDX-License-Identifier: AGPL-3.0-or-later
"""An activation against the real simulator process: an image every day whatever the clouds, until it is stopped."""

import pytest
from shapely.geometry import box

from dinamis.core import clock
from dinamis.core.models import OutboxMessage
from orders.models import Activation, Order, Proposal, ProviderOrder
from orders.selectors.money.envelope import balance
from orders.services.ciest2 import emergency
from tests.dinamis.providers.conftest import until
from tests.factories.emergencies import activated, emergency_world
from tests.factories.orders import KM2
from tests.orders.conftest import drive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]
SUMMIT = box(-61.18, 14.80, -61.16, 14.82)
A_DAY = 2 * 100 * KM2


def follow():
    OutboxMessage.objects.filter(topic="orders.follow", done_at__isnull=True).update(available_at=clock.now())
    drive("orders.follow")


def states(activation):
    return list(activation.order.items.order_by("position").values_list("state", flat=True))


def test_a_day_brings_an_image_and_what_is_left_is_cancelled_when_it_is_stopped(simulator):
    w = emergency_world()
    activation = activated(w, area=SUMMIT)
    drive("orders.place")
    assert ProviderOrder.objects.exclude(provider_id="").count() == 10
    assert balance(w.envelope).committed == 10 * A_DAY
    follow()
    assert states(activation) == ["in_progress"] * 10
    simulator.advance(13)
    follow()
    assert states(activation) == ["producing"] + ["in_progress"] * 9
    simulator.advance(24)
    follow()
    assert states(activation)[:3] == ["producing", "producing", "in_progress"]
    assert set(Proposal.objects.values_list("state", flat=True)) == {"accepted"}
    emergency.stop(activation=activation, actor=w.researcher, code="event_over")
    drive("orders.stop")
    follow()
    until(lambda: follow() or "in_progress" not in states(activation))
    assert states(activation)[2:] == ["cancelled"] * 8
    assert balance(w.envelope).committed <= 2 * A_DAY
    assert Activation.objects.get().state == "stopped"
    assert Order.objects.get().state != "approved"
