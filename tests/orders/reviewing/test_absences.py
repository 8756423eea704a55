# SPDX-License-Identifier: AGPL-3.0-or-later
"""Absence and delegation: who may act for whom, until when, and what histories say of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from dinamis.core import clock
from dinamis.core.actors import Actor, behalf, on_behalf_of, who_words
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage, StateChange
from orders.models import Absence, Review
from orders.selectors.reviewing.absences import absences_of, away_now, delegations_of, with_delegates
from orders.services.reviewing.absences import declare, standing_in, take_back
from orders.services.reviewing.review import approve_order, give_opinion, pass_on, start_review
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.orders import in_review, submitted
from tests.orders.reviewing.committee import away, cnes, moderator, with_stages

pytestmark = pytest.mark.django_db


def mails(template):
    return [
        row.payload
        for row in OutboxMessage.objects.filter(topic="core.send_mail").order_by("pk")
        if row.payload["template"] == f"orders/mail/{template}"
    ]


def days(number):
    return clock.now() + timedelta(days=number)


# --- declaring -----------------------------------------------------------------------------------------------------


def test_an_absence_names_a_delegate_who_is_told_and_ends_by_itself(w):
    karim = moderator()
    row = away(w.moderator, karim)
    (mail,) = mails("delegate_named")
    assert (mail["to"], mail["context"]["away"]) == (karim.email, str(w.moderator))
    assert [one.pk for one in delegations_of(karim, clock.now())] == [row.pk]
    assert [one.pk for one in away_now(clock.now())] == [row.pk]
    assert absences_of(karim, clock.now()) == []
    assert (delegations_of(karim, days(11)), away_now(days(11)), delegations_of(karim, days(-2))) == ([], [], [])


def test_who_reviews_nothing_declares_nothing(w):
    with pytest.raises(NotPermitted):
        away(w.researcher)
    assert not Absence.objects.exists()


@pytest.mark.parametrize(("begins", "ends"), [(3, 2), (-3, -1)])
def test_a_period_that_is_reversed_or_over_is_refused(w, begins, ends):
    with pytest.raises(Invalid) as refused:
        declare(person=w.moderator, begins=days(begins), ends=days(ends))
    assert refused.value.pointer == "until"
    assert not Absence.objects.exists()


def test_absences_of_a_person_do_not_overlap(w):
    away(w.moderator)
    with pytest.raises(Invalid) as refused:
        away(w.moderator, since=5)
    assert (refused.value.pointer, Absence.objects.count()) == ("since", 1)
    away(w.moderator, since=20)
    away(moderator(), since=5)


def test_the_database_refuses_what_overlaps_whoever_writes_it(w):
    row = away(w.moderator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(person=w.moderator, period=row.period)
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(person=moderator(), period=(None, days(2)))
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.filter(pk=row.pk).update(delegate=moderator())


@pytest.mark.parametrize("role", ["opinion_cnes", "administrator", "none"])
def test_a_delegate_holds_the_same_role(w, role):
    other = UserFactory(office_role=role)
    with pytest.raises(Invalid) as refused:
        away(w.moderator, other)
    assert (refused.value.pointer, Absence.objects.count()) == ("delegate", 0)


def test_nobody_is_their_own_delegate(w):
    with pytest.raises(Invalid) as refused:
        away(w.moderator, w.moderator)
    assert refused.value.pointer == "delegate"


def test_who_is_away_is_no_delegate(w):
    karim = moderator()
    away(karim, since=2, days=1)
    with pytest.raises(Invalid) as refused:
        away(w.moderator, karim)
    assert (refused.value.pointer, Absence.objects.count()) == ("delegate", 1)


def test_what_was_delegated_is_not_delegated_onwards(w):
    karim, third = moderator(), moderator("Ada Tierce")
    away(w.moderator, karim)
    with pytest.raises(Invalid) as refused:
        away(karim, third, since=2)
    assert (refused.value.pointer, Absence.objects.count()) == ("delegate", 1)
    away(karim, since=2)
    away(third, moderator("Eva Quatre"), since=2)


# --- taking back ---------------------------------------------------------------------------------------------------


def test_who_is_back_early_is_acted_for_no_more(w):
    karim = moderator()
    row = away(w.moderator, karim)
    take_back(absence=row, actor=w.moderator)
    assert (delegations_of(karim, clock.now()), away_now(clock.now())) == ([], [])
    assert [mail["to"] for mail in mails("delegation_ended")] == [karim.email]
    away(w.moderator, karim)


def test_only_the_person_takes_an_absence_back_and_once(w):
    row = away(w.moderator, karim := moderator())
    with pytest.raises(NotPermitted):
        take_back(absence=row, actor=karim)
    assert Absence.objects.standing().count() == 1
    take_back(absence=row, actor=w.moderator)
    with pytest.raises(IllegalTransition):
        take_back(absence=row, actor=w.moderator)


def test_an_absence_that_is_over_is_not_taken_back(w):
    row = away(w.moderator, days=2)
    with clock.at(days(3)), pytest.raises(IllegalTransition):
        take_back(absence=row, actor=w.moderator)
    assert Absence.objects.standing().count() == 1


# --- acting --------------------------------------------------------------------------------------------------------


def test_a_delegate_goes_on_with_what_was_claimed_and_histories_name_both(w):
    karim = moderator()
    order = in_review(w)
    away(w.moderator, karim)
    with standing_in(karim, w.moderator.pk):
        approve_order(order=order, actor=karim, reason="Besoin établi.", envelope=w.envelope)
    given = Review.objects.get(order=order)
    assert (given.decided_by, given.decided_for) == (karim, w.moderator)
    change = StateChange.objects.get(aggregate="orders.order", transition="approve")
    assert (change.actor, change.actor_label) == (karim, f"{karim} for {w.moderator}")


def test_without_a_delegation_a_claim_stands(w):
    karim = moderator()
    order = in_review(w)
    with pytest.raises(IllegalTransition) as refused:
        approve_order(order=order, actor=karim, reason="oui", envelope=w.envelope)
    assert refused.value.code == "claimed"
    away(w.moderator, moderator("Ada Tierce"))
    with pytest.raises(IllegalTransition):
        approve_order(order=order, actor=karim, reason="oui", envelope=w.envelope)
    assert Review.objects.get(order=order).state == "open"


def test_nobody_acts_for_who_did_not_name_them(w):
    karim = moderator()
    away(w.moderator, moderator("Ada Tierce"))
    with pytest.raises(NotPermitted), standing_in(karim, w.moderator.pk):
        pass
    assert behalf() is None


def test_a_delegate_whose_role_has_changed_acts_for_nobody(w):
    karim = moderator()
    away(w.moderator, karim)
    karim.office_role = "opinion_cnes"
    karim.save()
    with pytest.raises(NotPermitted), standing_in(karim, w.moderator.pk):
        pass
    assert delegations_of(karim, clock.now()) == []


def test_who_has_left_the_office_lends_nothing_to_who_has_left_it(w):
    karim = moderator()
    away(w.moderator, karim)
    for person in (w.moderator, karim):
        person.office_role = "none"
        person.save()
    with pytest.raises(NotPermitted), standing_in(karim, w.moderator.pk):
        pass


def test_a_delegate_with_an_interest_still_may_not_decide(w):
    karim = moderator()
    active_membership(karim, w.organisation)
    order = in_review(w)
    away(w.moderator, karim)
    with standing_in(karim, w.moderator.pk), pytest.raises(NotPermitted):
        approve_order(order=order, actor=karim, reason="oui", envelope=w.envelope)
    assert Review.objects.get(order=order).state == "open"


def test_nobody_decides_for_somebody_with_an_interest(w):
    karim, dan = moderator(), moderator("Dan Double")
    active_membership(dan, w.organisation)
    away(dan, karim)
    order = submitted(w)
    start_review(order=order, actor=karim)
    with standing_in(karim, dan.pk), pytest.raises(NotPermitted):
        approve_order(order=order, actor=karim, reason="oui", envelope=w.envelope)
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(order=order).update(decided_for=dan)
    assert Review.objects.get(order=order).state == "open"


def test_an_opinion_is_given_for_who_is_away(w):
    camille, other = cnes(), cnes("Zoé Avis")
    away(camille, other)
    order = in_review(w)
    with with_stages(("cnes", "", "", 0)):
        pass_on(order=order, actor=w.moderator, reason="Avis demandé.")
        asked = order.reviews.get(stage="cnes")
        with standing_in(other, camille.pk):
            give_opinion(review=asked, actor=other, verdict="yes", words="Favorable.")
    asked.refresh_from_db()
    assert (asked.decided_by, asked.decided_for) == (other, camille)


def test_mails_of_work_go_to_the_delegate_too_once(w):
    karim, third = moderator(), moderator("Ada Tierce")
    away(w.moderator, karim)
    told = with_delegates([w.moderator, third], clock.now())
    assert told == [(w.moderator, None), (third, None), (karim, w.moderator)]
    assert with_delegates([w.moderator, karim], clock.now()) == [(w.moderator, None), (karim, None)]
    karim.office_role = "none"
    karim.save()
    assert with_delegates([w.moderator], clock.now()) == [(w.moderator, None)]


def test_the_words_of_a_history_follow_the_reader(w):
    with on_behalf_of(w.moderator):
        label = Actor.person(moderator("Ada Tierce")).label
    assert label == f"Ada Tierce for {w.moderator}"
    for language, words in (("en", "for"), ("fr", "pour")):
        with translation.override(language):
            assert who_words(label) == f"Ada Tierce {words} {w.moderator}"
            assert who_words("Ada Tierce") == "Ada Tierce"


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_page_declares_and_takes_back_without_javascript(client, w):
    karim = moderator()
    client.force_login(w.moderator)
    url = reverse("orders:absence")
    day = clock.today()
    sent = {"since": day.isoformat(), "until": day.isoformat(), "delegate": karim.pk}
    assert client.post(url, sent).status_code == 302
    (row,) = absences_of(w.moderator, clock.now())
    assert (row.delegate, row.period.upper - row.period.lower) == (karim, timedelta(days=1))
    assert str(karim) in client.get(url).content.decode()
    assert client.post(url, {"take_back": row.pk}).status_code == 302
    assert absences_of(w.moderator, clock.now()) == []


def test_the_page_names_what_is_wrong(client, w):
    client.force_login(w.moderator)
    day = clock.today()
    answer = client.post(
        reverse("orders:absence"), {"since": day.isoformat(), "until": (day - timedelta(days=2)).isoformat()}
    )
    assert (answer.status_code, "until" in answer.context["form"].errors) == (422, True)
    assert not Absence.objects.exists()


def test_the_page_takes_back_nobody_elses(client, w):
    row = away(w.moderator)
    client.force_login(moderator())
    for number in (row.pk, "x", "9" * 30):
        assert client.post(reverse("orders:absence"), {"take_back": number}).status_code == 404
    assert Absence.objects.standing().count() == 1


def test_the_page_is_not_there_for_others(client, w):
    client.force_login(w.researcher)
    assert client.get(reverse("orders:absence")).status_code == 404


def test_the_board_says_who_is_away(client, w):
    away(w.moderator, karim := moderator())
    client.force_login(karim)
    page = client.get(reverse("orders:board")).content.decode()
    assert str(w.moderator) in page
    assert 'name="in_name_of"' not in page


def test_a_decision_is_taken_for_who_is_away_from_the_page(client, w):
    karim = moderator()
    order = in_review(w)
    away(w.moderator, karim)
    client.force_login(karim)
    url = reverse("orders:review", args=[order.reference])
    assert 'name="in_name_of"' in client.get(url).content.decode()
    order.refresh_from_db()
    sent = {
        "version": order.version,
        "envelope": w.envelope.pk,
        "reason": "Besoin établi.",
        "decision": "approve",
        "in_name_of": w.moderator.pk,
    }
    assert client.post(url, sent).status_code == 302
    assert Review.objects.get(order=order).decided_for == w.moderator


def test_the_forms_of_others_ask_no_name(client, w):
    order = in_review(w)
    client.force_login(w.moderator)
    page = client.get(reverse("orders:review", args=[order.reference])).content.decode()
    assert 'name="in_name_of"' not in page
