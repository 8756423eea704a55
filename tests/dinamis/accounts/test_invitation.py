# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invitations: one at a time and by file; the link bound to an address, its end, its withdrawal, a second sending."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from dinamis.accounts import tasks  # noqa: F401
from dinamis.accounts.models import Invitation, Membership
from dinamis.accounts.services import invitation as verbs
from dinamis.accounts.services.invitation_file import invite_file
from dinamis.accounts.services.membership import remove_member, request_membership
from dinamis.core import clock, outbox
from dinamis.core.exceptions import DomainError, IllegalTransition, Invalid, NotPermitted
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return OrganisationFactory()


@pytest.fixture
def referent(home):
    person = UserFactory(name="Rémi Référent")
    active_membership(person, home, role="referent")
    return person


def account(email="nora@example.org", verified=True, **fields):
    user = UserFactory(email=email, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def invite(home, referent, email="nora@example.org", name="Nora Nouvelle", **other):
    return verbs.invite(organisation=home, actor=referent, invitee=verbs.Invitee(email, name, **other))


def mailed():
    """Drive the outbox; return the paths of the links mailed, oldest first."""
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    found = [re.search(r"/invitation/[^/\s]+/", message.body) for message in mail.outbox]
    return [match[0] for match in found if match]


def test_the_invited_person_reads_accepts_and_is_a_member(home, referent, client):
    invitation = invite(home, referent, language="en")
    (link,) = mailed()
    assert mail.outbox[0].extra_headers["Content-Language"] == "en"
    nora = account()
    client.force_login(nora, "django.contrib.auth.backends.ModelBackend")
    for _ in range(2):
        answer = client.get(link)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert not nora.memberships.exists()
    client.post(link)
    membership = nora.memberships.get()
    assert (membership.state, membership.role) == ("active", "member")
    invitation.refresh_from_db()
    assert (invitation.state, invitation.membership) == ("accepted", membership)
    assert client.post(link).status_code == 410
    assert Membership.objects.filter(user=nora).count() == 1


def test_the_token_is_neither_in_the_table_nor_in_the_outbox(home, referent):
    invitation = invite(home, referent)
    link = mailed()[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT string_agg(i::text, '') FROM accounts_invitation i) || payload FROM core_outboxmessage"
        )
        assert all(link.split("/")[2] not in str(row) for row in cursor.fetchall())
    assert invitation.token_sha256 not in link


@pytest.mark.parametrize("who", ["member", "moderator", "elsewhere"])
def test_only_a_referent_of_the_organisation_invites(home, referent, who):
    actor = ModeratorFactory() if who == "moderator" else UserFactory()
    if who == "member":
        active_membership(actor, home)
    if who == "elsewhere":
        active_membership(actor, OrganisationFactory(), role="referent")
    invitation = invite(home, referent)
    calls = [
        lambda: invite(home, actor, "x@example.org"),
        lambda: verbs.send_again(invitation=invitation, actor=actor),
        lambda: verbs.withdraw_invitation(invitation=invitation, actor=actor),
        lambda: invite_file(organisation=home, actor=actor, content=b"email,name\nx@example.org,X"),
    ]
    for call in calls:
        with pytest.raises(NotPermitted):
            call()
    invitation.refresh_from_db()
    assert (Invitation.objects.count(), invitation.state, invitation.number) == (1, "sent", 1)


@pytest.mark.parametrize("verified", [True, False])
def test_the_link_is_bound_to_a_verified_address(home, referent, client, verified):
    invitation = invite(home, referent)
    (link,) = mailed()
    other = account("mallory@example.org" if verified else "nora@example.org", verified=verified)
    if verified:
        account("nora@example.org", verified=True)
    client.force_login(other, "django.contrib.auth.backends.ModelBackend")
    page = client.get(link)
    assert (page.context["mine"], reverse("account_email") in page.content.decode()) == (False, True)
    client.post(link)
    with pytest.raises(NotPermitted) as refused:
        verbs.accept_invitation(invitation=invitation, actor=other)
    assert refused.value.code == "other_address"
    assert not other.memberships.exists()
    assert Invitation.objects.get().state == "sent"


def test_without_an_account_nothing_is_accepted_but_it_may_be_declined(home, referent, client):
    invite(home, referent)
    (link,) = mailed()
    assert client.post(link).status_code == 200
    assert Invitation.objects.get().state == "sent"
    client.post(f"{link}decline/")
    assert Invitation.objects.get().state == "declined"
    assert client.get(link).status_code == 410


def test_a_link_that_was_replaced_withdrawn_or_is_too_old_opens_nothing(home, referent, client):
    invitation = invite(home, referent)
    mailed()
    verbs.send_again(invitation=invitation, actor=referent)
    old, new = mailed()
    nora = account()
    client.force_login(nora, "django.contrib.auth.backends.ModelBackend")
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
    Invitation.objects.update(expires_at=clock.now() - timedelta(days=1))
    assert client.post(new).status_code == 410
    verbs.send_again(invitation=invitation, actor=referent)
    newest = mailed()[-1]
    assert client.get(newest).status_code == 200
    verbs.withdraw_invitation(invitation=invitation, actor=referent)
    assert client.post(newest).status_code == 410
    assert not nora.memberships.exists()
    with pytest.raises(IllegalTransition):
        verbs.send_again(invitation=invitation, actor=referent)


def test_a_mail_of_an_invitation_withdrawn_meanwhile_is_not_sent(home, referent):
    verbs.withdraw_invitation(invitation=invite(home, referent), actor=referent)
    assert mailed() == []


def test_members_and_those_who_asked_are_not_invited(home, referent):
    active_membership(account("member@example.org"), home)
    request_membership(user=account("asked@example.org"), organisation=home, motivation="Thèse.")
    invite(home, referent)
    for email, code in (("member@example.org", "member"), ("Asked@Example.org", "requested")):
        with pytest.raises(Invalid) as caught:
            invite(home, referent, email)
        assert (caught.value.pointer, caught.value.code) == ("email", code)
        assert caught.value.repair
    with pytest.raises(Invalid):
        invite(home, referent, "NORA@example.org")
    assert Invitation.objects.count() == 1


def test_a_recycled_address_is_asked_about(home, referent):
    gone = account("gone@example.org", name="Gaston Parti")
    membership = active_membership(gone, home)
    remove_member(membership=membership, actor=referent, words="Fin de contrat.")
    with pytest.raises(Invalid) as caught:
        invite(home, referent, "gone@example.org", "Gisèle Nouvelle")
    assert (caught.value.pointer, caught.value.code) == ("same_person", "recycled")
    assert "Gaston Parti" in str(caught.value)
    invite(home, referent, "gone@example.org", "Gaston Parti", same_person=True)
    assert Invitation.objects.count() == 1


def test_a_request_made_meanwhile_is_answered_by_the_invitation(home, referent):
    invitation = invite(home, referent)
    nora = account()
    request_membership(user=nora, organisation=home, motivation="Thèse.")
    verbs.accept_invitation(invitation=invitation, actor=nora)
    assert sorted(nora.memberships.values_list("state", flat=True)) == ["active", "ended"]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "https://evil.example", "<b>Bob</b>", "R2D2", "", "-Bob"])
def test_a_name_is_a_name(home, referent, name):
    with pytest.raises(Invalid) as caught:
        invite(home, referent, name=name)
    assert caught.value.pointer == "name"
    assert not Invitation.objects.exists()


def test_a_domain_that_looks_like_that_of_the_others_is_refused(home, referent):
    active_membership(account("a@cnes.example"), home)
    with pytest.raises(Invalid) as caught:
        invite(home, referent, "b@cnеs.example")
    assert caught.value.pointer == "email"
    assert not Invitation.objects.exists()


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        'email,name,language\nnora@example.org,Nora Nouvelle,en\nzoé@example.org,"Zoé, Ève",\n',
        "\ufeffemail;name\r\nnora@example.org;Nora Nouvelle\r\n\r\nbob@example.org;Bob Collègue\r\n",
    ],
)
def test_a_file_invites_everybody(home, referent, content):
    content = content.replace("zoé@", "zoe@").replace("Zoé, Ève", "Zoé Ève")
    made, problems = invite_file(organisation=home, actor=referent, content=content.encode())
    assert (len(made), problems) == (2, [])
    assert len(mailed()) == 2


def test_a_file_of_an_old_spreadsheet_is_read(home, referent):
    content = "email;name\nnoe@example.org;Noé Éloi\n".encode("cp1252")
    invite_file(organisation=home, actor=referent, content=content)
    assert Invitation.objects.get().name == "Noé Éloi"


def test_every_wrong_line_is_told_and_nobody_is_invited(home, referent):
    active_membership(account("member@example.org"), home)
    content = (
        "email,name,language\n"
        "good@example.org,Good Person,fr\n"
        "=cmd|'/c calc'!A1,Evil,fr\n"
        "x@example.org,@SUM(1),fr\n"
        ",Nobody,fr\n"
        "y@example.org,Yves,de\n"
        "GOOD@example.org,Twice,fr\n"
    )
    made, problems = invite_file(organisation=home, actor=referent, content=content.encode())
    assert made == []
    assert [(p.line, p.column) for p in problems] == [
        (3, "email"),
        (4, "name"),
        (5, "email"),
        (6, "language"),
        (7, "email"),
    ]
    assert all(p.reason and p.repair for p in problems)
    assert "cmd" not in "".join(p.reason for p in problems)
    second = "email,name\ngood@example.org,Good Person\nmember@example.org,Member\nbad,Bad\nw@example.org,R2D2\n"
    made, problems = invite_file(organisation=home, actor=referent, content=second.encode())
    assert [(p.line, p.column) for p in problems] == [(3, "email"), (4, "email"), (5, "name")]
    assert not Invitation.objects.exists()
    assert mailed() == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"email,name\n",
        b"name\nBob\n",
        b"email,name,role\nb@example.org,Bob,referent\n",
        b"email,email,name\nb@example.org,b@example.org,Bob\n",
        b'email,name\nb@example.org,"Bob\n',
        b"\x89PNG\r\n\x00\x00",
        b"email,name\n" + b"b@example.org,Bob\n" * 201,
        b"x" * 200_000,
    ],
    ids=["empty", "heading", "column", "unknown", "twice", "quote", "png", "long", "big"],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(home, referent, content):
    with pytest.raises(Invalid) as caught:
        invite_file(organisation=home, actor=referent, content=content)
    assert caught.value.pointer == "file"
    assert caught.value.repair
    assert not Invitation.objects.exists()


def test_the_page_shows_what_is_wrong_with_which_line(home, referent, client):
    client.force_login(referent, "django.contrib.auth.backends.ModelBackend")
    file = SimpleUploadedFile("people.csv", b"email,name\nb@example.org,=1+1\n")
    answer = client.post(reverse("accounts:invitations_file", args=[home.pk]), {"file": file})
    assert answer.status_code == 422
    assert "<td>2</td><td><code>name</code></td>" in answer.content.decode()
    assert "=1+1" not in answer.content.decode()


def test_there_are_only_so_many_open_invitations(home, referent, settings):
    settings.DINAMIS = {**settings.DINAMIS, "INVITATIONS_OPEN_MAX": 1}
    invite(home, referent)
    with pytest.raises(Invalid) as caught:
        invite(home, referent, "second@example.org")
    assert caught.value.code == "too_many_invitations"


@pytest.mark.django_db(transaction=True)
def test_two_acceptances_at_once_make_one_member(home, referent):
    invitation = invite(home, referent)
    nora = account()

    def accept(_):
        try:
            verbs.accept_invitation(invitation=Invitation.objects.get(pk=invitation.pk), actor=nora)
        except DomainError:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(accept, range(2))) == 1
    assert nora.memberships.count() == 1
