# SPDX-License-Identifier: AGPL-3.0-or-later
"""Feasibility and quotes for programs; an acceptance says the price that was read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dinamis.core import clock
from orders.models import Feasibility, Quote
from orders.services.money.quote_document import store_document
from orders.services.money.quotes import expire_overdue
from orders.services.requests.submission import submit_order
from tests.factories.api import caller_of
from tests.factories.orders import acquisition, drafted, offered, world
from tests.orders.api.test_orders import SCOPES, send

pytestmark = pytest.mark.django_db
CHANGED = "urn:dinamis:problem:price_changed"


@pytest.fixture
def order(w):
    return acquisition(w)


@pytest.fixture
def program(w):
    return caller_of(w.researcher, scopes=SCOPES)


@pytest.fixture
def person(w):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(w.researcher)
    return client


def url(order, *more):
    return "/".join(("/api/v1/orders", order.reference, *more))


def studied(line, **fields):
    start = datetime(2027, 4, 2, 10, 30, tzinfo=UTC)
    one = {"start": start.isoformat(), "end": (start + timedelta(seconds=40)).isoformat(), "incidence": 12.5}
    known = {"available": True, "classification": "CHALLENGING", "automation": "MANUAL", "passes": [one]}
    return Feasibility.objects.create(line=line, answered_at=clock.now(), **known | fields)


def test_feasibility_tells_passes_class_and_until_when(w, order, program):
    line = order.items.get()
    studied(line, expires=clock.now() - timedelta(days=1), asked_at=clock.now() - timedelta(days=9))
    assert program.get(url(order, "feasibility")).json()["results"][0]["expired"] is True
    studied(line, expires=clock.now() + timedelta(days=1))
    (said,) = program.get(url(order, "feasibility")).json()["results"]
    assert (said["line"], said["easy"], said["classification"], said["expired"]) == (1, False, "CHALLENGING", False)
    assert said["passes"][0]["incidence"] == 12.5
    assert program.get(url(drafted(w), "feasibility")).json() == {"results": []}


def test_a_quote_is_read_by_a_key_and_accepted_by_nobody_but_a_person(w, order, program, person):
    quote = offered(order)
    (said,) = program.get(url(order, "quotes")).json()["results"]
    assert (said["number"], said["state"], said["price_cents"]) == (quote.number, "offered", quote.price_cents)
    assert said["document"] is None
    assert "fingerprint" not in said
    one = url(order, "quotes", quote.number)
    assert program.get(one).json() == said
    assert program.get(f"{one}.pdf").status_code == 404
    assert send(program, {"price_cents": quote.price_cents}, f"{one}/accept").status_code == 403
    assert Quote.objects.get().state == "offered"
    answer = send(person, {"price_cents": quote.price_cents}, f"{one}/accept")
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert answer["ETag"]


def test_another_price_is_told_beside_the_one_that_was_read_and_nothing_is_accepted(order, person):
    quote = offered(order)
    one = url(order, "quotes", quote.number)
    answer = send(person, {"price_cents": quote.price_cents + 1}, f"{one}/accept")
    said = answer.json()
    assert (answer.status_code, said["type"]) == (409, CHANGED)
    assert (said["was_cents"], said["now_cents"]) == (quote.price_cents + 1, quote.price_cents)
    assert send(person, {}, f"{one}/accept").status_code == 422
    assert send(person, {}, f"{one}/accept", **{"If-Match": '"old"'}).status_code == 412
    assert Quote.objects.get().state == "offered"
    assert send(person, {}, f"{one}/accept", **{"If-Match": person.get(one)["ETag"]}).status_code == 200


def test_what_changed_meanwhile_is_offered_anew(order, person):
    quote = offered(order)
    order.items.update(area_m2=order.items.get().area_m2 * 3)
    answer = send(person, {"price_cents": quote.price_cents}, f"{url(order, 'quotes', quote.number)}/accept")
    said = answer.json()
    assert (answer.status_code, said["type"], said["was_cents"]) == (409, CHANGED, quote.price_cents)
    new = Quote.objects.get(number=said["number"])
    assert (new.state, new.price_cents) == ("offered", said["now_cents"])
    assert not Quote.objects.filter(state="accepted").exists()


def test_a_quote_that_is_over_is_not_accepted(order, person):
    quote = offered(order)
    Quote.objects.filter(pk=quote.pk).update(valid_until=clock.now() - timedelta(hours=1))
    expire_overdue(at=clock.now())
    answer = send(person, {"price_cents": quote.price_cents}, f"{url(order, 'quotes', quote.number)}/accept")
    assert answer.status_code == 409
    assert Quote.objects.get().state == "expired"


def test_the_document_is_handed_over(order, program):
    quote = offered(order)
    store_document(quote_id=quote.pk, storage_key="private/quotes/a.pdf", sha256="0" * 64)
    answer = program.get(url(order, "quotes", f"{quote.number}.pdf"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["X-Accel-Redirect"].endswith("private/quotes/a.pdf")


def test_of_others_there_is_nothing(w, order):
    quote = offered(order)
    stranger = caller_of(world().researcher, scopes=SCOPES)
    for more in (("feasibility",), ("quotes",), ("quotes", quote.number), ("quotes", f"{quote.number}.pdf")):
        assert stranger.get(url(order, *more)).status_code == 404
    other = drafted(w)
    assert caller_of(w.researcher, scopes=SCOPES).get(url(other, "quotes", quote.number)).status_code == 404


def test_the_office_reads_feasibility_and_quote_where_it_decides(w, order):
    studied(order.items.get(), expires=clock.now() + timedelta(days=5))
    quote = offered(order)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(w.moderator)
    submit_order(order=order, actor=w.researcher)
    page = client.get(f"/office/orders/{order.reference}/").content.decode()
    assert "the provider finds it challenging" in page
    assert "this counts until" in page
    assert quote.number in page
    assert "stands until" in page
    assert "Accept the quote" not in page
