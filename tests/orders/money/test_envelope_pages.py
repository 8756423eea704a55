# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes on pages, as CSV and by the API: what each reader sees and may do."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from orders.models import Adjustment, Envelope
from orders.selectors.money.envelope import balance
from orders.services.money import ledger
from tests.factories.accounts import ModeratorFactory
from tests.factories.orders import KM2, approved, envelope, world
from tests.orders.money.purses import opened, paris, proposed, referent_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(module_rows):
    return world(budget_km2=100)


@pytest.fixture
def office(w):
    client = Client()
    client.force_login(w.moderator)
    return client


def test_the_office_reads_all_and_a_referent_their_own(client, office, w, django_assert_max_num_queries):
    envelope(10, name="Pot commun")
    with django_assert_max_num_queries(25):
        page = office.get(reverse("orders:envelopes"))
    assert len(page.context["rows"]) == 2
    client.force_login(referent_of(w.organisation))
    page = client.get(reverse("orders:envelopes"))
    assert [row.envelope for row in page.context["rows"]] == [w.envelope]
    assert client.get(reverse("orders:envelope", args=[w.envelope.pk])).status_code == 200
    client.force_login(w.researcher)
    assert list(client.get(reverse("orders:envelopes")).context["rows"]) == []
    assert client.get(reverse("orders:envelope", args=[w.envelope.pk])).status_code == 404


def test_the_page_explains_the_balance(office, w):
    order = approved(w)
    page = office.get(reverse("orders:envelope", args=[w.envelope.pk]))
    text = page.content.decode()
    assert order.reference in text
    assert "<svg viewBox" in text
    assert page.context["adds_up"]


def test_entries_as_csv_are_no_formulas(office, w):
    ledger.grant(envelope=w.envelope, amount_m2=1, actor=SYSTEM, key="x", words="=HYPERLINK(1)")
    answer = office.get(reverse("orders:envelope_csv", args=[w.envelope.pk]))
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["left_m2"] for row in rows] == [str(100 * KM2), str(100 * KM2 + 1)]
    assert rows[-1]["words"] == "'=HYPERLINK(1)"


@pytest.mark.usefixtures("in_no_language")
def test_a_change_is_proposed_and_confirmed_on_the_page(client, office, w):
    address = reverse("orders:envelope", args=[w.envelope.pk])
    wrong = office.post(reverse("orders:envelope_adjust", args=[w.envelope.pk]), {"amount": "", "words": "rien"})
    assert wrong.status_code == 200
    assert wrong.context["form"].errors
    office.post(reverse("orders:envelope_adjust", args=[w.envelope.pk]), {"amount": "-2.5", "words": "Reliquat"})
    change = Adjustment.objects.get()
    assert change.amount_m2 == -2_500_000
    client.force_login(ModeratorFactory())
    assert 'value="confirm"' in client.get(address).content.decode()
    decide = reverse("orders:adjustment_decide", args=[change.pk])
    assert client.post(decide, {"decision": "elsewhere"}).status_code == 404
    client.post(decide, {"decision": "confirm", "version": change.version})
    assert balance(w.envelope).granted == 97_500_000


def test_an_envelope_is_opened_on_the_page(office, w):
    words = {
        "name": "Volume", "family": "spot-6-7", "kind": "prefinanced", "owner": w.organisation.pk,
        "starts": "2027-01-01", "ends": "2027-12-31", "carry": "share", "carry_percent": "50", "renews": "on",
    }  # fmt: skip
    assert office.post(reverse("orders:envelope_new"), {**words, "owner": ""}).status_code == 200
    assert office.post(reverse("orders:envelope_new"), words).status_code == 302
    row = Envelope.objects.get(name="Volume")
    assert (row.owner, row.carry_percent, row.period.upper) == (w.organisation, 50, paris(2028, 1, 1))


def test_a_rate_is_set_on_the_page(office):
    words = {
        "family": "pleiades", "kind": "archive", "quota": "outside", "price": "4.50", "minimum": "25",
        "stereo_factor": "2", "tristereo_factor": "3", "reason": "Marché",
        "since": (clock.today() + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    assert office.post(reverse("orders:tariffs"), {**words, "since": "2020-01-01"}).status_code == 200
    assert office.post(reverse("orders:tariffs"), words).status_code == 302
    assert "4,50" in office.get(reverse("orders:tariffs")).content.decode()


def test_the_api_gives_what_the_page_gives(client, office, w):
    envelope(10, name="Tentatives", family="spot-6-7", attempts=4)
    found = office.get("/api/v1/envelopes").json()["results"]
    assert [one["name"] for one in found] == [w.envelope.name, "Tentatives"]
    assert found[0]["m2"] == {"granted": 100 * KM2, "held": 0, "committed": 0, "available": 100 * KM2}
    assert (found[0]["attempts"], found[1]["attempts"]["available"]) == (None, 4)
    assert [one["name"] for one in office.get("/api/v1/envelopes?family=spot-6-7").json()["results"]] == ["Tentatives"]
    assert office.get("/api/v1/envelopes?famly=x").status_code in {400, 422}
    client.force_login(referent_of(w.organisation))
    assert [one["id"] for one in client.get("/api/v1/envelopes").json()["results"]] == [w.envelope.pk]


def test_a_page_offers_what_its_reader_may_do_and_no_more(client, office, w):
    referent, other = referent_of(w.organisation), ModeratorFactory()
    proposed(w)
    address = reverse("orders:envelope", args=[w.envelope.pk])

    def offered(person):
        client.force_login(person)
        page = client.get(address)
        (change,) = page.context["adjustments"]
        listed = client.get(reverse("orders:envelopes")).context["office"]
        return page.context["form"] is not None, listed, change["may_decide"], change["may_withdraw"]

    assert offered(w.moderator) == (True, True, False, True)
    assert offered(other) == (True, True, True, False)
    assert offered(referent) == (False, False, False, False)


def test_the_projects_of_a_programme_are_chosen_on_its_page(office, w):
    row = opened(w, kind="programme", programme="Littoral")
    address = reverse("orders:envelope_programme", args=[row.pk])
    assert office.post(address, {"projects": [w.project.pk + 999]}).status_code == 404
    assert office.post(reverse("orders:envelope_programme", args=[w.envelope.pk]), {}).status_code == 404
    assert row.programme.projects.count() == 0
    assert office.post(address, {"projects": [w.project.pk]}).status_code == 302
    assert list(row.programme.projects.all()) == [w.project]
    assert "Littoral" in office.get(reverse("orders:envelope", args=[row.pk])).content.decode()
