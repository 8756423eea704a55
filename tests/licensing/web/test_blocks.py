# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's pages on blocks, and what whoever is kept out reads."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.models import Block
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.catalogue import CollectionFactory
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("licensing:blocks"), reverse("licensing:block_new")


@pytest.fixture
def world():
    return allowed_world()


@pytest.fixture
def office(client):
    client.force_login(ModeratorFactory())
    return client


def form(world, **fields):
    return {"kind": "person", "subject": world.person.email, "words": "Fuite présumée.", "key": str(uuid4()), **fields}


def test_the_effect_is_shown_first_and_changes_nothing(office, world):
    CollectionFactory(licence=world.licence)
    page = office.post(NEW, form(world) | {"try": "1"}, headers={"Accept-Language": "en"}).content.decode()
    assert "1 person would lose access" in page
    assert "to 1 collection" in page
    assert not Block.objects.exists()


def test_a_block_is_made_listed_and_lifted(office, world):
    sent = form(world, licence=world.licence.pk)
    for _click in range(2):
        assert office.post(NEW, sent).status_code == 302
    block = Block.objects.get()
    assert world.codes() == ["blocked"]
    assert "Fuite présumée." in office.get(LIST).content.decode()
    office.post(reverse("licensing:block_lift", args=[block.pk]), {"words": ""})
    assert world.codes() == ["blocked"]
    office.post(reverse("licensing:block_lift", args=[block.pk]), {"words": "Établi."})
    assert world.decide()
    page = office.get(LIST).content.decode()
    assert "Établi." in page
    assert reverse("licensing:block_lift", args=[block.pk]) not in page


@pytest.mark.parametrize("fields", [{"subject": "personne@example.org"}, {"words": ""}, {"kind": "planète"}])
def test_what_is_wrong_is_said_on_the_form(office, world, fields):
    for button in ({}, {"try": "1"}):
        assert office.post(NEW, form(world, **fields) | button).status_code == 422
    assert not Block.objects.exists()


def test_one_s_own_organisation_is_refused_on_the_page(office, world):
    mine = ModeratorFactory()
    active_membership(mine, world.adhesion.organisation)
    office.force_login(mine)
    organisation = form(world, kind="organisation", subject=world.adhesion.organisation.siret)
    for sent in (form(world), organisation):
        assert office.post(NEW, sent).status_code == 422
    assert not Block.objects.exists()


def test_whoever_is_kept_out_reads_why(office, world):
    office.post(NEW, form(world))
    office.force_login(world.person)
    page = office.get(reverse("licensing:rights"), headers={"Accept-Language": "fr"}).content.decode()
    assert "Fuite présumée." in page
    assert "contester cette décision" in page


def test_the_pages_do_not_exist_for_anybody_else(client, world):
    client.force_login(UserFactory())
    assert {client.get(url).status_code for url in (LIST, NEW)} == {404}


def test_the_list_asks_as_much_for_three_as_for_one(office, world):
    counts = []
    for _ in range(3):
        office.post(NEW, form(world))
        with CaptureQueriesContext(connection) as asked:
            office.get(LIST)
        counts.append(len(asked))
    assert counts[0] == counts[2]
