# SPDX-License-Identifier: AGPL-3.0-or-later
"""Permissions: who holds which, and that nothing is held on nothing."""

import pytest
from django.contrib.auth.models import AnonymousUser

from dinamis.accounts.enums import OfficeRole
from licensing.models import Adhesion, Opinion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import AdhesionFactory, ProjectFactory

pytestmark = pytest.mark.django_db

OF_AN_ADHESION = ("licensing.decide", "licensing.file", "licensing.view_adhesion", "licensing.suspend_entitlement")
HELD = {
    "filer": {"licensing.file", "licensing.view_adhesion"},
    "referent": {"licensing.file", "licensing.view_adhesion"},
    "member": set(),
    "stranger": set(),
    "moderator": {"licensing.decide", "licensing.view_adhesion", "licensing.suspend_entitlement"},
    "moderator of the organisation": {"licensing.view_adhesion"},
    "moderator who asked to join": {"licensing.view_adhesion"},
    "closed moderator": set(),
    "administrator": set(),
    "anonymous": set(),
}


def person(who, adhesion):
    if who == "filer":
        return adhesion.referent
    if who == "anonymous":
        return AnonymousUser()
    if who == "administrator":
        return UserFactory(office_role=OfficeRole.ADMINISTRATOR, is_superuser=True, is_staff=True)
    made = ModeratorFactory(is_active=who != "closed moderator") if "moderator" in who else UserFactory()
    if who in {"referent", "member", "moderator of the organisation"}:
        active_membership(made, adhesion.organisation, role="referent" if who == "referent" else "member")
    if who == "moderator who asked to join":
        adhesion.organisation.memberships.create(user=made, motivation="essai")
    return made


@pytest.mark.parametrize("who", HELD)
def test_who_may_do_what_with_an_adhesion(who):
    adhesion = AdhesionFactory()
    user = person(who, adhesion)
    assert {perm for perm in OF_AN_ADHESION if user.has_perm(perm, adhesion)} == HELD[who]


@pytest.mark.parametrize("perm", ["licensing.file", "accounts.activate_membership", "accounts.leave_membership"])
def test_nothing_is_held_on_nothing(perm):
    assert not UserFactory().has_perm(perm, None)
    assert not UserFactory(is_superuser=True).has_perm(perm, None)


def test_a_moderator_holds_no_decision_on_nothing_in_particular():
    assert not UserFactory().has_perm("licensing.decide", None)
    assert ModeratorFactory().has_perm("licensing.moderate")
    assert not UserFactory(is_superuser=True).has_perm("licensing.moderate")


@pytest.mark.parametrize("role", ["administrator", "moderator"])
def test_the_office_publishes(role):
    assert UserFactory(office_role=role).has_perm("licensing.publish")
    assert not UserFactory().has_perm("licensing.publish")


def test_what_each_sees():
    mine = AdhesionFactory()
    other = AdhesionFactory()
    sent = AdhesionFactory()
    for state in ("awaiting_signature", "submitted"):
        Adhesion.objects.filter(pk=sent.pk).update(state=state)
    assert set(Adhesion.objects.visible_to(mine.referent)) == {mine}
    assert set(Adhesion.objects.visible_to(ModeratorFactory())) == {sent}
    referent = UserFactory()
    active_membership(referent, other.organisation, role="referent")
    assert set(Adhesion.objects.visible_to(referent)) == {other}


def test_an_opinion_is_given_for_the_body_one_speaks_for_and_not_on_one_s_own():
    adhesion = AdhesionFactory()
    opinion = Opinion(adhesion=adhesion, body="cnes")
    giver = UserFactory(office_role="opinion_cnes")
    assert giver.has_perm("licensing.give_opinion", opinion)
    assert not UserFactory(office_role="opinion_airbus").has_perm("licensing.give_opinion", opinion)
    active_membership(giver, adhesion.organisation)
    assert not giver.has_perm("licensing.give_opinion", opinion)


def test_a_representative_is_declared_by_a_referent_or_by_an_office_without_a_part():
    adhesion, moderator, referent = AdhesionFactory(), ModeratorFactory(), UserFactory()
    active_membership(referent, adhesion.organisation, role="referent")
    for person, may in ((referent, True), (moderator, True), (UserFactory(), False)):
        assert person.has_perm("licensing.declare_representative", adhesion) is may
    active_membership(moderator, adhesion.organisation)
    assert not moderator.has_perm("licensing.declare_representative", adhesion)


def test_whoever_left_leads_their_project_no_more():
    project = ProjectFactory()
    assert not project.owner.has_perm("licensing.lead_project", project)
    active_membership(project.owner, project.organisation)
    assert project.owner.has_perm("licensing.lead_project", project)
