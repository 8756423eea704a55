# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a provider says, written down: each status once, every bad end gives the cost back."""

import pytest

from dinamis.core.models import OutboxMessage, StateChange
from dinamis.providers.base import DeliveryFile, PlacedOrder, ProviderStatus, StatusCode
from orders.models import Delivery, LedgerEntry, OrderItem
from orders.selectors.lifecycle.next_step import next_step
from orders.selectors.lifecycle.story import timeline
from orders.selectors.money.envelope import balance
from orders.sentences import PROVIDER_SAYS
from orders.services.fulfilment import delivery as deliveries
from orders.services.fulfilment.placement import prepare_placement, record_failure, record_placed, record_status
from tests.factories.orders import KM2, SceneFactory, approved

pytestmark = pytest.mark.django_db
S = StatusCode


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def place(line):
    row = prepare_placement(item_id=line.pk)
    answer = PlacedOrder(reference=row.reference, contract_id="C", order_id=f"SAL{row.pk}", cents=100)
    return record_placed(provider_order_id=row.pk, placed=answer)


def say(row, code, **words):
    return record_status(provider_order_id=row.pk, status=ProviderStatus(code=code, **words))


def states(order):
    return [fresh(order).state, *order.items.order_by("position").values_list("state", flat=True)]


@pytest.fixture
def two(w):
    """An approved order of two lines."""
    order = approved(w, scenes=[w.scene, SceneFactory(collection=w.collection)])
    return order, *order.items.order_by("position")


def test_each_status_moves_what_it_should(w):
    order = approved(w)
    (line,) = order.items.all()
    row = place(line)
    assert states(order) == ["placed", "placed"]
    say(row, S.ACCEPTED)
    assert states(order) == ["in_progress", "in_progress"]
    say(row, S.PROCESSING)
    assert states(order) == ["in_progress", "producing"]
    before = StateChange.objects.count()
    say(row, S.PROCESSING)
    assert (StateChange.objects.count(), fresh(row).checked_at is not None) == (before, True)
    say(row, S.COMPLETED)
    assert (fresh(row).state, states(order)) == ("completed", ["in_progress", "producing"])
    say(row, S.FAILED)
    assert (fresh(row).state, balance(w.envelope).committed) == ("completed", line.billed_area_m2)


def test_a_status_may_jump(w):
    order = approved(w)
    row = place(order.items.get())
    say(row, S.PROCESSING)
    assert states(order) == ["in_progress", "producing"]


@pytest.mark.parametrize(
    ("code", "line", "order_state"),
    [
        (S.REJECTED, "cancelled", "cancelled"),
        (S.CANCELLED, "cancelled", "cancelled"),
        (S.USER_CANCELLED, "cancelled", "cancelled"),
        (S.FAILED, "failed", "failed"),
        (S.EXPIRED, "expired", "expired"),
    ],
)
def test_a_bad_end_is_told_and_refunded(w, code, line, order_state):
    order = approved(w)
    row = place(order.items.get())
    say(row, code, reason_text="zone interdite")
    assert states(order) == [order_state, line]
    assert balance(w.envelope).available == 10_000 * KM2
    change = StateChange.objects.filter(aggregate="orders.orderitem").latest("pk")
    assert (change.actor_kind, change.actor_label, change.words) == ("provider", "Airbus DS", "zone interdite")
    told = OutboxMessage.objects.get(payload__template="orders/mail/failed").payload["context"]["words"]
    assert told == LedgerEntry.objects.latest("pk").words == PROVIDER_SAYS.keep(words="zone interdite")
    assert next_step(fresh(order), w.researcher)


def test_failing_twice_fails_once(w):
    order = approved(w)
    row = place(order.items.get())
    for _ in range(2):
        record_failure(provider_order_id=row.pk, code="refused", words="non")
    assert states(order) == ["failed", "failed"]
    assert balance(w.envelope).available == 10_000 * KM2
    assert StateChange.objects.filter(transition="fail", aggregate="orders.orderitem").count() == 1


def test_a_failure_before_placing_releases_the_hold(w):
    order = approved(w)
    row = prepare_placement(item_id=order.items.get().pk)
    record_failure(provider_order_id=row.pk, code="refused", words="non")
    assert (states(order), balance(w.envelope).held) == (["failed", "failed"], 0)


def test_being_placed_twice_changes_nothing(w):
    order = approved(w)
    line = order.items.get()
    row = place(line)
    again = PlacedOrder(reference=row.reference, contract_id="C", order_id="OTHER")
    record_placed(provider_order_id=row.pk, placed=again)
    assert fresh(row).provider_id == f"SAL{row.pk}"
    assert OutboxMessage.objects.filter(topic="orders.follow").count() == 1


def test_an_order_never_goes_back(w, two):
    order, first, second = two
    row = place(first)
    assert states(order) == ["placed", "placed", "approved"]
    record_failure(provider_order_id=row.pk, code="refused", words="non")
    assert states(order) == ["placed", "failed", "approved"]
    say(place(second), S.ACCEPTED)
    assert states(order) == ["in_progress", "failed", "in_progress"]
    say(fresh(second).provider_order, S.FAILED)
    assert states(order) == ["failed", "failed", "failed"]
    steps = timeline(fresh(order))
    assert [step.title for step in steps if step.kind == "bad" and str(w.scene) in step.title]


def together(w, *lines):
    """One provider order for lines of several orders, as a pool buys them."""
    row = prepare_placement(item_id=lines[0].pk)
    OrderItem.objects.filter(pk__in=[line.pk for line in lines]).update(provider_order=row)
    answer = PlacedOrder(reference=row.reference, contract_id="C", order_id="SAL1", cents=100)
    return record_placed(provider_order_id=row.pk, placed=answer)


def test_what_is_bought_once_moves_every_line_and_order_it_serves(w):
    first, second = approved(w), approved(w)
    row = together(w, first.items.get(), second.items.get())
    for order in (first, second):
        assert states(order) == ["placed", "placed"]
    assert balance(w.envelope).held == 0
    say(row, S.PROCESSING)
    say(row, S.FAILED, reason_text="panne")
    for order in (first, second):
        assert states(order) == ["failed", "failed"]
    assert balance(w.envelope).available == 10_000 * KM2


def test_a_delivery_is_written_once_and_may_fail_before_it_comes(w):
    order = approved(w)
    row = place(order.items.get())
    say(row, S.COMPLETED)
    files = [DeliveryFile(url="http://x/f.zip", name="f.zip", size=1, sha256="00" * 32)]
    (first,) = deliveries.expect(provider_order_id=row.pk, files=files)
    assert deliveries.expect(provider_order_id=row.pk, files=files) == [first]
    assert Delivery.objects.get().manifest[0]["name"] == "f.zip"
    for _ in range(2):
        deliveries.reject(delivery_id=first.pk, code="lost", words="perdue")
    assert (fresh(first).state, states(order)) == ("failed", ["failed", "failed"])
    assert balance(w.envelope).available == 10_000 * KM2
