# SPDX-License-Identifier: AGPL-3.0-or-later
"""Référents: named and accepting, two at a time, never none by their own will; the office appoints where none is."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from dinamis.accounts.enums import MemberRole, MembershipEnd, MembershipState
from dinamis.accounts.models import Membership, Nomination
from dinamis.accounts.selectors.membership import referents
from dinamis.accounts.services import membership as members
from dinamis.accounts.services import nomination as verbs
from dinamis.accounts.services.erasure import erase_account
from dinamis.accounts.services.invitation import Invitee, accept_invitation, invite, withdraw_invitation
from dinamis.accounts.tasks import close_lapsed_nominations
from dinamis.core import clock
from dinamis.core.exceptions import DomainError, IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return OrganisationFactory()


@pytest.fixture
def remi(home):
    person = UserFactory(name="Rémi Référent")
    active_membership(person, home, role=MemberRole.REFERENT)
    return person


@pytest.fixture
def nora(home):
    person = UserFactory(name="Nora Nouvelle", language="en")
    active_membership(person, home)
    return person


def own(person, home):
    return person.memberships.get(organisation=home, state=MembershipState.ACTIVE)


def named(home, remi, nora, **options):
    return verbs.name_referent(organisation=home, actor=remi, who=own(nora, home), **options)


def told(template):
    rows = OutboxMessage.objects.filter(payload__template=f"accounts/mail/{template}")
    return sorted(row.payload["to"] for row in rows)


def test_a_second_referent_begins_when_they_accept_and_all_are_told(home, remi, nora):
    nomination = named(home, remi, nora)
    assert set(referents(home)) == {remi}
    assert told("referent_named") == [nora.email]
    former = own(nora, home)
    accepted = verbs.accept_nomination(nomination=nomination, actor=nora)
    assert set(referents(home)) == {remi, nora}
    assert told("referent_answered") == sorted([remi.email, nora.email])
    former.refresh_from_db()
    # The role is as old as its membership: what was decided in the past stays true, and no instant lies between.
    assert (former.role, former.ending) == (MemberRole.MEMBER, MembershipEnd.ROLE_CHANGED)
    assert former.ended_at <= accepted.membership.active_from
    assert accepted.membership.role == MemberRole.REFERENT


def test_whoever_hands_over_stays_a_member(home, remi, nora):
    verbs.accept_nomination(nomination=named(home, remi, nora, hands_over=True), actor=nora)
    assert set(referents(home)) == {nora}
    assert own(remi, home).role == MemberRole.MEMBER
    with pytest.raises(NotPermitted):
        named(home, remi, nora)


def test_a_nomination_is_answered_once_and_by_its_person(home, remi, nora):
    nomination = named(home, remi, nora)
    for stranger in (remi, UserFactory(), ModeratorFactory()):
        with pytest.raises(NotPermitted):
            verbs.accept_nomination(nomination=nomination, actor=stranger)
        with pytest.raises(NotPermitted):
            verbs.decline_nomination(nomination=nomination, actor=stranger)
    verbs.accept_nomination(nomination=nomination, actor=nora)
    for again in (verbs.accept_nomination, verbs.decline_nomination):
        with pytest.raises(IllegalTransition):
            again(nomination=nomination, actor=nora)
    with pytest.raises(IllegalTransition):
        verbs.withdraw_nomination(nomination=nomination, actor=remi)
    assert nora.memberships.count() == 2


def test_a_nomination_expires_and_cannot_be_accepted_any_more(home, remi, nora):
    nomination = named(home, remi, nora, hands_over=True)
    end = nomination.expires_at
    assert (end - nomination.created_at).days == settings.DINAMIS["NOMINATION_DAYS"]
    assert verbs.expire_nominations(at=end - timedelta(seconds=1)) == 0
    with clock.at(end):
        with pytest.raises(IllegalTransition) as caught:
            verbs.accept_nomination(nomination=nomination, actor=nora)
        assert caught.value.code == "nomination_expired"
        nomination.refresh_from_db()
        assert nomination.state == "proposed"
        assert set(referents(home)) == {remi}
        close_lapsed_nominations()
        close_lapsed_nominations()
    nomination.refresh_from_db()
    assert (nomination.state, nomination.answered_at) == ("expired", None)
    assert told("referent_answered") == sorted([remi.email, nora.email])
    for late in (verbs.accept_nomination, verbs.decline_nomination):
        with pytest.raises(IllegalTransition):
            late(nomination=nomination, actor=nora)
    assert set(referents(home)) == {remi}


def test_a_nomination_is_accepted_until_its_last_moment(home, remi, nora):
    nomination = named(home, remi, nora)
    with clock.at(nomination.expires_at - timedelta(seconds=1)):
        verbs.accept_nomination(nomination=nomination, actor=nora)
    assert set(referents(home)) == {remi, nora}


def test_one_that_lapsed_holds_nobodys_place_before_the_sweep(home, remi, nora):
    lapsed = named(home, remi, nora)
    with clock.at(lapsed.expires_at):
        again = named(home, remi, nora)
        assert list(home.nominations.open_at(clock.now())) == [again]
    lapsed.refresh_from_db()
    assert (lapsed.state, again.state) == ("expired", "proposed")


def test_declined_or_withdrawn_nothing_changes_and_it_may_be_asked_again(home, remi, nora):
    verbs.decline_nomination(nomination=named(home, remi, nora), actor=nora)
    again = named(home, remi, nora)
    with pytest.raises(NotPermitted):
        verbs.withdraw_nomination(nomination=again, actor=nora)
    verbs.withdraw_nomination(nomination=again, actor=remi)
    with pytest.raises(IllegalTransition):
        verbs.accept_nomination(nomination=again, actor=nora)
    assert set(referents(home)) == {remi}
    assert len(told("referent_answered")) == 4


def test_only_a_referent_names_and_only_who_can_be_one(home, remi, nora):
    for person in (nora, UserFactory(), ModeratorFactory()):
        with pytest.raises(NotPermitted):
            named(home, person, nora)
    waiting = members.request_membership(user=UserFactory(), organisation=home, motivation="Thèse.")
    elsewhere = active_membership(UserFactory(), OrganisationFactory())
    closed = active_membership(UserFactory(is_active=False), home)
    for wrong in (waiting, elsewhere, closed, own(remi, home)):
        with pytest.raises(Invalid) as caught:
            verbs.name_referent(organisation=home, actor=remi, who=wrong)
        assert caught.value.pointer == "who"
    named(home, remi, nora)
    with pytest.raises(Invalid) as caught:
        named(home, remi, nora)
    assert caught.value.code == "named_already"
    assert Nomination.objects.count() == 1


def test_who_left_before_answering_is_no_referent(home, remi, nora):
    nomination = named(home, remi, nora)
    members.leave(membership=own(nora, home), actor=nora)
    with pytest.raises(IllegalTransition):
        verbs.accept_nomination(nomination=nomination, actor=nora)
    nomination.refresh_from_db()
    assert nomination.state == "proposed"
    assert set(referents(home)) == {remi}


def test_an_invited_successor_accepts_the_invitation_first(home, remi):
    invitation = invite(organisation=home, actor=remi, invitee=Invitee("zoe@example.org", "Zoé Zola"))
    nomination = verbs.name_referent(organisation=home, actor=remi, who=invitation, hands_over=True)
    assert told("referent_named") == ["zoe@example.org"]
    zoe = UserFactory(email="zoe@example.org", name="Zoé Zola")
    EmailAddress.objects.create(user=zoe, email=zoe.email, verified=True, primary=True)
    with pytest.raises(NotPermitted):
        verbs.accept_nomination(nomination=nomination, actor=zoe)
    # Whom the référent named comes in even when the référent is gone meanwhile; nobody else does.
    other = invite(organisation=home, actor=remi, invitee=Invitee("yann@example.org", "Yann"))
    members.end_membership(membership=own(remi, home), actor=ModeratorFactory(), words="Décès.")
    yann = UserFactory(email="yann@example.org")
    EmailAddress.objects.create(user=yann, email=yann.email, verified=True, primary=True)
    with pytest.raises(IllegalTransition) as caught:
        accept_invitation(invitation=other, actor=yann)
    assert caught.value.code == "no_referent"
    assert not yann.memberships.exists()
    accept_invitation(invitation=invitation, actor=zoe)
    verbs.accept_nomination(nomination=Nomination.objects.get(), actor=zoe)
    assert set(referents(home)) == {zoe}


def test_a_withdrawn_invitation_names_nobody(home, remi):
    invitation = invite(organisation=home, actor=remi, invitee=Invitee("zoe@example.org", "Zoé Zola"))
    withdraw_invitation(invitation=invitation, actor=remi)
    with pytest.raises(Invalid) as caught:
        verbs.name_referent(organisation=home, actor=remi, who=invitation)
    assert caught.value.code == "invitation_closed"


def test_the_last_referent_neither_leaves_nor_steps_down_nor_is_removed(home, remi, nora):
    membership = own(remi, home)
    for verb in (members.leave, verbs.step_down):
        with pytest.raises(Invalid) as caught:
            verb(membership=membership, actor=remi)
        assert (caught.value.code, bool(caught.value.repair)) == ("last_referent", True)
    with pytest.raises(NotPermitted):
        members.remove_member(membership=membership, actor=nora, words="Dehors.")
    closed = active_membership(UserFactory(is_active=False), home, role=MemberRole.REFERENT)
    with pytest.raises(Invalid):
        members.leave(membership=membership, actor=remi)
    assert closed.state == membership.state == MembershipState.ACTIVE
    verbs.accept_nomination(nomination=named(home, remi, nora), actor=nora)
    verbs.step_down(membership=membership, actor=remi)
    assert own(remi, home).role == MemberRole.MEMBER
    with pytest.raises(IllegalTransition):
        verbs.step_down(membership=own(remi, home), actor=remi)
    with pytest.raises(NotPermitted):
        verbs.step_down(membership=own(nora, home), actor=remi)


@pytest.mark.parametrize("changes", [{"state": "ended"}, {"role": "member"}])
def test_nor_by_raw_sql(home, remi, changes):
    from dinamis.core import clock

    ended = {"ended_at": clock.now(), "ending": "left"} if "state" in changes else {}
    with pytest.raises(IntegrityError, match="last référent"), transaction.atomic():
        Membership.objects.filter(user=remi).update(**changes, **ended)
    assert set(referents(home)) == {remi}
    active_membership(UserFactory(), home, role=MemberRole.REFERENT)
    assert Membership.objects.filter(user=remi).update(**changes, **ended) == 1


def test_the_office_ends_a_membership_with_a_reason_and_not_in_its_own_organisation(home, remi):
    membership = own(remi, home)
    own_moderator = ModeratorFactory()
    active_membership(own_moderator, home)
    for person in (remi, own_moderator, UserFactory()):
        with pytest.raises(NotPermitted):
            members.end_membership(membership=membership, actor=person, words="Décès.")
    with pytest.raises(Invalid):
        members.end_membership(membership=membership, actor=ModeratorFactory(), words=" ")
    assert set(referents(home)) == {remi}
    ended = members.end_membership(membership=membership, actor=ModeratorFactory(), words="Décès.")
    assert (ended.state, ended.ending) == (MembershipState.ENDED, MembershipEnd.BY_OFFICE)


@pytest.fixture
def left_alone(home, remi, nora):
    """An organisation whose only référent is gone; Nora is a member."""
    members.end_membership(membership=own(remi, home), actor=ModeratorFactory(), words="Décès.")
    return home


def test_the_office_appoints_a_member_or_anybody_who_has_an_account(left_alone, nora):
    dora, stranger = ModeratorFactory(), UserFactory()
    for person in (nora, stranger):
        nomination = verbs.appoint_referent(organisation=left_alone, actor=dora, person=person, words="Accord écrit.")
        assert person not in referents(left_alone)
        verbs.accept_nomination(nomination=nomination, actor=person)
        assert set(referents(left_alone)) == {person}
        members.end_membership(membership=own(person, left_alone), actor=dora, words="Essai.")
    assert len(told("referent_named")) == 2


def test_four_eyes_and_a_reason_and_only_where_none_is(left_alone, nora, home):
    dora, mine = ModeratorFactory(), ModeratorFactory()
    active_membership(mine, left_alone)

    def appoint(actor, person, words="Accord écrit."):
        return verbs.appoint_referent(organisation=left_alone, actor=actor, person=person, words=words)

    for actor, person, words, error in (
        (mine, nora, "Accord.", NotPermitted),
        (nora, nora, "Accord.", NotPermitted),
        (dora, dora, "Accord.", Invalid),
        (dora, nora, "  ", Invalid),
        (dora, UserFactory(is_active=False), "Accord.", Invalid),
    ):
        with pytest.raises(error):
            appoint(actor, person, words)
    assert not Nomination.objects.exists()
    active_membership(UserFactory(), home, role=MemberRole.REFERENT)
    with pytest.raises(IllegalTransition):
        appoint(dora, nora)


def test_the_database_refuses_an_appointment_by_a_moderator_of_the_house(left_alone, nora):
    mine = ModeratorFactory()
    active_membership(mine, left_alone)
    fields = {"organisation": left_alone, "named_by": mine, "by_office": True, "words": "Accord."}
    with pytest.raises(IntegrityError, match="belongs to the organisation"), transaction.atomic():
        Nomination.objects.create(successor=nora, **fields)
    with pytest.raises(IntegrityError, match="not_oneself"), transaction.atomic():
        Nomination.objects.create(successor=mine, **{**fields, "by_office": False})
    assert not Nomination.objects.exists()


def test_an_erased_account_answers_no_nomination(home, remi, nora):
    nomination = named(home, remi, nora)
    erase_account(nora)
    nomination.refresh_from_db()
    assert nomination.state == "declined"
    with pytest.raises(DomainError):
        verbs.accept_nomination(nomination=nomination, actor=nora)
