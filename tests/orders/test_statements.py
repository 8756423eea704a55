# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the verbs of an order ask of the database: no more for more readers, nothing twice; who reads stays narrow."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dinamis.accounts.models import User
from dinamis.core import clock, outbox
from dinamis.core.actors import Actor
from dinamis.core.mail import Mail, queue_mails
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.transitions import apply_transition, lock
from licensing.models import Licence
from orders import interests
from orders.models import Order
from orders.services.fulfilment.pooling import look_around
from orders.services.requests import sharing
from orders.services.requests.submission import submit_order
from orders.services.reviewing.review import approve_order, start_review
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import ProjectFactory, approved_adhesion, grant, organisation_signs
from tests.factories.orders import (
    SceneFactory,
    acquisition_request,
    drafted,
    in_review,
    member_of,
    neighbour,
    submitted,
)

pytestmark = pytest.mark.django_db


def statements(call) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def stranger():
    return member_of(approved_adhesion().organisation)


@pytest.mark.parametrize("more", [0, 4])
def test_a_submission_costs_the_same_whatever_the_office(w, more):
    for _ in range(more):
        ModeratorFactory()
    order = drafted(w)
    # One more than the verb: who looks at the first order of a connection prepares the statement of the rights.
    assert statements(lambda: submit_order(order=order, actor=w.researcher)) <= 17
    told = OutboxMessage.objects.filter(payload__template="orders/mail/submitted")
    assert told.count() == User.objects.filter(office_role="moderator").count() > more


def page_statements(client, order) -> int:
    address = reverse("orders:review", args=[order.reference])
    assert client.get(address).status_code == 200
    return statements(lambda: client.get(address))


def test_the_office_reads_an_order_of_many_scenes_as_one_of_one(client, w):
    one = submitted(w)
    three = submitted(w, scenes=[SceneFactory(collection=w.collection) for _ in range(3)])
    client.force_login(w.moderator)
    assert page_statements(client, one) == page_statements(client, three)


def test_a_decision_asks_once_who_has_a_stake(w):
    order = in_review(w)
    with CaptureQueriesContext(connection) as captured:
        approve_order(order=order, actor=w.moderator, reason="Besoin établi.")
    assert sum("orders_recusal" in query["sql"] for query in captured) == 1
    assert Order.objects.get(pk=order.pk).state == "approved"


def test_a_stake_is_remembered_for_one_verb_only(w):
    order = submitted(w)
    start_review(order=order, actor=w.moderator)
    with interests.asked_once():
        assert w.moderator.has_perm("orders.review", order)
        active_membership(w.moderator, w.organisation)
        assert w.moderator.has_perm("orders.review", order)
    assert not w.moderator.has_perm("orders.review", order)


def test_a_locked_row_is_not_read_again(w):
    order = drafted(w)
    with transaction.atomic():
        locked = lock(order)
        with CaptureQueriesContext(connection) as captured:
            moved = apply_transition(
                locked, "submit", actor=Actor.person(w.researcher), locked=True, submitted_at=clock.now()
            )
    assert moved is locked
    assert not [query for query in captured if "FOR UPDATE" in query["sql"]]
    stored = Order.objects.get(pk=order.pk)
    assert (stored.state, stored.version) == ("submitted", order.version + 1)
    assert StateChange.objects.filter(aggregate="orders.order", object_id=order.pk, transition="submit").count() == 1


def test_messages_are_one_statement_and_a_key_that_is_there_changes_nothing():
    first = outbox.put("test.some", {"n": 1}, key="a")
    drafts = [outbox.Draft("test.some", {"n": number}, key) for number, key in enumerate("abb", start=2)]
    with CaptureQueriesContext(connection) as captured:
        new = outbox.put_all(drafts)
    assert len(captured) == 1
    assert [(message.key, message.payload) for message in new] == [("b", {"n": 3})]
    assert OutboxMessage.objects.get(pk=first.pk).payload == {"n": 1}
    assert outbox.put_all([]) == []


def test_mails_of_one_act_are_one_statement():
    mails = [Mail("orders/mail/shared", f"p{number}@example.org", "fr", {}, f"k{number}") for number in range(5)]
    assert statements(lambda: queue_mails(mails)) == 1
    assert OutboxMessage.objects.filter(topic="core.send_mail").count() == 5


@pytest.mark.parametrize("neighbours", [1, 3])
def test_a_look_around_costs_the_same_whatever_its_parties(w, neighbours):
    for _ in range(neighbours):
        acquisition_request(neighbour(w))
    order = acquisition_request(w)
    assert statements(lambda: look_around(order.pk)) <= 24
    assert order.items.get().pool_members.count() == 1


@pytest.mark.parametrize("verb", ["submit", "mark", "follow", "share", "quote_ask"])
def test_a_verb_on_an_order_that_one_may_not_read_is_404(client, w, verb):
    order = drafted(w)
    client.force_login(stranger())
    assert client.post(reverse(f"orders:{verb}", args=[order.reference])).status_code == 404
    assert Order.objects.get(pk=order.pk).state == "draft"


def test_members_of_other_organisations_read_nothing(w):
    submitted(w)
    assert not Order.objects.visible_to(stranger()).exists()
    assert Order.objects.visible_to(member_of(w.organisation)).count() == 1


def test_who_joined_reads_and_nobody_beside_them(w):
    order = submitted(w)
    adhesion = approved_adhesion()
    grant(adhesion, Licence.objects.get(pk=w.licence.pk))
    version = w.licence.versions.get()
    organisation_signs(adhesion.organisation, version)
    person = member_of(adhesion.organisation, version)
    project = ProjectFactory(organisation=adhesion.organisation, owner=person)
    join = sharing.ask_join(order=order, person=person, project=project, words="Même lagune.")
    sharing.answer_join(join=join, actor=w.researcher, accepted=True)
    assert list(Order.objects.visible_to(person)) == [order]
    assert not Order.objects.visible_to(UserFactory()).exists()


def test_an_order_is_read_once_whatever_opens_it(w):
    order = submitted(w)
    member_of(w.organisation)
    member_of(w.organisation)
    assert list(Order.objects.visible_to(w.researcher)) == [order]
