# SPDX-License-Identifier: AGPL-3.0-or-later
"""What changes between reading and sending, in the form and in the API: said clearly, and nothing happens.

What is wrong by itself (days, clouds, options, places, ten thousand lines) is listed in `tests.orders.requests.wishes`.
"""

import json

import pytest
from django.test import Client
from django.urls import reverse

from dinamis.accounts.services.membership import leave
from dinamis.core import clock
from orders.models import LedgerEntry, Order, OrderItem, Quote
from orders.services.requests.submission import submit_order
from orders.services.reviewing.review import approve_order
from tests.factories.accounts import active_membership
from tests.factories.api import caller_of
from tests.factories.orders import SceneFactory, acquisition, drafted, in_review, offered, world
from tests.orders.api.test_orders import SCOPES, URL, archive, send
from tests.orders.requests.test_pages import decision, words
from tests.orders.requests.wishes import ATLANTIC, PYONGYANG

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(w):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(w.researcher)
    return client


@pytest.fixture
def program(w):
    return caller_of(w.researcher, scopes=SCOPES)


def ended(project):
    project.ended_at = clock.now()
    project.save()


def moved(w):
    """The researcher left the organisation for another one."""
    leave(membership=w.researcher.memberships.get(organisation=w.organisation), actor=w.researcher)
    active_membership(w.researcher, world().organisation)


def still_draft(order):
    order.refresh_from_db()
    return (order.state, order.reviews.count()) == ("draft", 0)


def test_price_changed_between_quote_and_acceptance_is_shown_on_the_page(w, browser):
    order = acquisition(w)
    quote = offered(order)
    order.items.update(area_m2=order.items.get().area_m2 * 3)
    url = reverse("orders:quote_accept", args=[order.reference, quote.number])
    page = browser.post(url, {"fingerprint": quote.fingerprint}, follow=True).content.decode()
    assert "has changed since this quote: read the new one and accept it" in page
    renewed = Quote.objects.get(state="offered")
    assert renewed.number in page
    assert not Quote.objects.filter(state="accepted").exists()


def test_envelope_emptied_meanwhile_is_said_where_the_office_decides():
    w = world(budget_km2=100)
    first, second = in_review(w), in_review(w, title="Deuxième")
    office = Client(headers={"Accept-Language": "en"})
    office.force_login(w.moderator)
    url = reverse("orders:review", args=[second.reference])
    assert office.get(url).context["proposals"][0].suffices
    approve_order(order=first, actor=w.moderator, reason="oui", envelope=w.envelope)
    entries = LedgerEntry.objects.count()
    answer = office.post(url, decision(second, w, "approve"))
    assert answer.status_code == 200
    assert answer.context["form"].errors
    second.refresh_from_db()
    assert (second.state, LedgerEntry.objects.count()) == ("in_review", entries)


def test_project_ended_meanwhile_in_the_form(w, browser):
    order = drafted(w)
    ended(w.project)
    page = browser.post(reverse("orders:new"), words(w)).content.decode()
    assert "This cannot be sent yet: something is missing." in page
    browser.post(reverse("orders:submit", args=[order.reference]), {"version": order.version})
    assert still_draft(order)
    assert Order.objects.count() == 1


def test_project_ended_meanwhile_in_the_api(w, program):
    order = drafted(w)
    ended(w.project)
    answer = send(program, {"version": 0}, f"{URL}/{order.reference}/submit")
    assert answer.status_code == 403
    assert "project_ended" in {one["code"] for one in answer.json()["missing"]}
    assert still_draft(order)
    assert send(program, archive(w, submit=True)).status_code == 403
    assert Order.objects.count() == 1


def test_user_moved_organisation_meanwhile_in_the_form(w, browser):
    order = drafted(w)
    moved(w)
    answer = browser.post(reverse("orders:new"), words(w))
    assert "Select a valid choice" in answer.content.decode()
    browser.post(reverse("orders:submit", args=[order.reference]), {"version": order.version})
    assert still_draft(order)
    assert Order.objects.count() == 1


def test_user_moved_organisation_meanwhile_in_the_api(w, program):
    order = drafted(w)
    moved(w)
    answer = send(program, archive(w))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/organisation"
    answer = send(program, {"version": 0}, f"{URL}/{order.reference}/submit")
    assert answer.status_code == 403
    assert "membership_inactive" in {one["code"] for one in answer.json()["missing"]}
    assert still_draft(order)
    assert Order.objects.count() == 1


def test_the_same_form_twice_is_one_order_and_leads_to_it(w, browser):
    said = words(w, once="a-token-of-the-page")
    first, second = browser.post(reverse("orders:new"), said), browser.post(reverse("orders:new"), said)
    assert first["Location"] == second["Location"]
    assert (Order.objects.count(), OrderItem.objects.count()) == (1, 1)
    # What was changed since is another order; a form that was refused may be sent again.
    assert browser.post(reverse("orders:new"), said | {"project": ""}).status_code == 200
    browser.post(reverse("orders:new"), said | {"title": "Une autre", "justification": "Deux"})
    assert Order.objects.count() == 2


def test_every_page_that_writes_an_order_carries_a_token(w, browser):
    for page in ("/orders/archive/", "/orders/acquisition/", f"/orders/new/?scene={w.scene.pk}"):
        assert 'name="once" value="' in browser.get(page).content.decode()


def test_more_scenes_than_an_order_has_lines_in_the_form(w, browser, settings):
    settings.DINAMIS = {**settings.DINAMIS, "ORDER_LINES_MAX": 2}
    scenes = [w.scene, *SceneFactory.create_batch(2, collection=w.collection)]
    page = browser.post(reverse("orders:new"), words(w, scene=[scene.pk for scene in scenes])).content.decode()
    assert "This order would have 3 lines; an order has at most 2." in page
    assert not Order.objects.exists()


def test_an_area_on_the_sea_or_under_a_deny_rule_in_an_order_of_scenes(w, browser, program):
    for area, code in ((ATLANTIC, "on_the_sea"), (PYONGYANG, "denied_place")):
        outline = json.loads(json.dumps(area.__geo_interface__))
        footprint = f"SRID=4326;MULTIPOLYGON({area.buffer(0.1).wkt.removeprefix('POLYGON ')})"
        scene = SceneFactory(collection=w.collection, footprint=footprint)
        answer = send(program, archive(w, scenes=[scene.pk], aoi=outline))
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, "/aoi", code)
        answer = browser.post(reverse("orders:new"), words(w, scene=scene.pk, aoi=json.dumps(outline)))
        assert answer.context["form"].errors["aoi"]
    assert not Order.objects.exists()
    assert submit_order(order=drafted(w), actor=w.researcher).state == "submitted"
