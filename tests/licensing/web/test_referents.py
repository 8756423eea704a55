# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of référents: name, accept, decline, withdraw, step down; and the office's list and appointment."""

import pytest
from django.test import Client
from django.urls import reverse

from dinamis.accounts.models import Nomination
from dinamis.accounts.selectors.membership import referents
from dinamis.accounts.services.invitation import Invitee, invite
from dinamis.accounts.services.membership import end_membership
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


def browser(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def place():
    """A référent, a member, their organisation."""
    home = OrganisationFactory()
    remi, nora = UserFactory(name="Rémi Référent"), UserFactory(name="Nora Nouvelle")
    active_membership(remi, home, role="referent")
    return home, remi, nora, active_membership(nora, home)


def test_a_hand_over_on_the_pages(place):
    home, remi, nora, member = place
    page = reverse("accounts:referents", args=[home.pk])
    assert (
        reverse("accounts:referents", args=[home.pk])
        in browser(remi).get(reverse("accounts:organisation")).content.decode()
    )
    answer = browser(remi).post(page, {"who": f"member-{member.pk}", "hands_over": "on"}, follow=True)
    assert "Nora Nouvelle" in answer.content.decode()
    nomination = Nomination.objects.get()
    shown = browser(nora).get(reverse("accounts:organisation")).content.decode()
    accept = reverse("accounts:nomination_accept", args=[nomination.pk])
    assert accept in shown
    assert accept in browser(nora).get(reverse("accounts:nomination", args=[nomination.pk])).content.decode()
    assert accept not in browser(remi).get(reverse("accounts:nomination", args=[nomination.pk])).content.decode()
    assert set(referents(home)) == {remi}
    browser(nora).post(accept)
    assert set(referents(home)) == {nora}
    assert browser(remi).get(page).status_code == 404


def test_a_wrong_choice_is_named_at_its_field(place):
    home, remi, _nora, _member = place
    answer = browser(remi).post(reverse("accounts:referents", args=[home.pk]), {"who": "member-0"})
    assert answer.status_code == 422
    assert "who" in answer.context["form"].errors
    assert not Nomination.objects.exists()


def test_somebody_invited_may_be_chosen_and_a_nomination_withdrawn(place):
    home, remi, _nora, _member = place
    invitation = invite(organisation=home, actor=remi, invitee=Invitee("zoe@example.org", "Zoé Zola"))
    browser(remi).post(reverse("accounts:referents", args=[home.pk]), {"who": f"invitation-{invitation.pk}"})
    nomination = Nomination.objects.get()
    assert nomination.name == "Zoé Zola"
    answer = browser(remi).post(reverse("accounts:nomination_withdraw", args=[nomination.pk]))
    assert answer["Location"] == reverse("accounts:referents", args=[home.pk])
    nomination.refresh_from_db()
    assert nomination.state == "withdrawn"


def test_the_last_referent_reads_what_repairs_it(place):
    home, remi, _nora, _member = place
    own = remi.memberships.get()
    answer = browser(remi).post(reverse("accounts:member_leave", args=[own.pk]), follow=True)
    assert "dernier référent" in answer.content.decode()
    assert "successeur" in answer.content.decode()
    own.refresh_from_db()
    assert own.state == "active"
    active_membership(UserFactory(), home, role="referent")
    page = browser(remi).get(reverse("accounts:referents", args=[home.pk])).content.decode()
    assert reverse("accounts:member_step_down", args=[own.pk]) in page
    browser(remi).post(reverse("accounts:member_step_down", args=[own.pk]))
    assert remi not in referents(home)
    assert remi.memberships.filter(state="active", role="member").exists()


@pytest.fixture
def office():
    """An admitted organisation that lost its référent, with a member, and a moderator."""
    world = allowed_world()
    home = world.adhesion.organisation
    led = active_membership(world.adhesion.referent, home, role="referent")
    dora = ModeratorFactory()
    end_membership(membership=led, actor=dora, words="Décès.")
    return home, world.person, dora


def test_the_office_sees_the_list_and_appoints_with_a_reason(office):
    home, alice, dora = office
    listed = browser(dora).get(reverse("licensing:office_restricted")).content.decode()
    page = reverse("licensing:office_referents", args=[home.pk])
    assert page in listed
    unknown = browser(dora).post(page, {"email": "nobody@example.org", "words": "Accord."})
    assert unknown.status_code == 422
    assert "email" in unknown.context["form"].errors
    browser(dora).post(page, {"email": alice.email, "words": "Accord écrit du 3 mars."})
    nomination = Nomination.objects.get()
    assert (nomination.by_office, nomination.words) == (True, "Accord écrit du 3 mars.")
    # Named by the office and a member of nothing else, the person finds the question on their page.
    browser(alice).post(reverse("accounts:nomination_accept", args=[nomination.pk]))
    assert set(referents(home)) == {alice}
    assert page not in browser(dora).get(reverse("licensing:office_restricted")).content.decode()


def test_a_moderator_of_the_house_only_reads(office):
    home, alice, _dora = office
    mine = ModeratorFactory()
    membership = active_membership(mine, home)
    page = reverse("licensing:office_referents", args=[home.pk])
    shown = browser(mine).get(page).content.decode()
    assert "<textarea" not in shown
    assert browser(mine).post(page, {"email": alice.email, "words": "Accord."}).status_code == 422
    browser(mine).post(reverse("licensing:office_member_end", args=[membership.pk]), {"words": "Essai."})
    membership.refresh_from_db()
    assert (membership.state, Nomination.objects.count()) == ("active", 0)


def test_nobody_else_finds_the_pages_of_the_office(office):
    home, alice, _dora = office
    for address in (
        reverse("licensing:office_restricted"),
        reverse("licensing:office_referents", args=[home.pk]),
    ):
        assert browser(alice).get(address).status_code == 404
