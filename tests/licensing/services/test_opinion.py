# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opinions of CNES and Airbus DS: who is asked about what, who may answer, what follows from it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage
from licensing.models import Certificate, Decision, Entitlement, Opinion
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.opinion import ask_opinion, give_opinion, remind_opinions, withdraw_opinion
from licensing.tasks import remind_about_opinions
from tests.cast import REASON, foreign_adhesion, opinions_given, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def licences():
    return {licence.code: licence for licence in load_licences()}


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def cnes():
    return UserFactory(office_role="opinion_cnes")


@pytest.fixture
def airbus():
    return UserFactory(office_role="opinion_airbus")


@pytest.fixture
def foreign(licences, dora):
    adhesion = foreign_adhesion(UserFactory())
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    adhesion.refresh_from_db()
    return adhesion


def asked(adhesion):
    return {(one.licence.code, one.body, one.required) for one in adhesion.opinions.filter(state="asked")}


def approve(adhesion, moderator):
    adhesion.refresh_from_db()
    return verbs.approve_adhesion(adhesion=adhesion, actor=moderator, reason=REASON, expected_version=adhesion.version)


def granted(adhesion):
    return set(adhesion.entitlements.values_list("licence__code", flat=True))


def undecided(adhesion):
    adhesion.refresh_from_db()
    assert adhesion.state == "in_review"
    assert (Decision.objects.count(), Entitlement.objects.count(), Certificate.objects.count()) == (0, 0, 0)


def test_the_review_of_a_foreign_institution_asks_cnes_and_airbus_once(foreign, dora):
    expected = {("pleiades-uia", "cnes", True), ("spot-6-7-uia", "airbus", True)}
    assert asked(foreign) == expected
    verbs.claim_adhesion(adhesion=foreign, actor=dora)
    assert (asked(foreign), Opinion.objects.count()) == (expected, 2)


@pytest.mark.parametrize(
    ("purpose", "bodies"), [("own_research", {"airbus"}), ("public_order", set())], ids=["research", "public order"]
)
def test_private_research_asks_airbus_and_work_for_a_public_body_nobody(licences, dora, purpose, bodies):
    adhesion = signed_adhesion(
        UserFactory(),
        "Géomètres",
        71,
        "private",
        project_title="Digues",
        project_purpose=purpose,
        contract="2026-AO-1",
        partner="Agence des digues",
        project_ends_on="2099-06-30",
    )
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    assert {body for _code, body, _required in asked(adhesion)} == bodies


def test_a_french_institution_needs_none(licences, dora):
    adhesion = signed_adhesion(UserFactory(), "Institut", 72, "french_institutional")
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    assert asked(adhesion) == set()


def test_an_approval_waits_for_every_needed_opinion(foreign, dora, cnes):
    with pytest.raises(IllegalTransition) as caught:
        approve(foreign, dora)
    assert caught.value.code == "opinion_missing"
    give_opinion(opinion=foreign.opinions.get(body="cnes"), actor=cnes, verdict="yes", words="Favorable.")
    with pytest.raises(IllegalTransition) as caught:
        approve(foreign, dora)
    assert caught.value.extra["opinions"] == [{"licence": "spot-6-7-uia", "body": "airbus"}]
    undecided(foreign)


def test_taking_the_question_back_does_not_make_the_opinion_needless(foreign, dora):
    opinion = foreign.opinions.get(body="cnes")
    withdraw_opinion(opinion=opinion, actor=dora, words="Posée par erreur.")
    opinions_given(foreign)
    with pytest.raises(IllegalTransition):
        approve(foreign, dora)
    undecided(foreign)
    verbs.claim_adhesion(adhesion=foreign, actor=dora)
    assert asked(foreign) == {("pleiades-uia", "cnes", True)}


def test_favourable_opinions_give_every_licence(foreign, dora):
    opinions_given(foreign, cnes="reservations")
    approve(foreign, dora)
    assert granted(foreign) == {"copernicus", "pleiades-uia", "spot-6-7-uia", "spot-world-heritage"}


def test_an_unfavourable_needed_opinion_leaves_its_licence_out(foreign, dora):
    opinions_given(foreign, airbus="no")
    approve(foreign, dora)
    assert granted(foreign) == {"copernicus", "pleiades-uia", "spot-world-heritage"}


def test_an_unfavourable_advice_holds_nothing_up(foreign, dora, licences, airbus):
    opinions_given(foreign)
    advice = ask_opinion(
        adhesion=foreign,
        licence=licences["pleiades-uia"],
        body="airbus",
        words="Un doute sur l’usage ?",
        actor=dora,
        expected_version=foreign.version,
    )
    give_opinion(opinion=advice, actor=airbus, verdict="no", words="Défavorable.")
    approve(foreign, dora)
    assert "pleiades-uia" in granted(foreign)


def test_only_the_body_asked_answers_and_never_about_its_own_organisation(foreign, dora, cnes, airbus):
    opinion = foreign.opinions.get(body="cnes")
    member = UserFactory(office_role="opinion_cnes")
    active_membership(member, foreign.organisation)
    admin = UserFactory(office_role="administrator", is_superuser=True, is_staff=True)
    for person in (airbus, dora, member, admin, foreign.referent):
        with pytest.raises(NotPermitted):
            give_opinion(opinion=opinion, actor=person, verdict="yes", words="Oui.")
    opinion.refresh_from_db()
    assert (opinion.state, opinion.verdict) == ("asked", "")


@pytest.mark.parametrize(("verdict", "words"), [("yes", " "), ("", "Oui."), ("maybe", "Oui.")])
def test_an_opinion_has_a_verdict_and_words(foreign, cnes, verdict, words):
    opinion = foreign.opinions.get(body="cnes")
    with pytest.raises(Invalid):
        give_opinion(opinion=opinion, actor=cnes, verdict=verdict, words=words)
    opinion.refresh_from_db()
    assert opinion.state == "asked"


def test_an_opinion_is_given_once_and_stays(foreign, dora, cnes):
    opinion = foreign.opinions.get(body="cnes")
    give_opinion(opinion=opinion, actor=cnes, verdict="no", words="Défavorable.")
    with pytest.raises(IllegalTransition):
        give_opinion(opinion=opinion, actor=cnes, verdict="yes", words="Finalement oui.")
    with pytest.raises(IllegalTransition):
        withdraw_opinion(opinion=opinion, actor=dora, words="Gênant.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Opinion.objects.filter(pk=opinion.pk).update(verdict="yes")
    opinion.refresh_from_db()
    assert opinion.verdict == "no"


def test_nobody_gives_an_opinion_on_what_is_closed(foreign, cnes):
    opinion = foreign.opinions.get(body="cnes")
    verbs.withdraw_adhesion(adhesion=foreign, actor=foreign.referent)
    with pytest.raises(IllegalTransition):
        give_opinion(opinion=opinion, actor=cnes, verdict="yes", words="Oui.")
    opinion.refresh_from_db()
    assert opinion.state == "asked"


def test_an_opinion_is_asked_once_on_what_was_read(foreign, dora, licences):
    given = {"adhesion": foreign, "actor": dora, "words": ""}
    with pytest.raises(Invalid) as caught:
        ask_opinion(licence=licences["pleiades-uia"], body="cnes", expected_version=foreign.version, **given)
    assert caught.value.code == "asked"
    with pytest.raises(StaleVersion):
        ask_opinion(licence=licences["pleiades-uia"], body="airbus", expected_version=0, **given)
    with pytest.raises(Invalid):
        ask_opinion(licence=licences["pleiades-uia"], body="esa", expected_version=foreign.version, **given)
    assert Opinion.objects.count() == 2


def test_an_opinion_is_asked_by_nobody_who_may_not_judge_the_adhesion(foreign, cnes, licences):
    for person in (UserFactory(), foreign.referent, cnes):
        with pytest.raises(NotPermitted):
            ask_opinion(
                adhesion=foreign,
                licence=licences["pleiades-uia"],
                body="airbus",
                words="Un doute ?",
                actor=person,
                expected_version=foreign.version,
            )
    assert asked(foreign) == {("pleiades-uia", "cnes", True), ("spot-6-7-uia", "airbus", True)}


def test_reminders_are_mailed_once_for_each_step(foreign, cnes, airbus):
    def queued():
        return OutboxMessage.objects.filter(key__contains="opinion_reminder").count()

    due = Opinion.objects.first().due_at
    assert remind_opinions(at=clock.now()) == 0
    with clock.at(due - timedelta(days=6)):
        remind_about_opinions()
        remind_about_opinions()
    assert queued() == 2
    with clock.at(due + timedelta(hours=1)):
        remind_about_opinions()
        remind_about_opinions()
    assert queued() == 4
    give_opinion(opinion=foreign.opinions.get(body="cnes"), actor=cnes, verdict="yes", words="Favorable.")
    with clock.at(due + timedelta(days=30)):
        assert remind_opinions(at=clock.now()) == 1
    assert queued() == 4
