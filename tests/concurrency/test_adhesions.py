# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two at once, on two real connections: one wins, the other is told, nothing is done twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from dinamis.core import clock
from dinamis.core.actors import Reason
from dinamis.core.exceptions import DomainError, IllegalTransition, StaleVersion
from licensing.models import Acceptance, Adhesion, Certificate, Decision, SigningLink
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.tokens import code_of
from tests.cast import REASON, admit, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, siret
from tests.licensing.services.test_signature import texts

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def together(*calls):
    """Run every call in a thread of its own, started at the same moment; returns results and domain errors."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=10)
            return call()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def outcome(results):
    errors = [result for result in results if isinstance(result, Exception)]
    return [result for result in results if not isinstance(result, Exception)], errors


@pytest.fixture
def adhesion():
    load_licences()
    return signed_adhesion(UserFactory(), "Institut des rivages", 51, "french_institutional")


def test_two_moderators_claim_at_once(adhesion):
    people = [ModeratorFactory(), ModeratorFactory()]
    copies = [Adhesion.objects.get(pk=adhesion.pk) for _ in people]
    won, lost = outcome(
        together(
            *(
                lambda copy=copy, person=person: verbs.claim_adhesion(adhesion=copy, actor=person)
                for copy, person in zip(copies, people, strict=True)
            )
        )
    )
    assert (len(won), len(lost)) == (1, 1)
    assert isinstance(lost[0], IllegalTransition)
    adhesion.refresh_from_db()
    assert adhesion.claimed_by == won[0].claimed_by


def test_two_decisions_at_once(adhesion):
    moderator = ModeratorFactory()
    verbs.claim_adhesion(adhesion=adhesion, actor=moderator)
    copies = [Adhesion.objects.get(pk=adhesion.pk) for _ in range(2)]
    version = copies[0].version
    won, lost = outcome(
        together(
            lambda: verbs.approve_adhesion(
                adhesion=copies[0], actor=moderator, reason=REASON, expected_version=version
            ),
            lambda: verbs.refuse_adhesion(
                adhesion=copies[1], actor=moderator, reason=Reason("not_eligible", "non"), expected_version=version
            ),
        )
    )
    assert (len(won), len(lost)) == (1, 1)
    assert isinstance(lost[0], StaleVersion | IllegalTransition)
    assert Decision.objects.count() == 1
    adhesion.refresh_from_db()
    assert Certificate.objects.count() == (adhesion.state == "approved")


def test_a_double_click_signs_once():
    load_licences()
    adhesion = verbs.open_adhesion(
        referent=UserFactory(),
        organisation=verbs.OrganisationData(name="Institut", siret=siret(52), sector="recherche"),
        eligibility_class="french_institutional",
        legal_representative=verbs.LegalRepresentative("Hélène Martin", "direction@example.org"),
        mission="Dunes.",
    )
    verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    link = SigningLink.objects.get()
    verbs.request_signing_code(link=link)
    copies = [SigningLink.objects.select_related("adhesion").get() for _ in range(3)]
    code = code_of(copies[0])
    given = texts(adhesion)
    won, lost = outcome(
        together(
            *(
                lambda copy=copy: verbs.sign_adhesion(
                    link=copy,
                    code=code,
                    typed_name="Hélène Martin",
                    acceptances=given,
                    ip=None,
                    user_agent="",
                )
                for copy in copies
            )
        )
    )
    assert (len(won), len(lost)) == (1, 2)
    assert {type(error) for error in lost} == {IllegalTransition}
    assert Acceptance.objects.count() == 4


def test_two_open_the_same_organisation_at_once():
    people = [UserFactory(), UserFactory()]
    data = verbs.OrganisationData(name="Institut", siret=siret(53))
    won, lost = outcome(
        together(
            *(
                lambda person=person: verbs.open_adhesion(
                    referent=person, organisation=data, eligibility_class="french_institutional"
                )
                for person in people
            )
        )
    )
    assert (len(won), len(lost)) == (1, 1)
    assert Adhesion.objects.count() == 1


def test_eight_renewals_at_once_make_one():
    load_licences()
    adhesion = admit(signed_adhesion(UserFactory(), "Institut", 58, "french_institutional"), ModeratorFactory())
    with clock.at(adhesion.period.upper - timedelta(days=20)):
        moment = clock.now()

    def renew(copy):
        with clock.at(moment):
            return verbs.renew_adhesion(adhesion=copy, actor=copy.referent)

    copies = [Adhesion.objects.select_related("referent").get(pk=adhesion.pk) for _ in range(8)]
    won, lost = outcome(together(*(lambda copy=copy: renew(copy) for copy in copies)))
    assert len(won) == 1
    assert {type(error) for error in lost} == {IllegalTransition}
    assert adhesion.renewals.count() == 1
