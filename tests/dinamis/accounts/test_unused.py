# SPDX-License-Identifier: AGPL-3.0-or-later
"""An account nobody uses goes after two notices; whoever uses it again keeps it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dinamis.accounts.enums import ErasureCause, ErasureState, MemberRole
from dinamis.accounts.models import ApiClient, Erasure, User
from dinamis.accounts.selectors.my_data import unused_accounts
from dinamis.accounts.services.erasure import ask_erasure, carry_out
from dinamis.accounts.services.unused import announce_erasure, unannounced
from dinamis.core import clock, outbox
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.retention import apply_retention
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.api import key_of

pytestmark = pytest.mark.django_db
JOINED = datetime(2024, 3, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DUE = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org", date_joined=JOINED, last_login=JOINED)


def announced(person):
    with clock.at(NOW):
        return announce_erasure(person)


def mails(template="accounts/mail/account_unused"):
    return list(OutboxMessage.objects.filter(payload__template=template).values_list("payload__to", flat=True))


@pytest.mark.parametrize(("last_login", "unused"), [(None, True), (JOINED, True), (NOW - timedelta(days=700), False)])
def test_two_years_without_a_sign_in(last_login, unused):
    person = UserFactory(date_joined=JOINED, last_login=last_login)
    assert unused_accounts(NOW).filter(pk=person.pk).exists() is unused


def test_a_call_by_a_key_is_use_and_a_role_in_the_office_stays(alice):
    with clock.at(NOW - timedelta(days=200)):
        key, _credentials = key_of(alice)
    assert alice in unused_accounts(NOW)
    ApiClient.objects.filter(pk=key.pk).update(last_used_at=NOW - timedelta(days=100))
    ModeratorFactory(date_joined=JOINED, last_login=JOINED)
    UserFactory(date_joined=JOINED, last_login=JOINED, is_active=False)
    assert not unused_accounts(NOW).exists()


def test_the_nightly_job_tells_once_and_counts_without_doing(alice):
    with clock.at(NOW):
        assert dict(apply_retention(dry_run=True))["unused accounts"] == 1
        assert not Erasure.objects.exists()
        assert dict(apply_retention())["unused accounts"] == 1
        assert dict(apply_retention())["unused accounts"] == 0
    erasure = Erasure.objects.get()
    assert (erasure.person, erasure.cause, erasure.due_at) == (alice, ErasureCause.UNUSED, DUE)
    assert StateChange.objects.get(aggregate="accounts.erasure").actor_kind == "system"


def test_two_notices_then_the_account_goes(alice):
    erasure = announced(alice)
    first, second = OutboxMessage.objects.filter(topic="accounts.unused_notice").order_by("available_at")
    assert (first.available_at, second.available_at) == (NOW, DUE - timedelta(days=7))
    for message in (first, second):
        with clock.at(message.available_at):
            assert outbox.drive(message.pk)
    assert mails() == [alice.email, alice.email]
    with clock.at(DUE):
        assert outbox.drive(OutboxMessage.objects.get(topic="accounts.erase").pk)
    erasure.refresh_from_db()
    alice.refresh_from_db()
    assert (erasure.state, alice.is_active, alice.name) == (ErasureState.DONE, False, "[erased]")


def test_signing_in_keeps_the_account_and_stops_the_second_notice(alice):
    alice.set_password("un mot de passe assez long")
    alice.save()
    erasure = announced(alice)
    with clock.at(NOW + timedelta(days=3)):
        Client().force_login(alice)
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.CANCELLED
    for message in OutboxMessage.objects.filter(topic="accounts.unused_notice"):
        with clock.at(message.available_at):
            assert outbox.drive(message.pk)
    assert mails() == []
    with clock.at(DUE):
        carry_out(erasure)
    assert User.objects.get(pk=alice.pk).is_active


def test_who_signs_in_keeps_their_own_account_and_nobody_elses(alice):
    announced(alice)
    other = announced(UserFactory(date_joined=JOINED, last_login=JOINED))
    with clock.at(NOW + timedelta(days=3)):
        Client().force_login(alice)
    other.refresh_from_db()
    assert other.state == ErasureState.ASKED


def test_an_account_in_use_is_kept_whoever_else_is_unused(alice):
    erasure = announced(alice)
    UserFactory(date_joined=JOINED, last_login=JOINED)
    User.objects.filter(pk=alice.pk).update(last_login=NOW + timedelta(days=3))
    with clock.at(DUE):
        carry_out(erasure)
    erasure.refresh_from_db()
    assert (erasure.state, User.objects.get(pk=alice.pk).is_active) == (ErasureState.CANCELLED, True)


def test_a_call_by_a_key_after_the_notice_keeps_it_too(alice):
    with clock.at(NOW - timedelta(days=200)):
        key, _credentials = key_of(alice)
    erasure = announced(alice)
    ApiClient.objects.filter(pk=key.pk).update(last_used_at=NOW + timedelta(days=10))
    with clock.at(DUE):
        carry_out(erasure)
    erasure.refresh_from_db()
    assert (erasure.state, User.objects.get(pk=alice.pk).is_active) == (ErasureState.CANCELLED, True)


def test_a_duty_stands_against_it_and_nothing_is_planned(alice):
    active_membership(user=alice, organisation=OrganisationFactory(), role=MemberRole.REFERENT)
    assert announced(alice) is None
    assert not Erasure.objects.exists()
    assert not OutboxMessage.objects.filter(topic="accounts.unused_notice").exists()


def test_what_a_person_asked_is_not_taken_back_by_a_sign_in(alice):
    with clock.at(NOW):
        erasure = ask_erasure(person=alice)
        assert announce_erasure(alice) is None
        assert alice not in unannounced(NOW)
        Client().force_login(alice)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.cause) == (ErasureState.ASKED, ErasureCause.ASKED)
