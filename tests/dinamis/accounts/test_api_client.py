# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on API keys: who may make, renew and end them, and what is kept of the secret."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

import dinamis.accounts.tasks  # noqa: F401  (the handler of the notice)
from dinamis.accounts.enums import ApiScope, MemberRole, OfficeRole
from dinamis.accounts.models import ApiClient
from dinamis.accounts.selectors.api_client import find_client, is_admitted, keys_of, standing
from dinamis.accounts.services import api_client as verbs
from dinamis.accounts.services.membership import leave
from dinamis.core import clock, outbox
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage, StateChange
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership
from tests.factories.api import OWN, key_of

pytestmark = pytest.mark.django_db
ENTITLEMENTS = [ApiScope.ENTITLEMENTS.value]


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def home():
    return OrganisationFactory()


@pytest.fixture
def referent(home):
    user = UserFactory()
    active_membership(user, home, MemberRole.REFERENT)
    return user


def administrator():
    return UserFactory(office_role=OfficeRole.ADMINISTRATOR)


def mails(name):
    return [row.payload for row in OutboxMessage.objects.filter(key__startswith=f"mail:{name}")]


def test_only_the_fingerprint_of_a_secret_of_256_bits_is_kept(person):
    client, credentials = key_of(person)
    row = ApiClient.objects.values().get(pk=client.pk)
    assert len(credentials.secret_key) == 43
    assert row["secret_sha256"] == hashlib.sha256(credentials.secret_key.encode()).hexdigest()
    assert credentials.secret_key not in str(row)
    assert credentials.secret_key not in str(list(OutboxMessage.objects.values()) + list(StateChange.objects.values()))
    assert find_client(credentials.access_key, credentials.secret_key) == client
    assert find_client(credentials.access_key, "wrong") is None
    assert find_client("dk_nobody", credentials.secret_key) is None


def test_a_key_is_a_persons_own_or_made_by_a_referent_for_the_organisation(person, home, referent):
    mine, _ = key_of(person)
    ours, _ = key_of(referent, organisation=home)
    assert (mine.person, mine.organisation, ours.person, ours.organisation) == (person, None, None, home)
    active_membership(person, home)
    with pytest.raises(NotPermitted):
        key_of(person, organisation=home)
    with pytest.raises(NotPermitted):
        key_of(referent, organisation=OrganisationFactory())
    assert ApiClient.objects.count() == 2
    assert list(keys_of(person)) == [mine]
    assert list(keys_of(referent)) == [ours]


def test_only_an_administrator_grants_the_partner_scope_and_only_to_an_organisation(person, home, referent):
    with pytest.raises(NotPermitted):
        key_of(referent, organisation=home, scopes=ENTITLEMENTS)
    boss = administrator()
    with pytest.raises(Invalid) as caught:
        key_of(boss, scopes=ENTITLEMENTS)
    assert caught.value.pointer == "scopes"
    assert not ApiClient.objects.exists()
    client, _ = key_of(boss, organisation=home, scopes=ENTITLEMENTS)
    assert client.scopes == ENTITLEMENTS


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"scopes": ("rights:read", "everything")}, "scopes"),
        ({"name": "  "}, "name"),
        ({"days": 0}, "expires_on"),
        ({"days": 5000}, "expires_on"),
        ({"networks": ["300.1.2.3"]}, "networks"),
        ({"networks": ["<script>"]}, "networks"),
    ],
)
def test_a_key_that_cannot_be_is_refused_by_field(person, change, pointer):
    with pytest.raises(Invalid) as caught:
        key_of(person, **change)
    assert caught.value.pointer == pointer
    assert not ApiClient.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_an_organisations_key_downloads_nothing(home, referent):
    with pytest.raises(Invalid):
        key_of(referent, organisation=home, scopes=OWN)
    assert not ApiClient.objects.exists()


def test_two_keys_of_one_owner_in_force_have_two_names(person):
    client, _ = key_of(person, name="QGIS")
    with pytest.raises(Invalid) as caught:
        key_of(person, name=" QGIS ")
    assert caught.value.pointer == "name"
    key_of(UserFactory(), name="QGIS")
    verbs.revoke_api_client(client=client, actor=person)
    key_of(person, name="QGIS")
    assert ApiClient.objects.filter(name="QGIS").count() == 3


def test_renewing_stops_the_former_secret_and_tells_the_owner(person):
    client, former = key_of(person)
    fresh = verbs.rotate_api_client(client=client, actor=person, expected_version=0)
    assert fresh.access_key == former.access_key
    assert find_client(*(former.access_key, former.secret_key)) is None
    assert find_client(fresh.access_key, fresh.secret_key) == client
    assert [mail["to"] for mail in mails("api_client_rotated")] == [person.email]
    with pytest.raises(StaleVersion):
        verbs.rotate_api_client(client=client, actor=person, expected_version=0)
    assert find_client(fresh.access_key, fresh.secret_key) == client


def test_nobody_renews_or_ends_the_key_of_another_except_an_administrator_who_ends_it(person, referent):
    client, credentials = key_of(person)
    boss = administrator()
    for other in (referent, UserFactory(), UserFactory(office_role=OfficeRole.MODERATOR)):
        with pytest.raises(NotPermitted):
            verbs.rotate_api_client(client=client, actor=other)
        with pytest.raises(NotPermitted):
            verbs.revoke_api_client(client=client, actor=other)
    with pytest.raises(NotPermitted):
        verbs.rotate_api_client(client=client, actor=boss)
    assert find_client(credentials.access_key, credentials.secret_key) == client
    verbs.revoke_api_client(client=client, actor=boss)
    with pytest.raises(IllegalTransition):
        verbs.rotate_api_client(client=client, actor=person)
    history = StateChange.objects.filter(aggregate="accounts.apiclient", object_id=client.pk)
    assert list(history.values_list("transition", "to_state")) == [("create", "active"), ("revoke", "revoked")]


def test_every_link_of_the_chain_stops_a_key_at_once(person, home, referent):
    now = clock.now()
    client, _ = key_of(person)
    ours, _ = key_of(referent, organisation=home)
    assert is_admitted(client, ip=None, at=now)
    assert is_admitted(ours, ip=None, at=now)
    assert not is_admitted(client, ip=None, at=client.expires_at)
    person.is_active = False
    person.save()
    assert not is_admitted(ApiClient.objects.get(pk=client.pk), ip=None, at=now)
    active_membership(UserFactory(), home, role="referent")
    leave(membership=referent.memberships.get(), actor=referent)
    assert not is_admitted(ApiClient.objects.get(pk=ours.pk), ip=None, at=now)


def test_an_administrators_key_for_a_portal_stops_when_they_leave_the_office(home):
    boss = administrator()
    client, _ = key_of(boss, organisation=home, scopes=ENTITLEMENTS)
    assert is_admitted(client, ip=None, at=clock.now())
    boss.office_role = OfficeRole.NONE
    boss.save()
    assert not is_admitted(ApiClient.objects.get(pk=client.pk), ip=None, at=clock.now())


@pytest.mark.parametrize(
    ("ip", "admitted"),
    [("192.0.2.7", True), ("192.0.3.7", False), ("2001:db8::1", True), ("2001:db9::1", False), (None, False)],
)
def test_a_key_bound_to_networks_works_from_them_only(person, ip, admitted):
    client, _ = key_of(person, networks=["192.0.2.0/24", "2001:db8::/32"])
    assert is_admitted(client, ip=ip, at=clock.now()) is admitted


def test_the_moment_of_use_is_noted_to_the_minute(person):
    client, _ = key_of(person)
    first = clock.now()
    verbs.note_use(client, at=first)
    verbs.note_use(client, at=first + timedelta(seconds=30))
    assert ApiClient.objects.get().last_used_at == first
    verbs.note_use(client, at=first + timedelta(seconds=61))
    assert ApiClient.objects.get().last_used_at == first + timedelta(seconds=61)


def test_the_notice_before_the_end_is_written_with_the_key_and_sent_when_due(person):
    client, _ = key_of(person, days=30)
    notice = OutboxMessage.objects.get(topic=verbs.EXPIRY_TOPIC)
    assert client.expires_at - notice.available_at == timedelta(days=14)
    with clock.at(notice.available_at + timedelta(minutes=1)):
        assert outbox.drive(notice.pk)
    assert [mail["to"] for mail in mails("api_client_expiring")] == [person.email]


def test_a_revoked_key_gets_no_notice(person):
    client, _ = key_of(person, days=5)
    verbs.revoke_api_client(client=client, actor=person)
    assert outbox.drive(OutboxMessage.objects.get(topic=verbs.EXPIRY_TOPIC).pk)
    assert mails("api_client_expiring") == []
    assert standing(client, clock.now()) == "revoked"


@pytest.mark.parametrize(
    "column", ["person_id = NULL", "scopes = '{}'", "networks = '{10.0.0.0/8}'", "access_key = 'x'"]
)
def test_the_grant_of_a_key_is_frozen_by_the_database(person, column):
    key_of(person)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_apiclient SET {column}")
