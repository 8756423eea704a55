# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stopped, taken back, closed, reopened, disputed: what each verb does, and what it leaves alone when it refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.providers.base import StatusCode
from orders import notifications
from orders.models import Delivery, LedgerEntry, Order, ProviderOrder, StopRequest
from orders.selectors.lifecycle.next_step import next_step, page_lead
from orders.selectors.lifecycle.story import TITLES, timeline
from orders.selectors.money.envelope import balance
from orders.services.fulfilment.placement import (
    begin_buying,
    hold_for_price,
    prepare_placement,
    provider_actor,
    record_failure,
)
from orders.services.lifecycle import life, stops
from orders.services.lifecycle.lateness import watch
from orders.services.requests.draft import edit_draft
from orders.services.requests.submission import cancel_order, submit_order
from tests.factories.accounts import ModeratorFactory, active_membership
from tests.factories.orders import (
    AREA,
    KM2,
    SceneFactory,
    approved,
    arrived,
    delivered,
    drafted,
    in_review,
    member_of,
    placed,
    said,
    submitted,
)

pytestmark = pytest.mark.django_db
S = StatusCode


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def states(order):
    return [fresh(order).state, *order.items.order_by("position").values_list("state", flat=True)]


def told(template):
    return OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}").count()


def titles(order):
    return [step.title for step in timeline(fresh(order))]


def ask(w, order, **words):
    return stops.ask_stop(order=order, actor=w.researcher, code=words.pop("code", "not_needed"), **words)


# --- stop ------------------------------------------------------------------------------------------------------------


def test_a_stop_moves_nothing_before_the_provider_has_answered(w):
    order = approved(w)
    (row,) = placed(order)
    (request,) = ask(w, order, words="La mission est annulée.")
    assert (states(order), request.state) == (["placed", "placed"], "asked")
    assert balance(w.envelope).committed == order.items.get().billed_area_m2
    assert OutboxMessage.objects.get(topic="orders.stop").payload == {"stop_id": request.pk}
    assert stops.to_ask(stop_id=request.pk) == row
    said(row, S.USER_CANCELLED)
    assert (states(order), fresh(request).state) == (["cancelled", "cancelled"], "accepted")
    assert balance(w.envelope).available == 10_000 * KM2
    assert (told("stop_answered"), told("failed")) == (1, 0)
    with translation.override("en"):
        assert "stopped as asked" in next_step(fresh(order), w.researcher)
    change = StateChange.objects.get(aggregate="orders.orderitem", transition="stop")
    assert (change.actor_label, change.reason_code, change.words) == (
        "Airbus DS",
        "not_needed",
        "La mission est annulée.",
    )
    assert str(TITLES["orders.stoprequest", "create"]) in titles(order)


def test_the_provider_may_say_that_it_is_too_late(w):
    order = approved(w)
    (row,) = placed(order)
    (request,) = ask(w, order)
    for _ in range(2):
        stops.refuse(stop_id=request.pk, actor=provider_actor("oneatlas"), words="Production has begun")
    assert (states(order), fresh(request).state, told("stop_answered")) == (["placed", "placed"], "refused", 1)
    assert balance(w.envelope).committed == order.items.get().billed_area_m2
    assert stops.to_ask(stop_id=request.pk) is None
    arrived(row)
    assert states(order) == ["delivered", "delivered"]


def test_what_was_not_bought_is_cancelled_at_once(w):
    order = approved(w, scenes=[w.scene, SceneFactory(collection=w.collection)])
    first, second = order.items.order_by("position")
    row = prepare_placement(item_id=first.pk)
    (request,) = ask(w, order)
    assert request.line == first
    assert states(order) == ["approved", "approved", "cancelled"]
    assert balance(w.envelope).held == first.billed_area_m2
    assert fresh(row).state == "received"
    assert second.provider_order_id is None


def test_a_line_that_waits_for_its_price_is_ended_without_asking(w):
    order = approved(w)
    row = prepare_placement(item_id=order.items.get().pk)
    hold_for_price(provider_order_id=row.pk, asked_cents=2, agreed_cents=1)
    (request,) = ask(w, order)
    assert stops.to_ask(stop_id=request.pk) is None
    assert (states(order), fresh(request).state, fresh(row).state) == (
        ["cancelled", "cancelled"],
        "accepted",
        "user_cancelled",
    )
    assert balance(w.envelope).available == 10_000 * KM2


def test_what_others_wait_for_is_not_stopped(w):
    order, other = approved(w), approved(w)
    (row,) = placed(order)
    other.items.update(provider_order=row)
    (request,) = ask(w, order)
    assert stops.to_ask(stop_id=request.pk) is None
    assert (fresh(request).state, states(order)) == ("refused", ["placed", "placed"])


def test_a_stop_that_events_overtake_is_answered(w):
    order = approved(w)
    (row,) = placed(order)
    (request,) = ask(w, order)
    record_failure(provider_order_id=row.pk, code="refused", words="non")
    assert (states(order), fresh(request).state) == (["failed", "failed"], "refused")


def test_a_stop_without_an_answer_is_told_to_the_office(w):
    order = approved(w)
    placed(order)
    ask(w, order)
    watch(at=clock.now() + timedelta(days=4))
    assert "orders.stoprequest" in set(order.tickets.values_list("aggregate", flat=True))
    assert states(order) == ["placed", "placed"]


def test_the_provider_may_end_an_order_that_nobody_stopped(w):
    order = approved(w)
    (row,) = placed(order)
    said(row, S.CANCELLED)
    change = StateChange.objects.filter(aggregate="orders.orderitem").latest("pk")
    assert change.transition == "cancelled_by_provider"


@pytest.mark.parametrize(
    ("who", "code", "version", "error"),
    [
        ("researcher", "haze", None, Invalid),
        ("researcher", "other", None, Invalid),
        ("colleague", "not_needed", None, NotPermitted),
        ("researcher", "not_needed", 99, StaleVersion),
    ],
)
def test_a_stop_that_is_refused_asks_nothing(w, who, code, version, error):
    order = approved(w)
    placed(order)
    actor = member_of(w.organisation) if who == "colleague" else w.researcher
    with pytest.raises(error):
        stops.ask_stop(order=order, actor=actor, code=code, expected_version=version)
    assert not StopRequest.objects.exists()
    assert not OutboxMessage.objects.filter(topic="orders.stop").exists()


def test_a_line_is_asked_to_stop_once(w):
    order = approved(w)
    placed(order)
    (request,) = ask(w, order)
    with pytest.raises(IllegalTransition):
        ask(w, order)
    with pytest.raises(IntegrityError, match="orders_stop_one_open"), transaction.atomic():
        StopRequest.objects.create(line=request.line, asked_by=w.researcher, reason_code="mistake")
    assert StopRequest.objects.count() == 1


# --- take back, close, reopen ----------------------------------------------------------------------------------------


def test_an_order_is_taken_back_changed_and_sent_again(w):
    order = submitted(w)
    draft = life.take_back(order=order, actor=w.researcher)
    assert (draft.state, draft.submitted_at, order.reviews.get().state) == ("draft", None, "lapsed")
    edit_draft(order=draft, actor=w.researcher, project=w.project, aoi=AREA, title="Autre titre", justification="x")
    again = submit_order(order=fresh(order), actor=w.researcher)
    assert (again.state, again.title, order.reviews.filter(state="open").count()) == ("submitted", "Autre titre", 1)


def test_what_the_office_reads_is_not_taken_back(w):
    order = in_review(w)
    with pytest.raises(IllegalTransition):
        life.take_back(order=order, actor=w.researcher)
    with pytest.raises(NotPermitted):
        life.take_back(order=submitted(w), actor=w.moderator)
    assert (fresh(order).state, order.reviews.get().state) == ("in_review", "open")


def test_an_order_is_closed_and_reopened(w):
    order = delivered(w)
    closed = life.close_order(order=order, actor=w.researcher)
    assert closed.state == "closed"
    with pytest.raises(Invalid):
        life.reopen_order(order=closed, actor=w.researcher, code="haze")
    opened = life.reopen_order(order=closed, actor=w.researcher, code="defect_found", words="Une bande noire.")
    assert (opened.state, next_step(opened, w.researcher) != "") == ("delivered", True)


def test_an_order_delivered_in_part_reopens_as_such(w):
    order = approved(w, scenes=[w.scene, SceneFactory(collection=w.collection)])
    first, second = placed(order)
    arrived(first)
    with pytest.raises(IllegalTransition):
        life.close_order(order=fresh(order), actor=w.researcher)
    said(second, S.FAILED)
    closed = life.close_order(order=fresh(order), actor=w.researcher)
    assert life.reopen_order(order=closed, actor=w.researcher, code="mistake").state == "partly_delivered"


def test_what_was_closed_long_ago_stays_closed(w, settings):
    order = life.close_order(order=delivered(w), actor=w.researcher)
    settings.DINAMIS = {**settings.DINAMIS, "REOPEN_DAYS": 0}
    with pytest.raises(IllegalTransition):
        life.reopen_order(order=order, actor=w.researcher, code="defect_found")
    assert fresh(order).state == "closed"


def test_what_is_over_is_closed_by_itself(w):
    order = delivered(w)
    assert watch(at=clock.now() + timedelta(days=59)).closed == 0
    assert watch(at=clock.now() + timedelta(days=61)).closed == 1
    change = StateChange.objects.filter(aggregate="orders.order", object_id=order.pk).latest("pk")
    assert (fresh(order).state, change.actor_label, change.reason_code) == ("closed", "DINAMIS", "closed_by_time")
    assert not order.tickets.exists()


# --- disputes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def disputed(w):
    order = delivered(w)
    delivery = Delivery.objects.get()
    return order, life.dispute(delivery=delivery, actor=w.researcher, code="clouds_over_area", words="Nuages au nord.")


def test_a_disputed_delivery_stays_until_the_office_has_looked(w, disputed):
    order, delivery = disputed
    with translation.override("en"):
        assert page_lead(fresh(order), w.researcher).startswith("The office acts next: a problem was reported")
    assert (delivery.state, delivery.item.withdrawn_at, states(order)) == (
        "disputed",
        None,
        ["delivered", "delivered"],
    )
    assert told("disputed") >= 1
    watch(at=clock.now() + timedelta(days=40))
    assert order.tickets.get().aggregate == "orders.delivery"


def test_the_office_keeps_a_delivery(w, disputed):
    order, delivery = disputed
    kept = life.keep(delivery=delivery, actor=w.moderator, code="as_ordered", words="1 % de nuages, le seuil est 10 %.")
    assert (kept.state, told("dispute_settled"), states(order)) == ("available", 1, ["delivered", "delivered"])
    assert str(TITLES["orders.delivery", "keep"]) in titles(order)


def test_a_withdrawn_delivery_is_asked_again_at_no_cost(w, disputed):
    order, delivery = disputed
    line, spent, image = order.items.get(), balance(w.envelope).committed, delivery.item
    life.withdraw_and_ask_again(delivery=delivery, actor=w.moderator, code="defect_confirmed", words="En effet.")
    assert fresh(image).withdrawn_at is not None
    assert (states(order), fresh(line).product, fresh(line).provider_order) == (["approved", "approved"], None, None)
    assert told("dispute_settled") == 1
    (row,) = placed(fresh(order))
    assert row.reference == f"{line.order.reference}-1-R1"
    arrived(row)
    assert (states(order), balance(w.envelope).committed) == (["delivered", "delivered"], spent)
    assert ProviderOrder.objects.count() == 2
    said_of_both = titles(order)
    assert said_of_both.count(str(TITLES["orders.delivery", "accept"])) == 2


def test_one_of_two_images_is_asked_again(w):
    order = delivered(w, scenes=[w.scene, SceneFactory(collection=w.collection)])
    delivery = Delivery.objects.order_by("pk").first()
    life.dispute(delivery=delivery, actor=w.researcher, code="haze", words="")
    life.withdraw_and_ask_again(delivery=delivery, actor=w.moderator, code="defect_confirmed", words="")
    assert states(order) == ["partly_delivered", "approved", "delivered"]


@pytest.mark.parametrize("verb", [life.keep, life.withdraw_and_ask_again])
def test_nobody_settles_a_dispute_of_their_own_organisation(w, disputed, verb):
    order, delivery = disputed
    insider = ModeratorFactory()
    active_membership(insider, w.organisation)
    code = "as_ordered" if verb is life.keep else "defect_confirmed"
    for actor in (insider, w.researcher):
        with pytest.raises(NotPermitted):
            verb(delivery=delivery, actor=actor, code=code, words="")
    assert (fresh(delivery).state, states(order)) == ("disputed", ["delivered", "delivered"])


def test_only_the_requester_disputes_with_a_reason(w):
    delivered(w)
    delivery = Delivery.objects.get()
    for actor, code, error in (
        (w.moderator, "haze", NotPermitted),
        (member_of(w.organisation), "haze", NotPermitted),
        (w.researcher, "not_needed", Invalid),
        (w.researcher, "other", Invalid),
    ):
        with pytest.raises(error):
            life.dispute(delivery=delivery, actor=actor, code=code, words="")
    assert fresh(delivery).state == "available"


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(client, w):
    client.force_login(w.researcher)
    return client


def offered(browser, order):
    text = browser.get(reverse("orders:detail", args=[order.reference])).text
    verbs = ("cancel", "stop", "take_back", "close", "reopen")
    return {verb for verb in verbs if f'"{reverse(f"orders:{verb}", args=[order.reference])}"' in text}


def test_the_page_offers_what_is_possible(browser, w):
    assert offered(browser, drafted(w)) == {"cancel"}
    assert offered(browser, submitted(w)) == {"cancel", "take_back"}
    order = approved(w)
    assert offered(browser, order) == {"cancel"}
    placed(order)
    assert offered(browser, order) == {"stop"}
    ask(w, order)
    assert offered(browser, order) == set()
    done = delivered(w)
    assert offered(browser, done) == {"close"}
    life.close_order(order=done, actor=w.researcher)
    assert offered(browser, done) == {"reopen"}


def test_cancelling_with_a_reason(browser, w):
    order = submitted(w)
    address = reverse("orders:cancel", args=[order.reference])
    assert browser.get(address).status_code == 200
    refused = browser.post(address, {"code": "", "words": ""})
    assert (refused.status_code, fresh(order).state) == (200, "submitted")
    browser.post(address, {"code": "found_elsewhere", "words": ""})
    change = StateChange.objects.filter(aggregate="orders.order").latest("pk")
    assert (fresh(order).state, change.reason_code) == ("cancelled", "found_elsewhere")


def test_the_words_of_a_refusal_stay_on_the_page(browser, w):
    order = approved(w)
    placed(order)
    address = reverse("orders:stop", args=[order.reference])
    page = browser.post(address, {"code": "other", "words": ""})
    assert page.status_code == 200
    assert not StopRequest.objects.exists()
    browser.post(address, {"code": "other", "words": "La mission est annulée."})
    assert StopRequest.objects.get().words == "La mission est annulée."


def test_a_dispute_from_page_to_page(browser, client, w):
    order = delivered(w)
    delivery = Delivery.objects.get()
    browser.post(reverse("orders:dispute", args=[order.reference, delivery.pk]), {"code": "haze", "words": "Brume."})
    assert fresh(delivery).state == "disputed"
    client.force_login(w.moderator)
    page = client.get(reverse("orders:detail", args=[order.reference])).text
    assert reverse("orders:keep", args=[order.reference, delivery.pk]) in page
    client.post(reverse("orders:withdraw", args=[order.reference, delivery.pk]), {"code": "defect_confirmed"})
    assert (fresh(delivery).state, fresh(order).state) == ("withdrawn", "approved")


def test_a_delivery_of_another_order_is_not_found(browser, w):
    order, _other = delivered(w), delivered(w)
    foreign = Delivery.objects.order_by("pk").last()
    assert browser.get(reverse("orders:dispute", args=[order.reference, foreign.pk])).status_code == 404


def test_what_was_cancelled_by_a_button_is_cancelled(w):
    order = cancel_order(order=drafted(w), actor=w.researcher)
    assert Order.objects.get().state == order.state == "cancelled"


def test_what_is_being_bought_is_not_stopped_behind_its_back(w):
    order = approved(w)
    row = prepare_placement(item_id=order.items.get().pk)
    hold_for_price(provider_order_id=row.pk, asked_cents=2, agreed_cents=1)
    (request,) = ask(w, order)
    # The price has fallen: the worker is about to buy when the stop is looked at.
    assert begin_buying(provider_order_id=row.pk)
    assert stops.to_ask(stop_id=request.pk) == row
    assert (states(order), fresh(request).state) == (["approved", "approved"], "asked")
    said(placed(fresh(order))[0], S.USER_CANCELLED)
    assert (states(order), fresh(request).state) == (["cancelled", "cancelled"], "accepted")
    assert balance(w.envelope).available == 10_000 * KM2


def test_what_was_stopped_is_not_bought(w):
    order = approved(w)
    row = prepare_placement(item_id=order.items.get().pk)
    hold_for_price(provider_order_id=row.pk, asked_cents=2, agreed_cents=1)
    (request,) = ask(w, order)
    assert stops.to_ask(stop_id=request.pk) is None
    assert not begin_buying(provider_order_id=row.pk)
    assert states(order) == ["cancelled", "cancelled"]


def test_what_is_asked_again_may_be_cancelled_and_its_cost_is_given_back(w, disputed):
    order, delivery = disputed
    life.withdraw_and_ask_again(delivery=delivery, actor=w.moderator, code="defect_confirmed", words="En effet.")
    cancel_order(order=fresh(order), actor=w.researcher, words="Trop tard pour nous.")
    assert states(order) == ["cancelled", "cancelled"]
    assert balance(w.envelope).available == 10_000 * KM2
    row = LedgerEntry.objects.latest("pk")
    assert (row.kind, row.words) == ("refund", "Trop tard pour nous.")


def test_an_image_that_came_again_is_told_again(w, disputed):
    order, delivery = disputed
    notifications.item_delivered(order.items.get())
    life.withdraw_and_ask_again(delivery=delivery, actor=w.moderator, code="defect_confirmed", words="En effet.")
    placed(fresh(order))
    notifications.item_delivered(order.items.get())
    notifications.item_delivered(order.items.get())
    assert told("delivered") == 2
