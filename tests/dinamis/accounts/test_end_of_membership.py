# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has a référent, and what the end of a membership or a recycled address leaves behind: nothing."""

import pytest
from allauth.account.models import EmailAddress

from dinamis.accounts.models import Membership
from dinamis.accounts.selectors.membership import has_active_referent, open_memberships
from dinamis.accounts.services import membership as verbs
from licensing.models import Acceptance
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


def test_an_organisation_has_a_referent_while_one_is_active():
    home = OrganisationFactory()
    assert not has_active_referent(home)
    active_membership(UserFactory(), home)
    verbs.request_membership(user=UserFactory(), organisation=home, motivation="Dossier.", role="referent")
    assert not has_active_referent(home)
    remi = UserFactory()
    membership = active_membership(remi, home, role="referent")
    assert has_active_referent(home)
    assert not has_active_referent(OrganisationFactory())
    remi.is_active = False
    remi.save()
    assert not has_active_referent(home)
    remi.is_active = True
    remi.save()
    verbs.end_membership(membership=membership, actor=ModeratorFactory(), words="Décès.")
    assert not has_active_referent(home)


@pytest.mark.parametrize("way", ["removed", "left"])
def test_the_end_of_a_membership_cuts_access_at_the_next_check(way):
    world = allowed_world()
    membership = Membership.objects.get(user=world.person, organisation=world.adhesion.organisation)
    assert world.decide()
    if way == "left":
        verbs.leave(membership=membership, actor=world.person)
    else:
        referent = UserFactory()
        active_membership(referent, membership.organisation, role="referent")
        verbs.remove_member(membership=membership, actor=referent, words="Contrat terminé.")
    assert not world.decide()


def test_a_recycled_address_inherits_nothing():
    world = allowed_world()
    address = world.person.email
    EmailAddress.objects.create(user=world.person, email=address, verified=True, primary=True)
    before = Acceptance.objects.count()
    EmailAddress.objects.filter(user=world.person).delete()
    world.person.email = "ailleurs@example.org"
    world.person.save()
    heir = UserFactory(email=address)
    EmailAddress.objects.create(user=heir, email=address, verified=True, primary=True)
    assert not open_memberships(heir).exists()
    assert not Acceptance.objects.filter(person=heir).exists()
    former, world.person = world.person, heir
    assert not world.decide()
    world.person = former
    assert world.decide()
    assert Acceptance.objects.count() == before
