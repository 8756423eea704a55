# SPDX-License-Identifier: AGPL-3.0-or-later
"""Without an active référent rights outlive the last one for a grace, then rest: computed when asked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dinamis.accounts.services.membership import end_membership
from dinamis.core import clock
from dinamis.core.exceptions import NotPermitted
from licensing.models import Suspension
from licensing.selectors.restriction import restriction_of
from licensing.services import adhesion as verbs
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)


@pytest.fixture
def world():
    made = allowed_world()
    made.led = active_membership(made.adhesion.referent, made.adhesion.organisation, role="referent")
    return made


def gone(membership):
    """The last référent is no more: only the office can say so."""
    return end_membership(membership=membership, actor=ModeratorFactory(), words="Décès.")


def test_rights_outlive_the_last_referent_for_a_grace_then_rest(world, settings):
    grace = timedelta(days=settings.DINAMIS["NO_REFERENT_GRACE_DAYS"])
    home = world.adhesion.organisation
    assert restriction_of(home, clock.now()) is None
    ended = gone(world.led).ended_at
    assert world.codes(at=ended + grace - TICK) == []
    assert world.codes(at=ended + grace) == ["no_referent"]
    assert Suspension.objects.count() == 0
    restriction = restriction_of(home, ended + grace - TICK)
    assert (restriction.since, restriction.until, restriction.resting) == (ended, ended + grace, False)
    assert restriction_of(home, ended + grace).resting
    # What was decided in the past stays true.
    assert "no_referent" not in world.codes(at=ended - timedelta(days=1))


def test_another_referent_ends_it_at_once(world, settings):
    ended = gone(world.led).ended_at
    later = ended + timedelta(days=settings.DINAMIS["NO_REFERENT_GRACE_DAYS"] + 1)
    with clock.at(later):
        assert world.codes() == ["no_referent"]
        active_membership(UserFactory(), world.adhesion.organisation, role="referent")
        assert world.codes() == []
        assert restriction_of(world.adhesion.organisation, clock.now()) is None
    assert world.codes(at=later - TICK) == ["no_referent"]


def test_a_closed_account_is_no_referent(world, settings):
    referent = world.adhesion.referent
    referent.is_active = False
    referent.save(update_fields=["is_active"])
    later = world.adhesion.period.lower + timedelta(days=settings.DINAMIS["NO_REFERENT_GRACE_DAYS"])
    assert world.codes(at=later) == ["no_referent"]


def test_the_pages_say_so(world, settings):
    gone(world.led)
    client = Client()
    client.force_login(world.person)
    page = client.get(reverse("accounts:organisation")).content.decode()
    assert "référent DINAMIS" in page
    with clock.at(clock.now() + timedelta(days=settings.DINAMIS["NO_REFERENT_GRACE_DAYS"])):
        client.force_login(world.person)
        assert client.get(reverse("accounts:organisation")).context["blocks"][0]["restriction"].resting


def test_who_left_answers_for_nothing_any_more(world):
    referent = world.led.user
    gone(world.led)
    with pytest.raises(NotPermitted):
        verbs.terminate_adhesion(adhesion=world.adhesion, actor=referent)
    world.adhesion.refresh_from_db()
    assert world.adhesion.state == "approved"
