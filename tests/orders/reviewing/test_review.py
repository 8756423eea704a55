# SPDX-License-Identifier: AGPL-3.0-or-later
"""The review of an order: its stages, its opinions, what is granted of it, and who may not decide."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from shapely.geometry import box

from dinamis.core import clock, geo
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage
from orders.enums import LineVerdict, ReviewStage
from orders.models import LedgerEntry, LineDecision, Recusal, Review
from orders.selectors.money.envelope import balance
from orders.selectors.reviewing.stages import (
    StageFacts,
    line_decisions,
    open_review,
    reviews_of,
    stages_needed,
    steps_of,
    who_acts,
)
from orders.services.requests.submission import submit_order
from orders.services.reviewing.grants import Ruling, last_rulings, within
from orders.services.reviewing.review import (
    approve_order,
    give_opinion,
    pass_on,
    refuse_order,
    request_changes,
    start_review,
    step_back,
)
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.orders import KM2, SceneFactory, in_review, submitted

pytestmark = pytest.mark.django_db
WEST = box(3.70, 43.35, 3.75, 43.41)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def needs(settings):
    """Write the rule of stages for this test."""

    def write(*rows):
        settings.DINAMIS = {**settings.DINAMIS, "ORDER_STAGES": rows}

    return write


def cnes():
    return UserFactory(office_role="opinion_cnes")


def stage(order):
    return open_review(fresh(order)).stage


# --- which stages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "stages"),
    [
        (StageFacts("french_institutional", "pleiades", 499 * KM2), ["secretariat"]),
        (StageFacts("french_institutional", "pleiades", 500 * KM2), ["secretariat", "committee"]),
        (StageFacts("foreign_scientific", "pleiades", KM2), ["secretariat", "committee", "cnes", "final"]),
        (StageFacts("foreign_scientific", "spot-6-7", KM2), ["secretariat", "committee", "airbus", "final"]),
        (StageFacts("private", "pleiades", 99 * KM2), ["secretariat"]),
        (StageFacts("private", "pleiades", 100 * KM2), ["secretariat", "committee"]),
        (StageFacts("", "pleiades", KM2), ["secretariat", "cnes", "final"]),
    ],
)
def test_stages_follow_class_family_and_area(facts, stages):
    found = [one.value for one in stages_needed(facts)]
    if not facts.eligibility_class:
        assert set(stages) <= set(found)
    else:
        assert found == stages


def test_a_small_order_of_a_french_institution_ends_at_the_secretariat(w):
    order = in_review(w)
    assert stage(order) == "secretariat"
    approve_order(order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope)
    assert (fresh(order).state, open_review(fresh(order))) == ("approved", None)


# --- from stage to stage -------------------------------------------------------------------------------------------


def test_an_order_that_needs_the_committee_is_not_approved_by_the_secretariat(w, needs):
    needs(("committee", "", "", 0))
    order = in_review(w)
    with pytest.raises(IllegalTransition) as refused:
        approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope)
    assert refused.value.extra["stage"] == "committee"
    assert (fresh(order).state, stage(order), balance(w.envelope).held) == ("in_review", "secretariat", 0)


def test_an_order_goes_from_the_secretariat_to_an_opinion_and_back_for_the_final_word(w, needs):
    needs(("committee", "", "", 0), ("cnes", "", "pleiades", 0))
    order = in_review(w)
    speaker = cnes()
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    assert stage(order) == "committee"
    pass_on(order=order, actor=w.moderator, reason="Favorable.")
    asked = open_review(fresh(order))
    assert asked.stage == "cnes"
    assert OutboxMessage.objects.filter(
        payload__template="orders/mail/opinion_asked", payload__to=speaker.email
    ).exists()
    with pytest.raises(NotPermitted):
        approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope)
    give_opinion(review=asked, actor=speaker, verdict="reservations", words="Zone réduite.")
    assert stage(order) == "final"
    approve_order(order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope)
    assert fresh(order).state == "approved"
    assert [(row.stage, row.verdict) for row in reviews_of(order)] == [
        ("secretariat", "pass_on"),
        ("committee", "pass_on"),
        ("cnes", "reservations"),
        ("final", "approve"),
    ]


def test_an_unfavourable_opinion_advises_and_the_office_refuses(w, needs):
    needs(("cnes", "", "", 0))
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    give_opinion(review=open_review(order), actor=cnes(), verdict="no", words="Hors programme.")
    assert fresh(order).state == "in_review"
    refuse_order(order=order, actor=w.moderator, reason="Avis défavorable.", reason_code="opinion")
    assert fresh(order).state == "refused"


def test_silence_grants_nothing(w, needs):
    needs(("cnes", "", "", 0))
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    with clock.at(clock.now() + timedelta(days=400)):
        assert (fresh(order).state, stage(order)) == ("in_review", "cnes")
        with pytest.raises(NotPermitted):
            approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope)


@pytest.mark.parametrize(
    ("role", "verdict", "words", "error"),
    [
        ("opinion_airbus", "yes", "bien", NotPermitted),
        ("moderator", "yes", "bien", NotPermitted),
        ("opinion_cnes", "perhaps", "bien", Invalid),
        ("opinion_cnes", "yes", "  ", Invalid),
    ],
)
def test_an_opinion_is_its_body_s_and_has_words(w, needs, role, verdict, words, error):
    needs(("cnes", "", "", 0))
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    with pytest.raises(error):
        give_opinion(review=open_review(order), actor=UserFactory(office_role=role), verdict=verdict, words=words)
    assert stage(order) == "cnes"


def test_an_opinion_is_given_once(w, needs):
    needs(("cnes", "", "", 0))
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    asked, speaker = open_review(order), cnes()
    give_opinion(review=asked, actor=speaker, verdict="yes", words="bien")
    with pytest.raises(IllegalTransition):
        give_opinion(review=asked, actor=speaker, verdict="no", words="finalement non")
    assert fresh(asked).verdict == "yes"


def test_passing_on_needs_a_stage_words_and_the_page_of_now(w, needs):
    order = in_review(w)
    with pytest.raises(IllegalTransition):
        pass_on(order=order, actor=w.moderator, reason="Complet.")
    needs(("committee", "", "", 0))
    with pytest.raises(Invalid):
        pass_on(order=order, actor=w.moderator, reason=" ")
    seen = fresh(order).version
    pass_on(order=order, actor=w.moderator, reason="Complet.", expected_version=seen)
    with pytest.raises(StaleVersion):
        refuse_order(order=order, actor=w.moderator, reason="non", expected_version=seen)
    assert (fresh(order).state, stage(order)) == ("in_review", "committee")


def test_changes_start_again_from_the_first_stage(w, needs):
    needs(("committee", "", "", 0))
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    request_changes(order=order, actor=w.moderator, reason="Réduire la zone.", reason_code="area_too_large")
    submit_order(order=order, actor=w.researcher)
    assert stage(order) == "secretariat"
    assert [(step.stage, step.state) for step in steps_of(fresh(order), reviews_of(order))] == [
        (ReviewStage.SECRETARIAT, "now"),
        (ReviewStage.COMMITTEE, "next"),
    ]


def test_who_acts_next_and_how_late_is_said(w, needs):
    needs(("cnes", "", "", 0))
    order = in_review(w)
    now = clock.now()
    assert "10" in who_acts(open_review(order), now)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    review = open_review(order)
    assert review.due_at == review.opened_at + timedelta(days=21)
    assert "CNES" in who_acts(review, now)
    assert "3" in who_acts(review, review.due_at + timedelta(days=2, hours=1))


# --- what is granted -----------------------------------------------------------------------------------------------


def test_a_part_of_the_area_is_granted_and_only_that_is_held(w):
    order = in_review(w)
    line = order.items.get()
    asked, billed, price = line.area_m2, line.billed_area_m2, line.price_cents
    rulings = within([line], WEST, reason_code="already_held")
    approve_order(order=order, actor=w.moderator, reason="Pour l’ouest.", envelope=w.envelope, rulings=rulings)
    line = order.items.get()
    assert (line.state, line.asked_area_m2) == ("approved", asked)
    assert line.area_m2 == pytest.approx(asked / 2, rel=1e-3)
    assert geo.area_m2(geo.to_shapely(line.asked_aoi)) == asked
    assert line.billed_area_m2 == max(line.area_m2, 25 * KM2) < billed
    assert line.price_cents == pytest.approx(price * line.billed_area_m2 / billed, abs=1)
    assert balance(w.envelope).held == line.billed_area_m2
    (said,) = line_decisions(order)
    assert (said.verdict, said.reason_code, said.area_m2) == ("part", "already_held", line.area_m2)


def test_a_line_is_refused_and_another_granted(w):
    order = in_review(w, scenes=[w.scene, SceneFactory(collection=w.collection)])
    first, second = order.items.order_by("position")
    ruling = Ruling(first.pk, LineVerdict.REFUSED, "scene_unusable", "Voile nuageux.")
    approve_order(order=order, actor=w.moderator, reason="Une suffit.", envelope=w.envelope, rulings=[ruling])
    assert (fresh(first).state, fresh(second).state, fresh(order).state) == ("refused", "approved", "approved")
    assert balance(w.envelope).held == second.billed_area_m2
    assert OutboxMessage.objects.filter(topic="orders.place").count() == 1
    assert LedgerEntry.objects.filter(order_item=first).count() == 0


def test_all_lines_refused_is_a_refusal(w):
    order = in_review(w)
    line = order.items.get()
    ruling = Ruling(line.pk, LineVerdict.REFUSED, "already_held")
    approve_order(order=order, actor=w.moderator, reason="Déjà couvert.", envelope=w.envelope, rulings=[ruling])
    assert (fresh(order).state, fresh(line).state, balance(w.envelope).held) == ("refused", "refused", 0)
    assert Review.objects.get(order=order).reason_code == "already_held"


def test_an_area_beside_the_order_grants_nothing_and_one_around_it_grants_all(w):
    order = in_review(w)
    beside = within(order.items.all(), box(10, 10, 11, 11), reason_code="outside_project")
    approve_order(order=order, actor=w.moderator, reason="Hors projet.", envelope=w.envelope, rulings=beside)
    assert fresh(order).state == "refused"
    order = in_review(w)
    around = within(order.items.all(), box(3, 43, 4, 44), reason_code="outside_project")
    approve_order(order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope, rulings=around)
    assert (fresh(order).state, order.items.get().asked_area_m2) == ("approved", None)


@pytest.mark.parametrize("code", ["", "haze", "other"])
def test_what_is_not_granted_has_a_coded_reason(w, code):
    order = in_review(w)
    line = order.items.get()
    with pytest.raises(Invalid):
        approve_order(
            order=order,
            actor=w.moderator,
            reason="oui",
            envelope=w.envelope,
            rulings=[Ruling(line.pk, LineVerdict.REFUSED, code)],
        )
    assert (fresh(order).state, LineDecision.objects.count(), balance(w.envelope).held) == ("in_review", 0, 0)


def test_a_line_of_another_order_is_not_decided(w):
    order, other = in_review(w), in_review(w)
    stranger = Ruling(other.items.get().pk, LineVerdict.REFUSED, "already_held")
    with pytest.raises(Invalid):
        approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope, rulings=[stranger])
    assert fresh(order).state == "in_review"


def test_what_a_stage_would_grant_is_what_the_next_starts_from(w, needs):
    needs(("committee", "", "", 0))
    order = in_review(w)
    rulings = within(order.items.all(), WEST, reason_code="already_held")
    pass_on(order=order, actor=w.moderator, reason="Favorable pour l’ouest.", rulings=rulings)
    (kept,) = last_rulings(fresh(order))
    assert (kept.verdict, kept.reason_code, order.items.get().asked_area_m2) == ("part", "already_held", None)
    assert kept.area.area == pytest.approx(WEST.area, rel=1e-6)


def test_the_database_wants_the_area_of_a_part_and_the_reason_of_a_refusal(w):
    order = in_review(w)
    review, line = open_review(order), order.items.get()
    for verdict in (LineVerdict.PART, LineVerdict.REFUSED):
        with pytest.raises(IntegrityError), transaction.atomic():
            LineDecision.objects.create(review=review, item=line, verdict=verdict)
    assert not LineDecision.objects.exists()


# --- who may not decide --------------------------------------------------------------------------------------------


def test_who_steps_back_decides_no_more_and_loses_the_claim(w):
    order = in_review(w)
    step_back(order=order, actor=w.moderator, reason_code="personal_interest")
    step_back(order=order, actor=w.moderator, reason_code="project_partner")
    assert Recusal.objects.get().reason_code == "personal_interest"
    with pytest.raises(NotPermitted):
        refuse_order(order=order, actor=w.moderator, reason="non")
    other = ModeratorFactory()
    start_review(order=order, actor=other)
    refuse_order(order=order, actor=other, reason="non")
    assert fresh(order).state == "refused"


def test_a_requester_steps_back_from_nothing(w):
    order = in_review(w)
    with pytest.raises(NotPermitted):
        step_back(order=order, actor=w.researcher, reason_code="personal_interest")
    with pytest.raises(Invalid):
        step_back(order=order, actor=w.moderator, reason_code="haze")
    assert not Recusal.objects.exists()


@pytest.mark.parametrize("how", ["member", "requester", "stepped back"])
def test_the_database_refuses_a_decider_with_an_interest(w, how):
    order = in_review(w)
    person = ModeratorFactory()
    if how == "member":
        active_membership(person, w.organisation)
    elif how == "stepped back":
        step_back(order=order, actor=person, reason_code="other", words="Ancien directeur du laboratoire.")
    else:
        person = w.researcher
    with pytest.raises(IntegrityError, match="interest"), transaction.atomic():
        Review.objects.filter(order=order).update(decided_by=person)


def test_an_opinion_giver_of_the_organisation_does_not_see_the_question(w, needs):
    needs(("cnes", "", "", 0))
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    insider, outsider = cnes(), cnes()
    active_membership(insider, w.organisation)
    assert not Review.objects.visible_to(insider).exists()
    assert Review.objects.visible_to(outsider).get().stage == "cnes"
    assert not Review.objects.visible_to(w.researcher).exists()


# --- pages ---------------------------------------------------------------------------------------------------------


def signed_in(client, user):
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 0, "type": "totp"}]
    session.save()
    return client


def test_the_office_grants_a_part_by_its_page(w, client):
    order = in_review(w)
    page = reverse("orders:review", args=[order.reference])
    data = {
        "version": fresh(order).version,
        "decision": "approve",
        "envelope": w.envelope.pk,
        "reason": "Pour l’ouest.",
        "area": WEST.wkt,
    }
    signed_in(client, w.moderator)
    without = client.post(page, data | {"reason": " ", "line_reason": "already_held"})
    assert without.context["form"].errors["reason"] == ["Donnez un motif\u00a0: le demandeur le lit."]
    assert client.post(page, data).status_code == 200
    assert fresh(order).state == "in_review"
    assert client.post(page, data | {"line_reason": "already_held"}).status_code == 302
    assert (fresh(order).state, order.items.get().asked_area_m2 is not None) == ("approved", True)
    shown = client.get(page).content.decode()
    assert "km²" in shown
    client.force_login(w.researcher)
    assert client.get(reverse("orders:detail", args=[order.reference])).status_code == 200


def test_an_opinion_is_given_by_its_page(w, needs, client):
    needs(("cnes", "", "", 0))
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Complet.")
    signed_in(client, cnes())
    listed = client.get(reverse("orders:opinions")).content.decode()
    page = reverse("orders:opinion", args=[open_review(order).pk])
    assert page in listed
    assert client.get(page).status_code == 200
    assert client.post(page, {"verdict": "yes"}).status_code == 422
    assert client.post(page, {"verdict": "yes", "words": "bien"}).status_code == 302
    assert stage(order) == "final"
    assert client.get(page).status_code == 200


def test_stepping_back_by_the_page(w, client):
    order = submitted(w)
    signed_in(client, w.moderator)
    client.post(reverse("orders:recuse", args=[order.reference]), {"reason_code": "personal_interest"})
    assert Recusal.objects.get().person == w.moderator
