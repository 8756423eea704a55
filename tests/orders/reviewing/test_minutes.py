# SPDX-License-Identifier: AGPL-3.0-or-later
"""Minutes of a session: made once, read by its members, on paper."""

import pytest
from django.db import IntegrityError, transaction

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from orders.models import AgendaRow, CommitteeSession, Minutes, MinutesNote, SessionMember
from orders.selectors.reviewing.agenda import facts_of, for_reader
from orders.services.reviewing import minutes, sessions
from orders.services.reviewing.review import step_back
from orders.services.reviewing.session_decisions import Word, decide
from orders.services.reviewing.session_papers import as_csv
from tests.factories.accounts import active_membership
from tests.orders.reviewing.committee import (
    away,
    before_committee,
    cnes,
    fresh,
    opened,
    planned,
    with_stages,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_order_needs_the_committee():
    with with_stages():
        yield


def test_minutes_are_made_once_numbered_and_never_change(w):
    orders = [before_committee(w), before_committee(w)]
    session = opened(w.moderator, orders=orders)
    row = session.rows.first()
    decide(row=row, actor=w.moderator, word=Word("grant", "Oui.", "need_established", votes=(1, 0, 0)))
    kept = minutes.close(session=session, actor=w.moderator)
    facts = kept.facts
    assert (fresh(session).state, kept.number) == ("closed", f"PV-{clock.today().year}-0001")
    assert [one["outcome"] for one in facts["rows"]] == ["granted", "deferred"]
    assert (facts["rows"][0]["votes"], facts["members"][0]["attendance"]) == ([1, 0, 0], "present")
    (purse,) = facts["purses"]
    assert (purse["name"], purse["m2"], purse["orders"]) == (w.envelope.name, facts["rows"][0]["billed_m2"], 1)
    assert orders[0].reference in kept.texts["fr"]
    assert orders[0].reference in kept.texts["en"]
    assert kept.sha256 == minutes.fingerprint(facts, kept.texts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Minutes.objects.update(number="PV-1")


def test_nothing_of_a_closed_session_changes(w):
    order = before_committee(w)
    session = opened(w.moderator)
    minutes.close(session=session, actor=w.moderator)
    for act in (
        lambda: minutes.close(session=session, actor=w.moderator),
        lambda: sessions.add_orders(session=session, actor=w.moderator, orders=[order.pk]),
        lambda: sessions.set_attendance(session=session, actor=w.moderator, seats={}),
        lambda: sessions.convene(session=session, actor=w.moderator),
    ):
        with pytest.raises(IllegalTransition):
            act()
    for write in (
        lambda: AgendaRow.objects.create(session=session, order=order, position=1),
        lambda: SessionMember.objects.filter(session=session).delete(),
        lambda: SessionMember.objects.filter(session=session).update(attendance="excused"),
        lambda: CommitteeSession.objects.filter(pk=session.pk).update(place="Ailleurs"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
    assert (session.rows.count(), session.members.get().attendance, Minutes.objects.count()) == (0, "present", 1)


def test_a_session_closes_when_it_is_noted_who_was_there(w):
    session = planned(w.moderator)
    sessions.open_session(session=session, actor=w.moderator)
    for attendance in ("awaited", "excused"):
        sessions.set_attendance(session=session, actor=w.moderator, seats={session.members.get().pk: attendance})
        with pytest.raises(Invalid):
            minutes.close(session=session, actor=w.moderator)
    assert (fresh(session).state, Minutes.objects.count()) == ("open", 0)


def test_minutes_are_corrected_by_a_note(w):
    session = opened(w.moderator)
    kept = minutes.close(session=session, actor=w.moderator)
    with pytest.raises(NotPermitted):
        minutes.add_note(minutes=kept, actor=cnes(), words="Faux.")
    with pytest.raises(Invalid):
        minutes.add_note(minutes=kept, actor=w.moderator, words=" ")
    assert not MinutesNote.objects.exists()
    minutes.add_note(minutes=kept, actor=w.moderator, words="Lire 12 km².")
    with pytest.raises(IntegrityError), transaction.atomic():
        MinutesNote.objects.update(words="Lire 13 km².")
    assert (kept.notes.get().words, fresh(kept).sha256) == ("Lire 12 km².", kept.sha256)


def test_members_read_their_sessions_without_what_concerns_them(w):
    speaker, other, concerned = cnes(), cnes("Zoé Avis"), cnes("Max Partie")
    active_membership(concerned, w.organisation)
    gone = cnes("Rita Retrait")
    order = before_committee(w)
    session = opened(w.moderator, w.moderator, speaker, concerned, gone, orders=[order])
    step_back(order=order, actor=gone, reason_code="personal_interest")
    sees = CommitteeSession.objects.visible_to
    assert [sees(person).exists() for person in (w.moderator, speaker, other, w.researcher)] == [
        True,
        True,
        False,
        False,
    ]
    away(speaker, other, since=2, days=3)
    assert (sees(other).exists(), sees(cnes("Ada Tierce")).exists()) == (True, False)
    facts = facts_of(session)
    seen = [len(for_reader(facts, person)["rows"]) for person in (w.moderator, speaker, concerned, gone)]
    assert (seen, for_reader(facts, gone)["hidden"]) == ([1, 1, 0, 0], 1)


def test_a_spreadsheet_takes_nothing_for_a_formula(w):
    order = before_committee(w, title="=HYPERLINK(1)")
    session = opened(w.moderator, orders=[order])
    decide(row=session.rows.get(), actor=w.moderator, word=Word("refuse", "+1", "duplicate"))
    text = as_csv(facts_of(session))
    assert "'=HYPERLINK(1)" in text
    assert ",=" not in text
    assert ",'+1," in text


def test_the_agenda_takes_as_many_queries_for_one_order_as_for_three(w, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    session = opened(w.moderator, orders=[before_committee(w)])
    with CaptureQueriesContext(
        connection,
    ) as one:
        facts_of(fresh(session))
    sessions.add_orders(session=session, actor=w.moderator, orders=[before_committee(w).pk for _ in range(2)])
    with django_assert_num_queries(len(one)):
        assert len(facts_of(fresh(session))["rows"]) == 3
