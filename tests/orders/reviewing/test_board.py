# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's board: its columns, filters and pages, and what they cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dinamis.core import clock
from orders.models import OrderDemand
from orders.selectors.reviewing.board import BoardFilter, columns, outlines, page, page_by_place
from orders.services.reviewing.review import pass_on, request_changes
from tests.factories.accounts import ModeratorFactory, active_membership
from tests.factories.orders import approved, drafted, in_review, placed, submitted

pytestmark = pytest.mark.django_db


def shown(w, wanted=None, at=None, **options):
    return [card.order for card in page(wanted or BoardFilter(), w.moderator, at or clock.now(), **options).cards]


def by_column(w, wanted=None, at=None):
    found = columns(wanted or BoardFilter(), w.moderator, at or clock.now())
    return {one.value: (one.count, [card.order for card in one.cards]) for one in found if one.count}


def test_each_order_is_in_the_column_of_its_stage_or_state(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "ORDER_STAGES": (("committee", "", "", 0),)}
    first, second, third = submitted(w), in_review(w), in_review(w)
    drafted(w)
    pass_on(order=second, actor=w.moderator, reason="Complet.")
    request_changes(order=third, actor=w.moderator, reason="Réduire.")
    assert by_column(w) == {
        "secretariat": (1, [first]),
        "committee": (1, [second]),
        "changes_requested": (1, [third]),
    }


def test_columns_say_the_same_with_a_filter_that_fits_all(w):
    submitted(w), in_review(w), approved(w)
    assert by_column(w, BoardFilter(family="pleiades")) == by_column(w)


def test_those_due_soonest_come_first(w):
    orders = [submitted(w) for _ in range(8)]
    assert by_column(w)["secretariat"] == (8, orders[:6])


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (BoardFilter(state="approved"), False),
        (BoardFilter(state="in_review"), True),
        (BoardFilter(stage="secretariat"), True),
        (BoardFilter(stage="cnes"), False),
        (BoardFilter(family="spot-6-7"), False),
        (BoardFilter(eligibility_class="french_institutional"), True),
        (BoardFilter(eligibility_class="private"), False),
        (BoardFilter(mine=True), True),
        (BoardFilter(late=True), False),
        (BoardFilter(text="trait de CÔTE"), True),
        (BoardFilter(text="institut des"), True),
        (BoardFilter(text="100%"), False),
        (BoardFilter(text="_"), False),
    ],
)
def test_filters(w, wanted, fits):
    order = in_review(w)
    assert shown(w, wanted) == ([order] if fits else [])
    assert [one for one, _text in outlines(wanted, w.moderator, clock.now())] == ([order] if fits else [])


def test_late_is_beyond_the_days_of_the_stage(w):
    order = in_review(w)
    later = clock.now() + timedelta(days=11)
    assert shown(w, BoardFilter(late=True), at=later) == [order]
    (card,) = page(BoardFilter(), w.moderator, later).cards
    assert (card.late, card.holder, card.may_claim) == (True, "", True)


def test_a_moderator_of_the_organisation_claims_nothing(w):
    submitted(w)
    insider = ModeratorFactory()
    active_membership(insider, w.organisation)
    (card,) = page(BoardFilter(), insider, clock.now()).cards
    assert not card.may_claim


def test_pages_follow_each_other_without_gap_or_repetition(w):
    orders = [submitted(w) for _ in range(5)]
    found, after = [], ""
    while True:
        one = page(BoardFilter(), w.moderator, clock.now(), after=after, size=2)
        found += [card.order for card in one.cards]
        if not (after := one.following):
            break
    assert found == orders[::-1]


def test_the_table_by_place_in_the_queue_has_what_waits_and_fits_page_by_page(w):
    orders = [submitted(w) for _ in range(4)]
    placed(approved(w))
    at = clock.now()
    OrderDemand.objects.create(order=orders[3], sent_at=at - timedelta(days=30), counted_at=at)
    found, after = [], ""
    while True:
        one = page_by_place(BoardFilter(stage="secretariat"), w.moderator, at, after=after, size=3)
        found += [(card.place, card.order) for card in one.cards]
        if not (after := one.following):
            break
    assert found == list(enumerate([orders[3], *orders[:3]], start=1))
    assert page_by_place(BoardFilter(state="placed"), w.moderator, at).cards == []
    assert len(page_by_place(BoardFilter(), w.moderator, at, after="x").cards) == 4


@pytest.mark.parametrize("after", ["x", "2026-01-01_", "2026-01-01T00:00:00_3", "2026-01-01T00:00:00+00:00_-3"])
def test_an_edge_that_nobody_wrote_starts_from_the_beginning(w, after):
    order = submitted(w)
    assert shown(w, after=after) == [order]


@pytest.mark.parametrize("query", [{}, {"view": "table"}, {"view": "table", "sort": "queue"}, {"view": "map"}])
def test_views_are_the_office_s_and_cost_the_same_for_one_and_three(w, client, query):
    address = reverse("orders:board")
    client.force_login(w.researcher)
    assert client.get(address).status_code == 404
    client.force_login(w.moderator)
    counts = []
    for _round in range(2):
        submitted(w)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address, query)
        assert answer.status_code == 200
        counts.append(len(queries))
        submitted(w)
    assert counts[0] == counts[1]
    assert "D-20" in answer.content.decode()


def test_the_address_holds_what_is_shown(w, client):
    order = submitted(w)
    client.force_login(w.moderator)
    answer = client.get(reverse("orders:board"), {"view": "table", "stage": "secretariat", "text": order.reference})
    assert [card.order for card in answer.context["page"].cards] == [order]
    assert "stage=secretariat" in answer.context["tabs"][2]["url"]
    assert client.get(reverse("orders:board"), {"stage": "nowhere", "state": "drôle"}).status_code == 200


@pytest.mark.parametrize("view", ["kanban", "table", "map"])
def test_what_nothing_fits_offers_to_clear_the_filters(w, client, view):
    submitted(w)
    client.force_login(w.moderator)
    page = client.get(reverse("orders:board"), {"view": view, "text": "nothing-is-called-that"}).content.decode()
    assert f'href="?view={view}"' in page
