# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data centres that publish at once, over HTTP and each on a connection of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.models import Item, ItemDocument, Publication
from dinamis.catalogue.services.publishing_rights import give_right
from tests.dinamis.catalogue.foreign.cast import item
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.api import key_of
from tests.factories.catalogue import CollectionFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]
CLIENTS = 6


@pytest.fixture
def at_once(live_server, settings):
    """Call something from several clients at the same moment; return their answers."""
    # On a machine that is busy elsewhere nobody is sent away (503) for having waited.
    settings.DINAMIS = {**settings.DINAMIS, "LOCK_TIMEOUT": "60s"}
    archive, centre = CollectionFactory(slug="archive"), OrganisationFactory()
    administrator = UserFactory(office_role="administrator")
    give_right(actor=administrator, organisation=centre, collections=[archive])
    _key, credentials = key_of(administrator, organisation=centre, scopes=[ApiScope.PUBLISH.value])
    pair, gate = (credentials.access_key, credentials.secret_key), threading.Barrier(CLIENTS)

    def one(call, number):
        home = f"{live_server.url}/stac/collections/archive"
        with httpx.Client(base_url=home, auth=pair, timeout=60) as client:
            gate.wait()
            return call(client, number)

    def run(call):
        with ThreadPoolExecutor(CLIENTS) as pool:
            return list(pool.map(one, [call] * CLIENTS, range(CLIENTS)))

    return run


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def test_of_several_posts_of_one_id_one_makes_it(at_once):
    answers = at_once(lambda client, number: client.post("/items", json=item(note=number)))
    assert statuses(answers) == [201, *[409] * (CLIENTS - 1)]
    (made,) = (answer.json() for answer in answers if answer.status_code == 201)
    assert ItemDocument.objects.get().properties["note"] == made["properties"]["note"]
    assert Publication.objects.count() == 1


def test_one_key_of_idempotency_is_one_item_for_all(at_once):
    headers = {"Idempotency-Key": "k"}
    answers = at_once(lambda client, _number: client.post("/items", json=item(), headers=headers))
    assert statuses(answers) == [201] * CLIENTS
    assert Publication.objects.count() == 1


def test_bulk_requests_that_overlap_in_any_order_are_all_done(at_once):
    def send(client, number):
        names = [f"i{n}" for n in range(40)]
        names = names if number % 2 else names[::-1]
        items = {name: item(name, note=number) for name in names}
        return client.post("/bulk_items", json={"items": items, "method": "upsert"})

    answers = at_once(send)
    assert statuses(answers) == [200] * CLIENTS
    assert sum(answer.json()["created"] for answer in answers) == Item.objects.count() == 40
    # The last one wrote everything.
    assert len(set(ItemDocument.objects.values_list("properties__note", flat=True))) == 1


def test_of_several_changes_of_one_state_one_is_made(at_once):
    def change(client, number):
        if number == 0:
            client.post("/items", json=item())
        ready.wait()
        tag = client.get("/items/PHR1A_1").headers["ETag"]
        ready.wait()
        return client.put("/items/PHR1A_1", json=item(note=number), headers={"If-Match": tag})

    ready = threading.Barrier(CLIENTS)
    assert statuses(at_once(change)) == [200, *[412] * (CLIENTS - 1)]
    assert Publication.objects.filter(kind="replace").count() == 1
