# SPDX-License-Identifier: AGPL-3.0-or-later
"""An event knows who acted, on whose behalf and why; nothing leaks into the next change."""

import pytest
from django.db import transaction

from dinamis.accounts.models import Organisation, User
from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.evidence.context import acting
from dinamis.core.models import Event
from licensing.models import Adhesion
from tests.cast import gather
from tests.factories.accounts import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


def last():
    return Event.objects.latest("id")


def test_a_change_says_who_and_why():
    user = UserFactory()
    with acting(Actor.person(user), action="tests.rename", on_behalf="organisation:7", reason_code="typo"):
        organisation = OrganisationFactory(name="Avant")
        Organisation.objects.filter(pk=organisation.pk).update(name="Après")
    event = last()
    assert (event.actor_id, event.actor_kind, event.action) == (user.pk, "person", "tests.rename")
    assert (event.on_behalf, event.reason_code) == ("organisation:7", "typo")
    assert (event.operation, event.table_name, event.object_id) == ("update", "accounts_organisation", organisation.pk)
    assert event.before == {"name": "Avant"}
    assert event.after["name"] == "Après"
    assert event.role


def test_an_inner_act_speaks_for_its_own_changes_on_the_same_behalf():
    user = UserFactory()
    organisation = OrganisationFactory()
    with acting(Actor.person(user), action="outer", on_behalf="organisation:7"):
        with acting(SYSTEM, action="inner"):
            Organisation.objects.filter(pk=organisation.pk).update(name="Un")
        inner = last()
        Organisation.objects.filter(pk=organisation.pk).update(name="Deux")
    assert (inner.action, inner.actor_kind, inner.actor_id, inner.on_behalf) == (
        "inner",
        "system",
        None,
        "organisation:7",
    )
    assert (last().action, last().actor_id) == ("outer", user.pk)


@pytest.mark.django_db(transaction=True)
def test_what_was_said_ends_with_the_transaction():
    with acting(SYSTEM, action="here"):
        OrganisationFactory(name="Dedans")
        assert last().action == "here"
    OrganisationFactory(name="Dehors")
    assert last().action == ""


def test_many_rows_at_once_know_it_too():
    with acting(SYSTEM, action="bulk"), transaction.atomic():
        Organisation.objects.bulk_create([Organisation(name="Un"), Organisation(name="Deux")])
    assert list(Event.objects.order_by("-id").values_list("action", flat=True)[:2]) == ["bulk", "bulk"]


def test_attribution_costs_no_round_trip(django_assert_num_queries):
    organisation = OrganisationFactory()
    with acting(SYSTEM, action="x"), django_assert_num_queries(2):
        Organisation.objects.filter(pk=organisation.pk).update(name="Un")
        organisation.refresh_from_db()
    assert organisation.name == "Un"


def test_a_change_of_nothing_tracked_is_no_event():
    user = UserFactory()
    before = Event.objects.count()
    User.objects.filter(pk=user.pk).update(name="Autre nom", password="x")
    assert Event.objects.count() == before
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert Event.objects.count() == before + 1


def test_no_name_address_or_word_stands_in_the_events_of_a_whole_path():
    gather()
    told = " ".join(f"{event.before} {event.after} {event.on_behalf}" for event in Event.objects.all())
    for word in ("@example", "Hélène", "Dora", "Alice", "Suivi du trait", "Dossier complet"):
        assert word not in told
    adhesion = Adhesion.objects.first()
    approved = Event.objects.filter(table_name="licensing_adhesion", object_id=adhesion.pk, after__state="approved")
    assert approved.earliest("id").action == "licensing.adhesion.approve"
    assert approved.earliest("id").reason_code == "complete"
    assert User.objects.get(pk=approved.earliest("id").actor_id).email == "dora@dinamis.example"
