# SPDX-License-Identifier: AGPL-3.0-or-later
"""An account goes when its person asks and no duty stands; what proves stays without a name, and still verifies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.urls import reverse

from dinamis.accounts.enums import ErasureState, MemberRole, MembershipState
from dinamis.accounts.models import AffiliationEvidence, ApiClient, Erasure, Membership, Nomination
from dinamis.accounts.selectors.my_data import open_erasure
from dinamis.accounts.services.data_export import request_export
from dinamis.accounts.services.erasure import ask_erasure, cancel_erasure, carry_out
from dinamis.core import clock, outbox
from dinamis.core.dossier import dossier
from dinamis.core.evidence.sealing import link_events, seal_days
from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import Event, OutboxMessage, StateChange
from licensing.models import Acceptance, AcceptanceTrace
from orders.models import Order
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership, enrol
from tests.factories.api import key_of
from tests.factories.licensing import AdhesionFactory
from tests.factories.orders import drafted, member_of, submitted
from tests.factories.orders import world as order_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DUE = NOW + timedelta(days=14)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org", name="Alice Martin")


def asked(person):
    with clock.at(NOW):
        return ask_erasure(person=person)


def erased(person):
    """Ask, let the time pass, let the worker do it."""
    erasure = asked(person)
    with clock.at(DUE):
        carry_out(erasure)
    erasure.refresh_from_db()
    person.refresh_from_db()
    return erasure


def test_nothing_is_erased_before_its_time(alice):
    erasure = asked(alice)
    with clock.at(DUE - timedelta(seconds=1)):
        carry_out(erasure)
    alice.refresh_from_db()
    assert (alice.name, alice.is_active) == ("Alice Martin", True)


def test_the_outbox_does_it_on_the_day_and_a_second_time_nothing(alice):
    asked(alice)
    message = OutboxMessage.objects.get(topic="accounts.erase")
    assert message.available_at == DUE
    with clock.at(NOW + timedelta(days=1)):
        assert not outbox.drive(message.pk)
    with clock.at(DUE):
        assert outbox.drive(message.pk)
        before = Event.objects.count()
        carry_out(Erasure.objects.get())
    assert Erasure.objects.get().state == ErasureState.DONE
    assert Event.objects.count() == before


def test_who_the_person_was_is_gone_and_what_proves_stays(settings):
    with clock.at(NOW):
        w = order_world()
        alice = w.researcher
        EmailAddress.objects.create(user=alice, email=alice.email, verified=True)
        key = key_of(alice)[0]
        name, address = alice.name, alice.email
        signature = Acceptance.objects.get(person=alice)
        AcceptanceTrace.objects.get_or_create(acceptance=signature, defaults={"ip": "192.0.2.1"})
        drafted(w)
    erasure = erased(alice)
    assert erasure.state == ErasureState.DONE
    assert (alice.name, alice.email, alice.is_active) == ("[erased]", f"erased-{alice.pk}@erased.invalid", False)
    assert not alice.has_usable_password()
    assert not EmailAddress.objects.filter(user=alice).exists()
    assert ApiClient.objects.get(pk=key.pk).state == "revoked"
    assert set(Membership.objects.filter(user=alice).values_list("state", "motivation")) == {("ended", "")}
    assert not Order.objects.filter(requester=alice).exists()
    signature.refresh_from_db()
    assert (signature.typed_name, signature.email, signature.person_id) == ("[erased]", "[erased]", alice.pk)
    assert not AcceptanceTrace.objects.filter(acceptance=signature).exists()
    assert set(StateChange.objects.filter(actor=alice).values_list("actor_label", flat=True)) == {"[erased]"}
    assert not StateChange.objects.filter(words=name).exists()
    kept = OutboxMessage.objects.filter(payload__to=address)
    assert not kept.filter(done_at__isnull=False).exists()
    assert kept.filter(payload__template="accounts/mail/erasure_ended").count() == 1
    with clock.at(DUE + timedelta(hours=1)):
        link_events()
        seal_days()
        assert verify_evidence().findings == []


def _at_home(person, w):
    """Give a person a row of each kind that an erasure takes or empties."""
    EmailAddress.objects.create(user=person, email=person.email, verified=True)
    enrol(person)
    key_of(person)
    SocialAccount.objects.create(user=person, provider="institution", uid=person.email)
    AffiliationEvidence.objects.create(
        user=person, provider="institution", issuer="https://idp.example", subject=person.email, claims="{}"
    )
    Membership.objects.filter(user=person).update(motivation="Suivi du trait de côte")
    request_export(person=person)
    drafted(replace(w, researcher=person))


def test_what_belongs_to_others_stays_as_it_was():
    with clock.at(NOW):
        w = order_world()
        bob = member_of(w.organisation, w.licence.versions.get())
        for person in (w.researcher, bob):
            _at_home(person, w)
    signature = Acceptance.objects.get(person=bob)
    AcceptanceTrace.objects.get_or_create(acceptance=signature, defaults={"ip": "192.0.2.1"})
    lead = active_membership(UserFactory(), w.organisation, role=MemberRole.REFERENT)
    words = "Elle connaît nos projets."
    Nomination.objects.create(organisation=w.organisation, named_by=lead.user, successor=bob, words=words)
    held = [(section.model, section.rows) for section in dossier(bob)]
    assert {
        "orders.order",
        "accounts.dataexport",
        "accounts.nomination",
        "mfa.authenticator",
        "licensing.acceptance",
    } <= {model for model, _rows in held}
    assert erased(w.researcher).state == ErasureState.DONE
    assert [(section.model, section.rows) for section in dossier(bob)] == held
    assert AcceptanceTrace.objects.filter(acceptance=signature).exists()


def test_a_claimed_name_can_be_compared_with_what_stays():
    """The proof: whoever knows the name under the erased signature can show that it was that name."""
    with clock.at(NOW):
        w = order_world()
    signature = Acceptance.objects.get(person=w.researcher)
    claimed = signature.typed_name
    erased(w.researcher)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.before->>'typed_name' = 'sha256:' || encode(sha256(convert_to(s.salt || %s, 'UTF8')), 'hex')"
            " FROM core_event e JOIN core_eventsalt s USING (table_name, object_id)"
            " WHERE e.table_name = 'licensing_acceptance' AND e.object_id = %s AND e.operation = 'update'",
            [claimed, signature.pk],
        )
        assert cursor.fetchall() == [(True,)]


def test_it_may_be_taken_back_by_its_person_alone(alice):
    erasure = asked(alice)
    with pytest.raises(NotPermitted):
        cancel_erasure(erasure=erasure, person=UserFactory())
    cancel_erasure(erasure=erasure, person=alice)
    with clock.at(DUE):
        carry_out(erasure)
    alice.refresh_from_db()
    assert alice.name == "Alice Martin"
    with pytest.raises(IllegalTransition):
        cancel_erasure(erasure=erasure, person=alice)
    assert asked(alice).pk != erasure.pk


def test_it_is_asked_for_once(alice):
    asked(alice)
    with pytest.raises(Invalid):
        asked(alice)
    assert Erasure.objects.count() == 1
    assert OutboxMessage.objects.filter(payload__template="accounts/mail/erasure_asked").count() == 1


def refused(person, words):
    with pytest.raises(Invalid, match=words):
        asked(person)
    assert not Erasure.objects.exists()
    assert not OutboxMessage.objects.filter(topic="accounts.erase").exists()


def test_an_office_role_stands_against_it():
    refused(ModeratorFactory(), "bureau")


def test_the_last_referent_stays_and_one_of_two_may_go(alice):
    organisation = OrganisationFactory()
    active_membership(alice, organisation, role=MemberRole.REFERENT)
    refused(alice, "dernier référent")
    active_membership(UserFactory(), organisation, role=MemberRole.REFERENT)
    assert asked(alice).state == ErasureState.ASKED


def test_an_adhesion_under_way_stands_against_it(alice):
    AdhesionFactory(referent=alice)
    refused(alice, "adhésion")


def test_what_others_have_under_way_does_not(alice):
    AdhesionFactory()
    asked(UserFactory())
    with clock.at(NOW):
        submitted(order_world())
    assert open_erasure(alice) is None
    assert asked(alice) == open_erasure(alice)


def test_an_order_under_way_stands_against_it():
    with clock.at(NOW):
        w = order_world()
        order = submitted(w)
    refused(w.researcher, order.reference)


@pytest.mark.usefixtures("in_no_language")
def test_a_duty_that_came_meanwhile_refuses_it_on_the_day_with_its_reason(alice):
    organisation = OrganisationFactory()
    erasure = asked(alice)
    active_membership(alice, organisation, role=MemberRole.REFERENT)
    with clock.at(DUE):
        carry_out(erasure)
    erasure.refresh_from_db()
    alice.refresh_from_db()
    assert (erasure.state, alice.name, alice.is_active) == (ErasureState.REFUSED, "Alice Martin", True)
    assert Membership.objects.get(user=alice).state == MembershipState.ACTIVE
    mail = OutboxMessage.objects.get(payload__template="accounts/mail/erasure_ended")
    assert organisation.name in mail.payload["context"]["duties"]


def test_the_page_says_what_stays_before_it_asks_and_wants_a_recent_proof(alice, client, settings):
    client.force_login(alice)
    page = client.get(reverse("my_data:erasure")).content.decode()
    assert "Ce qui reste sans votre nom" in page
    assert not Erasure.objects.exists()
    client.post(reverse("my_data:erasure"))
    erasure = Erasure.objects.get(person=alice)
    assert reverse("my_data:cancel", args=[erasure.pk]) in client.get(reverse("my_data:page")).content.decode()
    client.post(reverse("my_data:cancel", args=[erasure.pk]))
    assert Erasure.objects.get().state == ErasureState.CANCELLED
    settings.DINAMIS = {**settings.DINAMIS, "SIGNING_SESSION_MINUTES": 0}
    assert client.post(reverse("my_data:erasure"))["Location"].startswith(reverse("account_reauthenticate"))
    assert Erasure.objects.count() == 1


def test_a_page_that_cannot_erase_says_why_and_has_no_button(client):
    client.force_login(ModeratorFactory())
    page = client.get(reverse("my_data:erasure")).content.decode()
    assert "administrateur" in page
    assert "Demander l’effacement" not in page
