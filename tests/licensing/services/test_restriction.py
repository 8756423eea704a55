# SPDX-License-Identifier: AGPL-3.0-or-later
"""Without a référent nothing is filed and nobody let in; the office hears of it once for each time it happens."""

from datetime import timedelta

import pytest

from dinamis.accounts.services.membership import end_membership
from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition
from dinamis.core.models import OutboxMessage
from licensing.models import Adhesion
from licensing.selectors.restriction import restrictions
from licensing.services import adhesion as verbs
from licensing.services.restriction import tell_office_of_restrictions
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.licensing import AdhesionFactory
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    made = allowed_world()
    made.led = active_membership(made.adhesion.referent, made.adhesion.organisation, role="referent")
    made.dora = ModeratorFactory()
    return made


def alone(world):
    return end_membership(membership=world.led, actor=world.dora, words="Décès.")


def told():
    return list(OutboxMessage.objects.filter(payload__template="licensing/mail/organisation_restricted").order_by("pk"))


def test_the_office_is_told_once_and_again_when_it_happens_again(world):
    mine = ModeratorFactory()
    active_membership(mine, world.adhesion.organisation)
    assert tell_office_of_restrictions() == 0
    alone(world)
    tell_office_of_restrictions()
    tell_office_of_restrictions()
    readers = {row.payload["to"] for row in told()}
    assert world.dora.email in readers
    assert mine.email not in readers
    first = len(told())
    again = active_membership(UserFactory(), world.adhesion.organisation, role="referent")
    assert tell_office_of_restrictions() == 0
    with clock.at(clock.now() + timedelta(days=3)):
        end_membership(membership=again, actor=world.dora, words="Départ.")
        tell_office_of_restrictions()
    assert len(told()) == 2 * first


def test_the_list_knows_admitted_organisations_only_and_asks_one_query(world, django_assert_num_queries):
    OrganisationFactory()
    AdhesionFactory()
    with django_assert_num_queries(1):
        assert restrictions(clock.now()) == []
    ended = alone(world).ended_at
    for _ in range(2):
        allowed_world()
    with django_assert_num_queries(1):
        found = restrictions(clock.now())
    assert len(found) == 3
    assert next(row.since for row in found if row.organisation == world.adhesion.organisation) == ended
    assert restrictions(world.adhesion.period.upper + timedelta(days=1)) == []


def test_nothing_is_filed_meanwhile(world):
    home = world.adhesion.organisation
    former = world.adhesion.referent
    alone(world)
    # Not even by who filed once, where no member is left to stand against it.
    end_membership(membership=world.membership, actor=world.dora, words="Départ.")
    with pytest.raises(IllegalTransition) as caught:
        verbs.open_adhesion(referent=former, organisation=home, eligibility_class="french_institutional")
    assert caught.value.code == "no_referent"
    draft = AdhesionFactory(organisation=home, eligibility_class="private", referent=UserFactory())
    with pytest.raises(IllegalTransition) as caught:
        verbs.send_for_signature(adhesion=draft, actor=draft.referent)
    assert caught.value.code == "no_referent"
    assert Adhesion.objects.count() == 2
    draft.refresh_from_db()
    assert draft.state == "draft"
