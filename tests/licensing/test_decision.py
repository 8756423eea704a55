# SPDX-License-Identifier: AGPL-3.0-or-later
"""`decide()`: every refusal is reached, says what is missing, and names the page that repairs it."""

from datetime import datetime, time, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.transitions import apply_transition
from licensing.enums import Acceptors, Action, DenyCode, EligibilityClass
from licensing.models import Acceptance, Adhesion, Block, EvidenceFile, Licence, Suspension, Withdrawal
from licensing.selectors.decision import ResourceFacts, decide, decide_many, permitted
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


def test_an_embargo_of_the_licence_counts_from_the_acquisition():
    world = allowed_world(licence={"embargo_days": 30})
    taken = clock.now() - 10 * DAY
    assert world.codes(acquired_at=taken) == ["licence_embargo"]
    assert world.codes(acquired_at=taken, at=taken + 30 * DAY - timedelta(microseconds=1)) == ["licence_embargo"]
    assert world.codes(acquired_at=taken, at=taken + 30 * DAY) == []
    assert world.codes() == ["licence_embargo"]


def change(world, **fields):
    """The office changes what the licence allows."""
    Licence.objects.filter(pk=world.licence.pk).update(**fields)


def test_a_class_the_licence_does_not_admit_any_more():
    world = allowed_world()
    change(world, classes=[EligibilityClass.PRIVATE])
    assert world.codes() == ["class_not_admitted"]


@pytest.mark.parametrize(
    ("countries", "codes"),
    [
        ({"countries_allowed": ["FR", "EC"]}, []),
        ({"countries_allowed": ["EC"]}, ["country_not_admitted"]),
        ({"countries_denied": ["FR"]}, ["country_not_admitted"]),
        ({"countries_allowed": ["FR"], "countries_denied": ["FR"]}, ["country_not_admitted"]),
        ({"countries_denied": ["EC"]}, []),
    ],
)
def test_countries_of_the_organisation(countries, codes):
    world = allowed_world()
    change(world, **countries)
    assert world.codes() == codes


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({"nationality_condition": "yes"}, []),
        ({"nationality_condition": "no"}, ["nationality_not_met"]),
        ({"nationality_condition": "unknown"}, ["nationality_unknown"]),
        ({"nationality_condition": ""}, ["nationality_unknown"]),
        ({}, ["nationality_unknown"]),
    ],
)
def test_the_nationality_condition_is_met_only_by_yes(answers, codes):
    world = allowed_world(licence={"nationality_classes": [EligibilityClass.FRENCH_INSTITUTIONAL]})
    Adhesion.objects.filter(pk=world.adhesion.pk).update(answers=answers)
    assert world.codes() == codes
    change(world, nationality_classes=[EligibilityClass.FOREIGN_SCIENTIFIC])
    assert world.codes() == []


def test_a_purpose_the_licence_does_not_admit_any_more():
    world = allowed_world()
    change(world, purposes=["own_research"])
    assert world.codes() == ["purpose_not_admitted"]


def test_contractors():
    world = allowed_world(EligibilityClass.PRIVATE, project=True, purpose="public_order")
    assert world.codes() == []
    change(world, contractors="never")
    assert world.codes() == ["contractor_not_admitted"]
    assert allowed_world(licence={"contractors": "never"}).codes() == []


def test_a_project_begins_and_ends_with_its_days_in_paris():
    world = allowed_world(EligibilityClass.PRIVATE, project=True)
    project = world.right.project
    project.starts_on = clock.today() + 2 * DAY
    project.ends_on = clock.today() + 5 * DAY
    project.save()
    assert world.codes() == ["project_not_started"]
    midnight = datetime.combine(project.starts_on, time.min, tzinfo=clock.PARIS)
    assert world.codes(at=midnight - timedelta(microseconds=1)) == ["project_not_started"]
    assert world.codes(at=midnight) == []
    after = datetime.combine(project.ends_on + DAY, time.min, tzinfo=clock.PARIS)
    assert world.codes(at=after - timedelta(microseconds=1)) == []
    assert world.codes(at=after) == ["project_ended"]


def test_a_project_ended_before_its_day():
    world = allowed_world()
    project = ProjectFactory(organisation=world.adhesion.organisation, owner=world.person)
    assert world.codes(project=project.pk) == []
    project.ended_at = clock.now()
    project.save()
    assert world.codes(project=project.pk) == ["project_ended"]
    assert world.codes() == []


def test_a_project_with_members_is_theirs_and_its_owners():
    world = allowed_world()
    project = ProjectFactory(organisation=world.adhesion.organisation)
    assert world.codes(project=project.pk) == []
    project.members.add(UserFactory())
    assert world.codes(project=project.pk) == ["not_in_project"]
    project.members.add(world.person)
    assert world.codes(project=project.pk) == []
    project.members.remove(world.person)
    project.owner = world.person
    project.save()
    assert world.codes(project=project.pk) == []


def test_a_licence_signed_for_each_project():
    world = allowed_world(licence={"signed_per_project": True})
    project = ProjectFactory(organisation=world.adhesion.organisation, owner=world.person)
    assert world.codes() == []
    assert world.codes(project=project.pk) == ["person_acceptance_missing"]
    signed(world, project=project)
    assert world.codes(project=project.pk) == []


def signed(world, **fields):
    """A further signature of the person."""
    return Acceptance.objects.create(
        licence_version=world.version,
        capacity="self",
        person=world.person,
        email=world.person.email,
        language="fr",
        sha256=world.version.sha256_fr,
        typed_name=world.person.name,
        authenticated_by="test",
        **fields,
    )


@pytest.mark.parametrize(
    ("capacity", "code"),
    [("self", "person_acceptance_missing"), ("legal_representative", "organisation_acceptance_missing")],
)
def test_a_withdrawn_signature_counts_no_more(capacity, code):
    world = allowed_world()
    acceptance = Acceptance.objects.get(capacity=capacity)
    taken_back = Withdrawal.objects.create(acceptance=acceptance, withdrawn_by=world.person)
    assert world.codes() == [code]
    assert code not in world.codes(at=taken_back.withdrawn_at - timedelta(microseconds=1))
    if capacity == "self":
        signed(world, ordinal=2)
        assert world.codes() == []


def test_a_blocked_document_closes_what_rests_on_it():
    world = allowed_world()
    evidence = EvidenceFile.objects.create(
        adhesion=world.adhesion,
        title="Lettre",
        file_name="lettre.pdf",
        storage_key="private/x",
        media_type="application/pdf",
        size=1,
        sha256="a" * 64,
        uploaded_by=world.person,
    )
    period = (clock.now() - DAY, clock.now() + 30 * DAY)
    office = ModeratorFactory()
    Block.objects.create(document_sha256="b" * 64, words="autre", period=period, created_by=office)
    assert world.codes() == []
    block = Block.objects.create(document_sha256=evidence.sha256, words="faux", period=period, created_by=office)
    assert world.codes() == ["blocked"]
    block.lifted_at, block.lifted_by, block.lifted_words = clock.now(), office, "erreur"
    block.save()
    assert world.codes() == []


def test_many_are_answered_by_one_query_as_one_by_one(django_assert_num_queries):
    world = allowed_world()
    closed = LicenceFactory()
    until = clock.now() + DAY
    resources = [
        ResourceFacts(world.licence.pk),
        ResourceFacts(closed.pk),
        ResourceFacts(world.licence.pk, embargo_until=until),
        ResourceFacts(0),
        ResourceFacts(world.licence.pk, withdrawn=True),
    ]
    at = clock.now()
    with django_assert_num_queries(1):
        answers = decide_many(world.person, Action.DOWNLOAD, resources, project=None, at=at)
    assert [bool(answer) for answer in answers] == [True, False, False, False, False]
    single = tuple(decide(world.person, Action.DOWNLOAD, one, project=None, at=at) for one in resources)
    assert answers == single
    nobody = decide_many(AnonymousUser(), Action.DOWNLOAD, resources, project=None, at=at)
    assert {answer.codes for answer in nobody} == {(DenyCode.NOT_SIGNED_IN,)}


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


def test_an_organisation_that_never_had_a_referent(settings):
    world = allowed_world()
    grace = timedelta(days=settings.DINAMIS["NO_REFERENT_GRACE_DAYS"])
    assert world.codes() == []
    assert world.codes(at=world.adhesion.period.lower + grace) == ["no_referent"]


def test_every_deny_code_is_reached_by_a_test_of_this_file():
    from pathlib import Path

    text = Path(__file__).read_text(encoding="utf-8")
    reached = {code for code in DenyCode if f'"{code.value}"' in text or f"DenyCode.{code.name}" in text}
    assert reached == set(DenyCode)


def test_a_signature_is_only_read_once_it_is_written():
    world = allowed_world()
    signed = Acceptance.objects.get(person=world.person).accepted_at
    assert "person_acceptance_missing" in world.codes(at=signed - timedelta(microseconds=1))
