# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page on which an area is ordered from the archive, without JavaScript and with what it adds."""

import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from shapely.geometry import box, mapping

from dinamis.catalogue.area_text import name_of
from dinamis.catalogue.services.areas import keep_area
from dinamis.core import clock, geo
from orders.models import Order, OrderItem
from orders.services.requests.kept_requests import LONGEST
from orders.web.requests.archive_form import ArchiveForm
from orders.web.requests.set_aside import set_aside
from tests.factories.catalogue import ItemFactory
from tests.factories.orders import SceneFactory, world

pytestmark = pytest.mark.django_db
URL = "/orders/archive/"
AREA = box(3.0, 43.6, 4.0, 44.1)


@pytest.fixture(scope="module")
def written(module_rows):
    made = world()
    made.scene.delete()
    return made


@pytest.fixture
def scenes(w):
    return [_scene(w, 2.9, 3.6), _scene(w, 3.4, 4.1)]


@pytest.fixture
def browser(w):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(w.researcher)
    return client


def _scene(w, west, east):
    return SceneFactory(collection=w.collection, footprint=geo.to_multipolygon(box(west, 43.5, east, 44.2)))


def sent(w, step="compute", **changes):
    today = clock.today()
    return {
        "aoi": json.dumps(mapping(AREA)),
        "first": (today - timedelta(days=365)).isoformat(),
        "last": today.isoformat(),
        "family": "pleiades",
        "title": "Garrigue",
        "organisation": w.organisation.pk,
        "project": w.project.pk,
        "step": step,
        **changes,
    }


def shown(answer):
    """What the page holds of the scenes it shows, as the next form sends it."""
    page = answer.content.decode()
    return {
        "sought": re.search(r'name="sought" value="(\w+)"', page)[1],
        "shown": re.findall(r'name="shown" value="(\d+)"', page),
        "scene": re.findall(r'name="scene" value="(\d+)" id="[\w-]+" checked', page),
    }


def nothing_written():
    return (Order.objects.count(), OrderItem.objects.count()) == (0, 0)


def test_scenes_are_proposed_ticked_and_ordered(w, browser, scenes):
    answer = browser.post(URL, sent(w))
    held = shown(answer)
    assert set(held["scene"]) == set(held["shown"]) == {str(scene.pk) for scene in scenes}
    assert "2 images show 100" in answer.content.decode()
    assert "If it were approved now" in answer.content.decode()
    assert nothing_written()
    _first, second = held["shown"]
    # One is left out: it stays in the list, and the other takes what it shows of its part.
    answer = browser.post(URL, sent(w, **held | {"scene": [second]}))
    assert shown(answer) == {**held, "scene": [second]}
    assert "left out" in answer.content.decode()
    answer = browser.post(URL, sent(w, "submit", **held | {"scene": [second]}), follow=True)
    order = Order.objects.get()
    assert answer.redirect_chain == [(f"/orders/{order.reference}/", 302)]
    assert (order.state, [line.scene_id for line in order.items.all()]) == ("submitted", [int(second)])


def test_nothing_is_written_before_the_scenes_were_shown(w, browser, scenes):
    held = shown(browser.post(URL, sent(w, "save")))
    assert nothing_written()
    smaller = json.dumps(mapping(box(3.0, 43.6, 3.2, 44.1)))
    answer = browser.post(URL, sent(w, "submit", **held | {"aoi": smaller}))
    assert "Look at the images first" in answer.content.decode()
    assert nothing_written()
    browser.post(URL, sent(w, "save", **shown(answer) | {"aoi": smaller}))
    assert Order.objects.get().items.count() == 1


def test_without_any_scene_ticked_nothing_is_ordered(w, browser, scenes):
    held = shown(browser.post(URL, sent(w)))
    answer = browser.post(URL, sent(w, "save", **held | {"scene": []}))
    assert "No image is chosen. Choose at least one." in answer.content.decode()
    assert shown(answer)["shown"] == held["shown"]
    assert nothing_written()


def test_a_change_is_followed_by_the_part_of_the_page_that_depends_on_it(w, browser, scenes):
    answer = browser.post(f"{URL}?follow", sent(w, title=""), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert page.lstrip().startswith("<section")
    assert len(shown(answer)["scene"]) == 2
    assert "Give the order a title" not in page
    page = browser.post(f"{URL}?follow", sent(w, cloud_max="130")).content.decode()
    assert "A cloud cover lies between 0 and 100" in page
    assert 'name="scene"' not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"aoi": ""}, "Name the area"),
        ({"first": "2999-01-01", "last": "2999-02-01"}, "no images of days to come"),
        ({"first": "2024-02-01", "last": "2024-01-01"}, "ends before it begins"),
        ({"cloud_max": "101"}, "between 0 and 100"),
        ({"incidence_max": "95"}, "between 0 and 90"),
        ({"family": "sentinel-2"}, "Select a valid choice"),
        ({"title": ""}, "This field is required"),
        ({"first": "2001-01-01", "last": "2001-02-01"}, "The archive has no image"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(w, browser, scenes, changes, words):
    answer = browser.post(URL, sent(w, "submit", **changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert nothing_written()


def test_the_check_leads_here_with_all_that_was_asked(w, browser, scenes):
    ItemFactory(collection=w.collection, datetime=clock.now(), footprint=geo.to_multipolygon(box(2.9, 43.5, 3.5, 44.2)))
    query = f"aoi={name_of(keep_area(AREA))}&sensor=pleiades&cloud=10"
    answer = browser.post("/orders/check/residual/", {"query": query, "kind": "archive", "family": "pleiades"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(URL)
    assert "cloud=10" in answer["Location"]
    page = browser.get(answer["Location"])
    assert len(shown(page)["scene"]) == 1
    assert "50" in page.content.decode()
    assert 'name="cloud_max" value="10' in page.content.decode()


def test_a_draft_is_changed_on_the_version_that_was_seen(w, browser, scenes):
    held = shown(browser.post(URL, sent(w)))
    browser.post(URL, sent(w, "save", **held | {"scene": held["shown"][:1]}))
    order = Order.objects.get()
    url = f"/orders/{order.reference}/edit/"
    page = browser.get(url)
    assert shown(page)["scene"] == held["shown"][:1]
    values = sent(w, "save", **shown(page)) | {"version": "0", "title": "Autre", "project": ""}
    assert browser.post(url, values).status_code == 302
    order.refresh_from_db()
    assert (order.title, order.version, order.project) == ("Autre", 1, w.project)
    assert browser.post(url, values | {"title": "Trop tard"}).status_code == 409
    order.refresh_from_db()
    assert order.title == "Autre"


def test_a_file_is_read_once_and_kept_as_text(w, browser, scenes):
    area = SimpleUploadedFile("zone.geojson", json.dumps(mapping(AREA)).encode())
    answer = browser.post(URL, sent(w, aoi="", area_file=area))
    assert len(shown(answer)["scene"]) == 2
    assert "Polygon" in answer.content.decode()


def test_who_signs_a_licence_on_the_way_comes_back_to_what_was_typed(browser, w):
    unsigned = world(signed=False)
    unsigned.scene.delete()
    wanted, _left_out = _scene(unsigned, 2.9, 3.6), _scene(unsigned, 3.4, 4.1)
    browser.force_login(unsigned.researcher)
    first = (clock.today() - timedelta(days=200)).isoformat()
    given = sent(unsigned, first=first, title="Étang", justification="Crue.")
    seen = shown(browser.post(URL, given))
    refused = browser.post(URL, {**given, **seen, "scene": [wanted.pk], "step": "submit"})
    assert nothing_written()
    back = f"{URL}?kept=1"
    assert f"next={quote(back, safe='')}" in refused.content.decode()
    page = browser.get(back)
    form = page.context["form"]
    assert [form[name].value() for name in ("title", "justification", "first")] == ["Étang", "Crue.", first]
    assert json.loads(form["aoi"].value()) == json.loads(given["aoi"])
    assert shown(page)["scene"] == [str(wanted.pk)]
    # Another page, and the same one without being asked, begin as ever.
    assert browser.get(URL).context["form"]["title"].value() != "Étang"
    assert Client(headers={}).get(back).status_code == 302


def test_what_is_too_long_to_be_set_aside_is_not(rf, w):
    request = rf.post(URL, {"aoi": "x" * (LONGEST + 1), "title": "Étang"})
    request.session = {}
    form = ArchiveForm(request.POST, user=w.researcher)
    assert set_aside(request, form, scenes=[]) == URL
    assert request.session == {}
