# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of projects."""

import pytest
from django.urls import reverse

from licensing.enums import EligibilityClass, Purpose
from licensing.models import Project
from licensing.services.project import ProjectChange, change_project, create_project
from tests.factories.accounts import UserFactory, active_membership
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return allowed_world(EligibilityClass.PRIVATE, project=True, purpose=Purpose.PUBLIC_ORDER)


@pytest.fixture
def mine(client, world):
    client.force_login(world.person)
    return client


def address(name, project):
    return reverse(f"licensing:{name}", args=[project.pk])


def test_a_project_is_read_by_its_organisation_and_the_office_alone(mine, world):
    project = world.right.project
    page = mine.get(address("project", project), headers={"Accept-Language": "en"}).content.decode()
    assert reverse("licensing:right", args=[world.right.pk]) in page
    assert "A right rests on this project" in page
    assert project.title in mine.get(reverse("licensing:projects")).content.decode()
    mine.force_login(UserFactory())
    assert mine.get(address("project", project)).status_code == 404
    assert project.title not in mine.get(reverse("licensing:projects")).content.decode()
    mine.force_login(UserFactory(office_role="moderator"))
    assert mine.get(address("project_edit", project)).status_code in {302, 403}


def test_a_colleague_reads_and_does_not_change(mine, world):
    colleague = UserFactory()
    active_membership(colleague, world.right.project.organisation)
    mine.force_login(colleague)
    assert mine.get(address("project", world.right.project)).status_code == 200
    assert mine.get(address("project_edit", world.right.project)).status_code == 403
    sent = {"words": "Non.", "revision": 0}
    assert mine.post(address("project_end", world.right.project), sent).status_code == 302
    assert Project.objects.get().ended_at is None


def test_what_a_right_rests_on_is_not_asked_and_not_taken(mine, world):
    project = world.right.project
    page = mine.get(address("project_edit", project)).content.decode()
    assert 'name="contract"' not in page
    sent = {"title": "Digues et barrages", "contract": "autre", "purpose": "own_research", "revision": 0}
    assert mine.post(address("project_edit", project), sent).status_code == 302
    project.refresh_from_db()
    assert (project.title, project.contract, project.purpose) == ("Digues et barrages", "", "public_order")


def test_a_page_that_is_out_of_date_is_a_conflict(mine, world):
    project = create_project(owner=world.person, organisation=world.adhesion.organisation, title="Dunes")
    change_project(
        project=project, change=ProjectChange({"theme": "Littoral"}), actor=world.person, expected_revision=0
    )
    sent = {"title": "Dunes", "purpose": "public_order", "theme": "Autre", "revision": 0}
    answer = mine.post(address("project_edit", project), sent)
    assert answer.status_code == 409
    assert world.person.name in answer.content.decode()
    sent = {"words": "Fini.", "revision": 0}
    assert mine.post(address("project_end", project), sent).status_code == 409
    project.refresh_from_db()
    assert (project.theme, project.ended_at) == ("Littoral", None)


def test_a_wrong_value_is_shown_beside_its_field(mine, world):
    project = create_project(owner=world.person, organisation=world.adhesion.organisation, title="Dunes")
    sent = {"title": world.right.project.title, "purpose": "public_order", "revision": 0}
    answer = mine.post(address("project_edit", project), sent)
    assert answer.status_code == 422
    assert "id_title" in answer.content.decode()


def test_the_owner_ends_it_with_a_reason(mine, world):
    project = world.right.project
    mine.post(address("project_end", project), {"words": " ", "revision": 0})
    assert Project.objects.get(pk=project.pk).ended_at is None
    mine.post(address("project_end", project), {"words": "Marché achevé.", "revision": 0})
    assert world.codes() == ["project_ended"]
    page = mine.get(address("project", project)).content.decode()
    assert "Marché achevé." in page
    assert address("project_end", project) not in page


def test_programs_read_it_too(mine, world):
    project = world.right.project
    answer = mine.get(f"/api/v1/projects/{project.pk}").json()
    assert (answer["standing"], answer["revision"], answer["contract"]) == ("running", 0, "")
    assert answer["organisation"]["id"] == project.organisation_id


def test_a_project_is_described_for_one_s_own_organisation(mine, world):
    stranger = allowed_world().adhesion.organisation
    page = mine.get(reverse("licensing:project_new"))
    assert list(page.context["form"].fields["organisation"].queryset) == [world.adhesion.organisation]
    data = {"organisation": stranger.pk, "title": "Essai", "purpose": Purpose.PUBLIC_ORDER}
    assert "organisation" in mine.post(reverse("licensing:project_new"), data).context["form"].errors
    assert not Project.objects.filter(organisation=stranger).exists()
