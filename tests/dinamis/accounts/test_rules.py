# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who holds what on a membership and on an API key."""

import pytest
from django.conf import settings

from dinamis.accounts.models import ApiClient
from dinamis.accounts.rules import needs_second_factor
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db
KEYS = [f"accounts.{verb}_api_client" for verb in ("create", "rotate", "revoke")]


def test_nobody_activates_their_own_membership():
    home, referent, other = OrganisationFactory(), UserFactory(), UserFactory()
    own = active_membership(referent, home, role="referent")
    assert not referent.has_perm("accounts.activate_membership", own)
    assert referent.has_perm("accounts.activate_membership", active_membership(other, home))
    assert not other.has_perm("accounts.activate_membership", own)


@pytest.mark.parametrize("perm", KEYS)
def test_a_key_is_managed_by_who_it_acts_for(perm):
    person, home = UserFactory(), OrganisationFactory()
    member, referent = UserFactory(), UserFactory()
    active_membership(member, home)
    active_membership(referent, home, role="referent")
    administrator = UserFactory(office_role="administrator")
    own, common = ApiClient(person=person), ApiClient(organisation=home)
    assert person.has_perm(perm, own)
    assert administrator.has_perm(perm, own) is (perm == "accounts.revoke_api_client")
    assert {user for user in (referent, administrator) if user.has_perm(perm, common)} == {referent, administrator}
    for nobody in (person, member, UserFactory()):
        assert not nobody.has_perm(perm, common)
    assert not referent.has_perm(perm, own)


def test_a_second_factor_is_asked_of_the_roles_that_decide():
    roles = settings.DINAMIS["SECOND_FACTOR_ROLES"]
    assert {"moderator", "administrator"} <= set(roles)
    assert all(needs_second_factor(UserFactory(office_role=role)) for role in roles)
    assert not needs_second_factor(UserFactory())
