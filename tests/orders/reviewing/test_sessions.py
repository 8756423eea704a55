# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions of the committee: planning, agenda, who is there and who steps back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage
from orders.models import AgendaRow, CommitteeSession, Recusal, Review
from orders.selectors.reviewing.agenda import agenda_of, waiting_for_committee
from orders.services.requests.submission import cancel_order
from orders.services.reviewing import minutes, sessions
from orders.services.reviewing.review import refuse_order, start_review
from orders.services.reviewing.session_decisions import decide
from tests.factories.orders import in_review
from tests.orders.reviewing.committee import (
    GRANT,
    away,
    before_committee,
    cnes,
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
    with pytest.raises(Invalid) as refused:
        sessions.set_attendance(
            session=session, actor=w.moderator, seats={seat.pk if attendance == "asleep" else 0: attendance}
        )
    assert refused.value.repair
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
