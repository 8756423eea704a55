# SPDX-License-Identifier: AGPL-3.0-or-later
"""Projects: described, changed on the revision read, frozen under a right, named members, ended with a reason."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dinamis.accounts.enums import MemberRole
from dinamis.core import clock
from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import Event, OutboxMessage
from licensing.enums import EligibilityClass, Purpose
from licensing.models import Project, ProjectMember
from licensing.selectors.project import project_standing, rights_for
from licensing.services.project import ProjectChange, change_project, create_project, end_project
from tests.factories.accounts import UserFactory, active_membership
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """Somebody whose right is bound to their own project."""
    return allowed_world(EligibilityClass.PRIVATE, project=True, purpose=Purpose.PUBLIC_ORDER)


@pytest.fixture
def free(world):
    """A project of theirs on which no right rests."""
    return create_project(owner=world.person, organisation=world.adhesion.organisation, title="Dunes")


def changed(project, actor, members=None, revision=None, **values):
    seen = project.revision if revision is None else revision
    return change_project(project=project, change=ProjectChange(values, members), actor=actor, expected_revision=seen)


def test_the_owner_and_a_referent_change_it_and_nobody_else(world, free):
    lead = UserFactory()
    active_membership(lead, free.organisation, MemberRole.REFERENT)
    first = changed(free, world.person, title="  Dunes   grises ", theme=" Littoral ", contract="2026-AO-2")
    assert (first.title, first.theme, first.contract, first.revision) == ("Dunes grises", "Littoral", "2026-AO-2", 1)
    second = changed(first, lead, partners="Parc naturel")
    assert (second.revision, second.changed_by) == (2, lead)
    colleague = UserFactory()
    active_membership(colleague, free.organisation)
    for actor in (colleague, UserFactory(), UserFactory(office_role="moderator")):
        with pytest.raises(NotPermitted):
            changed(second, actor, title="Autre")
    free.refresh_from_db()
    assert (free.title, free.revision) == ("Dunes grises", 2)


def test_an_owner_who_left_changes_nothing(world, free):
    world.membership.role = "member"
    type(world.membership).objects.filter(pk=world.membership.pk).update(state="ended", ended_at=clock.now())
    with pytest.raises(NotPermitted):
        changed(free, world.person, title="Autre")


def test_a_stale_page_is_told_who_changed_it(world, free):
    lead = UserFactory(name="Rémi Référent")
    active_membership(lead, free.organisation, MemberRole.REFERENT)
    changed(free, lead, theme="Littoral")
    with pytest.raises(StaleVersion, match="Rémi Référent") as caught:
        changed(free, world.person, revision=0, theme="Montagne")
    assert caught.value.extra["changed_by"] == "Rémi Référent"
    assert Project.objects.get(pk=free.pk).theme == "Littoral"
    with pytest.raises(StaleVersion):
        end_project(project=free, words="Fini.", actor=world.person, expected_revision=0)
    assert Project.objects.get(pk=free.pk).ended_at is None


@pytest.mark.parametrize("name", ["purpose", "sponsor", "contract", "awarding_body"])
def test_what_a_right_rests_on_is_frozen(world, name):
    project = world.right.project
    value = Purpose.OWN_RESEARCH if name == "purpose" else "Autre"
    with pytest.raises(Invalid) as caught:
        changed(project, world.person, **{name: value})
    assert (caught.value.pointer, caught.value.code) == (name, "frozen")
    with pytest.raises(IntegrityError, match="cannot change any more"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**{name: value})
    with pytest.raises(IntegrityError, match="cannot change any more"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(organisation=allowed_world().adhesion.organisation)
    fresh = Project.objects.get(pk=project.pk)
    assert (getattr(fresh, name), fresh.revision) == (getattr(project, name), 0)
    assert changed(project, world.person, theme="Digues", purpose=project.purpose).theme == "Digues"


def test_what_no_right_rests_on_may_change(world, free):
    assert changed(free, world.person, purpose=Purpose.OWN_RESEARCH, sponsor="CNRS").purpose == Purpose.OWN_RESEARCH


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"owner": 1}, "owner"),
        ({"title": ""}, "title"),
        ({"purpose": "loisir"}, "purpose"),
        ({"starts_on": clock.today(), "ends_on": clock.today() - timedelta(days=1)}, ""),
    ],
)
def test_what_cannot_be_changes_nothing(world, free, values, pointer):
    with pytest.raises(Invalid) as caught:
        changed(free, world.person, **values)
    assert caught.value.pointer == pointer
    fresh = Project.objects.get(pk=free.pk)
    assert (fresh.title, fresh.revision) == ("Dunes", 0)


def test_a_title_in_use_is_refused(world, free):
    with pytest.raises(Invalid) as caught:
        changed(free, world.person, title=world.right.project.title)
    assert caught.value.code == "project_exists"


def test_members_named_are_the_only_ones(world):
    project = world.right.project
    colleague, other = UserFactory(), UserFactory()
    for person in (colleague, other):
        active_membership(person, project.organisation)
    changed(project, world.person, members=[colleague])
    assert world.decide()
    world.person = other
    assert "not_in_project" in world.codes()
    with pytest.raises(Invalid) as caught:
        changed(Project.objects.get(pk=project.pk), project.owner, members=[UserFactory()])
    assert (caught.value.pointer, caught.value.code) == ("members", "not_a_member")
    assert list(project.members.all()) == [colleague]
    changed(Project.objects.get(pk=project.pk), project.owner, members=[])
    assert "not_in_project" not in world.codes()


def test_naming_a_member_is_an_event_by_whom(world, free):
    colleague = UserFactory()
    active_membership(colleague, free.organisation)
    changed(free, world.person, members=[colleague])
    row = ProjectMember.objects.get()
    event = Event.objects.get(table_name="licensing_project_members", object_id=row.pk)
    assert (event.operation, event.actor_id, event.action) == ("insert", world.person.pk, "licensing.project.change")
    found = [str(one) for one in verify_evidence().findings if one.table.startswith("licensing_project")]
    assert found == []


def test_an_ended_project_opens_nothing_from_that_moment(world):
    project = world.right.project
    before = clock.now()
    assert world.decide()
    ended = end_project(project=project, words=" Marché achevé. ", actor=world.person, expected_revision=0)
    assert (ended.ended_by, ended.ended_words, ended.revision) == (world.person, "Marché achevé.", 1)
    assert world.codes() == ["project_ended"]
    assert world.decide(at=before)
    world.right.refresh_from_db()
    assert world.right.state == "granted"
    assert project_standing(ended, clock.now()) == "ended"
    for again in (
        lambda: end_project(project=ended, words="Encore.", actor=world.person, expected_revision=1),
        lambda: changed(ended, world.person, theme="Autre"),
    ):
        with pytest.raises(IllegalTransition):
            again()
    with pytest.raises(IntegrityError, match="cannot change any more"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(ended_at=None)


def test_the_end_needs_a_reason_and_somebody_who_may(world):
    project = world.right.project
    with pytest.raises(Invalid):
        end_project(project=project, words=" ", actor=world.person, expected_revision=0)
    with pytest.raises(NotPermitted):
        end_project(project=project, words="Non.", actor=UserFactory(), expected_revision=0)
    assert world.decide()


def test_owner_members_and_referents_are_told_of_the_end_but_not_who_ended_it(world):
    project = world.right.project
    lead, colleague = UserFactory(), UserFactory()
    active_membership(lead, project.organisation, MemberRole.REFERENT)
    active_membership(colleague, project.organisation)
    project = changed(project, world.person, members=[colleague])
    end_project(project=project, words="Fini.", actor=lead, expected_revision=1)
    told = OutboxMessage.objects.filter(key__startswith="mail:project_ended")
    assert {row.payload["to"] for row in told} == {world.person.email, colleague.email}
    assert {row.payload["context"]["words"] for row in told} == {"Fini."}


def test_the_rights_of_a_project_and_those_for_any_project():
    french = allowed_world()
    project = create_project(owner=french.person, organisation=french.adhesion.organisation, title="Dunes")
    assert list(rights_for(project, clock.now())) == [french.right]
    ended = end_project(project=project, words="Fini.", actor=french.person, expected_revision=0)
    assert list(rights_for(ended, clock.now())) == []
    assert (
        list(
            rights_for(
                create_project(
                    owner=french.person,
                    organisation=french.adhesion.organisation,
                    title="Autre",
                    purpose=Purpose.OWN_RESEARCH,
                ),
                clock.now(),
            )
        )
        == []
    )
    bound = allowed_world(EligibilityClass.PRIVATE, project=True, purpose=Purpose.PUBLIC_ORDER)
    assert list(rights_for(bound.right.project, clock.now())) == [bound.right]


def test_first_and_last_day_are_those_of_paris(free):
    today = clock.today()
    for first, last, standing in (
        (today + timedelta(days=1), None, "scheduled"),
        (None, today, "running"),
        (None, today - timedelta(days=1), "over"),
    ):
        free.starts_on, free.ends_on = first, last
        assert project_standing(free, clock.now()) == standing
