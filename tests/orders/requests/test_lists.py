# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages that list rows ask the database as often for many rows as for few: each is read with few, then with more.

Both are done once for the module; where the statements of a page grow, those that it repeats are shown.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dinamis.accounts.enums import MemberRole
from dinamis.accounts.services.invitation import Invitee, invite
from dinamis.catalogue.enums import Alert
from dinamis.catalogue.services.basket import put_in
from dinamis.catalogue.services.saved_searches import save_search
from dinamis.core import clock
from licensing.models import Block
from orders.models import OfficeTicket, Order, Publication
from orders.services.duties import obligations
from orders.services.reviewing import sessions
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.api import key_of
from tests.factories.catalogue import CoverageFactory
from tests.factories.emergencies import named
from tests.factories.licensing import (
    LicenceFactory,
    ProjectFactory,
    approved_adhesion,
    grant,
    person_signs,
    published_version,
)
from tests.factories.orders import (
    AssetFactory,
    CollectionFactory,
    SceneFactory,
    acquisition,
    approved,
    delivered,
    drafted,
    envelope,
    neighbour,
    offered,
    pool_of,
    submitted,
    world,
)
from tests.orders.duties.duties import downloaded
from tests.orders.money.purses import referent_of
from tests.orders.reviewing.committee import before_committee, planned, with_stages

pytestmark = pytest.mark.django_db
FEW, MORE = 2, 4

OFFICE = [
    *("orders:board", "orders:board?view=table", "orders:board?view=map", "orders:queue_office"),
    *("orders:sessions", "orders:session", "orders:pools", "orders:tickets", "orders:office_obligations"),
    *("orders:envelopes", "orders:envelope", "orders:emergency_scientists"),
    *("orders:reconciliation", "orders:desk", "licensing:blocks"),
    *("licensing:office_licences", "licensing:office_restricted"),
]
REQUESTER = [
    *("orders:list", "orders:list?view=calendar", "orders:list?view=map", "orders:running", "orders:obligations"),
    *("orders:new_acquisition", "licensing:rights", "licensing:signatures", "licensing:projects"),
    *("catalogue:search", "catalogue:basket", "catalogue:saved_searches", "catalogue:coverages", "api_keys:list"),
]
REFERENT = ["accounts:organisation", "accounts:invitations", "accounts:referents", "orders:envelopes"]
LISTS = {"office": OFFICE, "requester": REQUESTER, "referent": REFERENT}
PAGES = [(who, page) for who, pages in LISTS.items() for page in pages]


@dataclass
class Read:
    """Each page, with few rows and with more."""

    few: dict[tuple[str, str], "Page"] = field(default_factory=dict)
    more: dict[tuple[str, str], "Page"] = field(default_factory=dict)


@dataclass
class Page:
    """What a page asks when it is not read for the first time, and how long it is."""

    statements: list[str]
    length: int


@pytest.fixture(scope="module")
def read(module_rows):
    with with_stages(("committee", "", "", 10**15)):
        w = world()
        readers = {"office": w.moderator, "requester": w.researcher, "referent": referent_of(w.organisation)}
        session, both = planned(w.moderator), Read()
        for rows, kept in ((FEW, both.few), (MORE, both.more)):
            _grow(w, rows, session, readers["referent"])
            for who, page in PAGES:
                kept[who, page] = _page(readers[who], _address(page, w, session))
    return both


@pytest.mark.parametrize(("who", "page"), PAGES)
def test_a_list_asks_as_often_for_many_rows_as_for_few(read, who, page):
    few, more = read.few[who, page], read.more[who, page]
    grown = Counter(more.statements) - Counter(few.statements)
    told = "\n".join(f"{times} x {sql[:400]}" for sql, times in grown.most_common(6))
    assert len(more.statements) <= len(few.statements), told
    # A page that shows none of the rows would prove nothing.
    assert more.length > few.length


def _grow(w: Any, rows: int, session: Any, referent: Any) -> None:
    """More of everything that a page lists: orders in each state, and what is beside them."""
    for _ in range(rows):
        drafted(w), submitted(w), approved(w), delivered(w), offered(acquisition(w)), submitted(neighbour(w))
        pool_of(w)
        _beside(w)
        invite(
            organisation=w.organisation, actor=referent, invitee=Invitee(f"{clock.now().timestamp()}@example.org", "N")
        )
        _rights(w)
        with with_stages():
            sessions.add_orders(session=session, actor=w.moderator, orders=[before_committee(w).pk])
        planned(w.moderator, days=20)
        _late(Order.objects.latest("pk"))
    obligations.open_due(at=clock.now())


def _beside(w: Any) -> None:
    person = UserFactory()
    active_membership(person, w.organisation, MemberRole.MEMBER)
    named(w, person)
    project = ProjectFactory(organisation=w.organisation, owner=w.researcher)
    fetched = downloaded(w, project=project)
    work = Publication.objects.create(
        person=w.researcher, organisation=w.organisation, doi=f"10.5281/{project.pk}", title="Dunes", year=2026
    )
    work.items.add(fetched.asset.item)
    envelope(5, owner=w.organisation, name=f"Enveloppe {project.pk}")
    key_of(w.researcher, name=f"clé {project.pk}")
    save_search(
        owner=w.researcher, name=f"Dunes {project.pk}", query=QueryDict(f"cloud={project.pk % 90}"), alert=Alert.DAILY
    )
    put_in(owner=w.researcher, items=[SceneFactory(collection=w.collection).pk])
    AssetFactory(item=SceneFactory(collection=w.collection, held=True))


def _rights(w: Any) -> None:
    licence = LicenceFactory()
    version = published_version(licence)
    grant(w.adhesion, licence)
    person_signs(w.researcher, version)
    CoverageFactory(collection=CollectionFactory(licence=licence))
    approved_adhesion()
    now = clock.now()
    Block.objects.create(person=UserFactory(), words="Fuite", period=(now, None), created_by=w.moderator)


def _late(order: Order) -> None:
    now = clock.now()
    facts = {"aggregate": "orders.order", "object_id": order.pk, "subject_state": order.state, "cause": "late"}
    OfficeTicket.objects.create(**facts, since=now, expected_by=now).orders.add(order)


def _address(page: str, w: Any, session: Any) -> str:
    name, _mark, query = page.partition("?")
    arguments = {
        "orders:session": [session.pk],
        "orders:envelope": [w.envelope.pk],
        "accounts:invitations": [w.organisation.pk],
        "accounts:referents": [w.organisation.pk],
    }
    return reverse(name, args=arguments.get(name, [])) + (f"?{query}" if query else "")


def _page(reader: Any, address: str) -> Page:
    client = Client()
    client.force_login(reader)
    assert client.get(address).status_code == 200, address
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    return Page([query["sql"] for query in captured], len(answer.content))
