# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings from the neighbour that is noticed to the order that is placed once, and every way they end."""

from datetime import timedelta

import pytest
from shapely.geometry import box

from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.transitions import apply_transition
from dinamis.providers.base import PlacedOrder
from licensing.services.entitlement import suspend_entitlement
from orders.models import LedgerEntry, Pool, ProviderOrder
from orders.selectors.fulfilment.pools import blurred, near_misses, parties
from orders.selectors.money.envelope import balance
from orders.services.fulfilment import placement, pooling
from orders.services.lifecycle import stops
from orders.services.lifecycle.watchdog import put_back
from orders.services.requests.submission import cancel_order
from orders.services.reviewing.review import refuse_order, request_changes, start_review
from tests.factories.orders import (
    KM2,
    acquisition_approved,
    acquisition_request,
    approved,
    envelope,
    member_of,
    neighbour,
    world,
)
from tests.orders.conftest import drive

pytestmark = pytest.mark.django_db
HERE, THERE = box(3.7, 43.3, 3.9, 43.4), box(3.8, 43.3, 4.0, 43.4)
BETWEEN = box(3.75, 43.3, 3.95, 43.4)


@pytest.fixture
def one():
    return world()


@pytest.fixture
def other(one):
    return neighbour(one)


@pytest.fixture
def orders(one, other):
    return acquisition_request(one, areas=[HERE]), acquisition_request(other, areas=[THERE])


def look():
    """Let the outbox look at the neighbours of what was submitted or changed."""
    return drive("orders.look_around")


@pytest.fixture
def pool(orders):
    look()
    return Pool.objects.get()


def line(order):
    return order.items.get()


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def accepted(pool, *worlds, **fields):
    for w in worlds:
        member = pool.members.get(line__order__organisation=w.organisation)
        pool = pooling.accept(pool=pool, line=member.line_id, actor=w.researcher, **fields)
    return pool


def mails(template):
    return list(
        OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}").values_list("payload__to", flat=True)
    )


def untouched(*orders):
    """A grouping that ends takes nothing: the same place, the same cost."""
    for order in orders:
        now = fresh(order)
        assert (now.submitted_at, now.state) == (order.submitted_at, order.state)
        assert line(now).billed_area_m2 >= line(now).area_m2
        assert line(now).provider_order is None


def test_two_that_overlap_are_proposed_to_both_with_the_split(pool, orders, one, other):
    first, second = pool.members.order_by("line__order__submitted_at")
    assert (first.line.order, second.line.order) == orders
    assert first.share_m2 + second.share_m2 == pool.billed_m2
    assert first.share_cents + second.share_cents == pool.price_cents
    assert pool.billed_m2 < first.alone_m2 + second.alone_m2
    assert sorted(mails("pool_proposed")) == sorted([one.researcher.email, other.researcher.email])
    untouched(*orders)


def test_looking_twice_proposes_once(pool, orders):
    for order in orders:
        pooling.look_around(order.pk)
    assert pooling.queue_all(at=clock.now()) == 0
    assert Pool.objects.count() == 1


def test_what_a_look_missed_is_found_by_the_round(orders):
    OutboxMessage.objects.filter(topic="orders.look_around").delete()
    at = clock.now()
    assert [pooling.queue_all(at=at) for _ in range(2)] == [1, 1]
    assert drive("orders.propose_pools") == 1
    assert Pool.objects.get().members.count() == 2


def test_an_archive_order_or_a_far_one_is_left_alone(one, other):
    acquisition_request(one, areas=[HERE])
    acquisition_request(other, areas=[box(9, 43, 9.2, 43.2)])
    assert OutboxMessage.objects.filter(topic="orders.look_around").count() == 2
    approved(one)
    assert OutboxMessage.objects.filter(topic="orders.look_around").count() == 2
    look()
    assert not Pool.objects.exists()


def test_what_clashes_is_not_proposed_and_the_office_reads_why(one, other):
    acquisition_request(one, areas=[HERE])
    acquisition_request(other, areas=[THERE], mode="stereo")
    look()
    assert not Pool.objects.exists()
    (miss,) = near_misses(at=clock.now())
    assert [clash.code for clash in miss.clashes] == ["mode"]


def test_all_accept_and_it_is_agreed(pool, one, other):
    assert accepted(pool, one).state == "proposed"
    agreed = accepted(pool, other)
    assert agreed.state == "agreed"
    assert len(mails("pool_agreed")) == 2
    assert StateChange.objects.filter(aggregate="orders.pool", transition="agree").get().actor == other.researcher


def test_each_answers_for_itself_only(pool, one, other, orders):
    colleague = member_of(one.organisation)
    for person in (other.researcher, colleague, one.moderator):
        with pytest.raises(NotPermitted):
            pooling.accept(pool=pool, line=line(orders[0]).pk, actor=person)
    with pytest.raises(NotPermitted):
        pooling.decline(pool=pool, line=line(orders[0]).pk, actor=other.researcher)
    with pytest.raises(IllegalTransition):
        pooling.accept(pool=pool, line=0, actor=one.researcher)
    accepted(pool, one)
    with pytest.raises(IllegalTransition):
        accepted(pool, one)
    with pytest.raises(StaleVersion):
        accepted(pool, other, expected_version=7)
    assert fresh(pool).state == "proposed"
    assert not pool.members.filter(line=line(orders[1])).get().answer


@pytest.mark.usefixtures("in_no_language")
def test_one_who_declines_ends_it_and_nobody_loses_their_place(pool, one, other, orders):
    accepted(pool, one)
    member = pool.members.get(line=line(orders[1]))
    row = pooling.decline(pool=pool, line=member.line_id, actor=other.researcher, words="Trop tard pour nous.")
    assert row.state == "dissolved"
    assert set(pool.members.values_list("left_code", flat=True)) == {"declined", "dissolved"}
    assert len(mails("pool_dissolved")) == 2
    untouched(*orders)
    for order in orders:
        pooling.look_around(order.pk)
    assert Pool.objects.count() == 1


def test_those_who_remain_are_asked_anew(one, other):
    third = neighbour(one)
    orders = [acquisition_request(w, areas=[a]) for w, a in ((one, HERE), (other, THERE), (third, BETWEEN))]
    look()
    pool = Pool.objects.get()
    assert pool.members.count() == 3
    accepted(pool, one, other)
    pooling.decline(pool=pool, line=line(orders[1]).pk, actor=other.researcher)
    again = Pool.objects.exclude(pk=pool.pk).get()
    assert {member.line.order for member in again.living()} == {orders[0], orders[2]}
    assert not any(member.answer for member in again.living())
    untouched(*orders)


def test_one_may_leave_after_having_accepted_but_not_once_it_is_placed(pool, one, other, orders):
    accepted(pool, one, other)
    pooling.decline(pool=pool, line=line(orders[0]).pk, actor=one.researcher)
    assert fresh(pool).state == "dissolved"


def test_the_office_dissolves_with_words(pool, one, orders):
    with pytest.raises(Invalid):
        pooling.dissolve(pool=pool, actor=one.moderator, words=" ")
    with pytest.raises(NotPermitted):
        pooling.dissolve(pool=pool, actor=one.researcher, words="non")
    assert fresh(pool).state == "proposed"
    pooling.dissolve(pool=pool, actor=one.moderator, words="Le fournisseur ne peut pas.")
    mail = OutboxMessage.objects.filter(payload__template="orders/mail/pool_dissolved").first()
    assert mail.payload["context"]["office_words"] == "Le fournisseur ne peut pas."
    untouched(*orders)


def test_the_office_proposes_and_reads_why_not(one, other):
    first, second = acquisition_request(one, areas=[HERE]), acquisition_request(other, areas=[THERE], mode="stereo")
    lines = [line(first).pk, line(second).pk]
    with pytest.raises(Invalid) as refused:
        pooling.propose_by_office(lines=lines, actor=one.moderator)
    assert refused.value.code == "mode"
    with pytest.raises(NotPermitted):
        pooling.propose_by_office(lines=lines, actor=one.researcher)
    assert not Pool.objects.exists()
    third = acquisition_request(neighbour(one), areas=[THERE])
    pool = pooling.propose_by_office(lines=[line(first).pk, line(third).pk], actor=one.moderator, rule="purse")
    assert (pool.proposed_by, pool.rule) == (one.moderator, "purse")
    with pytest.raises(IllegalTransition):
        pooling.propose_by_office(lines=[line(first).pk, line(third).pk], actor=one.moderator)
    with pytest.raises(IllegalTransition):
        pooling.propose_by_office(lines=[line(first).pk, 0], actor=one.moderator)


def test_silence_ends_it_at_the_deadline(pool, one, orders):
    accepted(pool, one)
    pooling.settle(pool.pk, at=pool.deadline - timedelta(seconds=1))
    assert fresh(pool).state == "proposed"
    pooling.settle(pool.pk, at=pool.deadline)
    assert fresh(pool).state == "dissolved"
    assert set(pool.members.values_list("left_code", flat=True)) == {"silent", "dissolved"}
    untouched(*orders)


@pytest.mark.parametrize("end", ["cancel", "refuse", "changes"])
def test_a_request_that_ends_or_changes_leaves(pool, one, other, orders, end):
    order = orders[0]
    if end == "cancel":
        cancel_order(order=order, actor=one.researcher)
    else:
        start_review(order=order, actor=one.moderator)
        verb = refuse_order if end == "refuse" else request_changes
        verb(order=order, actor=one.moderator, reason="Non.")
    look()
    assert fresh(pool).state == "dissolved"
    assert pool.members.get(line=line(order)).left_code == "ended"
    untouched(orders[1])


def test_a_request_rewritten_under_the_others_leaves(pool, one, other, orders):
    accepted(pool, one, other)
    orders[0].acquisition.cloud_max = 5
    orders[0].acquisition.save()
    pooling.watch(at=clock.now())
    assert pool.members.get(line=line(orders[0])).left_code == "changed"
    assert Pool.objects.get(pk=pool.pk).state == "dissolved"


def placed(row):
    answer = PlacedOrder(reference=row.reference, contract_id="C", order_id=f"SAL{row.pk}", cents=100)
    return placement.record_placed(provider_order_id=row.pk, placed=answer)


@pytest.mark.usefixtures("in_no_language")
def test_all_approved_it_is_placed_once_and_each_envelope_pays_its_share(pool, one, other, orders):
    accepted(pool, one, other)
    acquisition_approved(one, orders[0])
    assert placement.prepare_placement(item_id=line(orders[0]).pk) is None
    assert balance(one.envelope).held == line(orders[0]).billed_area_m2
    assert put_back(at=clock.now()) == 0
    acquisition_approved(other, orders[1])
    row = placement.prepare_placement(item_id=line(orders[1]).pk)
    assert placement.prepare_placement(item_id=line(orders[0]).pk) == row
    assert (ProviderOrder.objects.count(), row.reference, row.aoi) == (1, pool.reference, pool.aoi)
    assert fresh(pool).state == "placed"
    for w in (one, other):
        member = pool.members.get(line__order__organisation=w.organisation)
        assert balance(w.envelope).held == member.share_m2 == member.line.billed_area_m2
        assert member.line.price_cents == member.share_cents
    placed(row)
    assert [line(order).state for order in orders] == ["placed", "placed"]
    assert balance(one.envelope).committed + balance(other.envelope).committed == pool.billed_m2
    with pytest.raises(IllegalTransition):
        pooling.decline(pool=fresh(pool), line=line(orders[0]).pk, actor=one.researcher)


def test_agreeing_last_places_what_was_approved_before(pool, one, other, orders):
    for w, order in zip((one, other), orders, strict=True):
        acquisition_approved(w, order)
    assert placement.prepare_placement(item_id=line(orders[0]).pk) is None
    before = OutboxMessage.objects.filter(topic="orders.place").count()
    accepted(pool, one, other)
    assert OutboxMessage.objects.filter(topic="orders.place").count() == before + 1
    assert placement.prepare_placement(item_id=line(orders[0]).pk).reference == pool.reference


def test_what_was_approved_is_placed_alone_when_the_grouping_ends(pool, one, other, orders):
    accepted(pool, one)
    acquisition_approved(one, orders[0])
    assert placement.prepare_placement(item_id=line(orders[0]).pk) is None
    pooling.decline(pool=pool, line=line(orders[1]).pk, actor=other.researcher)
    message = OutboxMessage.objects.get(key=f"orders.place:{line(orders[0]).pk}:{pool.reference}")
    row = placement.prepare_placement(item_id=message.payload["item_id"])
    assert row.reference == f"{orders[0].reference}-1"
    assert balance(one.envelope).held == line(orders[0]).billed_area_m2


def test_not_approved_in_time_the_others_go_on(pool, one, other, orders):
    pool = accepted(pool, one, other)
    acquisition_approved(one, orders[0])
    pooling.settle(pool.pk, at=pool.deadline)
    assert pool.members.get(line=line(orders[1])).left_code == "undecided"
    assert placement.prepare_placement(item_id=line(orders[0]).pk) is not None


def test_who_has_lost_the_right_leaves_and_is_not_bought_for(pool, one, other, orders):
    accepted(pool, one, other)
    for w, order in zip((one, other), orders, strict=True):
        acquisition_approved(w, order)
    suspend_entitlement(entitlement=other.entitlement, cause="inquiry", words="enquête", actor=one.moderator)
    assert placement.prepare_placement(item_id=line(orders[0]).pk) is None
    assert pool.members.get(line=line(orders[1])).left_code == "right_lost"
    assert placement.prepare_placement(item_id=line(orders[1]).pk) is None
    assert placement.prepare_placement(item_id=line(orders[0]).pk).lines.count() == 1
    assert "enqu" not in OutboxMessage.objects.filter(payload__template="orders/mail/pool_dissolved").first().payload


def test_a_sponsor_pays_for_all(pool, one, other, orders):
    accepted(pool, one, sponsor=True)
    with pytest.raises(IllegalTransition):
        accepted(pool, other, sponsor=True)
    assert list(pool.members.order_by("-sponsor").values_list("share_m2", flat=True)) == [pool.billed_m2, 0]
    pool = accepted(pool, other)
    assert (pool.state, pool.rule) == ("agreed", "sponsor")
    for w, order in zip((one, other), orders, strict=True):
        acquisition_approved(w, order)
    row = placement.prepare_placement(item_id=line(orders[0]).pk)
    placed(row)
    assert (balance(one.envelope).committed, balance(other.envelope).held) == (pool.billed_m2, 0)
    placement.record_failure(provider_order_id=row.pk, code="refused", words="non")
    assert balance(one.envelope).available == 10_000 * KM2
    pooling.watch(at=clock.now())
    assert fresh(pool).state == "closed"


def test_a_sponsor_whose_purse_does_not_suffice_takes_nothing_from_anybody(one):
    poor, other = neighbour(one, budget_km2=200), neighbour(one)
    orders = acquisition_request(poor, areas=[HERE]), acquisition_request(other, areas=[THERE])
    look()
    pool = Pool.objects.get()
    accepted(pool, poor, sponsor=True)
    accepted(pool, other)
    for w, order in zip((poor, other), orders, strict=True):
        acquisition_approved(w, order)
    before = LedgerEntry.objects.count()
    assert placement.prepare_placement(item_id=line(orders[0]).pk) is None
    assert (LedgerEntry.objects.count(), ProviderOrder.objects.count()) == (before, 0)
    assert pool.members.get(line=line(orders[0])).left_code == "purse_short"
    untouched(*[fresh(order) for order in orders])


def test_a_sponsor_may_use_the_purses_it_has(one):
    poor, other = neighbour(one, budget_km2=200), neighbour(one)
    envelope(1_000)
    orders = acquisition_request(poor, areas=[HERE]), acquisition_request(other, areas=[THERE])
    look()
    accepted(Pool.objects.get(), poor, sponsor=True)
    pool = accepted(Pool.objects.get(), other)
    for w, order in zip((poor, other), orders, strict=True):
        acquisition_approved(w, order)
    assert placement.prepare_placement(item_id=line(orders[0]).pk) is not None
    assert sum(-entry.amount_m2 for entry in LedgerEntry.objects.filter(order_item=line(orders[0]))) == pool.billed_m2


def test_the_areas_of_others_are_blurred_until_all_agreed(pool, one, other):
    seen = {party.name: party for party in parties(pool, one.researcher)}
    theirs = seen[other.organisation.name]
    assert (theirs.mine, theirs.exact, theirs.may_answer) == (False, False, False)
    assert theirs.area.equals(blurred(THERE))
    assert theirs.area.contains(THERE)
    assert seen[one.organisation.name].exact
    assert all(party.exact for party in parties(pool, one.moderator))
    accepted(pool, one, other)
    assert all(party.exact for party in parties(fresh(pool), one.researcher))


def test_who_reads_a_grouping(pool, one, other):
    stranger = neighbour(one).researcher
    for person, sees in (
        (one.researcher, True),
        (member_of(other.organisation), True),
        (one.moderator, True),
        (stranger, False),
    ):
        assert Pool.objects.visible_to(person).filter(pk=pool.pk).exists() is sees


def test_the_handlers_may_be_called_twice(orders):
    for _ in range(2):
        pooling.look_around(orders[0].pk)
        pooling.propose([line(order).pk for order in orders])
    assert Pool.objects.count() == 1
    assert "orders.look_around" in outbox.topics()


def test_a_delivery_that_was_withdrawn_is_asked_again_for_all_at_no_cost(pool, one, other, orders):
    accepted(pool, one, other)
    for w, order in zip((one, other), orders, strict=True):
        acquisition_approved(w, order)
    row = placed(placement.prepare_placement(item_id=line(orders[0]).pk))
    held = LedgerEntry.objects.count()
    for order in orders:
        item = line(order)
        for name in ("progress", "deliver", "ask_again"):
            changes = {"provider_order": None} if name == "ask_again" else {}
            actor = Actor.person(one.moderator) if name == "ask_again" else SYSTEM
            apply_transition(item, name, actor=actor, reason=Reason("haze", "Brume."), **changes)
    again = placement.prepare_placement(item_id=line(orders[1]).pk)
    assert (again.reference, again.lines.count()) == (f"{row.reference}-2", 2)
    assert placement.prepare_placement(item_id=line(orders[0]).pk) == again
    assert LedgerEntry.objects.count() == held


@pytest.mark.usefixtures("in_no_language")
def test_both_parties_stop_what_waits_for_its_price_and_both_get_their_cost_back(pool, one, other, orders):
    accepted(pool, one, other)
    for w, order in zip((one, other), orders, strict=True):
        acquisition_approved(w, order)
    row = placement.prepare_placement(item_id=line(orders[0]).pk)
    placement.hold_for_price(provider_order_id=row.pk, asked_cents=2, agreed_cents=1)
    asked = [
        stops.ask_stop(order=order, actor=w.researcher, code="not_needed")[0]
        for w, order in zip((one, other), orders, strict=True)
    ]
    for request in asked:
        assert stops.to_ask(stop_id=request.pk) is None
    assert [fresh(request).state for request in asked] == ["accepted", "accepted"]
    assert [line(order).state for order in orders] == ["cancelled", "cancelled"]
    assert [balance(w.envelope).held for w in (one, other)] == [0, 0]
    assert fresh(row).state == "user_cancelled"
