# SPDX-License-Identifier: AGPL-3.0-or-later
"""My rights: the grace of a new version, and what would open the rest."""

from datetime import timedelta

import pytest
from django.urls import reverse

from dinamis.core import clock
from licensing.selectors.explanation import REMEDIES
from licensing.selectors.rights import rights_of
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.licensing import person_signs, published_version
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


def row_of(person, at=None):
    (row,) = rights_of(person, at or clock.now())
    return row


def test_within_the_grace_one_is_warned_and_after_it_denied(client):
    world = allowed_world()
    assert row_of(world.person).sign_before is None
    newer = published_version(world.licence, grace_days=10)
    row = row_of(world.person)
    assert row.sign_before == newer.published_at + timedelta(days=10)
    assert row.actions[0].allowed
    client.force_login(world.person)
    page = client.get(reverse("licensing:rights")).content.decode()
    assert "Votre ancienne signature compte jusqu’au jour ci-dessous" in page
    assert row_of(UserFactory()).sign_before is None
    late = row_of(world.person, at=row.sign_before)
    assert (late.sign_before, late.actions[0].allowed) == (None, False)
    person_signs(world.person, newer)
    assert row_of(world.person).sign_before is None


def test_what_a_colleague_signed_is_not_signed():
    world = allowed_world()
    colleague = UserFactory()
    active_membership(colleague, world.adhesion.organisation)
    assert (row_of(world.person).signed_at is None, row_of(colleague).signed_at) == (False, None)


def test_a_correction_warns_nobody():
    world = allowed_world()
    published_version(world.licence, material=False)
    assert row_of(world.person).sign_before is None


def test_the_page_says_what_would_open_a_right(client):
    world = allowed_world(licence={"countries_denied": ["FR"]})
    client.force_login(world.person)
    page = client.get(reverse("licensing:rights")).content.decode()
    (code,) = world.decide().codes
    assert str(code.label) in page
    assert str(REMEDIES[code]) in page
