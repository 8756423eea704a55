# SPDX-License-Identifier: AGPL-3.0-or-later
"""No state waits without a watchdog and an expected duration; what is late is told, and nothing is moved."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage, StateChange, StatefulModel
from dinamis.providers.base import DeliveryFile, StatusCode
from orders.enums import TicketCause, TicketState, Who
from orders.models import Delivery, OfficeTicket, Order, ProviderOrder, StateDuration
from orders.selectors.lifecycle.durations import Expected, expectations, measure
from orders.selectors.lifecycle.outlook import outlook
from orders.selectors.lifecycle.overdue import overdue
from orders.selectors.lifecycle.story import TITLES, timeline
from orders.services.fulfilment import delivery as deliveries
from orders.services.lifecycle.lateness import learn, resolve_ticket, watch
from orders.waits import ORDERS_OF, RESTS, WAITS, Overdue
from tests.factories.orders import (
    approved,
    approved_acquisition,
    drafted,
    in_review,
    placed,
    said,
    submitted,
    tasked,
)

MACHINES = sorted(
    (m.machine for m in apps.get_app_config("orders").get_models() if issubclass(m, StatefulModel)),
    key=lambda machine: machine.aggregate,
)
WAITING = [
    (machine.aggregate, state)
    for machine in MACHINES
    for state in machine.states
    if state not in machine.final and (machine.aggregate, state) not in RESTS
]


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def later(days):
    return clock.now() + timedelta(days=days)


def told(template):
    return OutboxMessage.objects.filter(topic="core.send_mail", payload__template=f"orders/mail/{template}").count()


def moderators():
    return User.objects.filter(office_role="moderator").count()


def producing(order):
    """The provider has said that it produces the order's only line."""
    (row,) = placed(order)
    return said(row, StatusCode.PROCESSING)


# --- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("aggregate", "state"), WAITING)
def test_every_waiting_state_has_a_watchdog_and_an_expected_duration(aggregate, state):
    assert (aggregate, state) in WAITS, "say in orders/waits.py on whom it waits, or why nobody does"
    expected = expectations()[aggregate, state]
    assert timedelta(0) < expected.p50 <= expected.p90 < expected.limit
    assert aggregate in ORDERS_OF


def test_nothing_else_is_watched():
    assert set(WAITS) == set(WAITING)
    states = {(machine.aggregate, state) for machine in MACHINES for state in machine.states}
    assert set(RESTS) <= states


def test_what_waits_on_a_requester_is_no_matter_of_the_office():
    for (aggregate, _state), wait in WAITS.items():
        if wait.overdue is not Overdue.TICKET:
            assert (aggregate, wait.who) == ("orders.order", Who.REQUESTER)


# --- durations -------------------------------------------------------------------------------------------------------


def test_durations_are_learned_from_the_histories(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "DURATION_MIN_CASES": 4}
    for days in (1, 2, 3, 4):
        opened = submitted(w).reviews.get()
        begun = StateChange.objects.get(aggregate="orders.review", object_id=opened.pk).at
        StateChange.objects.create(
            aggregate="orders.review",
            object_id=opened.pk,
            transition="decide",
            from_state="open",
            to_state="decided",
            actor_kind="system",
            actor_label="DINAMIS",
            at=begun + timedelta(days=days),
        )
    assert learn(at=later(30)) >= 1
    known = expectations()["orders.review", "open"]
    assert known == Expected(timedelta(days=2.5), timedelta(days=3.7), 4)
    assert known.learned
    assert not expectations()["orders.delivery", "checking"].learned


def test_too_few_cases_teach_nothing(w):
    order = submitted(w)
    in_history = measure(at=later(1))
    assert [(one.aggregate, one.state, one.count) for one in in_history] == [("orders.order", "draft", 1)]
    learn(at=later(1))
    assert not expectations()["orders.order", "draft"].learned
    assert outlook(order).expected.count == 0


def test_what_is_not_passed_any_more_is_forgotten(w):
    submitted(w)
    learn(at=later(1))
    assert StateDuration.objects.count() == 1
    learn(at=later(800))
    assert not StateDuration.objects.exists()


# --- the watchdog ----------------------------------------------------------------------------------------------------


def test_a_silent_provider_is_told_and_nothing_is_moved(w):
    """Acceptance test 7: p90 x 2 without an answer gives a ticket and a message, the state unchanged."""
    order = approved(w)
    row = producing(order)
    limit = expectations()["orders.providerorder", "processing"].limit
    before = (fresh(order).state, fresh(order).version, fresh(row).state, order.items.get().state)
    asked = row.checked_at
    assert not OfficeTicket.objects.exists()
    assert watch(at=asked + limit - timedelta(minutes=1)).opened == 0
    assert watch(at=asked + limit + timedelta(minutes=1)).opened == 1
    ticket = OfficeTicket.objects.get()
    assert (ticket.aggregate, ticket.object_id, ticket.cause) == ("orders.providerorder", row.pk, TicketCause.SILENT)
    assert (told("late"), told("late_office"), list(ticket.orders.all())) == (1, moderators(), [order])
    assert (fresh(order).state, fresh(order).version, fresh(row).state, order.items.get().state) == before
    assert watch(at=asked + limit + timedelta(hours=1)).opened == 0
    assert told("late") == 1
    assert outlook(order).ticket == ticket
    assert str(TITLES["orders.officeticket", "create"]) in [step.title for step in timeline(fresh(order))]


def test_what_has_a_period_is_not_late_before_its_end(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "LATE_FACTOR": 1}
    order = approved_acquisition(w, days=200)
    row = tasked(*order.items.all())
    subjects = {("orders.order", order.pk), ("orders.orderitem", order.items.get().pk), (row.machine.aggregate, row.pk)}
    assert not [one for one in overdue(at=later(199)) if (one.aggregate, one.object_id) in subjects]
    ends = order.items.get().period.upper
    late = {(one.aggregate, one.object_id): one.due for one in overdue(at=later(201))}
    assert {subject: late.get(subject) for subject in subjects} == dict.fromkeys(subjects, ends)
    seen = outlook(fresh(order))
    assert (seen.usual, seen.late) == (ends, ends)
    assert outlook(submitted(w)).ends is None


def test_a_ticket_ends_when_its_subject_moves(w):
    order = approved(w)
    row = producing(order)
    late = row.checked_at + expectations()["orders.providerorder", "processing"].limit + timedelta(hours=1)
    watch(at=late)
    said(row, StatusCode.HELD)
    assert watch(at=late).resolved == 1
    # Nobody of the office did anything: it went on by itself.
    assert "L’attente est terminée" in [step.title for step in timeline(fresh(order))]
    ticket = OfficeTicket.objects.get()
    assert (ticket.state, ticket.resolved_at, ticket.words) == (TicketState.RESOLVED, late, "")
    assert outlook(order).ticket is None


def test_an_answer_of_the_office_starts_the_clock_again(w):
    order = approved(w)
    row = producing(order)
    limit = expectations()["orders.providerorder", "processing"].limit
    late = row.checked_at + limit + timedelta(hours=1)
    watch(at=late)
    ticket = OfficeTicket.objects.get()
    with clock.at(late):
        resolve_ticket(ticket=ticket, actor=w.moderator, words="Airbus DS répond demain.")
    assert watch(at=late + limit - timedelta(minutes=1)).opened == 0
    assert watch(at=late + limit + timedelta(minutes=1)).opened == 1
    assert OfficeTicket.objects.filter(state=TicketState.OPEN).count() == 1


@pytest.mark.parametrize(
    ("words", "who", "version", "error"),
    [
        ("", "moderator", None, Invalid),
        ("Fait.", "researcher", None, NotPermitted),
        ("Fait.", "moderator", 9, StaleVersion),
    ],
)
def test_a_ticket_is_resolved_with_words_by_the_office(w, words, who, version, error):
    submitted(w)
    watch(at=later(60))
    ticket = OfficeTicket.objects.get()
    with pytest.raises(error):
        resolve_ticket(ticket=ticket, actor=getattr(w, who), words=words, expected_version=version)
    assert fresh(ticket).state == TicketState.OPEN


def test_a_review_that_lasts_is_told_once_for_the_order(w):
    order = in_review(w)
    assert {late.aggregate for late in overdue(at=later(60))} == {"orders.orderitem", "orders.review", "orders.order"}
    assert watch(at=later(60)).opened == 1
    assert (OfficeTicket.objects.get().aggregate, OfficeTicket.objects.get().cause) == ("orders.review", "late")
    assert fresh(order).state == "in_review"


def test_a_delivery_that_does_not_come_is_told(w):
    row = producing(approved(w))
    said(row, StatusCode.COMPLETED)
    announced = DeliveryFile(url="http://x/f.zip", name="f.zip", size=1, sha256="00" * 32)
    deliveries.expect(provider_order_id=row.pk, files=[announced])
    assert watch(at=later(5)).opened == 1
    assert OfficeTicket.objects.get().aggregate == "orders.delivery"
    assert Delivery.objects.get().state == "expected"


def test_a_draft_is_recalled_to_its_requester_and_to_nobody_else(w):
    order = drafted(w)
    due = later(1) + expectations()["orders.order", "draft"].limit
    for _ in range(2):
        assert watch(at=due).opened == 0
    assert (told("still_waits"), told("late_office"), fresh(order).state) == (1, 0, "draft")
    assert not OfficeTicket.objects.exists()


def test_an_old_draft_is_not_recalled_any_more(w):
    drafted(w)
    watch(at=later(300))
    assert told("still_waits") == 0


def test_one_open_ticket_for_a_subject_and_a_cause(w):
    facts = {
        "aggregate": "orders.order",
        "object_id": 1,
        "subject_state": "placed",
        "cause": TicketCause.LATE,
        "since": clock.now(),
        "expected_by": clock.now(),
    }
    OfficeTicket.objects.create(**facts)
    with pytest.raises(IntegrityError, match="orders_ticket_one_open"), transaction.atomic():
        OfficeTicket.objects.create(**facts)
    OfficeTicket.objects.create(**{**facts, "cause": TicketCause.SILENT})


# --- the pages -------------------------------------------------------------------------------------------------------


def test_the_office_reads_and_resolves_its_tickets(client, w):
    order = submitted(w)
    watch(at=later(60))
    ticket = OfficeTicket.objects.get()
    client.force_login(w.moderator)
    assert order.reference in client.get(reverse("orders:tickets")).text
    address = reverse("orders:ticket_resolve", args=[ticket.pk])
    client.post(address, {"words": ""})
    assert fresh(ticket).state == TicketState.OPEN
    client.post(address, {"words": "Relancé."})
    assert fresh(ticket).words == "Relancé."
    assert "Relancé." in client.get(reverse("orders:tickets"), {"state": "resolved"}).text


def test_tickets_do_not_exist_for_others(client, w):
    client.force_login(w.researcher)
    assert client.get(reverse("orders:tickets")).status_code == 404
    assert client.post(reverse("orders:ticket_resolve", args=[1]), {"words": "x"}).status_code == 404


def test_the_page_of_an_order_says_what_to_expect(client, w):
    order = submitted(w)
    client.force_login(w.researcher)
    text = client.get(reverse("orders:detail", args=[order.reference])).text
    assert str(Who.OFFICE.label) in text
    assert Order.objects.get().state == "submitted"
    assert not ProviderOrder.objects.exists()
