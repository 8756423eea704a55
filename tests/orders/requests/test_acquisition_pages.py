# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of an acquisition request, without JavaScript and with what it adds."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from shapely.geometry import MultiPolygon, box, mapping

from dinamis.catalogue.models import Sensor
from dinamis.core.exceptions import Invalid, NotPermitted, NotVisible, StaleVersion
from orders.models import Acquisition, KeptRequest, Order, OrderItem
from orders.services.requests.kept_requests import delete_template, keep_typed, save_template, templates_of, typed
from tests.factories.orders import AREA, drafted, member_of, world
from tests.orders.requests.wishes import WRONGS, day, requested, right

pytestmark = pytest.mark.django_db
URL = "/orders/acquisition/"
NORTH = box(3.7, 44.0, 3.8, 44.1)
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def written(module_rows):
    made = world()
    Sensor.objects.get_or_create(
        platform="PLEIADES-1A", defaults={"name": "Pléiades 1A", "family": "pleiades", "resolution": 0.5}
    )
    return made


@pytest.fixture
def browser(w):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(w.researcher)
    return client


def sent(w, step="save", **changes):
    """A form as a browser sends it."""
    asked = right(w, **changes)
    areas, options = asked.pop("areas"), asked.pop("options")
    whole = (
        areas[0]
        if len(areas) == 1
        else MultiPolygon([part for area in areas for part in getattr(area, "geoms", [area])])
    )
    # An option the product does not have reaches the server only by hand: under a name that says it is meant as one.
    known = {"processing_level", "spectral_processing", "radiometric_processing", "pixel_coding", "image_format"}
    known |= {"projection", "dem", "elevation"}
    return {
        "aoi": json.dumps(mapping(whole)),
        "separate": "on" if len(areas) > 1 else "",
        "first": asked.pop("first").isoformat(),
        "last": asked.pop("last").isoformat(),
        "collection": asked.pop("collection").slug,
        "title": "Glacier, été",
        "organisation": w.organisation.pk,
        "project": w.project.pk,
        "justification": "Suivi",
        "step": step,
        **{name: value for name, value in asked.items() if value is not None},
        **{name if name in known else f"option-{name}": value for name, value in options.items()},
    }


def nothing_written():
    return (Order.objects.count(), OrderItem.objects.count(), Acquisition.objects.count()) == (0, 0, 0)


def text(answer):
    return answer.content.decode()


def test_the_page_says_why_a_period_and_where_emergencies_go(w, browser):
    page = text(browser.get(URL))
    assert "CIEST²" in page
    assert "never one day" in page
    assert "Pléiades\u00a01A" in page or "Pléiades 1A" in page
    assert "SPOT\u00a07" not in page


def test_the_address_fills_the_page_in(w, browser):
    page = browser.get(URL, {"aoi": "POLYGON((3.7 44,3.8 44,3.8 44.1,3.7 44))", "collection": w.collection.slug})
    assert 'id="aoi-json"' in text(page)
    assert page.context["form"].initial["collection"] == w.collection.slug


def test_compute_then_save_then_submit(w, browser):
    asked = sent(w, "compute", areas=[AREA, NORTH], mode="stereo", bh_min=0.3, bh_max=0.5)
    page = browser.post(URL, asked)
    assert page.status_code == 200
    assert "2 lines" in text(page), page.context["form"].errors
    assert nothing_written()
    answer = browser.post(URL, asked | {"step": "save"})
    order = Order.objects.get()
    assert answer["Location"] == reverse("orders:detail", args=[order.reference])
    assert (order.acquisition.mode, order.items.count(), order.state) == ("stereo", 2, "draft")
    answer = browser.post(URL, asked | {"step": "submit"})
    assert Order.objects.latest("pk").state == "submitted", answer.context["form"].errors


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.name)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(w, browser, wrong):
    answer = browser.post(URL, sent(w, "submit", **wrong.changes))
    assert answer.status_code == 200
    errors = answer.context["form"].errors
    named = {"areas": "aoi", "period": "last"}.get(wrong.pointer.split("/")[0], wrong.pointer.split("/")[-1])
    assert named in errors or "__all__" in errors, errors
    assert nothing_written()


def test_a_bundle_sets_the_values_before_anything_is_judged(w, browser):
    asked = sent(w, "submit", bundle="surface") | {"shown": "{}"}
    page = browser.post(URL, asked)
    assert nothing_written()
    form = page.context["form"]
    assert (form["mode"].value(), form["bh_min"].value(), form["processing_level"].value()) == (
        "stereo",
        "0.25",
        "primary",
    )
    assert (form["title"].value(), form["justification"].value()) == ("Glacier, été", "Suivi")
    again = {**asked, "shown": page.context["shown"], "step": "save"}
    again |= {name: form[name].value() for name in ("mode", "bh_min", "bh_max", "cloud_max", "proposal_threshold")}
    again |= {name: form[name].value() or "" for name in form.option_names}
    browser.post(URL, again)
    assert Order.objects.get().acquisition.bh_max == 0.6


def test_a_change_is_followed_and_what_is_typed_is_kept(w, browser):
    first = browser.get(URL)
    shown = json.dumps(
        json.loads(first.context["shown"]) | {"radiometric_processing": "basic", "pixel_coding": "12bits"}
    )
    asked = sent(w, "follow", options={"radiometric_processing": "display", "pixel_coding": "12bits"})
    part = browser.post(f"{URL}?follow", asked | {"shown": shown, "kept": "0"}, headers=HTMX)
    assert text(part).lstrip().startswith('<div id="how"')
    assert part.context["form"]["pixel_coding"].value() == "8bits"
    assert part.context["kept"] == 1
    # The price, what it would leave of the envelopes, and the button that sends it follow too.
    assert part.context["costs"].price_cents
    assert part.context["what_if"].shares
    assert 'value="submit"' in text(part)
    assert nothing_written()
    row = typed(w.researcher, None)
    assert (row.fields["title"], row.fields["pixel_coding"]) == ("Glacier, été", "8bits")
    # Another window that has seen nothing of it does not write over it, and is told.
    other = browser.post(f"{URL}?follow", asked | {"shown": shown, "kept": "0", "title": "Autre"}, headers=HTMX)
    assert other.context["not_kept"]
    assert typed(w.researcher, None).fields["title"] == "Glacier, été"
    # It is offered, taken up, and forgotten once it is sent.
    assert browser.get(URL).context["offered"] == row
    assert browser.get(f"{URL}?kept=1").context["form"]["title"].value() == "Glacier, été"
    browser.post(URL, sent(w, "save"))
    assert typed(w.researcher, None) is None


def test_what_was_typed_may_be_forgotten(w, browser):
    keep_typed(owner=w.researcher, order=None, fields={"title": "x"}, seen=0)
    browser.post(URL, {"step": "forget"})
    assert not KeptRequest.objects.exists()


def test_a_draft_is_changed_on_the_version_that_was_seen(w, browser):
    order = requested(w)
    url = reverse("orders:edit", args=[order.reference])
    page = browser.get(url)
    assert page.context["form"]["first"].value() == day(10)
    asked = sent(w, "save", cloud_max=5) | {"version": "0"}
    assert browser.post(url, asked).status_code == 302
    order.acquisition.refresh_from_db()
    assert order.acquisition.cloud_max == 5
    stale = browser.post(url, asked | {"cloud_max": "7"})
    assert stale.status_code == 409
    order.acquisition.refresh_from_db()
    assert order.acquisition.cloud_max == 5


def test_a_request_is_cloned(w, browser):
    order = requested(w, bundle="surface", title="Relief")
    assert order.justification
    form = browser.get(URL, {"from": order.reference}).context["form"]
    assert not form["justification"].value()
    assert (form["title"].value(), form["mode"].value(), form["processing_level"].value()) == (
        "Relief",
        "stereo",
        "primary",
    )
    stranger = world()
    client = Client()
    client.force_login(stranger.researcher)
    assert client.get(URL, {"from": order.reference}).context["form"]["title"].value() is None


def test_templates_are_named_shared_and_deleted(w, browser):
    browser.post(
        URL, sent(w, "template", mode="stereo") | {"template_name": " Relief  alpin ", "template_shared": "on"}
    )
    row = KeptRequest.objects.get()
    assert (row.name, row.organisation, row.fields["mode"]) == ("Relief alpin", w.organisation, "stereo")
    assert nothing_written()
    colleague, stranger = member_of(w.organisation), world().researcher
    assert (list(templates_of(colleague)), list(templates_of(stranger))) == ([row], [])
    assert browser.get(URL, {"template": row.pk}).context["form"]["mode"].value() == "stereo"
    with pytest.raises(NotVisible):
        delete_template(owner=colleague, pk=row.pk)
    with pytest.raises(Invalid):
        save_template(owner=colleague, name=" ", fields={})
    with pytest.raises(NotPermitted):
        save_template(owner=stranger, name="x", fields={}, organisation=w.organisation)
    browser.post(URL, {"step": "drop", "template": row.pk})
    assert not KeptRequest.objects.exists()


def test_what_is_kept_is_never_replaced_unseen(w):
    one = keep_typed(owner=w.researcher, order=None, fields={"title": "un"}, seen=0)
    two = keep_typed(owner=w.researcher, order=None, fields={"title": "deux"}, seen=one.version)
    for seen in (0, one.version, two.version + 1):
        with pytest.raises(StaleVersion):
            keep_typed(owner=w.researcher, order=None, fields={"title": "trois"}, seen=seen)
    with pytest.raises(Invalid):
        keep_typed(owner=w.researcher, order=None, fields={"aoi": "x" * 500_000}, seen=two.version)
    assert typed(w.researcher, None).fields == {"title": "deux"}
    order = drafted(w)
    assert keep_typed(owner=w.researcher, order=order, fields={}, seen=0).version == 1


def test_the_pages_of_an_order_say_how_it_is_asked(w, browser):
    order = requested(w, submit=True, bundle="surface", repeat="monthly", title="Relief")
    page = text(browser.get(reverse("orders:detail", args=[order.reference])))
    assert "stereo pair, B/H 0.25 to 0.60" in page
    assert "5% taken at once, proposed up to 10%" in page
    assert "every month" in page
    assert "primary: as seen" in page
    office = Client(headers={"Accept-Language": "fr"})
    office.force_login(w.moderator)
    assert "couple stéréo" in text(office.get(reverse("orders:review", args=[order.reference])))


def test_a_bundle_of_an_archive_order_sets_its_options(w, browser):
    asked = {
        "scene": w.scene.pk,
        "aoi": json.dumps(mapping(AREA)),
        "title": "Dunes",
        "organisation": w.organisation.pk,
        "project": w.project.pk,
        "justification": "Suivi",
        "step": "save",
        "bundle": "look",
    }
    browser.post("/orders/new/", asked)
    order = Order.objects.get()
    assert (order.kind, order.options["pixel_coding"]) == ("archive", "8bits")
    url = reverse("orders:edit", args=[order.reference])
    browser.post(url, {**asked, "bundle": "", "title": "Autre", "version": order.version})
    order.refresh_from_db()
    assert (order.title, order.options["pixel_coding"]) == ("Autre", "8bits")
    browser.post(url, {**asked, "bundle": "measure", "version": order.version})
    order.refresh_from_db()
    assert order.options["pixel_coding"] == "12bits"


def test_a_price_that_cannot_be_told_yet_is_not_told(w, browser):
    asked = sent(w, "follow", areas=[AREA]) | {"aoi": "", "title": ""}
    part = browser.post(f"{URL}?follow", asked, headers=HTMX)
    assert "costs" not in part.context
    assert 'value="submit"' not in text(part)
    asked = sent(w, "follow", cloud_max=130)
    assert "costs" not in browser.post(f"{URL}?follow", asked, headers=HTMX).context
    asked = sent(w, "follow") | {"title": "", "project": ""}
    assert browser.post(f"{URL}?follow", asked, headers=HTMX).context["costs"].lines


def test_who_signs_on_the_way_comes_back_to_what_was_typed(w):
    client = Client()
    client.force_login(member_of(w.organisation))
    page = text(client.post(URL, sent(w, "submit", project="") | {"project": "", "new_project": "Un projet"}))
    assert f"{reverse('licensing:sign', args=[w.licence.pk])}?next=%2Forders%2Facquisition%2F%3Fkept%3D1" in page
    assert nothing_written()
