# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions of the committee: agenda, decisions, minutes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage
from orders.models import AgendaRow, CommitteeSession, LedgerEntry, Minutes, MinutesNote, Recusal, Review, SessionMember
from orders.selectors.agenda import agenda_of, facts_of, for_reader, waiting_for_committee
from orders.services import minutes, sessions
from orders.services.absences import standing_in
from orders.services.grants import Ruling
from orders.services.review import refuse_order, start_review, step_back
from orders.services.session_decisions import Word, decide, decide_several
from orders.services.session_papers import as_csv
from orders.services.submission import cancel_order
from tests.factories.accounts import active_membership
from tests.factories.orders import in_review, world
from tests.orders.committee import (
    away,
    before_committee,
    cnes,
    everybody_is_there,
    moderator,
    opened,
    planned,
    with_stages,
)

pytestmark = pytest.mark.django_db
GRANT = Word("grant", "Besoin établi.", "need_established")


@pytest.fixture(autouse=True)
def every_order_needs_the_committee():
    with with_stages():
        yield


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def mails(template):
    rows = OutboxMessage.objects.filter(topic="core.send_mail").order_by("pk")
    return [row.payload for row in rows if row.payload["template"] == f"orders/mail/{template}"]


def soon(days=3):
    return clock.now() + timedelta(days=days)


# --- planning ------------------------------------------------------------------------------------------------------


def test_a_session_has_a_reference_members_and_a_history(w):
    session = planned(w.moderator, w.moderator, cnes())
    assert session.reference.startswith("S-")
    assert (session.state, session.members.count(), str(session)) == ("planned", 2, session.reference)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"starts_at": -1}, "starts"),
        ({"place": ""}, "place"),
        ({"members": "stranger"}, "members"),
    ],
)
def test_a_session_that_cannot_be_is_refused(w, fields, pointer):
    asked = {"starts_at": soon(fields.get("starts_at", 3)), "place": fields.get("place", "Ici")}
    asked["members"] = [w.researcher.pk] if "members" in fields else []
    with pytest.raises(Invalid) as refused:
        sessions.plan(actor=w.moderator, **asked)
    assert (refused.value.pointer, CommitteeSession.objects.count()) == (pointer, 0)


def test_only_the_office_runs_sessions(w):
    session = planned(w.moderator)
    speaker = cnes()
    for act in (
        lambda: sessions.plan(actor=speaker, starts_at=soon(), members=[], place="Ici"),
        lambda: sessions.convene(session=session, actor=speaker),
        lambda: sessions.open_session(session=session, actor=speaker),
        lambda: sessions.set_attendance(session=session, actor=speaker, seats={}),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert (fresh(session).state, CommitteeSession.objects.count()) == ("planned", 1)


def test_a_planned_session_moves_and_changes_its_members(w):
    karim = moderator()
    session = planned(w.moderator)
    sessions.change(session=session, actor=w.moderator, starts_at=soon(9), members=[karim.pk], place="Paris", link="")
    assert (fresh(session).place, [seat.person for seat in session.members.all()]) == ("Paris", [karim])
    sessions.open_session(session=session, actor=w.moderator)
    with pytest.raises(IllegalTransition):
        sessions.change(session=session, actor=w.moderator, starts_at=soon(), members=[], place="Lyon", link="")
    assert fresh(session).place == "Paris"


def test_members_and_the_delegates_of_who_is_away_then_are_called(w):
    karim = moderator()
    order = before_committee(w)
    session = planned(w.moderator, w.moderator, orders=[order])
    away(w.moderator, karim, since=2, days=3)
    sessions.convene(session=session, actor=w.moderator)
    told = {mail["to"]: mail["context"] for mail in mails("session_convened")}
    assert set(told) == {w.moderator.email, karim.email}
    assert order.reference in told[karim.email]["agenda"][0]
    assert (told[karim.email]["away"], told[w.moderator.email]["away"]) == (str(w.moderator), "")
    assert fresh(session).convened_at is not None


def test_nobody_is_not_convened(w):
    session = sessions.plan(actor=w.moderator, starts_at=soon(), members=[], place="Ici")
    with pytest.raises(Invalid):
        sessions.convene(session=session, actor=w.moderator)
    assert (mails("session_convened"), fresh(session).convened_at) == ([], None)


def test_members_are_reminded_the_day_before_once(w):
    session = planned(w.moderator)
    planned(w.moderator, days=3)
    sessions.convene(session=session, actor=w.moderator)
    assert sessions.remind_members() == 0
    with clock.at(session.starts_at - timedelta(days=1)):
        assert (sessions.remind_members(), sessions.remind_members()) == (1, 0)
    assert [mail["to"] for mail in mails("session_reminder")] == [w.moderator.email]


def test_a_session_called_off_frees_its_orders_and_says_why(w):
    order = before_committee(w)
    session = planned(w.moderator, orders=[order])
    sessions.convene(session=session, actor=w.moderator)
    with pytest.raises(Invalid):
        sessions.call_off(session=session, actor=w.moderator, words=" ")
    assert fresh(session).state == "planned"
    sessions.call_off(session=session, actor=w.moderator, words="Grève.")
    assert (fresh(session).state, [one.pk for one in waiting_for_committee()]) == ("called_off", [order.pk])
    assert mails("session_called_off")[0]["context"]["words"] == "Grève."


# --- the agenda ----------------------------------------------------------------------------------------------------


def test_an_order_waits_on_one_agenda_only(w):
    order = before_committee(w)
    first = planned(w.moderator, orders=[order])
    second = planned(w.moderator, days=5)
    with pytest.raises(IllegalTransition):
        sessions.add_orders(session=second, actor=w.moderator, orders=[order.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        AgendaRow.objects.create(session=second, order=order, position=1)
    assert (first.rows.count(), second.rows.count(), waiting_for_committee().count()) == (1, 0, 0)


def test_only_what_is_at_the_committee_goes_on_an_agenda(w):
    order = in_review(w)
    session = planned(w.moderator)
    for orders, error in (([order.pk], IllegalTransition), ([], Invalid)):
        with pytest.raises(error):
            sessions.add_orders(session=session, actor=w.moderator, orders=orders)
    assert session.rows.count() == 0


def test_what_comes_after_the_convocation_is_late(w):
    first, second = before_committee(w), before_committee(w)
    session = planned(w.moderator, orders=[first])
    sessions.convene(session=session, actor=w.moderator)
    everybody_is_there(session, w.moderator)
    sessions.open_session(session=session, actor=w.moderator)
    sessions.add_orders(session=session, actor=w.moderator, orders=[second.pk])
    assert list(session.rows.values_list("position", "late")) == [(1, False), (2, True)]


def test_rows_move_and_leave(w):
    orders = [before_committee(w) for _ in range(3)]
    session = planned(w.moderator, orders=orders)
    one, two, three = session.rows.order_by("position")
    sessions.move(row=three, actor=w.moderator, up=True)
    sessions.move(row=one, actor=w.moderator, up=True)
    assert list(session.rows.order_by("position").values_list("pk", flat=True)) == [one.pk, three.pk, two.pk]
    sessions.take_off(row=three, actor=w.moderator)
    with pytest.raises(IllegalTransition):
        sessions.take_off(row=three, actor=w.moderator)
    sessions.move(row=two, actor=w.moderator, up=True)
    assert list(session.rows.order_by("position").values_list("pk", flat=True)) == [two.pk, one.pk]


def test_an_order_that_is_withdrawn_stays_and_says_so(w):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    cancel_order(order=order, actor=w.researcher)
    (seen,) = agenda_of(session)
    assert (seen.facts["outcome"], seen.waits) == ("withdrawn", False)
    with pytest.raises(IllegalTransition):
        decide(row=seen.row, actor=w.moderator, word=GRANT)
    kept = minutes.close(session=session, actor=w.moderator)
    assert kept.facts["rows"][0]["outcome"] == "withdrawn"


def test_an_order_decided_outside_is_said_to_be(w):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    refuse_order(order=order, actor=w.moderator, reason="Non.", reason_code="duplicate")
    kept = minutes.close(session=session, actor=w.moderator)
    assert kept.facts["rows"][0]["outcome"] == "elsewhere"


# --- attendance and recusals ---------------------------------------------------------------------------------------


def test_who_is_away_is_represented_by_their_delegate(w):
    karim = moderator()
    session = planned(w.moderator, w.moderator, cnes())
    seat, other = session.members.order_by("pk")
    away(moderator("Ada Tierce"), moderator("Eva Quatre"), since=2, days=3)
    with pytest.raises(Invalid):
        sessions.set_attendance(session=session, actor=w.moderator, seats={seat.pk: "represented"})
    away(w.moderator, karim, since=2, days=3)
    sessions.set_attendance(session=session, actor=w.moderator, seats={seat.pk: "represented", other.pk: "excused"})
    assert (fresh(seat).stand_in, fresh(other).attendance) == (karim, "excused")
    sessions.set_attendance(session=session, actor=w.moderator, seats={seat.pk: "present"})
    assert fresh(seat).stand_in is None
    karim.office_role = "none"
    karim.save()
    with pytest.raises(Invalid):
        sessions.set_attendance(session=session, actor=w.moderator, seats={seat.pk: "represented"})
    assert fresh(seat).attendance == "present"


@pytest.mark.parametrize("attendance", ["present", "asleep"])
def test_there_is_no_such_seat_or_word(w, attendance):
    session = planned(w.moderator)
    seat = session.members.get()
    with pytest.raises(Invalid):
        sessions.set_attendance(
            session=session, actor=w.moderator, seats={seat.pk if attendance == "asleep" else 0: attendance}
        )
    assert fresh(seat).attendance == "awaited"


def test_a_member_who_steps_back_is_in_the_minutes_and_decides_no_more(w):
    karim = moderator()
    order = before_committee(w)
    session = opened(w.moderator, w.moderator, karim, orders=[order])
    row = session.rows.get()
    start_review(order=order, actor=w.moderator)
    note = {"row": row, "actor": w.moderator, "person": karim, "reason_code": "project_partner"}
    sessions.note_recusal(**note)
    sessions.note_recusal(**note)
    (recusal,) = Recusal.objects.all()
    assert (recusal.person, recusal.noted_by) == (karim, w.moderator)
    assert Review.objects.get(order=order, state="open").claimed_by == w.moderator
    with pytest.raises(NotPermitted):
        decide(row=row, actor=karim, word=GRANT)
    decide(row=row, actor=w.moderator, word=GRANT)
    kept = minutes.close(session=session, actor=w.moderator)
    assert [one["name"] for one in kept.facts["rows"][0]["recused"]] == [str(karim)]


def test_only_members_step_back_and_with_a_reason(w):
    order = before_committee(w)
    row = planned(w.moderator, orders=[order]).rows.get()
    for person, code in ((moderator(), "project_partner"), (w.moderator, "duplicate")):
        with pytest.raises(Invalid):
            sessions.note_recusal(row=row, actor=w.moderator, person=person, reason_code=code)
    assert not Recusal.objects.exists()


# --- deciding ------------------------------------------------------------------------------------------------------


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


# --- minutes -------------------------------------------------------------------------------------------------------


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
