# SPDX-License-Identifier: AGPL-3.0-or-later
"""Memberships: asked for, activated by a référent, never by oneself; and where a newcomer is led."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from dinamis.accounts.models import Membership
from dinamis.accounts.services import membership as verbs
from dinamis.core import outbox
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from tests.factories.accounts import (
    PASSWORD,
    ModeratorFactory,
    OrganisationFactory,
    UserFactory,
    active_membership,
    code_now,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return OrganisationFactory()


@pytest.fixture
def referent(home):
    person = UserFactory(name="Rémi Référent")
    active_membership(person, home, role="referent")
    return person


def request(user, home, motivation="Thèse."):
    return verbs.request_membership(user=user, organisation=home, motivation=motivation)


def test_a_request_is_told_to_the_referent_and_activated_by_them(home, referent):
    nora = UserFactory(name="Nora Nouvelle", language="en")
    membership = request(nora, home)
    verbs.activate_membership(membership=membership, actor=referent)
    assert membership.state == "active"
    assert membership.active_from is not None
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    assert [(message.to[0], message.extra_headers["Content-Language"]) for message in mail.outbox] == [
        (referent.email, "fr"),
        (nora.email, "en"),
    ]
    assert "Thèse." in mail.outbox[0].body


def test_words_are_due_and_one_open_membership_is_enough(home):
    nora = UserFactory()
    with pytest.raises(Invalid):
        request(nora, home, "  ")
    request(nora, home)
    with pytest.raises(Invalid) as caught:
        request(nora, home)
    assert caught.value.code == "already_open"
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("who", ["self", "member", "moderator", "elsewhere"])
def test_nobody_but_a_referent_of_the_organisation_activates(home, who):
    nora = UserFactory()
    membership = request(nora, home)
    person = {"self": nora, "member": UserFactory(), "moderator": ModeratorFactory(), "elsewhere": UserFactory()}[who]
    if who == "member":
        active_membership(person, home)
    if who == "elsewhere":
        active_membership(person, OrganisationFactory(), role="referent")
    for verb in (
        lambda: verbs.activate_membership(membership=membership, actor=person),
        lambda: verbs.decline_membership(membership=membership, actor=person, words="non"),
    ):
        with pytest.raises(NotPermitted):
            verb()
    membership.refresh_from_db()
    assert membership.state == "requested"


def test_decline_remove_leave(home, referent):
    declined = request(UserFactory(), home)
    with pytest.raises(Invalid):
        verbs.decline_membership(membership=declined, actor=referent, words="")
    verbs.decline_membership(membership=declined, actor=referent, words="Inconnue.")
    assert (declined.state, declined.ended_at is not None) == ("ended", True)
    with pytest.raises(IllegalTransition):
        verbs.activate_membership(membership=declined, actor=referent)
    removed = active_membership(UserFactory(), home)
    verbs.remove_member(membership=removed, actor=referent, words="A quitté l’institut.")
    assert removed.state == "ended"
    nora = UserFactory()
    left = active_membership(nora, home)
    with pytest.raises(NotPermitted):
        verbs.leave(membership=left, actor=referent)
    verbs.leave(membership=left, actor=nora)
    assert left.state == "ended"
    assert request(nora, home).state == "requested"


def sign_in(user, second_factor=False):
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client = Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client.post(reverse("mfa_authenticate"), {"code": code_now(user)}) if second_factor else answer


def test_a_newcomer_is_led_to_find_their_organisation(home):
    assert sign_in(UserFactory()).url == reverse("accounts:join")
    assert sign_in(ModeratorFactory(), second_factor=True).url == reverse("home")
    member = UserFactory()
    active_membership(member, home)
    assert sign_in(member).url == reverse("home")


def test_somebody_elses_membership_does_not_exist(home):
    membership = request(UserFactory(), home)
    client = Client()
    client.force_login(UserFactory())
    assert client.post(reverse("accounts:member_activate", args=[membership.pk])).status_code == 404
    assert client.get(reverse("accounts:member_activate", args=[membership.pk])).status_code == 405


def test_the_decision_that_admits_an_organisation_lets_in_who_filed_and_nobody_else(home):
    filer, other = UserFactory(), UserFactory()
    for person in (filer, other):
        Membership.objects.create(user=person, organisation=home, role="referent")
    verbs.admit_referent(user=filer, organisation=home)
    assert [Membership.objects.get(user=person).state for person in (filer, other)] == ["active", "requested"]
