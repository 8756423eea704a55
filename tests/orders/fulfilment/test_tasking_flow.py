# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an approved acquisition request to its images, against the real simulator process over HTTP."""

from fractions import Fraction

import pytest
from shapely.geometry import box, mapping

from dinamis.core import clock
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.providers.base import StatusCode
from orders.models import Delivery, LedgerEntry, OrderItem, Proposal, ProviderOrder
from orders.selectors.money.envelope import balance
from orders.services.fulfilment.closing import settle
from orders.services.fulfilment.placement import placed_order
from tests.dinamis.providers.conftest import until
from tests.factories.orders import KM2, approved_acquisition
from tests.orders.conftest import drive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]
AREA = box(5.33, 43.26, 5.40, 43.31)
WEST, EAST = box(5.32, 43.25, 5.365, 43.32), box(5.365, 43.25, 5.41, 43.32)


@pytest.fixture(autouse=True)
def _no_image_by_chance(simulator):
    simulator.faults(overcast=True)


@pytest.fixture
def line(w):
    return approved_acquisition(w, aoi=AREA).items.get()


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def tasking_of(simulator, row):
    placed = placed_order(row)
    (found,) = simulator.provider.taskings(placed.contract_id, reference=row.reference)
    return found


def placed(line):
    drive("orders.place")
    return ProviderOrder.objects.get(lines=line)


def acquire(simulator, row, cloud, outline=None, clouds=None):
    """An acquisition happens now, with that outline and those clouds."""
    body = {"cloud": cloud}
    body |= {"footprint": mapping(outline)} if outline is not None else {}
    body |= {"cloudMask": mapping(clouds)} if clouds is not None else {}
    path = f"/simulator/taskings/{tasking_of(simulator, row).id}/propose"
    assert simulator.call("POST", path, body).status_code == 201


def follow():
    OutboxMessage.objects.filter(topic="orders.follow", done_at__isnull=True).update(available_at=clock.now())
    drive("orders.follow")


def produced(simulator, row, count):
    """Time for production; the files of `count` deliveries are there."""
    simulator.advance(9)
    until(lambda: len(simulator.provider.deliveries(placed_order(row))) == count)
    follow()
    drive("orders.receive")


def mails(template):
    return OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}").count()


def test_a_request_is_placed_with_what_was_asked(w, line, simulator):
    before = simulator.count()
    row = placed(line)
    assert simulator.count() == before + 1
    assert (fresh(line).state, row.state) == ("placed", "received")
    assert balance(w.envelope).committed == 100 * KM2
    (kept,) = [
        o for o in simulator.call("GET", "/simulator/state").json()["orders"] if o["customerReference"] == row.reference
    ]
    assert kept["productType"] == "PleiadesTaskingOnePlan"
    tasking = tasking_of(simulator, row)
    assert tasking.period.end == line.period.upper.replace(microsecond=tasking.period.end.microsecond)
    assert tasking.ordered_area_m2 == pytest.approx(line.area_m2, rel=1e-3)
    follow()
    assert (fresh(row).state, fresh(line).state, fresh(line.order).state) == ("tasked", "in_progress", "in_progress")


def test_one_clear_image_delivers_the_line(w, line, simulator):
    row = placed(line)
    follow()
    acquire(simulator, row, 3)
    follow()
    assert Proposal.objects.get().state == "accepted"
    assert (fresh(line).state, fresh(line.order).state) == ("producing", "in_progress")
    produced(simulator, row, 1)
    assert (fresh(line).state, fresh(line.order).state) == ("delivered", "delivered")
    image = fresh(line).product
    assert (image.held, image.collection, list(line.products.all())) == (True, w.collection, [image])
    assert image.source_id == Proposal.objects.get().scene_id
    assert not LedgerEntry.objects.filter(kind="refund").exists()
    assert (mails("delivered"), mails("part_delivered")) == (1, 0)
    until(lambda: simulator.provider.status(placed_order(row)).code is StatusCode.COMPLETED)
    follow()
    assert fresh(row).state == "completed"
    assert not OutboxMessage.objects.filter(topic="orders.follow", done_at__isnull=True).exists()


def test_an_area_is_acquired_in_two_parts(w, line, simulator):
    row = placed(line)
    follow()
    acquire(simulator, row, 3, WEST)
    follow()
    produced(simulator, row, 1)
    assert (fresh(line).state, fresh(line.order).state) == ("in_progress", "partly_delivered")
    assert mails("part_delivered") == 1
    acquire(simulator, row, 4, EAST)
    follow()
    produced(simulator, row, 2)
    assert (fresh(line).state, fresh(line.order).state) == ("delivered", "delivered")
    assert list(Delivery.objects.order_by("number").values_list("number", "state")) == [
        (1, "available"),
        (2, "available"),
    ]
    first, second = (delivery.item for delivery in Delivery.objects.order_by("number"))
    assert first != second
    assert set(line.products.all()) == {first, second}
    assert fresh(line).product == first
    assert balance(w.envelope).committed == 100 * KM2


def test_what_is_missing_at_the_end_of_the_window_is_given_back(w, line, simulator):
    row = placed(line)
    follow()
    acquire(simulator, row, 3, WEST)
    follow()
    produced(simulator, row, 1)
    simulator.advance(61 * 24)
    follow()
    drive("orders.receive")
    assert (fresh(row).state, fresh(line).state) == ("completed", "delivered")
    change = StateChange.objects.filter(aggregate="orders.orderitem", transition="deliver").get()
    assert change.reason_code == "partly_acquired"
    back = LedgerEntry.objects.get(kind="refund")
    assert Fraction(back.amount_m2, 100 * KM2) == pytest.approx(0.5, abs=0.02)
    assert balance(w.envelope).available == 10_000 * KM2 - 100 * KM2 + back.amount_m2
    assert mails("partly_acquired") == 1
    settle(provider_order_id=row.pk)
    assert LedgerEntry.objects.filter(kind="refund").count() == 1


def test_a_window_without_an_image_expires_and_costs_nothing(w, simulator):
    line = approved_acquisition(w, aoi=AREA, cloud_max=0, proposal_threshold=0).items.get()
    row = placed(line)
    follow()
    simulator.advance(61 * 24)
    follow()
    assert (fresh(row).state, fresh(line).state, fresh(line.order).state) == ("expired", "expired", "expired")
    assert balance(w.envelope).available == 10_000 * KM2
    assert (mails("failed"), fresh(line).product) == (1, None)


def test_a_provider_that_cancels_leaves_what_it_delivered(w, line, simulator):
    row = placed(line)
    follow()
    acquire(simulator, row, 3, WEST)
    follow()
    produced(simulator, row, 1)
    simulator.provider.cancel(placed_order(row))
    follow()
    assert (fresh(row).state, fresh(line).state) == ("user_cancelled", "delivered")
    assert StateChange.objects.filter(aggregate="orders.orderitem").last().actor_label == "Airbus DS"
    assert LedgerEntry.objects.filter(kind="refund").count() == 1


def test_a_provider_that_cancels_before_any_image_gives_all_back(w, line, simulator):
    row = placed(line)
    follow()
    simulator.provider.cancel(placed_order(row))
    follow()
    assert (fresh(line).state, fresh(line.order).state) == ("cancelled", "cancelled")
    assert balance(w.envelope).available == 10_000 * KM2


def test_a_delivery_that_is_damaged_leaves_the_others(w, line, simulator):
    row = placed(line)
    follow()
    acquire(simulator, row, 3, WEST)
    follow()
    produced(simulator, row, 1)
    acquire(simulator, row, 4, EAST)
    follow()
    simulator.advance(9)
    until(lambda: len(simulator.call("GET", f"{manifest(row)}").json()["deliveries"]) == 2)
    simulator.faults(wrong_checksum=True)
    follow()
    drive("orders.receive")
    assert list(Delivery.objects.order_by("number").values_list("state", flat=True)) == ["available", "rejected"]
    assert mails("part_rejected_office")
    assert OrderItem.objects.get().products.count() == 1
    assert fresh(line).state not in {"failed", "cancelled"}


def manifest(row):
    known = placed_order(row)
    return f"/api/v1/contracts/{known.contract_id}/orders/{known.order_id}/deliveries"
