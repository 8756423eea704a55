# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people and their browsers send amiss to the pages of orders: answered, and nothing of theirs is lost."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dinamis.catalogue.models import Sensor
from dinamis.core.http import whole_number, whole_numbers
from dinamis.core.spreadsheet import table
from orders.models import HoldBack, Order, OrderMark, PublicFigure
from tests.factories.orders import drafted, world
from tests.orders.requests.test_acquisition_pages import URL, sent
from tests.orders.requests.wishes import requested

pytestmark = pytest.mark.django_db


@pytest.fixture
def w():
    Sensor.objects.get_or_create(
        platform="PLEIADES-1A", defaults={"name": "Pléiades 1A", "family": "pleiades", "resolution": 0.5}
    )
    return world()


@pytest.fixture
def browser(w):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(w.researcher)
    return client


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "", "-1", "1.5", "٣", "9" * 19, "9" * 5000, "x"])
def test_what_is_no_number_of_a_row_is_none(text):
    assert whole_number(text) is None


def test_numbers_are_read():
    assert whole_numbers(["7", "x", "9" * 18]) == [7, 10**18 - 1]


@pytest.mark.parametrize("digits", [20, 5000])
def test_a_number_beyond_all_rows_is_no_fault_of_ours(w, browser, digits):
    many = "9" * digits
    draft = drafted(w)
    assert browser.get("/orders/new/", {"scene": many}).status_code == 404
    assert browser.get("/orders/", {"view": "calendar", "month": f"{many}-{many}"}).status_code == 200
    assert browser.get(URL, {"template": many}).status_code == 200
    assert browser.post(reverse("orders:submit", args=[draft.reference]), {"version": many}).status_code in {302, 409}


# --- an order sent back and forth ------------------------------------------------------------------------------------


def test_a_refused_submission_of_a_draft_may_be_sent_again_as_it_was_read(w):
    unsigned = world(signed=False)
    order = requested(unsigned)
    client = Client()
    client.force_login(unsigned.researcher)
    page = reverse("orders:edit", args=[order.reference])
    asked = sent(unsigned, "submit", cloud_max=5) | {"version": "0"}
    refused = client.post(page, asked)
    assert refused.context["missing"]
    order.refresh_from_db()
    order.acquisition.refresh_from_db()
    assert (order.state, order.version, order.acquisition.cloud_max == 5) == ("draft", 0, False)
    assert client.post(page, asked | {"step": "save"}).status_code == 302


def test_a_form_that_does_not_say_what_it_saw_changes_nothing(w, browser):
    order = requested(w)
    answer = browser.post(reverse("orders:edit", args=[order.reference]), sent(w, "save", title="Autre"))
    order.refresh_from_db()
    assert (answer.status_code, order.version) == (409, 0)


# --- nothing that was typed is lost ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"months": "99", "words": "Une thèse."}, "months"),
        ({"months": "x", "words": "Une thèse."}, "months"),
        ({"months": "3", "words": " "}, "words"),
    ],
)
def test_a_refused_hold_back_is_shown_again_with_its_words(w, browser, said, field):
    order = drafted(w)
    answer = browser.post(reverse("orders:hold_back_ask", args=[order.reference]), said)
    page = answer.content.decode()
    control = re.search(rf'<(?:input|textarea)[^>]*name="{field}"[^>]*>', page).group()
    assert (answer.status_code, 'aria-invalid="true"' in control) == (422, True)
    assert f'id="id_{field}_error"' in page
    assert said["words"].strip() in page
    assert not HoldBack.objects.exists()


def test_a_hold_back_asked_too_late_is_refused_in_words(w, browser):
    order = requested(w, submit=True)
    answer = browser.post(
        reverse("orders:hold_back_ask", args=[order.reference]), {"months": "3", "words": "Une thèse."}, follow=True
    )
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert not HoldBack.objects.exists()


def test_saving_a_template_keeps_what_is_on_the_page(w, browser):
    for name, level in (("Relief", "success"), ("", "error")):
        answer = browser.post(URL, sent(w, "template", mode="stereo") | {"template_name": name})
        assert answer.status_code == 200
        assert [message.level_tag for message in answer.context["messages"]] == [level]
        form = answer.context["form"]
        assert (form["title"].value(), form["mode"].value()) == ("Glacier, été", "stereo")
        assert form["aoi"].value()
    assert not Order.objects.exists()


def test_a_note_of_full_length_with_lines_is_kept(w, browser):
    order = drafted(w)
    note = "x\n" * 1000
    browser.post(reverse("orders:mark", args=[order.reference]), {"note": note.replace("\n", "\r\n")})
    assert OrderMark.objects.get().note == note.strip()


# --- spreadsheets ----------------------------------------------------------------------------------------------------


def test_no_cell_is_a_formula():
    assert table([["=1+1", "@x", -3, None, "été"]]) == "'=1+1,'@x,-3,,été\r\n"


def test_a_theme_that_reads_like_a_formula_is_text_in_the_public_figures(client):
    PublicFigure.objects.create(cut="theme", key='=HYPERLINK("http://x")', images=3)
    lines = client.get(reverse("orders:transparency_csv")).getvalue().decode()
    assert "'=HYPERLINK" in lines
