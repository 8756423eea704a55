# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages and the API of the queue: the formula for everybody, a place explained, weights tried, nobody named."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from orders.domain.fair_share import FACTORS, Formula
from orders.models import OrderDemand, QueueRule
from orders.services.reviewing.queue import confirm_rule, count_queue, propose_rule
from orders.tasks import count_queue as task
from tests.factories.accounts import ModeratorFactory
from tests.factories.api import caller_of
from tests.factories.orders import approved, drafted, neighbour, placed, submitted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def crowd(w):
    """The researcher's order, sent last, between those of an organisation nobody is to hear of."""
    other = neighbour(w)
    other.organisation.name = "Observatoire caché"
    other.organisation.save()
    other.researcher.name = "Nemo Personne"
    other.researcher.save()
    theirs = [submitted(other, title="Affaire secrète") for _ in range(3)]
    mine = submitted(w)
    count_queue(at=clock.now())
    # They have received nothing either, and waited for a month: they go first.
    OrderDemand.objects.filter(order__in=theirs).update(sent_at=clock.now() - 30 * DAY)
    return mine, theirs


def read(client, user, address, **query):
    client.force_login(user)
    answer = client.get(address, query)
    return answer, answer.content.decode()


def of(order):
    return reverse("orders:order_queue", args=[order.reference])


SECRETS = ("Observatoire caché", "Nemo Personne", "Affaire secrète")


def silent(text, theirs):
    return not any(word in text for word in (*SECRETS, *(order.reference for order in theirs)))


def test_the_formula_is_for_everybody_signed_in(w, client):
    address = reverse("orders:queue")
    assert client.get(address).status_code == 302
    submitted(w)
    answer, text = read(client, w.researcher, address)
    assert answer.status_code == 200
    assert [row["weight"] for row in answer.context["rows"]] == [25, 30, 30, 15, 1000]
    assert answer.context["waiting"] == 1
    assert reverse("orders:queue_office") not in text
    _answer, text = read(client, w.moderator, address)
    assert reverse("orders:queue_office") in text


def test_an_order_s_page_says_its_place_and_why_without_naming_anybody(w, client, crowd):
    mine, theirs = crowd
    with translation.override("en"):
        _answer, text = read(client, w.researcher, reverse("orders:detail", args=[mine.reference]))
    assert of(mine) in text
    assert "4" in text
    assert silent(text, theirs)
    placed(approved(w))
    answer, _text = read(client, w.researcher, reverse("orders:detail", args=[drafted(w).reference]))
    assert answer.context["queue"] == ""


def test_a_place_is_explained_factor_by_factor(w, client, crowd):
    mine, theirs = crowd
    answer, text = read(client, w.researcher, of(mine))
    assert silent(text, theirs)
    found = answer.context["standing"]
    assert (found.place, found.total, found.organisations) == (4, 4, 1)
    assert [part["weight"] for part in answer.context["parts"]] == [25, 30, 30, 15, 1000]
    for part in answer.context["parts"]:
        assert part["points"] == pytest.approx(part["value"] * part["weight"], abs=0.005)
    assert answer.context["score"] == pytest.approx(sum(part["points"] for part in answer.context["parts"]))
    assert answer.context["tried"] is None


def test_other_weights_are_tried_in_the_address(w, client, crowd):
    mine, theirs = crowd
    answer, text = read(client, w.researcher, of(mine), age="0", need="")
    found = answer.context["standing"]
    assert answer.context["tried"] == {**Formula().weights, "age": 0}
    assert (found.place, found.tried_place) == (4, 4)
    assert silent(text, theirs)
    assert answer.context["parts"][1]["tried_points"] == 0
    assert not QueueRule.objects.exclude(reason="").exists()


@pytest.mark.parametrize("value", ["-1", "x", "99999", "1.5"])
def test_weights_that_cannot_be_are_refused_and_the_page_shows_those_in_force(w, client, crowd, value):
    answer, _text = read(client, w.researcher, of(crowd[0]), age=value)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["age"]
    assert answer.context["tried"] is None


def test_what_does_not_wait_has_no_place(w, client):
    answer, _text = read(client, w.researcher, of(drafted(w)))
    assert (answer.status_code, answer.context["standing"]) == (200, None)


def test_the_place_of_another_organisation_s_order_is_not_there(w, client, crowd):
    for person in (w.researcher, neighbour(w).researcher):
        answer, _text = read(client, person, of(crowd[1][0]))
        assert answer.status_code == 404
    answer, _text = read(client, w.moderator, of(crowd[1][0]))
    assert answer.status_code == 200


def test_the_office_sees_the_whole_list_and_who_would_move(w, client, crowd):
    mine, theirs = crowd
    address = reverse("orders:queue_office")
    assert read(client, w.researcher, address)[0].status_code == 404
    answer, text = read(client, w.moderator, address)
    assert [row["order"] for row in answer.context["rows"]] == [*theirs, mine]
    assert "Observatoire caché" in text
    tried = dict.fromkeys(FACTORS, "0") | {"emergency": "1"}
    OrderDemand.objects.filter(order=mine).update(sent_at=clock.now() - 90 * DAY)
    answer, _text = read(client, w.moderator, address, **tried)
    assert answer.context["rows"][0]["standing"].moved == 0
    answer, _text = read(client, w.moderator, address, after="3")
    assert [row["standing"].tried_place for row in answer.context["rows"]] == [4]
    for after in ("x", "-2", "9" * 30):
        assert len(read(client, w.moderator, address, after=after)[0].context["rows"]) == 4


def test_the_office_s_list_costs_the_same_for_one_and_for_three(w, client):
    counts = []
    client.force_login(w.moderator)
    for _round in range(2):
        submitted(w)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("orders:queue_office"), {"age": "3"}).status_code == 200
        counts.append(len(queries))
        submitted(w)
    assert counts[0] == counts[1]


def form(**changes):
    day = (clock.today() + 9 * DAY).isoformat()
    numbers = {**Formula().weights, "age_days": 30, "half_life_days": 90, "reuse_full": 3}
    return {**numbers, "starts_on": day, "reason": "Comité de juin", **changes}


def test_the_office_proposes_and_somebody_else_confirms(w, client):
    address = reverse("orders:queue_rules")
    client.force_login(w.researcher)
    assert client.post(address, form()).status_code == 404
    client.force_login(w.moderator)
    assert client.post(address, form(emergency=3)).context["form"].errors.keys() == {"emergency"}
    assert client.post(address, form(need="")).context["form"].errors.keys() == {"need"}
    assert QueueRule.objects.count() == 1
    assert client.post(address, form(need=40)).status_code == 302
    rule = QueueRule.objects.get(need=40)
    assert (rule.age_days, rule.half_life_days, rule.reuse_full) == (30, 90, 3)
    confirm = reverse("orders:queue_rule_confirm", args=[rule.pk])
    page = client.get(address)
    assert page.context["waiting"][0]["mine"]
    assert confirm not in page.content.decode()
    client.post(confirm)
    rule.refresh_from_db()
    assert rule.confirmed_at is None
    client.force_login(ModeratorFactory())
    assert confirm in client.get(address).content.decode()
    assert client.get(confirm).status_code == 405
    assert client.post(confirm).status_code == 302
    rule.refresh_from_db()
    assert rule.confirmed_at is not None


def test_the_history_is_public_and_the_names_of_the_office_are_not(w, client):
    second = ModeratorFactory(name="Séverine Seconde")
    rule = propose_rule(actor=w.moderator, formula=Formula(), starts_at=clock.now() + DAY, reason="Comité de juin")
    answer, text = read(client, w.researcher, reverse("orders:queue"))
    assert "Comité de juin" not in text
    confirm_rule(rule=rule, actor=second)
    answer, text = read(client, w.researcher, reverse("orders:queue"))
    assert "Comité de juin" in text
    assert "Séverine Seconde" not in text
    assert [row["current"] for row in answer.context["periods"]] == [False, True]
    assert answer.context["periods"][1]["ends"] == rule.starts_at
    _answer, text = read(client, w.moderator, reverse("orders:queue"))
    assert "Séverine Seconde" in text


def test_the_place_for_programs(w, crowd):
    mine, theirs = crowd
    client = caller_of(w.researcher, scopes=[ApiScope.ORDERS.value])
    answer = client.get(f"/api/v1/orders/{mine.reference}/queue")
    body = answer.json()
    assert (body["place"], body["total"], body["reference"]) == (4, 4, mine.reference)
    assert [part["name"] for part in body["factors"]] == list(FACTORS)
    assert body["points"] == pytest.approx(sum(part["points"] for part in body["factors"]))
    assert silent(answer.content.decode(), theirs)
    assert client.get(f"/api/v1/orders/{theirs[0].reference}/queue").status_code == 404
    draft = client.get(f"/api/v1/orders/{drafted(w).reference}/queue").json()
    assert (draft["place"], draft["points"], draft["factors"]) == (None, None, [])
    reader = caller_of(w.researcher, name="catalogue", scopes=[ApiScope.CATALOGUE.value])
    assert reader.get(f"/api/v1/orders/{mine.reference}/queue").status_code == 403


def test_the_task_counts(w):
    submitted(w)
    task()
    assert OrderDemand.objects.count() == 1
