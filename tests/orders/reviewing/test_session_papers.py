# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers of sessions: each content is drawn once, by a task, and handed over as the file that is kept."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.models import OutboxMessage
from orders.enums import PaperKind
from orders.models import SessionPaper
from orders.selectors.reviewing.agenda import facts_of
from orders.selectors.reviewing.papers import papers_of, sheet_of
from orders.services.reviewing import minutes, sessions
from orders.services.reviewing.session_papers import DRAW_TOPIC, ask_paper, draw
from tests.factories.accounts import active_membership
from tests.orders.conftest import drive
from tests.orders.reviewing.committee import before_committee, cnes, fresh, opened, planned, with_stages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    with with_stages():
        yield tmp_path


def agenda(session, reader, language="fr"):
    return sheet_of(session, PaperKind.AGENDA, language, reader)


def pdf_of(client, session, name="agenda.pdf", **more):
    return client.get(reverse("orders:session_paper", args=[session.pk, name]), {"lang": "fr"}, **more)


def kept_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_who_asks_first_waits_and_the_next_has_the_file_at_once(client, w, files):
    session = planned(w.moderator, orders=[before_committee(w)])
    client.force_login(w.moderator)
    answers = [pdf_of(client, session) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert OutboxMessage.objects.filter(topic=DRAW_TOPIC).count() == 1
    assert drive(DRAW_TOPIC) == 1
    paper = SessionPaper.objects.get()
    content = (files / paper.storage_key).read_bytes()
    assert (content[:4], hashlib.sha256(content).hexdigest()) == (b"%PDF", paper.sha256)
    answer = pdf_of(client, session)
    assert (answer.status_code, answer["X-Accel-Redirect"].endswith(paper.storage_key)) == (200, True)
    assert f"agenda-{session.reference}-fr.pdf" in answer["Content-Disposition"]
    assert paper.sha256 in client.get(reverse("orders:session", args=[session.pk])).content.decode()


def test_the_page_that_waits_asks_again_until_the_file_is_there(client, w):
    session = planned(w.moderator)
    client.force_login(w.moderator)
    pdf_of(client, session)
    again = pdf_of(client, session, headers={"HX-Request": "true"})
    assert (again.status_code, b"hx-trigger" in again.content) == (200, True)
    with clock.at(clock.now() + timedelta(minutes=3)):
        assert b"CSV" in pdf_of(client, session, headers={"HX-Request": "true"}).content
    drive(DRAW_TOPIC)
    ready = pdf_of(client, session, headers={"HX-Request": "true"}).content.decode()
    assert ("hx-trigger" in ready, SessionPaper.objects.get().sha256 in ready) == (False, True)


def test_a_paper_drawn_twice_is_the_file_of_the_first(w, files):
    paper = ask_paper(agenda(planned(w.moderator), w.moderator))
    stale = fresh(paper)
    first = draw(paper).sha256
    assert draw(stale).sha256 == first
    assert len(kept_files(files)) == 1
    for change in ({"sha256": "0" * 64}, {"facts": {}}, {"language": "en"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SessionPaper.objects.update(**change)


def test_another_agenda_is_another_paper_and_the_old_one_stays(w):
    order = before_committee(w)
    session = planned(w.moderator)
    first = ask_paper(agenda(session, w.moderator))
    assert ask_paper(agenda(session, w.moderator)) == first
    sessions.add_orders(session=session, actor=w.moderator, orders=[order.pk])
    second = ask_paper(agenda(session, w.moderator))
    assert (second == first, session.papers.count()) == (False, 2)
    assert [len(paper.facts["rows"]) for paper in (first, second)] == [0, 1]


def test_minutes_are_drawn_once_in_each_language_and_corrections_stand_beside_them(w):
    session = opened(w.moderator, orders=[before_committee(w)])
    kept = minutes.close(session=session, actor=w.moderator)
    assert sorted(session.papers.values_list("kind", "language")) == [("minutes", "en"), ("minutes", "fr")]
    minutes.add_note(minutes=kept, actor=w.moderator, words="Lire douze.")
    closed = fresh(session)
    for language in ("fr", "en"):
        ask_paper(sheet_of(closed, PaperKind.MINUTES, language, w.moderator))
    assert closed.papers.count() == 2
    shown = papers_of(closed, w.moderator, facts=kept.facts)
    assert [(sheet.kind, paper is None) for sheet, paper in shown] == [
        ("minutes", False),
        ("minutes", False),
        ("corrections", True),
        ("corrections", True),
    ]
    corrections = draw(ask_paper(shown[2][0]))
    assert (corrections.facts["sha256"], corrections.is_drawn) == (kept.sha256, True)


def test_who_has_an_interest_is_given_a_paper_without_that_order(client, w):
    concerned, other = cnes("Max Partie"), cnes("Zoé Avis")
    active_membership(concerned, w.organisation)
    session = opened(w.moderator, w.moderator, concerned, other, orders=[before_committee(w)])
    for person in (w.moderator, other, concerned):
        client.force_login(person)
        assert pdf_of(client, session).status_code == 202
    assert sorted(len(paper.facts["rows"]) for paper in session.papers.all()) == [0, 1]
    assert facts_of(session)["rows"][0]["reference"] not in str(session.papers.order_by("pk").last().facts)
