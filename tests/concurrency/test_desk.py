# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole office at once, on real connections: one holder, one decision, one number, one active right per key."""

from collections import Counter

import pytest

from dinamis.core.actors import Reason
from dinamis.core.exceptions import Busy, IllegalTransition, Invalid, StaleVersion
from licensing.models import Adhesion, AdhesionSuspension, Certificate, Decision, Entitlement, Opinion
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.opinion import give_opinion
from tests.cast import REASON, admit, foreign_adhesion, signed_adhesion
from tests.concurrency.test_adhesions import outcome, together
from tests.factories.accounts import ModeratorFactory, UserFactory

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
EIGHT = range(8)


@pytest.fixture
def adhesion():
    load_licences()
    return signed_adhesion(UserFactory(), "Institut des rivages", 54, "french_institutional")


def one_of_each(adhesion):
    assert Decision.objects.filter(adhesion=adhesion).count() == 1
    assert Certificate.objects.count() == 1
    keys = Counter(
        Entitlement.objects.filter(state="granted").values_list("organisation", "licence", "purpose", "project")
    )
    assert len(keys) == 5
    assert set(keys.values()) == {1}


def test_eight_moderators_claim_and_decide_at_once(adhesion):
    people = [ModeratorFactory() for _ in EIGHT]

    def whole(person):
        mine = Adhesion.objects.get(pk=adhesion.pk)
        verbs.claim_adhesion(adhesion=mine, actor=person)
        mine.refresh_from_db()
        return verbs.approve_adhesion(adhesion=mine, actor=person, reason=REASON, expected_version=mine.version)

    won, lost = outcome(together(*(lambda person=person: whole(person) for person in people)))
    assert (len(won), len(lost)) == (1, 7)
    assert {type(error) for error in lost} <= {IllegalTransition, StaleVersion, Busy}
    one_of_each(adhesion)


def test_one_moderator_in_eight_tabs(adhesion):
    moderator = ModeratorFactory(name="Dora Office")
    verbs.claim_adhesion(adhesion=adhesion, actor=moderator)
    copies = [Adhesion.objects.get(pk=adhesion.pk) for _ in EIGHT]

    version = copies[0].version
    won, lost = outcome(
        together(
            *(
                lambda copy=copy: verbs.approve_adhesion(
                    adhesion=copy, actor=moderator, reason=REASON, expected_version=version
                )
                for copy in copies
            )
        )
    )
    assert (len(won), len(lost)) == (1, 7)
    assert {type(error) for error in lost} <= {StaleVersion, Busy}
    assert all("Dora Office" in str(error) for error in lost if isinstance(error, StaleVersion))
    one_of_each(adhesion)


def test_eight_moderators_take_a_lapsed_claim(adhesion):
    first = ModeratorFactory()
    verbs.claim_adhesion(adhesion=adhesion, actor=first)
    Adhesion.objects.filter(pk=adhesion.pk).update(claimed_until=adhesion.created_at)
    people = [ModeratorFactory() for _ in EIGHT]
    copies = [Adhesion.objects.get(pk=adhesion.pk) for _ in EIGHT]
    won, lost = outcome(
        together(
            *(
                lambda copy=copy, person=person: verbs.claim_adhesion(adhesion=copy, actor=person)
                for copy, person in zip(copies, people, strict=True)
            )
        )
    )
    assert (len(won), len(lost)) == (1, 7)
    adhesion.refresh_from_db()
    assert adhesion.claimed_by in people


def test_one_cause_is_opened_once_and_no_cause_lifts_another(adhesion):
    moderator = ModeratorFactory()
    admit(adhesion, moderator)
    adhesion.refresh_from_db()
    copies = [Adhesion.objects.get(pk=adhesion.pk) for _ in EIGHT]
    version = adhesion.version
    won, lost = outcome(
        together(
            *(
                lambda copy=copy: verbs.suspend_adhesion(
                    adhesion=copy, actor=moderator, reason=Reason("inquiry", "x"), expected_version=version
                )
                for copy in copies
            )
        )
    )
    assert (len(won), len(lost)) == (1, 7)
    assert {type(error) for error in lost} <= {StaleVersion, Invalid, Busy}
    assert AdhesionSuspension.objects.count() == 1


def test_an_opinion_is_given_once():
    load_licences()
    foreign = foreign_adhesion(UserFactory())
    verbs.claim_adhesion(adhesion=Adhesion.objects.get(pk=foreign.pk), actor=ModeratorFactory())
    people = [UserFactory(office_role="opinion_cnes") for _ in EIGHT]
    copies = [Opinion.objects.select_related("adhesion").get(body="cnes") for _ in EIGHT]
    won, lost = outcome(
        together(
            *(
                lambda copy=copy, person=person: give_opinion(opinion=copy, actor=person, verdict="yes", words="Oui.")
                for copy, person in zip(copies, people, strict=True)
            )
        )
    )
    assert (len(won), len(lost)) == (1, 7)
    assert {type(error) for error in lost} <= {IllegalTransition, Busy}
