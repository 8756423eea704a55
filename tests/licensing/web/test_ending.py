# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's page of an organisation's end: nothing happens before the second, confirmed POST."""

import pytest
from django.test import Client
from django.urls import reverse

from dinamis.core import clock
from licensing.models import OrganisationEnd
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.licensing import ProjectFactory, approved_adhesion
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    world = allowed_world()
    client = Client()
    client.force_login(ModeratorFactory())
    return world, client, reverse("licensing:organisation_end", args=[world.adhesion.organisation_id])


def sent(kind="ended", successors=(), **more):
    return {
        "kind": kind,
        "effective_on": clock.today().isoformat(),
        "words": "Décret du 3 mars.",
        "successors": [one.pk for one in successors],
        **more,
    }


def test_what_will_happen_is_read_before_it_is_confirmed(place):
    world, client, page = place
    successor = approved_adhesion().organisation
    for home in (world.adhesion.organisation, successor):
        ProjectFactory(organisation=home, owner=world.person, title="Dunes")
    shown = client.post(page, sent("merged", [successor])).content.decode()
    assert 'name="confirm"' in shown
    assert successor.name in shown
    assert "Dunes" in shown
    assert not OrganisationEnd.objects.exists()
    client.post(page, sent("merged", [successor], confirm="1"))
    assert OrganisationEnd.objects.get().state == "carried_out"
    assert successor.name in client.get(page).content.decode()
    back = client.get(reverse("licensing:organisation_end", args=[successor.pk])).content.decode()
    assert world.adhesion.organisation.name in back
    assert (
        world.adhesion.organisation.name
        in client.get(reverse("licensing:review", args=[successor.adhesions.get().pk])).content.decode()
    )


def test_a_refusal_is_named_at_its_field(place):
    _world, client, page = place
    answer = client.post(page, sent("merged", [OrganisationFactory()], confirm="1"))
    assert answer.status_code == 422
    assert "successors" in answer.context["form"].errors
    assert not OrganisationEnd.objects.exists()


def test_a_declared_end_is_shown_to_members_and_taken_back(place):
    world, client, page = place
    day = clock.today().replace(year=clock.today().year + 1, day=1)
    client.post(page, {**sent(confirm="1"), "effective_on": day.isoformat()})
    end = OrganisationEnd.objects.get()
    member = Client()
    member.force_login(world.person)
    assert str(day.year) in member.get(reverse("accounts:organisation")).content.decode()
    client.post(reverse("licensing:organisation_end_cancel", args=[end.pk]), {"words": "Erreur."})
    end.refresh_from_db()
    assert end.state == "cancelled"


def test_only_the_office_finds_the_page(place):
    world, _client, page = place
    for person in (world.person, world.adhesion.referent, UserFactory()):
        client = Client()
        client.force_login(person)
        assert client.get(page).status_code == 404
    mine = ModeratorFactory()
    active_membership(mine, world.adhesion.organisation)
    client = Client()
    client.force_login(mine)
    assert "<textarea" not in client.get(page).content.decode()
