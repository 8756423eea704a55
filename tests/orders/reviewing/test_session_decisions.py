# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session of the committee decides, row by row."""

import pytest
from django.db import IntegrityError, transaction

from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from orders.models import AgendaRow, LedgerEntry, Review
from orders.services.reviewing import minutes, sessions
from orders.services.reviewing.absences import standing_in
from orders.services.reviewing.grants import Ruling
from orders.services.reviewing.session_decisions import Word, decide, decide_several
from tests.factories.accounts import active_membership
from tests.factories.orders import world
from tests.orders.reviewing.committee import (
    GRANT,
    away,
    before_committee,
    everybody_is_there,
    fresh,
    moderator,
    opened,
    planned,
    with_stages,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_order_needs_the_committee():
    with with_stages():
        yield


def test_a_grant_is_the_reviews_and_the_envelope_holds_it(w):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    row = decide(row=session.rows.get(), actor=w.moderator, word=GRANT)
    review = Review.objects.get(order=order, stage="committee")
    assert (row.outcome, row.review, row.decided_by) == ("granted", review, w.moderator)
    assert (fresh(order).state, review.verdict) == ("approved", "approve")
    assert LedgerEntry.objects.filter(kind="hold").count() == 1


def test_where_a_further_stage_is_due_a_grant_passes_on(w):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    with with_stages(("committee", "", "", 0), ("cnes", "", "", 0)):
        row = decide(row=session.rows.get(), actor=w.moderator, word=GRANT)
    assert (row.outcome, row.review.verdict) == ("passed_on", "pass_on")
    assert Review.objects.get(order=order, state="open").stage == "cnes"
    assert not LedgerEntry.objects.filter(kind="hold").exists()


def test_a_line_that_is_refused_is_a_grant_in_part_all_of_them_a_refusal(w):
    from tests.factories.orders import SceneFactory

    scenes = [w.scene, SceneFactory(collection=w.collection)]
    for refused, outcome in ((1, "in_part"), (2, "refused")):
        order = before_committee(w, scenes=scenes)
        session = opened(w.moderator, orders=[order])
        lines = list(order.items.order_by("position"))[:refused]
        rulings = [Ruling(line.pk, "refused", "scene_unusable", "Nuages.") for line in lines]
        row = decide(row=session.rows.get(), actor=w.moderator, word=Word("grant", "En partie.", rulings=rulings))
        assert row.outcome == outcome


@pytest.mark.parametrize(
    ("decision", "code", "outcome", "state"),
    [
        ("refuse", "need_not_shown", "refused", "refused"),
        ("changes", "unclear_need", "changes", "changes_requested"),
        ("defer", "information_awaited", "deferred", "in_review"),
    ],
)
def test_what_else_a_session_says(w, decision, code, outcome, state):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    row = decide(row=session.rows.get(), actor=w.moderator, word=Word(decision, "Voir l’avis.", code))
    assert (row.outcome, fresh(order).state) == (outcome, state)
    assert (row.review or row).words == "Voir l’avis."


@pytest.mark.parametrize("decision", ["refuse", "changes", "defer", "dance"])
def test_a_reason_of_something_else_decides_nothing(w, decision):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    with pytest.raises(Invalid):
        decide(row=session.rows.get(), actor=w.moderator, word=Word(decision, "Voir.", "haze"))
    assert (session.rows.get().outcome, fresh(order).state) == ("", "in_review")


def test_what_is_deferred_goes_on_the_next_agenda(w):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    planned(w.moderator, days=1)
    later, following = planned(w.moderator, days=30), planned(w.moderator, days=9)
    decide(row=session.rows.get(), actor=w.moderator, word=Word("defer", "Demain.", "time_short"))
    assert (following.rows.get().order, later.rows.count()) == (order, 0)


def test_a_row_is_decided_once_in_an_open_session(w):
    first, second = before_committee(w), before_committee(w)
    session = planned(w.moderator, orders=[first])
    row = session.rows.get()
    with pytest.raises(IllegalTransition):
        decide(row=row, actor=w.moderator, word=GRANT)
    assert fresh(first).state == "in_review"
    everybody_is_there(session, w.moderator)
    sessions.open_session(session=session, actor=w.moderator)
    sessions.add_orders(session=session, actor=w.moderator, orders=[second.pk])
    decide(row=row, actor=w.moderator, word=Word("defer", "Demain.", "time_short"))
    with pytest.raises(IllegalTransition):
        decide(row=row, actor=w.moderator, word=GRANT)
    assert (fresh(first).state, fresh(row).outcome) == ("in_review", "deferred")
    with pytest.raises(IntegrityError), transaction.atomic():
        AgendaRow.objects.filter(pk=row.pk).update(outcome="granted")


def test_nobody_decides_with_an_interest_not_even_to_defer(w):
    dan = moderator("Dan Double")
    active_membership(dan, w.organisation)
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    row = session.rows.get()
    for word in (GRANT, Word("defer", "Demain.", "time_short")):
        with pytest.raises(NotPermitted):
            decide(row=row, actor=dan, word=word)
    with pytest.raises(IntegrityError), transaction.atomic():
        AgendaRow.objects.filter(pk=row.pk).update(decided_by=dan)
    assert (fresh(row).outcome, fresh(order).state) == ("", "in_review")


def test_nobody_defers_for_somebody_with_an_interest(w):
    dan, karim = moderator("Dan Double"), moderator()
    active_membership(dan, w.organisation)
    away(dan, karim)
    row = opened(w.moderator, orders=[before_committee(w)]).rows.get()
    with standing_in(karim, dan.pk), pytest.raises(NotPermitted):
        decide(row=row, actor=karim, word=Word("defer", "Demain.", "time_short"))
    assert fresh(row).outcome == ""


@pytest.mark.parametrize("decision", ["grant", "defer"])
def test_a_page_that_is_old_decides_nothing(w, decision):
    order = before_committee(w)
    row = opened(w.moderator, orders=[order]).rows.get()
    with pytest.raises(StaleVersion):
        decide(
            row=row, actor=w.moderator, word=Word(decision, "Oui.", "time_short", expected_version=order.version - 1)
        )
    assert fresh(row).outcome == ""


@pytest.mark.parametrize("votes", [(2, 0, 0), (1, 1, 0), (1, -1, 0)])
def test_no_more_vote_than_are_there(w, votes):
    row = opened(w.moderator, orders=[before_committee(w)]).rows.get()
    with pytest.raises(Invalid) as refused:
        decide(row=row, actor=w.moderator, word=Word("grant", "Oui.", "need_established", votes=votes))
    assert (refused.value.pointer, fresh(row).outcome) == ("votes_for", "")


def test_a_batch_tells_of_each(w):
    poor = world(budget_km2=1)
    orders = [before_committee(w), before_committee(poor), before_committee(w)]
    session = opened(w.moderator, orders=orders)
    rows = list(session.rows.order_by("position"))
    told = decide_several(rows=rows, actor=w.moderator, word=GRANT)
    assert [bool(one.problem) for one in told] == [False, True, False]
    assert [fresh(order).state for order in orders] == ["approved", "in_review", "approved"]
    assert [fresh(row).outcome for row in rows] == ["granted", "", "granted"]


def test_a_delegate_decides_for_who_is_away(w):
    karim = moderator()
    session = opened(w.moderator, orders=[before_committee(w)])
    away(w.moderator, karim)
    with standing_in(karim, w.moderator.pk):
        row = decide(row=session.rows.get(), actor=karim, word=GRANT)
    assert (row.decided_by, row.decided_for, row.review.decided_for) == (karim, w.moderator, w.moderator)
    kept = minutes.close(session=session, actor=karim)
    assert f"{karim} pour {w.moderator}" in kept.texts["fr"]
    assert f"{karim} for {w.moderator}" in kept.texts["en"]
