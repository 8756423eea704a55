# SPDX-License-Identifier: AGPL-3.0-or-later
"""An archive order is ordered again: what is withdrawn or held by now is told, nothing is copied that would hide it."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from shapely.geometry import box, shape

from dinamis.catalogue.services.withdraw import withdraw
from dinamis.core import clock, geo
from orders.models import Order
from orders.selectors.requests.archive import Sought
from orders.services.requests.archive_draft import ArchiveWanted
from orders.services.requests.submission import cancel_order, request_area
from tests.factories.orders import AREA, SceneFactory, delivered, drafted, submitted, world

pytestmark = pytest.mark.django_db
IMAGES, AREAS = "/orders/new/", "/orders/archive/"
WIDE = box(3.0, 43.6, 4.0, 44.1)


@pytest.fixture
def browser(w):
    return reader(w.researcher)


def reader(person):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person)
    return client


def first_words(page, *names):
    return tuple(page.context["form"][name].value() for name in names)


def over_an_area(w):
    """An order over an area, with its scene and what is held already, too."""
    scene = SceneFactory(collection=w.collection, footprint=geo.to_multipolygon(box(2.9, 43.5, 4.1, 44.2)))
    today = clock.today()
    sought = Sought(
        area=WIDE, family="pleiades", first=today - timedelta(days=90), last=today, cloud_max=10, with_held=True
    )
    return request_area(
        requester=w.researcher,
        organisation=w.organisation,
        wanted=ArchiveWanted(sought=sought, scenes=(scene.pk,), bundle="map"),
        title="Garrigue",
        project=w.project,
        new_project="",
        justification="Autre saison",
        submit=True,
    )


def test_the_page_of_an_order_leads_to_another_one(w, browser):
    sent, over, draft = submitted(w), over_an_area(w), drafted(w)
    for order, address in ((sent, IMAGES), (over, AREAS)):
        page = browser.get(reverse("orders:detail", args=[order.reference])).text
        assert f'href="{address}?from={order.reference}"' in page
    assert "?from=" not in browser.get(reverse("orders:detail", args=[draft.reference])).text


def test_images_are_ordered_again_but_for_those_that_were_withdrawn(w, browser):
    gone = SceneFactory(collection=w.collection)
    order = submitted(w, scenes=[w.scene, gone])
    withdraw(gone)
    page = browser.get(IMAGES, {"from": order.reference})
    assert f"{gone} is no longer in the catalogue and was left out." in page.text
    assert "The options of the former order" not in page.text
    assert page.context["scenes"] == [w.scene]
    said = (order.title, w.project.pk, w.organisation.pk)
    assert first_words(page, "title", "project", "organisation") == said
    assert shape(json.loads(first_words(page, "aoi")[0])).equals(AREA)
    assert page.context["costs"].lines[0].scene == w.scene
    withdraw(w.scene)
    page = browser.get(IMAGES, {"from": order.reference}, follow=True)
    assert "None of the images of this order is in the catalogue any more." in page.text
    assert page.redirect_chain == [(f"/orders/{order.reference}/", 302)]
    assert Order.objects.count() == 1


def test_what_is_held_by_now_is_told_and_asks_for_words_of_today(w, browser):
    order = delivered(w)
    page = browser.get(IMAGES, {"from": order.reference})
    assert page.context["held"].held_percent > 99
    assert not first_words(page, "justification")[0]
    fields = {name: page.context["form"][name].value() or "" for name in ("aoi", "title", "project", "organisation")}
    asked = {**fields, "scene": w.scene.pk, "step": "submit"}
    page = browser.post(IMAGES, asked)
    assert "of this area is already held." in page.text
    assert Order.objects.count() == 1
    browser.post(IMAGES, asked | {"justification": "Après la tempête"})
    assert Order.objects.count() == 2


def test_an_area_is_ordered_again_and_its_images_are_sought_anew(w, browser):
    order = over_an_area(w)
    words = first_words(browser.get(AREAS, {"from": order.reference}), "title", "cloud_max", "bundle", "first")
    assert words == ("Garrigue", 10, "map", clock.today() - timedelta(days=90))
    held = SceneFactory(
        collection=w.collection, held=True, cloud_cover=1, footprint=geo.to_multipolygon(box(2.9, 43.5, 3.5, 44.2))
    )
    # While it is under way nothing of it is bought again.
    page = browser.get(AREAS, {"from": order.reference})
    assert (len(page.context["refused"]), "found" in page.context) == (1, False)
    cancel_order(order=order, actor=w.researcher)
    page = browser.get(AREAS, {"from": order.reference})
    assert first_words(page, "with_held", "justification") == (None, None)
    assert page.context["found"].held.held_percent > 40
    assert held not in page.context["found"].scenes
    # Of an order of images its area is taken, where it is asked here.
    images = submitted(w)
    assert json.loads(first_words(browser.get(AREAS, {"from": images.reference}), "aoi")[0])["type"]


def test_options_that_no_choice_stands_for_are_said_to_be_left(w, browser):
    order = submitted(w)
    Order.objects.filter(pk=order.pk).update(options=order.options | {"dem": "none"})
    page = browser.get(IMAGES, {"from": order.reference})
    assert "The options of the former order are not taken over" in page.text
    assert first_words(page, "bundle") == ("",)


def test_nothing_of_an_order_is_copied_for_who_may_not_read_it(w, browser):
    images, over = submitted(w), over_an_area(w)
    stranger = reader(world().researcher)
    assert stranger.get(IMAGES, {"from": images.reference}).status_code == 404
    assert first_words(stranger.get(AREAS, {"from": over.reference}), "title", "aoi") == ("Order over an area", None)
    for reference in ("D-2020-0000", "D'--", "x" * 300):
        assert browser.get(IMAGES, {"from": reference}).status_code == 404
