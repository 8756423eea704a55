# SPDX-License-Identifier: AGPL-3.0-or-later
"""Feasibility and quotes, asked of the real simulator process; what has changed is shown and accepted anew."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from shapely.geometry import box

from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.templatetags.ui import date_words
from dinamis.core.transitions import apply_transition
from orders import tasks
from orders.enums import LineVerdict
from orders.models import Acquisition, Feasibility, OrderItem, ProviderOrder, Quote
from orders.selectors.lifecycle.next_step import also_waiting
from orders.services.fulfilment.placement import agreed_cents, prepare_placement
from orders.services.fulfilment.progress import synchronise
from orders.services.money import quotes
from orders.services.money.feasibility import ask_feasibility
from orders.services.money.quotes import QuoteChanged
from orders.services.requests.submission import cancel_order, submit_order
from orders.services.reviewing.grants import Ruling
from orders.services.reviewing.review import approve_order, refuse_order, start_review
from tests.factories.accounts import UserFactory
from tests.factories.orders import acquisition, approved_acquisition, drafted, offered, world
from tests.orders.conftest import drive
from tests.orders.fulfilment.test_tasking_flow import AREA, fresh, mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]


@pytest.fixture
def order(w):
    return acquisition(w, aoi=AREA)


def accept(quote, actor):
    return quotes.accept(quote=quote, actor=actor, fingerprint=quote.fingerprint)


# --- feasibility -----------------------------------------------------------------------------------------------------


def test_the_provider_says_whether_and_when(w, order):
    (row,) = ask_feasibility(order=order, actor=w.researcher)
    assert ask_feasibility(order=order, actor=w.researcher) == [row]
    assert OutboxMessage.objects.filter(topic="orders.ask_feasibility").count() == 1
    drive("orders.ask_feasibility")
    answer = fresh(row)
    assert (answer.available, answer.is_easy, answer.automation) == (True, True, "AUTOMATIC")
    assert answer.expires > clock.now()
    assert answer.passes
    assert all(one["incidence"] <= 30 for one in answer.passes)
    client = Client()
    client.force_login(w.researcher)
    shown = client.get(reverse("orders:detail", args=[order.reference])).context["studies"]
    assert [study.pk for study in shown] == [row.pk]


def test_a_study_that_is_challenging_goes_into_the_order(w, simulator):
    simulator.faults(overcast=True)
    order = acquisition(w, aoi=AREA, cloud_max=2)
    ask_feasibility(order=order, actor=w.researcher)
    drive("orders.ask_feasibility")
    assert not Feasibility.objects.get().is_easy
    submit_order(order=order, actor=w.researcher)
    start_review(order=order, actor=w.moderator)
    approve_order(order=fresh(order), actor=w.moderator, reason="oui", envelope=w.envelope)
    drive("orders.place")
    row = ProviderOrder.objects.get()
    assert row.provider_id


def test_what_the_provider_refuses_to_study_is_said(w, order, simulator):
    Acquisition.objects.update(incidence_max=0.001)
    simulator.faults(server_error={"times": 50})
    ask_feasibility(order=order, actor=w.researcher)
    drive("orders.ask_feasibility")
    assert Feasibility.objects.get().answered_at is None
    assert OutboxMessage.objects.get(topic="orders.ask_feasibility").last_error


def test_who_may_ask_the_provider(w, order):
    with pytest.raises(NotPermitted):
        ask_feasibility(order=order, actor=UserFactory())
    with pytest.raises(IllegalTransition):
        ask_feasibility(order=drafted(w), actor=w.researcher)
    assert not Feasibility.objects.exists()


# --- quotes ----------------------------------------------------------------------------------------------------------


def test_a_quote_is_priced_offered_printed_and_accepted(w, order, settings):
    quote = quotes.ask_quote(order=order, actor=w.researcher)
    assert quotes.ask_quote(order=order, actor=w.researcher) == quote
    assert (quote.state, quote.price_cents) == ("draft", None)
    drive("orders.price_quote")
    quote = fresh(quote)
    assert (quote.state, quote.provider_cents) == ("offered", 170_000)
    assert quote.price_cents == quote.lines[0]["inside_cents"]
    assert len(quote.fingerprint) == 64
    assert mails("quote_offered") == 1
    drive("orders.render_quote")
    quote = fresh(quote)
    assert (settings.FILES_ROOT / quote.storage_key).read_bytes().startswith(b"%PDF")
    accepted = accept(quote, w.researcher)
    assert (accepted.state, accepted.decided_by) == ("accepted", w.researcher)
    with pytest.raises(IllegalTransition):
        accept(quote, w.researcher)
    assert StateChange.objects.filter(aggregate="orders.quote", transition="accept").count() == 1


def test_the_simulated_price_is_that_of_the_minimum_area(w, order):
    offered(order)
    assert Quote.objects.get().billed_m2 >= order.items.get().area_m2


def test_what_has_changed_since_is_offered_anew_and_nothing_accepted(w, order):
    quote = offered(order)
    Acquisition.objects.update(cloud_max=5)
    with pytest.raises(QuoteChanged) as changed:
        accept(quote, w.researcher)
    assert changed.value.extra["number"] != quote.number
    assert fresh(quote).state == "expired"
    renewed = Quote.objects.get(state="offered")
    assert (renewed.number, Quote.objects.filter(state="accepted").count()) == (changed.value.extra["number"], 0)
    assert accept(renewed, w.researcher).state == "accepted"


def test_a_quote_made_in_one_language_is_accepted_in_another(w, order):
    with translation.override("fr"):
        quote = offered(order)
    with translation.override("en"):
        assert accept(quote, w.researcher).state == "accepted"


def test_a_page_that_is_old_accepts_nothing(w, order):
    quote = offered(order)
    with pytest.raises(QuoteChanged):
        quotes.accept(quote=quote, actor=w.researcher, fingerprint="0" * 64)
    assert fresh(quote).state == "offered"
    assert Quote.objects.count() == 1


def test_a_refusal_says_why(w, order):
    quote = offered(order)
    for code, words, pointer in (("", "", "reason_code"), ("other", " ", "words"), ("haze", "", "reason_code")):
        with pytest.raises(Invalid) as refused:
            quotes.refuse(quote=quote, actor=w.researcher, reason_code=code, words=words)
        assert refused.value.pointer == pointer
    assert fresh(quote).state == "offered"
    assert quotes.refuse(quote=quote, actor=w.researcher, reason_code="too_expensive").state == "refused"
    assert quotes.ask_quote(order=order, actor=w.researcher).pk != quote.pk


def test_who_may_answer(w, order):
    quote = offered(order)
    for stranger in (UserFactory(), w.moderator):
        with pytest.raises(NotPermitted):
            accept(quote, stranger)
        with pytest.raises(NotPermitted):
            quotes.refuse(quote=quote, actor=stranger, reason_code="too_expensive")
    assert fresh(quote).state == "offered"


def test_an_accepted_price_is_the_price_on_the_page(client, w, order):
    quote = offered(order)
    client.force_login(w.researcher)
    address = reverse("orders:detail", args=[order.reference])
    assert client.get(address).context["price_cents"] == order.items.get().price_cents != quote.price_cents
    accept(quote, w.researcher)
    assert client.get(address).context["price_cents"] == quote.price_cents


def test_the_page_says_what_the_envelopes_gave_where_it_is_another_price(client, w):
    order = approved_acquisition(w, aoi=AREA)
    client.force_login(w.researcher)
    address = reverse("orders:detail", args=[order.reference])
    context = client.get(address).context
    assert context["taken_cents"] == context["price_cents"] > 0
    accept(offered(order), w.researcher)
    page = client.get(address, headers={"Accept-Language": "en"})
    assert page.context["taken_cents"] == 170_000 != page.context["price_cents"]
    assert "Taken from the envelopes" in page.content.decode()


@pytest.mark.parametrize(
    ("budget", "side"), [(1000, "inside"), (60, "both"), (0, "outside")], ids=["enough", "a part", "nothing"]
)
def test_a_quote_says_which_of_its_prices_counts(client, budget, side):
    w = world(budget_km2=budget)
    order = acquisition(w, aoi=AREA)
    quote = offered(order)
    assert quote.side == side
    client.force_login(w.researcher)
    page = client.get(reverse("orders:detail", args=[order.reference]), headers={"Accept-Language": "en"})
    said = {
        "inside": "price inside the quota counts",
        "outside": "price outside the quota counts",
        "both": "made of both",
    }
    text = page.content.decode()
    assert [name for name, words in said.items() if words in text] == [side]


def test_the_page_says_whose_answer_a_quote_waits_for(w, order):
    assert also_waiting(order, w.researcher) == ""
    quote = offered(order)
    with translation.override("en"):
        day = date_words(quote.valid_until)
        assert also_waiting(order, w.researcher) == f"A quote waits for your answer until {day}."
        assert also_waiting(order, w.moderator) == f"A quote waits for the answer of {w.researcher} until {day}."
    with clock.at(quote.valid_until):
        assert also_waiting(order, w.researcher) == ""


def test_an_offer_ends_on_its_day(w, order):
    quote = offered(order)
    with clock.at(quote.valid_until + timedelta(seconds=1)):
        with pytest.raises(IllegalTransition):
            accept(quote, w.researcher)
        assert fresh(quote).state == "offered"
        for _ in range(2):
            tasks.expire_quotes()
    assert fresh(quote).state == "expired"
    assert StateChange.objects.filter(aggregate="orders.quote", transition="expire").count() == 1


@pytest.mark.parametrize("end", ["cancel", "refuse", "fail"])
def test_an_order_that_is_over_leaves_no_quote_to_answer(w, order, end):
    quote = offered(order)
    submit_order(order=order, actor=w.researcher)
    if end == "cancel":
        cancel_order(order=fresh(order), actor=w.researcher)
    else:
        start_review(order=fresh(order), actor=w.moderator)
    if end == "refuse":
        refuse_order(order=fresh(order), actor=w.moderator, reason="non")
    if end == "fail":
        approve_order(order=fresh(order), actor=w.moderator, reason="oui", envelope=w.envelope)
        apply_transition(order.items.get(), "fail", actor=SYSTEM, reason=Reason("other", "panne"))
        synchronise(order, actor=SYSTEM, reason=Reason("other", "panne"))
    assert fresh(quote).state == "expired"
    assert also_waiting(fresh(order), w.researcher) == ""
    change = StateChange.objects.get(aggregate="orders.quote", transition="expire")
    assert change.reason_code == "order_over"


def test_a_price_that_comes_after_the_end_is_not_offered(w, order):
    quote = quotes.ask_quote(order=order, actor=w.researcher)
    cancel_order(order=fresh(order), actor=w.researcher)
    drive("orders.price_quote")
    assert (fresh(quote).state, mails("quote_offered")) == ("expired", 0)


def test_approval_waits_for_an_accepted_quote_where_the_setting_says_so(w, order, settings):
    settings.DINAMIS = {**settings.DINAMIS, "QUOTE_NEEDED": ("acquisition",)}
    submit_order(order=order, actor=w.researcher)
    start_review(order=order, actor=w.moderator)
    with pytest.raises(IllegalTransition) as refused:
        approve_order(order=fresh(order), actor=w.moderator, reason="oui", envelope=w.envelope)
    assert refused.value.code == "quote_missing"
    assert fresh(order).state == "in_review"
    accept(offered(fresh(order)), w.researcher)
    approve_order(order=fresh(order), actor=w.moderator, reason="oui", envelope=w.envelope)
    assert fresh(order).state == "approved"


def test_a_price_that_moved_is_shown_and_accepted_before_anything_is_bought(w, simulator):
    order = approved_acquisition(w, aoi=AREA)
    accept(offered(order, cents=150_000), w.researcher)
    before = simulator.count()
    drive("orders.place")
    row = ProviderOrder.objects.get()
    assert (simulator.count(), row.provider_id, row.reason_code) == (before, "", "price_above_quote")
    first, second = Quote.objects.order_by("pk")
    assert (first.state, second.state, second.provider_cents) == ("expired", "offered", 170_000)
    assert OrderItem.objects.get().state == "approved"
    accept(second, w.researcher)
    assert agreed_cents(row) == 170_000
    drive("orders.place")
    assert (simulator.count(), OrderItem.objects.get().state) == (before + 1, "placed")


def test_the_price_that_moved_twice_offers_one_quote(w, simulator):
    order = approved_acquisition(w, aoi=AREA)
    accept(offered(order, cents=150_000), w.researcher)
    for _ in range(2):
        OutboxMessage.objects.filter(topic="orders.place").update(available_at=clock.now())
        drive("orders.place")
    assert Quote.objects.filter(state="offered").count() == 1
    assert mails("quote_offered") == 2


def test_the_database_keeps_one_open_and_one_accepted_quote(w, order):
    offered(order)
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.create(order=order, number="DV-2026-X")
    assert Quote.objects.count() == 1


def test_a_question_about_a_line_that_was_written_anew_is_dropped(w, order):
    ask_feasibility(order=order, actor=w.researcher)
    order.items.all().delete()
    drive("orders.ask_feasibility")
    assert OutboxMessage.objects.get(topic="orders.ask_feasibility").done_at


def test_a_line_that_is_granted_in_part_may_cost_its_part_of_the_quote(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "ORDER_STAGES": ()}
    order = acquisition(w, aoi=box(5.0, 43.0, 5.3, 43.2))
    accept(offered(order, cents=600_000), w.researcher)
    claimed = start_review(order=submit_order(order=order, actor=w.researcher), actor=w.moderator)
    half = Ruling(order.items.get().pk, LineVerdict.PART, "already_held", "", box(5.0, 43.0, 5.15, 43.2))
    approve_order(order=claimed, actor=w.moderator, reason="oui", envelope=w.envelope, rulings=[half])
    row = tasked_row(order)
    assert agreed_cents(row) == pytest.approx(300_000, rel=1e-4)


def test_the_part_of_a_quote_is_never_below_what_its_minimum_costs(w, order):
    quote = accept(offered(order), w.researcher)
    line = order.items.get()
    assert quote.provider_cents_of(line) == 170_000
    line.area_m2 //= 4
    assert quote.provider_cents_of(line) == 170_000


def tasked_row(order):
    return prepare_placement(item_id=order.items.get().pk)
