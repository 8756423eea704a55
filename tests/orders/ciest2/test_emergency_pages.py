# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of CIEST², without JavaScript."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from shapely.geometry import mapping

from dinamis.core import clock
from orders.models import Activation, ActivationParty, EmergencyScientist, Order
from orders.selectors.money.envelope import balance
from orders.web.ciest2.emergency_forms import JoinForm
from tests.factories.accounts import UserFactory
from tests.factories.emergencies import PLACE, activated, emergency_world, holding, named
from tests.factories.orders import KM2, AssetFactory, SceneFactory, neighbour

pytestmark = pytest.mark.django_db
URL, OFFICE = "/orders/emergency/", "/office/emergency/"


@pytest.fixture(scope="module")
def written(module_rows):
    return emergency_world()


def browser(person):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person)
    return client


def sent(w, step="activate", **changes):
    return {
        "aoi": json.dumps(mapping(PLACE)),
        "kind": "eruption",
        "place": "Montagne Pelée",
        "event_on": clock.today().isoformat(),
        "justification": "Croissance du dôme.",
        "organisation": w.organisation.pk,
        "project": "",
        "step": step,
        **changes,
    }


def text(answer):
    return answer.content.decode()


def test_the_acquisition_page_leads_here(w):
    assert f'href="{URL}"' in text(browser(w.researcher).get("/orders/acquisition/"))


def test_who_is_named_gets_a_form_and_others_are_told_how_to_be(w):
    assert "Activate" in text(browser(w.researcher).get(URL))
    stranger = text(browser(UserFactory()).get(URL))
    assert "whom the DINAMIS office has named" in stranger
    assert 'name="event_on"' not in stranger


def test_the_price_is_computed_before_anything_is_written(w):
    page = text(browser(w.researcher).post(URL, sent(w, step="compute")))
    assert "2,000\u00a0km²" in page
    assert "10,000\u00a0km²" in page
    assert 'value="activate"' in page
    assert not Order.objects.exists()


def test_where_the_envelope_does_not_suffice_the_page_says_so_and_offers_no_activation(w):
    holding(w, 500 * KM2)
    page = text(browser(w.researcher).post(URL, sent(w, step="compute")))
    assert "does not suffice" in page
    assert 'value="activate"' not in page


def test_without_an_envelope_the_page_says_whom_to_call(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "EMERGENCY_PROGRAMME": "Another"}
    assert "Call the office" in text(browser(w.researcher).post(URL, sent(w)))
    assert not Order.objects.exists()


def test_activated_it_leads_to_its_page_and_sent_again_to_the_same(w):
    client = browser(w.researcher)
    answers = [client.post(URL, sent(w)) for _time in range(2)]
    activation = Activation.objects.get()
    assert [answer["Location"] for answer in answers] == [f"{URL}{activation.order.reference}/"] * 2
    assert "Montagne Pelée" in text(client.get(answers[0]["Location"]))


def test_a_refusal_keeps_what_was_typed_and_names_the_field(w):
    page = text(browser(w.researcher).post(URL, sent(w, event_on="2019-04-01")))
    assert "days ago" in page
    assert "Croissance du dôme." in page
    assert not Order.objects.exists()


def test_who_is_not_named_posts_to_nothing(w):
    assert browser(neighbour(w).researcher).post(URL, sent(w)).status_code == 404
    assert not Order.objects.exists()


def test_everybody_signed_in_sees_the_days_and_their_images_but_no_names(w):
    activation = activated(w)
    image = AssetFactory(item=SceneFactory(collection=w.collection, held=True, cloud_cover=88)).item
    activation.order.items.first().products.add(image)
    page = text(browser(UserFactory()).get(f"{URL}{activation.order.reference}/"))
    assert page.count("<tr") == 11
    assert f"/catalogue/items/{image.pk}/" in page
    assert "88\u00a0%" in page or "88%" in page or "88 %" in page
    assert w.organisation.name in page
    assert w.researcher.name not in page
    assert "Stop the activation" not in page
    assert "Join this activation" not in page
    assert w.researcher.name in text(browser(w.moderator).get(f"{URL}{activation.order.reference}/"))
    assert "Montagne Pelée" in text(browser(UserFactory()).get(URL))


def test_a_scientist_of_another_laboratory_joins(w):
    activation = activated(w)
    other = neighbour(w)
    named(w, other.researcher)
    client = browser(other.researcher)
    page = f"{URL}{activation.order.reference}/"
    assert "Join this activation" in text(client.get(page))
    assert "Join it" in text(client.post(URL, sent(other)))
    client.post(f"{page}join/", {"organisation": other.organisation.pk, "words": "Aussi."})
    assert ActivationParty.objects.get().organisation == other.organisation
    assert "Join this activation" not in text(client.get(page))


def test_nobody_joins_for_no_organisation(w):
    activation = activated(w)
    other = neighbour(w)
    named(w, other.researcher)
    browser(other.researcher).post(f"{URL}{activation.order.reference}/join/", {"organisation": w.organisation.pk})
    assert not ActivationParty.objects.exists()


def test_one_joins_for_ones_own_organisations(w):
    other = neighbour(w)
    assert list(JoinForm(user=other.researcher).fields["organisation"].queryset) == [other.organisation]


def test_it_is_stopped_with_a_reason(w):
    activation = activated(w)
    page = f"{URL}{activation.order.reference}/"
    client = browser(w.researcher)
    assert "Stop the activation" in text(client.get(page))
    client.post(f"{page}stop/", {"code": "event_over", "version": activation.version})
    assert (Activation.objects.get().state, balance(w.envelope).held) == ("stopped", 0)
    assert "stopped early" in text(client.get(page))


def test_its_order_tells_its_story(w):
    activation = activated(w)
    page = text(browser(w.researcher).get(f"/orders/{activation.order.reference}/"))
    assert "CIEST² activated: no review, placed at once" in page


def test_the_office_names_and_revokes(w):
    person, client = UserFactory(), browser(w.moderator)
    today = clock.today()
    words = {"first": today.isoformat(), "last": (today + timedelta(days=30)).isoformat(), "words": "IPGP"}
    assert client.post(OFFICE, {"email": person.email, **words}).status_code == 302
    grant = EmergencyScientist.objects.get(person=person)
    assert person.has_perm("orders.activate_emergency")
    client.post(f"{OFFICE}{grant.pk}/revoke/")
    assert not person.has_perm("orders.activate_emergency")
    assert "revoked" in text(client.get(OFFICE))
    assert "Nobody has an account" in text(client.post(OFFICE, {"email": "x@y.example", **words}))


def test_lists_cost_the_same_with_more_rows(w, django_assert_max_num_queries):
    activated(w)
    client = browser(w.moderator)
    client.get(URL)
    with django_assert_max_num_queries(16):
        client.get(URL)
