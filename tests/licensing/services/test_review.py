# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's verbs: claim, decide on what was read, certificate, rights of each class."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from dinamis.core import clock, outbox
from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from licensing.documents import validity
from licensing.models import Certificate, Decision, Entitlement, Project
from licensing.selectors.desk import desk_rows
from licensing.services import adhesion as verbs
from licensing.services.entitlement import lift_suspension, suspend_entitlement
from licensing.services.load_licences import load_licences
from tests.cast import REASON, admit, foreign_adhesion, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def adhesion():
    load_licences()
    return signed_adhesion(UserFactory(), "Institut des rivages", 31, "french_institutional")


def approve(adhesion, moderator, **changes):
    given = {"reason": REASON, "expected_version": adhesion.version, **changes}
    return verbs.approve_adhesion(adhesion=adhesion, actor=moderator, **given)


def undecided(adhesion, state="in_review"):
    adhesion.refresh_from_db()
    assert adhesion.state == state
    assert (Decision.objects.count(), Entitlement.objects.count(), Certificate.objects.count()) == (0, 0, 0)


def test_a_claim_is_a_lease_that_the_next_moderator_sees(adhesion, dora):
    other = ModeratorFactory(name="Denis Office")
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    with pytest.raises(IllegalTransition) as caught:
        verbs.claim_adhesion(adhesion=adhesion, actor=other)
    assert caught.value.code == "claimed"
    assert "Dora Office" in str(caught.value)
    assert [(row.holder, row.mine) for row in desk_rows(other, clock.now())] == [("Dora Office", False)]
    with pytest.raises(IllegalTransition):
        approve(adhesion, other)
    undecided(adhesion)
    with clock.at(adhesion.claimed_until):
        verbs.claim_adhesion(adhesion=adhesion, actor=other)
        with pytest.raises(IllegalTransition):
            approve(adhesion, dora)
        assert approve(adhesion, other).state == "approved"


@pytest.mark.parametrize("who", ["a moderator of the organisation", "a researcher"])
def test_what_was_given_back_is_claimed_by_nobody_who_may_not_judge_it(adhesion, dora, who):
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    verbs.release_adhesion(adhesion=adhesion, actor=dora)
    person = UserFactory()
    if who != "a researcher":
        person = ModeratorFactory()
        active_membership(person, adhesion.organisation)
    with pytest.raises(NotPermitted):
        verbs.claim_adhesion(adhesion=adhesion, actor=person)
    undecided(adhesion)
    assert adhesion.claimed_by is None


def test_a_claim_is_given_back_by_its_holder_only(adhesion, dora):
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    with pytest.raises(IllegalTransition):
        verbs.release_adhesion(adhesion=adhesion, actor=ModeratorFactory())
    verbs.release_adhesion(adhesion=adhesion, actor=dora)
    with pytest.raises(IllegalTransition) as caught:
        approve(adhesion, dora)
    assert caught.value.code == "not_claimed"
    undecided(adhesion)


@pytest.mark.parametrize("who", ["referent", "member", "stranger", "administrator"])
def test_four_eyes(adhesion, who):
    person = {
        "referent": adhesion.referent,
        "stranger": UserFactory(),
        "member": ModeratorFactory(),
        "administrator": UserFactory(office_role="administrator", is_superuser=True, is_staff=True),
    }[who]
    if who == "member":
        active_membership(person, adhesion.organisation)
    with pytest.raises(NotPermitted):
        verbs.claim_adhesion(adhesion=adhesion, actor=person)
    undecided(adhesion, "submitted")


def test_a_decision_is_taken_on_what_was_read(adhesion, dora):
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    with pytest.raises(StaleVersion):
        approve(adhesion, dora, expected_version=adhesion.version - 1)
    with pytest.raises(Invalid):
        approve(adhesion, dora, reason=Reason("complete", " "))
    undecided(adhesion)


def test_who_may_not_decide_is_not_told_who_reviews_it(adhesion, dora):
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    for person in (UserFactory(), adhesion.referent):
        with pytest.raises(NotPermitted) as caught:
            approve(adhesion, person)
        assert "Dora Office" not in str(caught.value)
    undecided(adhesion)


def test_approval_admits_the_organisation(adhesion, dora):
    moment = datetime(2028, 2, 29, 9, tzinfo=UTC)
    with clock.at(moment):
        verbs.claim_adhesion(adhesion=adhesion, actor=dora)
        approved = approve(adhesion, dora)
    assert (approved.period.lower, approved.period.upper) == (moment, datetime(2031, 2, 28, 23, tzinfo=UTC))
    decision = Decision.objects.get()
    assert (decision.verdict, decision.reason_code, decision.words, decision.decided_by) == (
        "approve",
        "complete",
        "Dossier complet.",
        dora,
    )
    rights = Entitlement.objects.order_by("licence__position")
    assert [right.licence.code for right in rights] == [
        "pleiades-uia",
        "pleiades-neo-uia",
        "spot-6-7-uia",
        "spot-world-heritage",
        "copernicus",
    ]
    assert {(right.purpose, right.project, right.period.upper) for right in rights} == {
        ("public_service", None, approved.period.upper)
    }
    assert rights[0].actions == ["download", "order_archive", "request_acquisition"]
    assert rights[3].actions == ["download"]
    assert adhesion.referent.memberships.get().state == "active"
    certificate = Certificate.objects.get()
    assert certificate.number.startswith("DINAMIS-2028-")
    assert len(certificate.secret) == 32


def test_both_parties_are_told(adhesion, dora, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    admit(adhesion, dora)
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    secret = Certificate.objects.get().secret
    told = {to for message in mail.outbox for to in message.to if secret in message.body}
    assert told == {adhesion.referent.email, adhesion.legal_representative_email}


def test_refusal_gives_nothing_but_a_reason(adhesion, dora):
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    verbs.refuse_adhesion(
        adhesion=adhesion,
        actor=dora,
        reason=Reason("not_eligible", "Ce n’est pas un organisme public."),
        expected_version=adhesion.version,
    )
    adhesion.refresh_from_db()
    assert (adhesion.state, adhesion.period, adhesion.claimed_by) == ("refused", None, None)
    assert Entitlement.objects.count() == 0
    assert adhesion.referent.memberships.get().state == "requested"


def test_the_rights_of_a_private_company_end_with_its_project(dora):
    load_licences()
    adhesion = signed_adhesion(
        UserFactory(),
        "Géomètres",
        32,
        "private",
        project_title="Digues",
        project_purpose="public_order",
        contract="2026-AO-1",
        partner="Agence des digues",
        project_ends_on="2027-06-30",
    )
    with clock.at(datetime(2026, 11, 22, tzinfo=UTC)):
        admit(adhesion, dora)
    project = Project.objects.get()
    assert (project.title, project.purpose, project.ends_on) == ("Digues", "public_order", date(2027, 6, 30))
    rights = Entitlement.objects.all()
    assert {(right.purpose, right.project, tuple(right.actions)) for right in rights} == {
        ("public_order", project, ("download",))
    }
    assert {right.period.upper for right in rights} == {datetime(2027, 6, 30, 22, tzinfo=UTC)}


@pytest.mark.parametrize("answer", ["unknown", "no"])
def test_i15_a_nationality_nobody_checked_admits_nobody(dora, answer):
    load_licences()
    adhesion = foreign_adhesion(UserFactory(), nationality_condition=answer)
    with pytest.raises(Invalid) as caught:
        admit(adhesion, dora)
    assert caught.value.code == "nationality"
    undecided(adhesion)
    assert Entitlement.objects.count() == 0


def test_a_foreign_institution_gets_no_neo_and_no_tasking(dora):
    load_licences()
    admit(foreign_adhesion(UserFactory()), dora)
    rights = {right.licence.code: right for right in Entitlement.objects.all()}
    assert set(rights) == {"pleiades-uia", "spot-6-7-uia", "spot-world-heritage", "copernicus"}
    assert rights["pleiades-uia"].actions == ["download", "order_archive"]
    assert rights["pleiades-uia"].purpose == "scientific_cooperation"


def test_an_ended_project_admits_nobody(dora):
    load_licences()
    adhesion = signed_adhesion(
        UserFactory(),
        "Géomètres",
        33,
        "private",
        project_title="Digues",
        project_purpose="public_order",
        contract="2026-AO-1",
        partner="Agence des digues",
        project_ends_on="2020-01-01",
    )
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    with pytest.raises(Invalid) as caught:
        approve(adhesion, dora)
    assert caught.value.pointer == "project_ends_on"
    undecided(adhesion)


def test_a_certificate_expires_by_itself(adhesion, dora):
    admit(adhesion, dora)
    certificate = Certificate.objects.get()
    upper = certificate.adhesion.period.upper
    assert validity(certificate, at=upper - timedelta(seconds=1)) == "valid"
    assert validity(certificate, at=upper) == "expired"


def test_an_organisation_that_left_comes_back_with_new_rights(adhesion, dora):
    admit(adhesion, dora)
    referent = adhesion.referent
    adhesion.refresh_from_db()
    verbs.terminate_adhesion(adhesion=adhesion, actor=referent)
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"revoked"}
    again = signed_adhesion(referent, "Institut des rivages", 31, "french_institutional")
    assert again.organisation == adhesion.organisation
    admit(again, dora)
    assert Entitlement.objects.filter(state="granted").count() == 5


def test_suspending_a_right_cause_by_cause(adhesion, dora):
    admit(adhesion, dora)
    right = Entitlement.objects.first()
    suspension = suspend_entitlement(entitlement=right, cause="inquiry", words="Vérification.", actor=dora)
    with pytest.raises(Invalid) as caught:
        suspend_entitlement(entitlement=right, cause="inquiry", words="Encore.", actor=dora)
    assert caught.value.code == "suspended"
    with pytest.raises(Invalid):
        suspend_entitlement(entitlement=right, cause="nonsense", words="Encore.", actor=dora)
    for nobody in (adhesion.referent, UserFactory()):
        with pytest.raises(NotPermitted):
            suspend_entitlement(entitlement=right, cause="breach", words="x", actor=nobody)
        with pytest.raises(NotPermitted):
            lift_suspension(suspension=suspension, words="x", actor=nobody)
    assert [one.lifted_at for one in right.suspensions.all()] == [None]
    lift_suspension(suspension=suspension, words="Tout va bien.", actor=dora)
    with pytest.raises(IllegalTransition):
        lift_suspension(suspension=suspension, words="Encore.", actor=dora)
    assert suspend_entitlement(entitlement=right, cause="inquiry", words="Bis.", actor=dora).pk
