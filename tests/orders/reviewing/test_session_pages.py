# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of sessions: every act is a plain form; papers in both languages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.html import escape

from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from orders.models import CommitteeSession, Recusal
from orders.services.reviewing import minutes, sessions
from tests.factories.accounts import active_membership
from tests.factories.orders import world
from tests.orders.reviewing.committee import away, before_committee, cnes, moderator, opened, planned, with_stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(client):
    w = world()
    client.force_login(w.moderator)
    with with_stages():
        yield w


def url_of(session, *more):
    return reverse("orders:session", args=[session.pk])


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def text_of(answer):
    return answer.content.decode()


def test_a_session_is_planned_from_its_form(client, w):
    day = (clock.today() + timedelta(days=9)).isoformat()
    sent = {"day": day, "time": "14:00", "place": "Montpellier", "members": [w.moderator.pk]}
    answer = client.post(reverse("orders:sessions"), sent)
    session = CommitteeSession.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, url_of(session))
    assert session.starts_at.astimezone(clock.PARIS).hour == 14
    assert session.reference in text_of(client.get(reverse("orders:sessions")))


def test_a_session_of_yesterday_is_shown_again_with_its_fault(client, w):
    day = (clock.today() - timedelta(days=1)).isoformat()
    answer = client.post(reverse("orders:sessions"), {"day": day, "time": "14:00", "place": "Ici"})
    assert (answer.status_code, "day" in answer.context["form"].errors) == (422, True)
    assert not CommitteeSession.objects.exists()


def test_a_session_goes_its_way_by_buttons(client, w):
    order, other = before_committee(w), before_committee(w)
    session = planned(w.moderator)
    url = url_of(session)
    assert client.post(url, {"act": "add", "orders": [order.pk, other.pk]}).status_code == 302
    first, second = session.rows.order_by("position")
    client.post(url, {"act": "down", "row": first.pk})
    assert session.rows.order_by("position").first() == second
    client.post(url, {"act": "up", "row": first.pk})
    assert session.rows.order_by("position").first() == first
    client.post(url, {"act": "take_off", "row": second.pk})
    client.post(url, {"act": "convene"})
    client.post(url, {"act": "open"})
    seat = session.members.get()
    client.post(url, {"act": "seats", f"seat_{seat.pk}": "present"})
    assert order.reference in text_of(client.get(url))
    sent = {
        "act": "decide",
        "rows": [first.pk],
        "decision": "grant",
        "words": "Oui.",
        "reason_code": "need_established",
    }
    assert client.post(url, sent).status_code == 302
    assert fresh(order).state == "approved"
    client.post(url, {"act": "close"})
    assert fresh(session).state == "closed"
    page = text_of(client.get(url))
    assert fresh(session).minutes.number in page
    client.post(url, {"act": "note", "words": "Lire douze."})
    assert "Lire douze." in text_of(client.get(url))


def test_a_planned_session_is_changed_and_called_off(client, w):
    session = planned(w.moderator)
    day = (clock.today() + timedelta(days=20)).isoformat()
    sent = {"act": "change", "day": day, "time": "09:30", "place": "Toulouse", "members": [w.moderator.pk]}
    assert client.post(url_of(session), sent).status_code == 302
    assert fresh(session).place == "Toulouse"
    client.post(url_of(session), {"act": "call_off", "words": "Grève."})
    assert fresh(session).state == "called_off"
    client.post(url_of(session), {"act": "open"})
    assert fresh(session).state == "called_off"


def test_a_batch_without_orders_or_words_is_shown_again(client, w):
    session = opened(w.moderator, orders=[before_committee(w)])
    answer = client.post(url_of(session), {"act": "decide", "decision": "grant"})
    assert (answer.status_code, set(answer.context["forms"].batch.errors)) == (422, {"rows", "words"})
    assert session.rows.get().outcome == ""


def test_what_one_order_refuses_is_told_and_the_others_go_through(client, w):
    poor = world(budget_km2=1)
    session = opened(w.moderator, orders=[before_committee(w), before_committee(poor)])
    rows = [row.pk for row in session.rows.all()]
    sent = {"act": "decide", "rows": rows, "decision": "grant", "words": "Oui.", "reason_code": "need_established"}
    page = text_of(client.post(url_of(session), sent, follow=True))
    assert sorted(session.rows.values_list("outcome", flat=True)) == ["", "granted"]
    refused = session.rows.get(outcome="").order.reference
    assert f"{refused}:" in page


def test_a_refusal_behind_a_button_is_read_on_the_page_it_leads_to(client, w):
    session = planned(w.moderator)
    page = text_of(client.post(url_of(session), {"act": "call_off", "words": " "}, follow=True))
    with pytest.raises(Invalid) as refused:
        sessions.call_off(session=session, actor=w.moderator, words=" ")
    assert all(escape(str(words)) in page for words in (refused.value, refused.value.repair))
    assert fresh(session).state == "planned"


def test_buttons_of_no_page_are_not_there(client, w):
    session = planned(w.moderator)
    for sent in ({"act": "dance"}, {"act": "up", "row": "x"}, {"act": "up", "row": 0}):
        assert client.post(url_of(session), sent).status_code == 404


def test_one_order_is_decided_on_its_own_page_with_its_vote(client, w):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    row = session.rows.get()
    url = reverse("orders:agenda_row", args=[session.pk, row.pk])
    assert order.title in text_of(client.get(url))
    order = fresh(order)
    sent = {"version": order.version, "decision": "grant", "reason": "Oui.", "reason_code": "need_established"}
    assert client.post(url, {**sent, "votes_for": "1"}).status_code == 422
    assert fresh(row).outcome == ""
    assert client.post(url, {**sent, "votes_for": 1, "votes_against": 0, "abstentions": 0}).status_code == 302
    row = fresh(row)
    assert (row.outcome, row.votes_for, row.votes_against, row.abstentions) == ("granted", 1, 0, 0)
    assert client.get(url).status_code == 200


def test_a_member_steps_back_on_the_page_of_the_order(client, w):
    karim = moderator()
    session = opened(w.moderator, w.moderator, karim, orders=[before_committee(w)])
    row = session.rows.get()
    url = reverse("orders:agenda_row", args=[session.pk, row.pk])
    sent = {"recuse": "1", "person": karim.pk, "recusal_code": "other"}
    assert client.post(url, sent).status_code == 422
    assert not Recusal.objects.exists()
    assert client.post(url, {**sent, "recusal_words": "Cousins."}).status_code == 302
    assert Recusal.objects.get().person == karim


def test_a_delegate_decides_in_the_name_of_who_is_away(client, w):
    karim = moderator()
    session = opened(w.moderator, orders=[before_committee(w)])
    away(w.moderator, karim)
    client.force_login(karim)
    row = session.rows.get()
    sent = {"act": "decide", "rows": [row.pk], "decision": "defer", "words": "Demain.", "reason_code": "time_short"}
    client.post(url_of(session), {**sent, "in_name_of": w.moderator.pk})
    row = fresh(row)
    assert (row.decided_by, row.decided_for) == (karim, w.moderator)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_papers_are_written_in_both_languages(client, w, lang):
    order = before_committee(w)
    session = opened(w.moderator, orders=[order])
    paper = lambda name: client.get(reverse("orders:session_paper", args=[session.pk, name]), {"lang": lang})  # noqa: E731
    assert order.reference in text_of(paper("agenda.csv"))
    missing = ("minutes.pdf", "corrections.pdf", "agenda.txt", "agenda.exe", "plan.pdf")
    assert [paper(name).status_code for name in missing] == [404] * 5
    kept = minutes.close(session=session, actor=w.moderator)
    assert text_of(paper("minutes.txt")) == kept.texts[lang]
    assert paper("minutes.csv")["Content-Disposition"].endswith(f'minutes-{kept.number}-{lang}.csv"')
    assert paper("corrections.csv").status_code == 404
    assert (
        client.get(reverse("orders:session_paper", args=[session.pk, "minutes.csv"]), {"lang": "xx"}).status_code == 404
    )


def test_a_member_reads_and_does_nothing(client, w):
    speaker = cnes()
    order = before_committee(w)
    session = opened(w.moderator, w.moderator, speaker, orders=[order])
    client.force_login(speaker)
    page = client.get(url_of(session))
    assert (page.status_code, order.reference in text_of(page)) == (200, True)
    assert client.post(url_of(session), {"act": "close"}).status_code == 404
    assert client.get(reverse("orders:session_paper", args=[session.pk, "agenda.csv"])).status_code == 200
    client.force_login(cnes("Zoé Avis"))
    assert client.get(url_of(session)).status_code == 404
    assert client.get(reverse("orders:session_paper", args=[session.pk, "agenda.csv"])).status_code == 404
    assert fresh(session).state == "open"


def test_every_control_is_a_form_or_a_link_that_a_keyboard_reaches(client, w):
    session = opened(w.moderator, orders=[before_committee(w), before_committee(w)])
    page = text_of(client.get(url_of(session)))
    assert 'form="batch"' in page
    assert 'id="batch"' in page
    assert "onclick" not in page
    assert page.count('aria-label="Move') + page.count('aria-label="Monter') + page.count('aria-label="Descendre') >= 2


def test_who_has_an_interest_is_shown_no_form(client, w):
    dan = moderator("Dan Double")
    active_membership(dan, w.organisation)
    session = opened(w.moderator, orders=[before_committee(w)])
    url = reverse("orders:agenda_row", args=[session.pk, session.rows.get().pk])
    assert 'name="decision"' in text_of(client.get(url))
    client.force_login(dan)
    assert 'name="decision"' not in text_of(client.get(url))
