# SPDX-License-Identifier: AGPL-3.0-or-later
"""`decide()`: every refusal is reached, says what is missing, and names the page that repairs it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.transitions import apply_transition
from licensing.enums import Acceptors, Action, DenyCode, EligibilityClass
from licensing.models import Acceptance, Block, Suspension
from licensing.selectors.decision import ResourceFacts, decide, permitted
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.licensing import (
    AdhesionFactory,
    LicenceFactory,
    ProjectFactory,
    approved_adhesion,
    grant,
    organisation_signs,
    person_signs,
    published_version,
)
from tests.licensing.worlds import allowed_world, move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_everything_in_order_is_allowed():
    world = allowed_world()
    answer = world.decide()
    assert answer
    assert (answer.entitlement_id, answer.organisation_id, answer.project_id) == (
        world.right.pk,
        world.adhesion.organisation_id,
        None,
    )


def test_not_signed_in():
    licence = LicenceFactory()
    answer = decide(AnonymousUser(), Action.DOWNLOAD, ResourceFacts(licence.pk), project=None, at=clock.now())
    assert answer.codes == (DenyCode.NOT_SIGNED_IN,)
    assert answer.missing() == [
        {"code": "not_signed_in", "detail": str(DenyCode.NOT_SIGNED_IN.label), "repair": reverse("account_login")}
    ]
    assert permitted(AnonymousUser(), Action.DOWNLOAD, project=None, at=clock.now()).licence_ids == ()


def test_person_inactive():
    world = allowed_world()
    world.person.is_active = False
    world.person.save()
    assert world.codes() == ["person_inactive"]


def test_no_membership():
    licence = LicenceFactory(acceptors=Acceptors.NOBODY)
    answer = decide(UserFactory(), Action.DOWNLOAD, ResourceFacts(licence.pk), project=None, at=clock.now())
    assert answer.codes == (DenyCode.NO_MEMBERSHIP,)
    assert answer.reasons[0].repair_url == reverse("accounts:organisation")


def test_membership_inactive():
    world = allowed_world()
    apply_transition(world.membership, "leave", actor=_person(world), ended_at=clock.now())
    assert world.codes() == ["membership_inactive"]


def test_membership_not_begun():
    world = allowed_world()
    assert world.codes(at=world.membership.active_from - DAY)[0] == "membership_inactive"


def _person(world):
    from dinamis.core.actors import Actor

    return Actor.person(world.person)


def test_adhesion_missing():
    person, licence = UserFactory(), LicenceFactory(acceptors=Acceptors.NOBODY)
    organisation = AdhesionFactory().organisation
    active_membership(person, organisation)
    answer = decide(person, Action.DOWNLOAD, ResourceFacts(licence.pk), project=None, at=clock.now())
    assert answer.codes == (DenyCode.ADHESION_MISSING,)
    assert answer.reasons[0].repair_url == reverse("licensing:adhesions")


def test_adhesion_suspended_and_resumed():
    world = allowed_world()
    move(world.adhesion, "suspend")
    assert world.codes() == ["adhesion_suspended"]
    move(world.adhesion, "resume")
    assert world.codes() == []


def test_adhesion_ended():
    world = allowed_world()
    move(world.adhesion, "suspend")
    move(world.adhesion, "revoke")
    assert world.codes() == ["adhesion_ended"]


def test_adhesion_expired():
    world = allowed_world()
    assert "adhesion_ended" in world.codes(at=world.adhesion.period.upper)


def test_no_entitlement():
    world = allowed_world()
    apply_transition(world.right, "supersede", actor=SYSTEM)
    assert world.codes() == ["no_entitlement"]


def test_entitlement_not_started():
    start = clock.now() + DAY
    world = allowed_world(period=(start, start + DAY))
    assert world.codes() == ["entitlement_not_started"]
    assert world.codes(at=start) == []


def test_entitlement_expired():
    end = clock.now() + DAY
    world = allowed_world(period=(clock.now() - DAY, end))
    assert world.codes(at=end - timedelta(microseconds=1)) == []
    assert world.codes(at=end) == ["entitlement_expired"]


def test_entitlement_suspended_until_no_cause_is_left():
    world = allowed_world()
    causes = [
        Suspension.objects.create(entitlement=world.right, cause=cause, words="essai")
        for cause in ("inquiry", "breach")
    ]
    assert world.codes() == ["entitlement_suspended"]
    causes[0].lifted_at = clock.now()
    causes[0].save()
    assert world.codes() == ["entitlement_suspended"]
    causes[1].lifted_at = clock.now()
    causes[1].save()
    assert world.codes() == []


def test_action_not_granted():
    world = allowed_world(actions=["download"])
    assert world.codes(action=Action.ORDER_ARCHIVE) == ["action_not_granted"]
    world.licence.actions = []
    world.licence.save()
    assert world.codes() == ["action_not_granted"]


def test_acceptances_missing():
    person, licence = UserFactory(), LicenceFactory()
    adhesion = approved_adhesion()
    version = published_version(licence)
    active_membership(person, adhesion.organisation)
    grant(adhesion, licence)
    resource = ResourceFacts(licence.pk)
    answer = decide(person, Action.DOWNLOAD, resource, project=None, at=clock.now())
    assert answer.codes == (DenyCode.ORGANISATION_ACCEPTANCE_MISSING, DenyCode.PERSON_ACCEPTANCE_MISSING)
    assert answer.only_signatures
    assert answer.reasons[1].repair_url == reverse("licensing:sign", args=[licence.pk])
    organisation_signs(adhesion.organisation, version)
    answer = decide(person, Action.DOWNLOAD, resource, project=None, at=clock.now())
    assert answer.codes == (DenyCode.PERSON_ACCEPTANCE_MISSING,)
    set_form = permitted(person, Action.DOWNLOAD, project=None, at=clock.now())
    assert set_form.unlockable_licence_ids == (licence.pk,)
    person_signs(person, version)
    assert decide(person, Action.DOWNLOAD, resource, project=None, at=clock.now())


@pytest.mark.parametrize("subject", ["person", "organisation"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_blocked(subject, everywhere):
    world = allowed_world()
    Block.objects.create(
        person=world.person if subject == "person" else None,
        organisation=world.adhesion.organisation if subject == "organisation" else None,
        licence=None if everywhere else world.licence,
        words="essai",
        period=(clock.now() - DAY, clock.now() + DAY),
        created_by=ModeratorFactory(),
    )
    assert world.codes() == ["blocked"]
    assert world.codes(at=clock.now() + 2 * DAY) == []


def test_embargo():
    world = allowed_world()
    until = clock.now() + DAY
    assert world.codes(embargo_until=until) == ["embargo"]
    assert world.codes(embargo_until=until, at=until) == []


def test_hold_back_spares_its_own_organisation():
    world = allowed_world()
    until = clock.now() + DAY
    other = OrganisationFactory()
    assert world.codes(hold_back_until=until, hold_back_organisation_id=other.pk) == ["hold_back"]
    own = world.adhesion.organisation_id
    assert world.codes(hold_back_until=until, hold_back_organisation_id=own) == []


def test_withdrawn():
    assert allowed_world().codes(withdrawn=True) == ["withdrawn"]


def test_project_required_when_several_could_serve():
    world = allowed_world(EligibilityClass.PRIVATE, project=True)
    assert world.decide().project_id == world.right.project_id
    second = ProjectFactory(organisation=world.adhesion.organisation, owner=world.person)
    right = grant(world.adhesion, world.licence, project=second)
    assert world.codes() == ["project_required"]
    assert world.decide(project=second.pk).entitlement_id == right.pk


def test_a_project_of_another_organisation_gives_nothing():
    world = allowed_world()
    foreign = ProjectFactory()
    assert world.codes(project=foreign.pk) == ["no_entitlement"]


def test_a_project_of_another_purpose_gives_nothing():
    world = allowed_world()
    project = ProjectFactory(organisation=world.adhesion.organisation, owner=world.person, purpose="own_research")
    assert world.codes(project=project.pk) == ["no_entitlement"]


def test_a_right_stands_on_the_adhesion_that_gave_it():
    world = allowed_world()
    other = approved_adhesion(organisation=world.adhesion.organisation, eligibility_class=EligibilityClass.PRIVATE)
    move(world.adhesion, "suspend")
    assert other.state == "approved"
    assert world.codes() == ["adhesion_suspended"]


def test_every_deny_code_is_reached_by_a_test_of_this_file():
    from pathlib import Path

    text = Path(__file__).read_text(encoding="utf-8")
    reached = {code for code in DenyCode if f'"{code.value}"' in text or f"DenyCode.{code.name}" in text}
    assert reached == set(DenyCode)


def test_a_signature_is_only_read_once_it_is_written():
    world = allowed_world()
    signed = Acceptance.objects.get(person=world.person).accepted_at
    assert "person_acceptance_missing" in world.codes(at=signed - timedelta(microseconds=1))
