# SPDX-License-Identifier: AGPL-3.0-or-later
"""A revocation in three steps: notice, answer or time passed, decision."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dinamis.core import clock
from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from licensing.documents import validity
from licensing.models import Decision, Entitlement, Revocation
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from tests.cast import admit, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db
REPROACH = Reason("breach", "Images revendues.")


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def adhesion(dora):
    load_licences()
    return admit(signed_adhesion(UserFactory(), "Institut des rivages", 62, "french_institutional"), dora)


def notice(adhesion, actor, **changes):
    given = {"reason": REPROACH, "expected_version": adhesion.version, **changes}
    return verbs.give_notice(adhesion=adhesion, actor=actor, **given)


def confirm(revocation, actor, **changes):
    revocation.adhesion.refresh_from_db()
    given = {"reason": REPROACH, "expected_version": revocation.adhesion.version, **changes}
    return verbs.confirm_revocation(revocation=revocation, actor=actor, **given)


def standing(adhesion):
    adhesion.refresh_from_db()
    return adhesion.state, set(Entitlement.objects.values_list("state", flat=True))


def test_notice_answer_decision(adhesion, dora):
    given = notice(adhesion, dora)
    assert standing(adhesion) == ("approved", {"granted"})
    assert given.due_at - given.noticed_at > timedelta(days=15)
    with pytest.raises(IllegalTransition) as caught:
        confirm(given, dora)
    assert caught.value.code == "time_to_answer"
    assert standing(adhesion) == ("approved", {"granted"})
    verbs.answer_notice(revocation=given, actor=adhesion.referent, words="Nous avons retiré les images.")
    confirm(given, dora)
    assert standing(adhesion) == ("revoked", {"revoked"})
    decision = Decision.objects.last()
    assert (decision.verdict, decision.reason_code, decision.revocation) == ("revoke", "breach", given)
    assert set(decision.recourse) == {"fr", "en"}
    assert validity(adhesion.certificate, at=clock.now()) == "revoked"
    given.refresh_from_db()
    assert given.state == "revoked"


def test_without_an_answer_the_decision_waits_for_the_time_to_pass(adhesion, dora):
    given = notice(adhesion, dora)
    with clock.at(given.due_at - timedelta(seconds=1)), pytest.raises(IllegalTransition):
        confirm(given, dora)
    with clock.at(given.due_at):
        confirm(given, dora)
    assert standing(adhesion) == ("revoked", {"revoked"})


def test_a_suspended_adhesion_may_be_revoked_too(adhesion, dora):
    verbs.suspend_adhesion(
        adhesion=adhesion, actor=dora, reason=Reason("breach", "Urgence."), expected_version=adhesion.version
    )
    given = notice(adhesion, dora)
    with clock.at(given.due_at):
        confirm(given, dora)
    assert standing(adhesion) == ("revoked", {"revoked"})


def test_a_dropped_revocation_leaves_everything_as_it_was(adhesion, dora):
    given = notice(adhesion, dora)
    with pytest.raises(Invalid):
        verbs.drop_revocation(revocation=given, actor=dora, words=" ")
    verbs.drop_revocation(revocation=given, actor=dora, words="Explications reçues.")
    assert standing(adhesion) == ("approved", {"granted"})
    with pytest.raises(IllegalTransition):
        confirm(given, dora)
    assert standing(adhesion) == ("approved", {"granted"})
    assert notice(adhesion, dora).state == "noticed"


def test_one_notice_at_a_time(adhesion, dora):
    notice(adhesion, dora)
    with pytest.raises(IllegalTransition) as caught:
        notice(adhesion, dora)
    assert caught.value.code == "under_way"
    assert Revocation.objects.count() == 1


@pytest.mark.parametrize("reason", [Reason("", "Sans code."), Reason("breach", " "), Reason("nonsense", "Code.")])
def test_a_notice_has_a_code_and_words(adhesion, dora, reason):
    with pytest.raises(Invalid):
        notice(adhesion, dora, reason=reason)
    assert not Revocation.objects.exists()


def test_only_the_referent_answers_once(adhesion, dora):
    given = notice(adhesion, dora)
    with pytest.raises(NotPermitted):
        verbs.answer_notice(revocation=given, actor=UserFactory(), words="Nous contestons.")
    with pytest.raises(Invalid):
        verbs.answer_notice(revocation=given, actor=adhesion.referent, words="")
    verbs.answer_notice(revocation=given, actor=adhesion.referent, words="Nous contestons.")
    with pytest.raises(IllegalTransition):
        verbs.answer_notice(revocation=given, actor=adhesion.referent, words="Encore.")
    given.refresh_from_db()
    assert given.answer == "Nous contestons."


def test_four_eyes_in_every_step(adhesion, dora):
    member = ModeratorFactory()
    active_membership(member, adhesion.organisation)
    with pytest.raises(NotPermitted):
        notice(adhesion, member)
    given = notice(adhesion, dora)
    with clock.at(given.due_at):
        with pytest.raises(NotPermitted):
            confirm(given, member)
        with pytest.raises(NotPermitted):
            verbs.drop_revocation(revocation=given, actor=member, words="Rien.")
    assert standing(adhesion) == ("approved", {"granted"})


def test_a_stale_page_revokes_nothing(adhesion, dora):
    read = adhesion.version
    given = notice(adhesion, dora)
    with clock.at(given.due_at), pytest.raises(StaleVersion):
        confirm(given, dora, expected_version=read)
    assert standing(adhesion) == ("approved", {"granted"})


def test_nothing_is_revoked_that_is_over(adhesion, dora):
    with clock.at(adhesion.period.upper), pytest.raises(IllegalTransition) as caught:
        notice(adhesion, dora)
    assert caught.value.code == "expired"


def test_the_database_gives_the_organisation_its_time(adhesion, dora):
    given = notice(adhesion, dora)
    with pytest.raises(IntegrityError), transaction.atomic():
        Revocation.objects.filter(pk=given.pk).update(state="revoked")
    with pytest.raises(IntegrityError), transaction.atomic():
        Revocation.objects.filter(pk=given.pk).update(due_at=clock.now() - timedelta(days=1))
    given.refresh_from_db()
    assert given.state == "noticed"
