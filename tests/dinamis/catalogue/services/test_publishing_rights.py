# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who publishes in which collection: given and ended by administrators, asked at every request of a key."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.models import Item, Publication, PublishingRight
from dinamis.catalogue.services.publishing_rights import end_right, give_right
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import KeyForbidden, act_as, window
from dinamis.core.models import Event
from tests.cast import gather
from tests.dinamis.catalogue.foreign.cast import item
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.api import caller_of
from tests.factories.catalogue import CollectionFactory

pytestmark = pytest.mark.django_db
PAGE = "/office/publishing/"


@pytest.fixture
def admin():
    return UserFactory(office_role="administrator")


@pytest.fixture
def centre():
    return OrganisationFactory()


@pytest.fixture
def archive():
    return CollectionFactory(slug="archive")


def key(admin, centre):
    return caller_of(admin, organisation=centre, scopes=[ApiScope.PUBLISH.value])


def send(client, method, slug, body=None, name=""):
    address = f"/stac/collections/{slug}/items{name}"
    sent = body or item(collection=slug)
    return getattr(client, method)(address, json.dumps(sent), content_type="application/json")


def rows():
    return list(PublishingRight.objects.order_by("pk").values())


def written():
    return list(Item.objects.values()), list(Publication.objects.values())


# --- what a key may write ---


def test_a_key_writes_in_the_collections_of_its_organisation_alone(admin, centre, archive):
    other = CollectionFactory(slug="other")
    give_right(actor=admin, organisation=centre, collections=[archive])
    give_right(actor=admin, organisation=OrganisationFactory(), collections=[other])
    client = key(admin, centre)
    assert send(client, "post", "archive").status_code == 201
    before = written()
    answer = send(client, "post", "other")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:dinamis:problem:not_permitted"
    assert "other" in answer.json()["detail"]
    assert written() == before


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_whoever_may_no_longer_publish_changes_nothing_either(admin, centre, archive, method):
    (right,) = give_right(actor=admin, organisation=centre, collections=[archive])
    client = key(admin, centre)
    assert send(client, "post", "archive").status_code == 201
    end_right(right=right, actor=admin)
    before = written()
    name = f"/{Item.objects.get().stac_id}"
    assert send(client, method, "archive", name=name).status_code == 403
    many = {"items": {"new": item("new", collection="archive")}, "method": "upsert"}
    bulk = client.post("/stac/collections/archive/bulk_items", many, content_type="application/json")
    assert bulk.status_code == 403
    assert written() == before


def test_a_program_reads_where_it_publishes(client, admin, centre, archive):
    give_right(actor=admin, organisation=centre, collections=[archive, CollectionFactory(slug="old")])
    give_right(actor=admin, organisation=OrganisationFactory(), collections=[archive])
    end_right(right=PublishingRight.objects.get(collection__slug="old"), actor=admin)
    told = key(admin, centre).get("/api/v1/publishing-rights").json()["publishing_rights"]
    assert [(one["organisation"], one["collection"]) for one in told] == [(centre.name, "archive")]
    member = UserFactory()
    active_membership(member, centre)
    for person, count in ((member, 1), (UserFactory(), 0), (admin, 2)):
        client.force_login(person)
        assert len(client.get("/api/v1/publishing-rights").json()["publishing_rights"]) == count


# --- who gives and ends ---


def test_only_an_administrator_gives_and_ends(admin, centre, archive):
    (right,) = give_right(actor=admin, organisation=centre, collections=[archive])
    before = rows()
    for person in (ModeratorFactory(), UserFactory()):
        with pytest.raises(NotPermitted):
            give_right(actor=person, organisation=OrganisationFactory(), collections=[archive])
        with pytest.raises(NotPermitted):
            end_right(right=right, actor=person)
    assert rows() == before


def test_no_key_gives_or_ends(admin, centre, archive):
    (right,) = give_right(actor=admin, organisation=centre, collections=[archive])
    before = rows()
    with window():
        act_as(object())
        with pytest.raises(KeyForbidden):
            give_right(actor=admin, organisation=OrganisationFactory(), collections=[archive])
        with pytest.raises(KeyForbidden):
            end_right(right=right, actor=admin)
    assert rows() == before


def test_all_are_given_or_none(admin, centre, archive):
    give_right(actor=admin, organisation=centre, collections=[archive])
    before = rows()
    with pytest.raises(Invalid) as refused:
        give_right(actor=admin, organisation=centre, collections=[CollectionFactory(), archive])
    assert (refused.value.pointer, refused.value.code) == ("collections", "given_already")
    with pytest.raises(Invalid):
        give_right(actor=admin, organisation=centre, collections=[])
    assert rows() == before


def test_it_ends_once_and_may_be_given_again(admin, centre, archive):
    (right,) = give_right(actor=admin, organisation=centre, collections=[archive])
    end_right(right=right, actor=admin)
    before = rows()
    with pytest.raises(IllegalTransition):
        end_right(right=right, actor=admin)
    assert rows() == before
    give_right(actor=admin, organisation=centre, collections=[archive])
    assert PublishingRight.objects.in_force().count() == 1


def test_what_was_given_is_not_rewritten(admin, centre, archive):
    (right,) = give_right(actor=admin, organisation=centre, collections=[archive])
    with pytest.raises(IntegrityError), transaction.atomic():
        PublishingRight.objects.update(collection=CollectionFactory())
    end_right(right=right, actor=admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        PublishingRight.objects.update(ended_at=None, ended_by=None)


def test_who_gave_and_ended_it_is_evidence(admin, centre, archive):
    (right,) = give_right(actor=admin, organisation=centre, collections=[archive])
    end_right(right=right, actor=admin)
    events = Event.objects.filter(table_name="catalogue_publishingright").order_by("pk")
    assert [event.action for event in events] == ["catalogue.publishingright.give", "catalogue.publishingright.end"]


# --- the page ---


def test_an_administrator_gives_and_ends_on_a_page(client, admin, centre, archive):
    key(admin, centre)
    client.force_login(admin)
    assert "Ne publie nulle part" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"organisation": centre.pk}).status_code == 422
    assert rows() == []
    client.post(PAGE, {"organisation": centre.pk, "collections": [archive.pk]})
    right = PublishingRight.objects.get()
    assert (right.organisation, right.collection, right.given_by) == (centre, archive, admin)
    again = client.post(PAGE, {"organisation": centre.pk, "collections": [archive.pk]})
    assert again.status_code == 422
    assert PublishingRight.objects.count() == 1
    client.post(reverse("catalogue:publishing_end", args=[right.pk]))
    assert not PublishingRight.objects.in_force().exists()
    assert "Droits qui ont pris fin" in client.get(PAGE).content.decode()


def test_the_page_is_not_there_for_others(client, archive):
    cast = gather()
    (right,) = give_right(actor=cast.admin, organisation=cast.institute, collections=[archive])
    before = rows()
    for person in (cast.dora, cast.remi):
        client.force_login(person)
        assert client.get(PAGE).status_code == 404
        assert client.post(PAGE, {"organisation": cast.university.pk, "collections": [archive.pk]}).status_code == 404
        assert client.post(reverse("catalogue:publishing_end", args=[right.pk])).status_code == 404
    assert rows() == before


@pytest.mark.parametrize(("role", "shown"), [("administrator", True), ("moderator", False)])
def test_the_page_of_keys_leads_there_for_who_may(client, role, shown):
    client.force_login(UserFactory(office_role=role))
    assert (PAGE in client.get(reverse("api_keys:list")).content.decode()) is shown
