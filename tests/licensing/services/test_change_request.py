# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes asked field by field, met before the form is sent again, read as a difference."""

import pytest

from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from licensing.models import ChangeRequest, Decision, Submission
from licensing.selectors.submission import WORDS, changes_asked, last_difference
from licensing.services import adhesion as verbs
from licensing.services.change_request import answer_change
from licensing.services.load_licences import load_licences
from tests.cast import signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory

pytestmark = pytest.mark.django_db
UNCLEAR = Reason("unclear_use", "Deux points à préciser.")
ASKED = {"mission": "Dites pour quelle collectivité.", "city": "La commune est-elle la bonne ?", "acronym": " "}


@pytest.fixture
def dora():
    return ModeratorFactory()


@pytest.fixture
def adhesion(dora):
    load_licences()
    filed = signed_adhesion(UserFactory(), "Institut des rivages", 81, "french_institutional")
    verbs.claim_adhesion(adhesion=filed, actor=dora)
    return filed


def send_back(adhesion, moderator, changes=ASKED):
    verbs.request_changes(
        adhesion=adhesion, actor=moderator, reason=UNCLEAR, expected_version=adhesion.version, changes=changes
    )
    adhesion.refresh_from_db()


def edit(adhesion, **values):
    verbs.edit_adhesion(adhesion=adhesion, actor=adhesion.referent, values=values)


def test_a_request_names_its_field_and_an_empty_one_asks_nothing(adhesion, dora):
    send_back(adhesion, dora)
    assert [(one.field, one.words) for one in ChangeRequest.objects.all()] == [
        ("mission", ASKED["mission"]),
        ("city", ASKED["city"]),
    ]
    assert [asked.met for asked in changes_asked(adhesion)] == [False, False]


def test_a_field_the_form_does_not_have_is_refused_and_nothing_is_decided(adhesion, dora):
    with pytest.raises(Invalid) as caught:
        send_back(adhesion, dora, {"shoe_size": "43 ?"})
    assert caught.value.code == "field_unknown"
    adhesion.refresh_from_db()
    assert (adhesion.state, Decision.objects.count(), ChangeRequest.objects.count()) == ("in_review", 0, 0)


def test_the_form_is_sent_again_only_when_each_request_is_met(adhesion, dora):
    send_back(adhesion, dora)
    with pytest.raises(Invalid) as caught:
        verbs.resubmit_adhesion(adhesion=adhesion, actor=adhesion.referent)
    assert caught.value.code == "changes_unmet"
    edit(adhesion, mission="Suivi du trait de côte pour la région.")
    with pytest.raises(Invalid):
        verbs.resubmit_adhesion(adhesion=adhesion, actor=adhesion.referent)
    adhesion.refresh_from_db()
    assert (adhesion.state, Submission.objects.count()) == ("changes_requested", 1)
    answer_change(request=ChangeRequest.objects.get(field="city"), actor=adhesion.referent, words="Oui, c’est elle.")
    assert [asked.met for asked in changes_asked(adhesion)] == [True, True]
    verbs.resubmit_adhesion(adhesion=adhesion, actor=adhesion.referent)
    adhesion.refresh_from_db()
    assert (adhesion.state, Submission.objects.count()) == ("in_review", 2)


def test_the_difference_names_what_changed_in_words(adhesion, dora):
    assert last_difference(adhesion) == []
    send_back(adhesion, dora, {})
    edit(adhesion, mission="Suivi du trait de côte pour la région.")
    verbs.resubmit_adhesion(adhesion=adhesion, actor=adhesion.referent)
    (one,) = last_difference(adhesion)
    assert (one.field, one.before, one.after) == (
        "mission",
        "Suivi du trait de côte.",
        "Suivi du trait de côte pour la région.",
    )
    assert one.label == WORDS["mission"]


def test_only_the_referent_answers_and_only_while_changes_are_asked(adhesion, dora):
    send_back(adhesion, dora)
    asked = ChangeRequest.objects.first()
    with pytest.raises(NotPermitted):
        answer_change(request=asked, actor=UserFactory(), words="Oui.")
    with pytest.raises(Invalid):
        answer_change(request=asked, actor=adhesion.referent, words=" ")
    verbs.withdraw_adhesion(adhesion=adhesion, actor=adhesion.referent)
    with pytest.raises(IllegalTransition):
        answer_change(request=asked, actor=adhesion.referent, words="Oui.")
    asked.refresh_from_db()
    assert asked.answer == ""
