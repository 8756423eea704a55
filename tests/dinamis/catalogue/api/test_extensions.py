# SPDX-License-Identifier: AGPL-3.0-or-later
"""What items and collections say by the extensions timestamps, version, storage and scientific, and to whom."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from dinamis.catalogue.dimap.times import print_moment
from dinamis.catalogue.models import Item
from dinamis.catalogue.services.item_documents import refresh
from dinamis.catalogue.services.publish import NewAsset, publish_product
from dinamis.core import clock
from licensing.models import Entitlement
from orders.models import Publication
from tests.dinamis.catalogue.cast import build_world
from tests.dinamis.catalogue.dimap.helpers import ORTHO, parse
from tests.dinamis.catalogue.dimap.test_stac import problems
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory

pytestmark = pytest.mark.django_db
LATER = timedelta(days=30)


def read(client, item):
    answer = client.get(f"/stac/collections/{item.collection.slug}/items/{item.stac_id}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def named(document):
    """The extensions a document names, once each."""
    names = [uri.split("/")[3] for uri in document["stac_extensions"]]
    assert len(names) == len(set(names))
    return set(names)


def links(document):
    return {link["rel"]: link["href"] for link in document["links"]}


# --- timestamps ---


def test_an_item_says_since_when_it_is_shown(client):
    entered = datetime(2024, 7, 1, 9, 30, tzinfo=UTC)
    item = ItemFactory(created_at=entered)
    told = read(client, item)
    assert told["properties"]["published"] == "2024-07-01T09:30:00Z"
    assert "timestamps" in named(told)
    assert "expires" not in told["properties"]


@pytest.mark.parametrize("column", ["embargo_until", "hold_back_until"])
def test_an_item_that_was_withheld_is_published_when_that_ended(client, column):
    ended = datetime(2024, 9, 1, tzinfo=UTC)
    mine = {"hold_back_organisation": OrganisationFactory()} if column == "hold_back_until" else {}
    item = ItemFactory(created_at=ended - LATER, **{column: ended}, **mine)
    assert read(client, item)["properties"]["published"] == "2024-09-01T00:00:00Z"
    page = client.get(reverse("catalogue:item_json", args=[item.pk])).json()
    assert page["properties"]["published"] == "2024-09-01T00:00:00Z"


def test_the_embargo_of_a_licence_counts(client):
    taken = datetime(2024, 6, 14, 10, 30, tzinfo=UTC)
    item = ItemFactory(datetime=taken, created_at=taken)
    licence = item.collection.licence
    licence.embargo_days = 90
    licence.save()
    assert read(client, item)["properties"]["published"] == "2024-09-12T10:30:00Z"
    page = client.get(reverse("catalogue:item_json", args=[item.pk])).json()
    assert page["properties"]["published"] == "2024-09-12T10:30:00Z"


def test_whoever_may_download_is_told_until_when_and_nobody_else(client):
    world = build_world()
    right = Entitlement.objects.get(organisation=world.people["entitled"].memberships.get().organisation)
    held, reserved = world.items["held"], world.items["reserved_ours"]
    for who in ("unsigned", "stranger"):
        client.force_login(world.people[who])
        assert "expires" not in read(client, held)["properties"]
    client.force_login(world.people["entitled"])
    told = read(client, held)["properties"]
    assert told["expires"] == print_moment(right.period.upper)
    assert "expires" not in read(client, reserved)["properties"]
    assert "expires" not in read(client, world.items["scene"])["properties"]


# --- versions ---


def deliver(collection, job):
    product = replace(parse(ORTHO), job_id=job)
    file = NewAsset(
        key="data",
        file_name="data.tif",
        storage_key=f"items/{job}.tif",
        media_type="image/tiff",
        size=1,
        sha256="0" * 64,
    )
    return publish_product(product=product, collection=collection, files=[file])


@pytest.fixture
def three():
    collection = CollectionFactory(slug="pleiades")
    return [deliver(collection, f"JOB-{number}") for number in (1, 2, 3)]


def test_a_product_delivered_once_has_no_version(client):
    item = deliver(CollectionFactory(slug="pleiades"), "JOB-1")
    told = read(client, item)
    assert Item.objects.get().version_of is None
    assert "version" not in told["properties"]
    assert "version" not in named(told)


def test_each_delivery_of_a_product_names_the_others(client, three):
    first, second, third = (read(client, item) for item in three)
    here = [links(one)["self"] for one in (first, second, third)]
    assert [one["properties"]["version"] for one in (first, second, third)] == ["1", "2", "3"]
    assert [one["properties"]["deprecated"] for one in (first, second, third)] == [True, True, False]
    assert links(second)["predecessor-version"] == here[0]
    assert links(second)["successor-version"] == here[2]
    assert {links(one)["latest-version"] for one in (first, second, third)} == {here[2]}
    assert "predecessor-version" not in links(first)
    assert "successor-version" not in links(third)
    assert "version" in named(second)


def test_the_page_of_an_earlier_delivery_leads_to_the_latest(client, three):
    old, new = (client.get(reverse("catalogue:item", args=[item.pk])).content.decode() for item in (three[0], three[2]))
    latest = reverse("catalogue:item", args=[three[2].pk])
    assert latest in old
    assert "une version plus récente" in old
    assert "une version plus récente" not in new
    assert reverse("catalogue:item", args=[three[1].pk]) in new
    document = client.get(reverse("catalogue:item_json", args=[three[0].pk])).json()
    assert document["properties"]["deprecated"] is True
    assert links(document)["latest-version"].endswith(reverse("catalogue:item_json", args=[three[2].pk]))


@pytest.mark.parametrize("hidden", [{"withdrawn_at": True}, {"embargo_until": True}])
def test_a_version_that_is_not_shown_is_not_told_of(client, three, hidden):
    Item.objects.filter(pk=three[2].pk).update(**dict.fromkeys(hidden, clock.now() + LATER))
    second = read(client, three[1])
    assert (second["properties"]["version"], second["properties"]["deprecated"]) == ("2", False)
    assert "successor-version" not in links(second)
    assert three[2].stac_id not in json.dumps(second)
    page = client.get(reverse("catalogue:item", args=[three[0].pk])).content.decode()
    assert reverse("catalogue:item", args=[three[2].pk]) not in page


def test_the_first_delivery_of_what_was_only_known_is_no_second_version(client):
    collection = CollectionFactory(slug="pleiades")
    known = publish_product(product=parse(ORTHO), collection=collection, held=False)
    deliver(collection, "JOB-1")
    assert not Item.objects.filter(version_of__isnull=False).exists()
    assert "version" not in read(client, known)["properties"]


def test_a_page_of_single_deliveries_asks_nothing_of_versions(client, django_assert_num_queries):
    collection = CollectionFactory(slug="archive")
    refresh([ItemFactory(collection=collection).pk for _ in range(3)])
    client.get("/stac/search")
    # One statement, in a savepoint.
    with django_assert_num_queries(3):
        assert client.get("/stac/search").json()["numberReturned"] == 3


# --- storage ---


def test_files_of_ours_say_where_they_are_handed_over(client):
    item = AssetFactory().item
    told = read(client, item)
    scheme = told["properties"]["storage:schemes"]["dinamis"]
    path = reverse("orders:gateway", args=["TOKEN", "NAME"]).replace("TOKEN", "{token}").replace("NAME", "{name}")
    assert scheme["platform"] == f"{settings.SITE_URL}{path}"
    assert told["assets"]["data"]["storage:refs"] == ["dinamis"]
    assert {"storage", "authentication"} <= named(told)


def test_what_a_source_says_of_storage_stays_alone(client):
    item = ItemFactory(properties={"storage:platform": "AWS", "storage:region": "eu-west-3"})
    AssetFactory(item=item)
    told = read(client, item)
    assert told["properties"]["storage:region"] == "eu-west-3"
    assert "storage:schemes" not in told["properties"]
    assert "storage:refs" not in told["assets"]["data"]


# --- citations ---


def declare(item, doi, title="Forêts", year=2025):
    person = UserFactory()
    work = Publication.objects.create(
        person=person, organisation=OrganisationFactory(), doi=doi, title=title, year=year
    )
    work.items.add(item)
    return work


def test_a_collection_says_how_it_is_cited_and_who_used_it(client):
    item = ItemFactory()
    licence = item.collection.licence
    licence.credit_line = "{sensor} © CNES {year}"
    licence.save()
    for doi, year in (("10.1000/a", 2024), ("10.1000/b", 2026), ("10.1000/a", 2024)):
        declare(item, doi, year=year)
    slug = item.collection.slug
    told = client.get(f"/stac/collections/{slug}").json()
    assert told["sci:publications"] == [
        {"doi": "10.1000/b", "citation": "Forêts (2026)"},
        {"doi": "10.1000/a", "citation": "Forêts (2024)"},
    ]
    assert "© CNES 2024" in told["sci:citation"]
    assert told["sci:citation"].endswith(f"/stac/collections/{slug}")
    assert named(told) == {"scientific"}
    assert client.get("/stac/collections").json()["collections"][0] == told


def test_who_used_a_withheld_image_is_not_told(client):
    item = ItemFactory(embargo_until=clock.now() + LATER)
    declare(item, "10.1000/a")
    withdrawn = ItemFactory(collection=item.collection, withdrawn_at=clock.now())
    declare(withdrawn, "10.1000/b")
    assert "sci:publications" not in client.get(f"/stac/collections/{item.collection.slug}").json()


# --- by their schemas ---


def test_items_are_valid_with_all_of_them(client, three):
    for item in three:
        assert problems(read(client, item)) == []
        assert problems(client.get(reverse("catalogue:item_json", args=[item.pk])).json()) == []
    assert {"storage", "timestamps", "version"} <= named(read(client, three[0]))
