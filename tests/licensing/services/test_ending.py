# SPDX-License-Identifier: AGPL-3.0-or-later
"""An organisation ends, is merged, or split: from its day on, once, with everything that hung on it; or not at all."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dinamis.accounts.enums import MembershipEnd
from dinamis.accounts.services.invitation import Invitee, invite
from dinamis.accounts.services.membership import activate_membership, request_membership
from dinamis.accounts.services.nomination import name_referent
from dinamis.core import clock, keys, outbox
from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import KeyForbidden
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.periods import day_start
from licensing.models import Acceptance, OrganisationEnd, Project
from licensing.models.adhesion import AdhesionQuerySet
from licensing.selectors.ending import came_from, end_of, foreseen
from licensing.selectors.standing import open_revocation
from licensing.services import adhesion as verbs
from licensing.services.ending import Ending, cancel_end, carry_out_end, declare_end
from licensing.services.signing_link import issue_link
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.api import key_of
from tests.factories.licensing import AdhesionFactory, ProjectFactory, approved_adhesion
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    made = allowed_world()
    made.home = made.adhesion.organisation
    made.led = active_membership(made.adhesion.referent, made.home, role="referent")
    made.dora = ModeratorFactory()
    return made


@pytest.fixture
def successor():
    """An admitted organisation with its référent."""
    adhesion = approved_adhesion(referent=UserFactory(name="Rosa Référente"))
    active_membership(adhesion.referent, adhesion.organisation, role="referent")
    return adhesion.organisation


def declare(world, kind="ended", successors=(), days=0, words="Décret du 3 mars."):
    ending = Ending(kind, clock.today() + timedelta(days=days), words, tuple(successors))
    return declare_end(organisation=world.home, actor=world.dora, ending=ending)


def mails(template):
    return [row.payload for row in OutboxMessage.objects.filter(payload__template=f"licensing/mail/{template}")]


def test_everything_that_hung_on_it_ends_and_everybody_is_told(world):
    remi = world.adhesion.referent
    draft = AdhesionFactory(organisation=world.home, eligibility_class="private", referent=remi)
    invitation = invite(organisation=world.home, actor=remi, invitee=Invitee("zoe@example.org", "Zoé"))
    nomination = name_referent(organisation=world.home, actor=remi, who=world.membership)
    asked = request_membership(user=UserFactory(), organisation=world.home, motivation="Thèse.")
    key, _ = key_of(remi, organisation=world.home)
    project = ProjectFactory(organisation=world.home, owner=remi)
    seen = foreseen(world.home, clock.now())
    assert (seen.members, seen.requests, seen.invitations, seen.open_adhesions, seen.keys) == (2, 1, 1, 1, 1)
    assert (seen.adhesions_in_force, seen.projects) == (1, 1)
    assert seen.rights == world.adhesion.entitlements.count() > 0
    signatures = Acceptance.objects.count()
    assert world.decide()
    end = declare(world)
    assert end.state == "carried_out"
    for row in (world.adhesion, draft, invitation, nomination, asked, key, world.led, world.membership, project):
        row.refresh_from_db()
    assert (world.adhesion.state, draft.state) == ("terminated", "withdrawn")
    assert (invitation.state, nomination.state, key.state) == ("withdrawn", "withdrawn", "revoked")
    assert {row.ending for row in (world.led, world.membership, asked)} == {MembershipEnd.ORGANISATION_ENDED}
    assert project.ended_at is not None
    assert not world.decide()
    assert Acceptance.objects.count() == signatures
    assert {row["to"] for row in mails("organisation_ends")} == {
        remi.email,
        world.person.email,
        world.adhesion.legal_representative_email,
    }


def test_a_revocation_under_way_is_closed_by_the_end_with_its_reason(world):
    breach = Reason("breach", "Images revendues.")
    notice = verbs.give_notice(
        adhesion=world.adhesion, actor=world.dora, reason=breach, expected_version=world.adhesion.version
    )
    declare(world)
    notice.refresh_from_db()
    assert (notice.state, notice.decision) == ("dropped", None)
    change = StateChange.objects.filter(aggregate="licensing.revocation", object_id=notice.pk).latest("id")
    assert (change.transition, change.reason_code) == ("end_with_organisation", "organisation_ended")
    assert (change.words, change.actor_label) == ("Décret du 3 mars.", "DINAMIS")
    assert open_revocation(world.adhesion) is None
    with pytest.raises(NotPermitted):
        verbs.answer_notice(revocation=notice, actor=world.adhesion.referent, words="Nous contestons.")


def test_a_key_ends_nothing_and_is_told_that_rather_than_what_is_missing(world):
    key, _ = key_of(world.dora)
    with keys.window():
        keys.act_as(key)
        with pytest.raises(KeyForbidden):
            declare(world, words=" ")
    assert not OrganisationEnd.objects.exists()
    assert world.decide()


def test_nobody_joins_it_or_files_for_it_any_more(world):
    declare(world)
    with pytest.raises(Invalid) as caught:
        request_membership(user=UserFactory(), organisation=world.home, motivation="Thèse.")
    assert caught.value.code == "organisation_ended"
    with pytest.raises(Invalid) as caught:
        verbs.open_adhesion(referent=UserFactory(), organisation=world.home, eligibility_class="french_institutional")
    assert caught.value.code == "organisation_ended"
    with pytest.raises(Invalid) as caught:
        declare(world)
    assert caught.value.code == "declared_already"


def test_a_later_day_ends_the_rights_at_its_first_instant_without_any_job(world):
    end = declare(world, days=30)
    boundary = day_start(end.effective_on)
    assert end.state == "declared"
    assert world.decide(at=boundary - timedelta(microseconds=1))
    assert world.codes(at=boundary) == ["adhesion_ended"]
    assert len(mails("organisation_ends")) == 2
    carry_out_end(end)
    assert OrganisationEnd.objects.get().state == "declared"
    with clock.at(boundary + timedelta(minutes=5)):
        for message_id in outbox.due_ids():
            outbox.drive(message_id)
        carry_out_end(OrganisationEnd.objects.get())
    done = OrganisationEnd.objects.get()
    assert (done.state, done.organisation.ended_at is not None) == ("carried_out", True)
    assert OutboxMessage.objects.filter(topic="licensing.end_organisation", done_at__isnull=False).count() == 1


def test_it_is_taken_back_before_its_day_and_periods_are_as_before(world):
    before = world.adhesion.period
    end = declare(world, days=30)
    with pytest.raises(Invalid):
        cancel_end(end=end, actor=world.dora, words=" ")
    with pytest.raises(NotPermitted):
        cancel_end(end=end, actor=world.adhesion.referent, words="Erreur.")
    cancel_end(end=end, actor=world.dora, words="Erreur de personne.")
    world.adhesion.refresh_from_db()
    assert (world.adhesion.period.lower, world.adhesion.period.upper) == (before.lower, before.upper)
    with clock.at(day_start(end.effective_on)):
        carry_out_end(OrganisationEnd.objects.get())
        assert world.decide()
    assert end_of(world.home) is None
    assert declare(world).state == "carried_out"
    with pytest.raises(IllegalTransition):
        cancel_end(end=OrganisationEnd.objects.get(state="carried_out"), actor=world.dora, words="Trop tard.")


def test_it_is_taken_back_after_a_renewal_which_still_follows_without_gap_or_double(world):
    end = declare(world, days=30)
    world.adhesion.refresh_from_db()
    cut = world.adhesion.period.upper
    renewal = approved_adhesion(
        since=cut, organisation=world.home, referent=world.adhesion.referent, renews=world.adhesion
    )
    cancel_end(end=end, actor=world.dora, words="Le décret est retiré.")
    for row in (world.adhesion, renewal, end):
        row.refresh_from_db()
    assert end.state == "cancelled"
    assert world.adhesion.period.upper == cut == renewal.period.lower


def test_a_renewal_approved_at_that_moment_is_told_in_words(world, monkeypatch):
    end = declare(world, days=30)
    world.adhesion.refresh_from_db()
    cut = world.adhesion.period.upper
    approved_adhesion(since=cut, organisation=world.home, referent=world.adhesion.referent, renews=world.adhesion)
    # As the reader sees it whose query came before the approval.
    monkeypatch.setattr(AdhesionQuerySet, "exclude", lambda self, **_: self)
    with pytest.raises(IllegalTransition) as caught:
        cancel_end(end=end, actor=world.dora, words="Le décret est retiré.")
    assert caught.value.code == "renewed_meanwhile"
    monkeypatch.undo()
    for row in (world.adhesion, end):
        row.refresh_from_db()
    assert (world.adhesion.period.upper, end.state) == (cut, "declared")


@pytest.mark.parametrize("language", ["fr", "en", ""])
def test_the_legal_representative_reads_of_the_end_in_their_language_or_in_both(world, language):
    if language:
        with transaction.atomic():
            issue_link(matter=world.adhesion, language=language)
    declare(world)
    address = world.adhesion.legal_representative_email
    assert [row["language"] for row in mails("organisation_ends") if row["to"] == address] == [language]


@pytest.mark.usefixtures("in_no_language")
def test_after_a_merger_members_ask_and_the_successors_own_right_serves(world, successor):
    rosa = successor.adhesions.get().referent
    here_already = active_membership(world.adhesion.referent, successor)
    clash = ProjectFactory(organisation=world.home, owner=world.person, title="Dunes")
    ProjectFactory(organisation=successor, owner=rosa, title="Dunes")
    moving = ProjectFactory(organisation=world.home, owner=world.person, title="Estuaires", theme="eau")
    end = declare(world, "merged", [successor])
    assert not world.decide()
    asked = world.person.memberships.get(organisation=successor)
    assert (asked.state, asked.role) == ("requested", "member")
    here_already.refresh_from_db()
    assert here_already.state == "active"
    activate_membership(membership=asked, actor=rosa)
    assert not world.decide()
    assert not successor.entitlements.exists()
    titles = Project.objects.filter(organisation=successor).values_list("title", flat=True)
    assert sorted(titles) == ["Dunes", "Estuaires"]
    assert successor.projects.get(title="Estuaires").theme == moving.theme
    assert clash.organisation == world.home
    assert [row.end for row in came_from(successor)] == [end]
    assert [row.organisation for row in end_of(world.home).successions.all()] == [successor]
    assert [row["to"] for row in mails("merger_newcomers")] == [rosa.email]
    assert world.adhesion.entitlements.filter(state="revoked").exists()


def test_a_split_names_several_and_moves_nobody(world, successor):
    other = OrganisationFactory()
    end = declare(world, "split", [successor, other])
    assert end.successions.count() == 2
    assert not world.person.memberships.exclude(state="ended").exists()
    assert came_from(other).exists()


@pytest.mark.parametrize(
    ("kind", "number", "pointer"),
    [("ended", 1, "successors"), ("merged", 0, "successors"), ("merged", 2, "successors"), ("split", 1, "successors")],
)
def test_the_number_of_successors_is_that_of_the_kind(world, kind, number, pointer):
    with pytest.raises(Invalid) as caught:
        declare(world, kind, [approved_adhesion().organisation for _ in range(number)])
    assert caught.value.pointer == pointer
    assert not OrganisationEnd.objects.exists()


def test_what_cannot_take_its_place_is_refused(world, successor):
    for kind, successors, code in (
        ("merged", [OrganisationFactory()], "not_admitted"),
        ("merged", [world.home], "not_a_successor"),
        ("split", [world.home, successor], "not_a_successor"),
    ):
        with pytest.raises(Invalid) as caught:
            declare(world, kind, successors)
        assert caught.value.code == code
    with pytest.raises(Invalid) as caught:
        declare(world, words="  ")
    assert caught.value.pointer == "words"
    with pytest.raises(Invalid):
        declare(world, "vanished")
    assert not OrganisationEnd.objects.exists()
    world.adhesion.refresh_from_db()
    assert world.adhesion.state == "approved"
    assert world.decide()


def test_four_eyes_on_every_organisation_concerned(world, successor):
    for home in (world.home, successor):
        world.dora = ModeratorFactory()
        active_membership(world.dora, home)
        with pytest.raises(NotPermitted):
            declare(world, "merged", [successor])
    for person in (world.adhesion.referent, UserFactory()):
        world.dora = person
        with pytest.raises(NotPermitted):
            declare(world)
    mine = ModeratorFactory()
    active_membership(mine, world.home)
    with pytest.raises(IntegrityError, match="belongs to the organisation"), transaction.atomic():
        OrganisationEnd.objects.create(
            organisation=world.home, kind="ended", effective_on=clock.today(), words="non", decided_by=mine
        )
    assert not OrganisationEnd.objects.exists()
