# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows are narrowed to who may read them, and the doors to them are shown to nobody else."""

import pytest
from django.urls import reverse

from dinamis.accounts.selectors.api_client import organisations_to_speak_for
from dinamis.core import clock
from licensing.models import Acceptance, Entitlement, Opinion, Project, Remark
from licensing.web.forms import OwnSignatureForm
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.licensing import AdhesionFactory, LicenceFactory
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


def test_a_right_is_read_in_its_organisation_and_by_the_office():
    mine, other = allowed_world(), allowed_world()
    assert set(Entitlement.objects.visible_to(mine.person)) == {mine.right}
    assert not Entitlement.objects.visible_to(UserFactory()).exists()
    assert {mine.right, other.right} <= set(Entitlement.objects.visible_to(ModeratorFactory()))


def test_a_signature_is_read_by_its_person_the_referent_and_the_office():
    mine, other = allowed_world(), allowed_world()
    own = set(Acceptance.objects.visible_to(mine.person))
    assert {signature.person for signature in own} == {mine.person}
    referent = UserFactory()
    active_membership(referent, mine.adhesion.organisation, role="referent")
    led = set(Acceptance.objects.visible_to(referent))
    assert {signature.organisation for signature in led} == {mine.adhesion.organisation}
    assert not Acceptance.objects.visible_to(UserFactory()).exists()
    everything = set(Acceptance.objects.visible_to(ModeratorFactory()))
    assert own | led | set(Acceptance.objects.visible_to(other.person)) <= everything


def test_a_project_is_read_in_its_organisation():
    mine = allowed_world(project=True)
    allowed_world(project=True)
    assert set(Project.objects.visible_to(mine.person)) == {mine.right.project}
    assert not Project.objects.visible_to(UserFactory()).exists()


def test_one_signs_for_a_project_of_one_s_own():
    mine = allowed_world(project=True)
    allowed_world(project=True)
    form = OwnSignatureForm(user=mine.person, per_project=True)
    assert set(form.fields["project"].queryset) == {mine.right.project}


def test_an_opinion_is_read_by_the_body_it_is_asked_of_and_by_the_office():
    adhesion = AdhesionFactory(referent=UserFactory(office_role="opinion_cnes"))
    asked = {"licence": LicenceFactory(), "required": False, "due_at": clock.now()}
    of_cnes = Opinion.objects.create(adhesion=adhesion, body="cnes", **asked)
    of_airbus = Opinion.objects.create(adhesion=adhesion, body="airbus", **asked)
    assert set(Opinion.objects.visible_to(UserFactory(office_role="opinion_cnes"))) == {of_cnes}
    assert set(Opinion.objects.visible_to(ModeratorFactory())) == {of_cnes, of_airbus}
    member = UserFactory(office_role="opinion_cnes")
    active_membership(member, adhesion.organisation)
    for nobody in (member, adhesion.referent, UserFactory(), UserFactory(office_role="opinion_cnes", is_active=False)):
        assert not Opinion.objects.visible_to(nobody).exists()


def test_a_remark_is_read_by_the_office_alone_and_never_by_who_filed():
    filer = ModeratorFactory()
    adhesion = AdhesionFactory(referent=filer)
    remark = Remark.objects.create(adhesion=adhesion, author=ModeratorFactory(), words="À vérifier.")
    assert set(Remark.objects.visible_to(ModeratorFactory())) == {remark}
    member = ModeratorFactory()
    active_membership(member, adhesion.organisation)
    for nobody in (filer, member, UserFactory()):
        assert not Remark.objects.visible_to(nobody).exists()


def test_a_key_is_made_for_the_organisation_one_leads():
    organisation, other = OrganisationFactory(), OrganisationFactory()
    member, referent = UserFactory(), UserFactory()
    active_membership(member, organisation)
    active_membership(referent, organisation, role="referent")
    assert set(organisations_to_speak_for(referent)) == {organisation}
    assert not organisations_to_speak_for(member).exists()
    assert {organisation, other} <= set(organisations_to_speak_for(UserFactory(office_role="administrator")))


def test_the_navigation_shows_the_doors_that_open(client):
    office = {reverse("orders:desk"), reverse("licensing:blocks"), reverse("licensing:office_licences")}

    def doors(user):
        if user:
            client.force_login(user)
        return {item["url"] for item in client.get(reverse("about")).context["nav_items"]}

    assert doors(None).isdisjoint({*office, reverse("orders:list")})
    assert reverse("orders:list") in doors(UserFactory())
    assert doors(UserFactory()).isdisjoint(office)
    assert office <= doors(ModeratorFactory())
