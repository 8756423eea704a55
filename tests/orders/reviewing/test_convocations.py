# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members are called with the agenda as a file and an entry for their calendar, which follows what becomes of it."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core import mail
from icalendar import Calendar

from dinamis.core import clock
from dinamis.core.models import OutboxMessage
from orders.models import SessionPaper
from orders.services.reviewing import sessions
from orders.services.reviewing.convocations import CALL_TOPIC
from tests.factories.accounts import active_membership
from tests.orders.conftest import drive
from tests.orders.reviewing.committee import away, before_committee, cnes, fresh, moderator, planned, with_stages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    with with_stages():
        yield tmp_path


def queued(template):
    """The payloads of the mails of this kind, in the order in which they were written."""
    rows = OutboxMessage.objects.filter(topic="core.send_mail").order_by("pk")
    return [row.payload for row in rows if row.payload["template"] == f"orders/mail/{template}"]


def entry(payload):
    """The entry that a mail carries for a calendar, with its method."""
    calendar = Calendar.from_ical(payload["invitation"]["text"])
    assert calendar["method"] == payload["invitation"]["method"]
    (event,) = calendar.events
    return calendar["method"], event


def changed(session, w, members, *, days=3, place="Montpellier"):
    starts = clock.now() + timedelta(days=days) if days != 3 else session.starts_at
    people = [person.pk for person in members]
    return sessions.change(session=session, actor=w.moderator, starts_at=starts, members=people, place=place, link="")


def test_members_and_the_delegates_of_who_is_away_then_are_called(w):
    karim = moderator()
    order = before_committee(w)
    session = planned(w.moderator, orders=[order])
    away(w.moderator, karim, since=2, days=3)
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    told = {one["to"]: one["context"] for one in queued("session_convened")}
    assert set(told) == {w.moderator.email, karim.email}
    assert order.reference in told[karim.email]["agenda"][0]
    assert (told[karim.email]["away"], told[w.moderator.email]["away"]) == (str(w.moderator), "")
    assert fresh(session).convened_at is not None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_mail_carries_the_agenda_and_an_entry_for_the_calendar(w, files, language):
    w.moderator.language = language
    w.moderator.save()
    session = planned(w.moderator, orders=[before_committee(w)])
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    drive("core.send_mail")
    sent = message_from_bytes(mail.outbox[-1].message().as_bytes(), policy=policy.default)
    parts = {part.get_content_type(): part for part in sent.walk()}
    invitation, agenda = parts["text/calendar"], parts["application/pdf"]
    assert invitation["Content-Type"].params["method"] == "REQUEST"
    assert agenda.get_filename() == f"agenda-{session.reference}-{language}.pdf"
    paper = SessionPaper.objects.get()
    assert (paper.language, agenda.get_content()) == (language, (files / paper.storage_key).read_bytes())
    (event,) = Calendar.from_ical(invitation.get_content()).events
    assert (event["uid"], event["sequence"]) == (f"{session.reference}@sessions.dinamis", 0)
    assert event.start == session.starts_at.replace(microsecond=0)
    assert event.end - event.start == timedelta(minutes=120)
    assert [str(event["attendee"]), event["location"]] == [f"mailto:{w.moderator.email}", "Montpellier"]
    assert ("séance" in event["summary"]) == (language == "fr")


def test_an_agenda_that_cannot_be_drawn_does_not_hold_up_the_mail(w, settings, files):
    settings.FILES_ROOT = files / "full"
    settings.FILES_ROOT.write_text("no folder")
    session = planned(w.moderator, orders=[before_committee(w)])
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    (payload,) = queued("session_convened")
    assert ("files" in payload, payload["context"]["attached"]) == (False, False)
    drive("core.send_mail")
    assert f"/office/sessions/{session.pk}/" in mail.outbox[-1].body
    assert "PDF" in mail.outbox[-1].body
    assert not SessionPaper.objects.get().is_drawn


def test_a_call_that_is_sent_again_is_one_mail(w):
    session = planned(w.moderator)
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    OutboxMessage.objects.filter(topic=CALL_TOPIC).update(done_at=None)
    assert drive(CALL_TOPIC) == 1
    assert (len(queued("session_convened")), SessionPaper.objects.count()) == (1, 1)


def test_a_session_that_moves_calls_everybody_anew_with_a_higher_sequence(w):
    session = planned(w.moderator)
    changed(session, w, [w.moderator], place="Toulouse")
    assert (fresh(session).sequence, OutboxMessage.objects.filter(topic=CALL_TOPIC).exists()) == (0, False)
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    changed(fresh(session), w, [w.moderator], days=9)
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    entries = [entry(payload) for payload in queued("session_convened")]
    assert [(method, event["sequence"]) for method, event in entries] == [("REQUEST", number) for number in (0, 1, 1)]
    assert len({str(event["uid"]) for _method, event in entries}) == 1
    assert entries[1][1].start == fresh(session).starts_at.replace(microsecond=0)


def test_of_members_who_change_only_those_are_told(w):
    karim, camille = moderator(), cnes()
    session = planned(w.moderator, w.moderator, karim)
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    changed(session, w, [w.moderator, camille])
    drive(CALL_TOPIC)
    assert [one["to"] for one in queued("session_convened")][2:] == [camille.email]
    (gone,) = queued("session_withdrawn")
    method, event = entry(gone)
    assert (gone["to"], method, event["status"], event["sequence"]) == (karim.email, "CANCEL", "CANCELLED", 1)


def test_a_session_called_off_is_taken_out_of_the_calendars(w):
    session = planned(w.moderator)
    sessions.convene(session=session, actor=w.moderator)
    sessions.call_off(session=session, actor=w.moderator, words="Grève.")
    (payload,) = queued("session_called_off")
    method, event = entry(payload)
    assert (method, event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 1)
    # Whose convocation had not gone yet is not called to it any more.
    assert drive(CALL_TOPIC) == 1
    assert queued("session_convened") == []


def test_a_session_that_called_nobody_takes_nothing_back(w):
    session = planned(w.moderator, w.moderator, cnes())
    changed(session, w, [w.moderator])
    sessions.call_off(session=session, actor=w.moderator, words="Grève.")
    assert (queued("session_withdrawn"), queued("session_called_off"), fresh(session).sequence) == ([], [], 0)


def test_who_has_an_interest_is_not_mailed_that_order(w):
    concerned = cnes("Max Partie")
    active_membership(concerned, w.organisation)
    order = before_committee(w)
    session = planned(w.moderator, w.moderator, concerned, orders=[order])
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    agendas = {one["to"]: one["context"]["agenda"] for one in queued("session_convened")}
    assert (len(agendas[w.moderator.email]), agendas[concerned.email]) == (1, [])


def test_words_of_people_stay_words_in_a_calendar(w):
    odd = moderator('Zoé "Z"; X:Y\r\nATTENDEE:mailto:x@example.org')
    session = sessions.plan(
        actor=w.moderator,
        starts_at=clock.now() + timedelta(days=3),
        members=[odd.pk],
        place="Salle A; B, C\nATTENDEE:mailto:y@example.org",
    )
    sessions.convene(session=session, actor=w.moderator)
    drive(CALL_TOPIC)
    (payload,) = queued("session_convened")
    _method, event = entry(payload)
    assert str(event["attendee"]) == f"mailto:{odd.email}"
    assert event["location"] == session.place
