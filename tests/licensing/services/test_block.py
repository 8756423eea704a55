# SPDX-License-Identifier: AGPL-3.0-or-later
"""Blocks: who is kept out of what from when, the effect beforehand, who is told, and who may not."""

from datetime import timedelta
from uuid import uuid4

import pytest

from dinamis.accounts.enums import MemberRole
from dinamis.accounts.services.membership import leave
from dinamis.core import clock
from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import Event, OutboxMessage
from dinamis.core.periods import day_after, day_start
from licensing.enums import BlockSubject
from licensing.models import Block, EvidenceFile
from licensing.selectors.block import block_standing, blocks_on
from licensing.services.block import BlockWanted, create_block, impact_of_block, lift_block
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.catalogue import CollectionFactory
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db
SHA = "ab" * 32


@pytest.fixture
def world():
    found = allowed_world()
    sent(found.adhesion, SHA)
    return found


def sent(adhesion, sha256):
    """A document of that fingerprint in the file of an adhesion."""
    return EvidenceFile.objects.create(
        adhesion=adhesion,
        title="Statuts",
        file_name="statuts.pdf",
        storage_key=sha256[:8],
        media_type="application/pdf",
        size=1,
        sha256=sha256,
        uploaded_by=adhesion.referent,
    )


def wanted(world, kind=BlockSubject.PERSON, **fields):
    subjects = {"person": world.person.email, "organisation": world.adhesion.organisation.siret, "document": SHA}
    return BlockWanted(**{"kind": kind, "subject": subjects[kind], "words": " Fuite présumée. ", **fields})


def begin(world, kind=BlockSubject.PERSON, actor=None, **fields):
    return create_block(wanted=wanted(world, kind, **fields), actor=actor or ModeratorFactory(), key=uuid4())


def mails():
    found = OutboxMessage.objects.filter(key__startswith="mail:block").order_by("pk")
    return [(row.payload["template"].rsplit("/", 1)[1], row.payload["to"], row.payload["context"]) for row in found]


@pytest.mark.parametrize("kind", BlockSubject.values)
def test_access_stops_at_once_and_comes_back_when_lifted(world, kind):
    assert world.decide()
    block = begin(world, kind)
    assert world.codes() == ["blocked"]
    lift_block(block=block, words="Établi.", actor=ModeratorFactory())
    assert world.decide()
    block.refresh_from_db()
    assert block.words == "Fuite présumée."
    assert block.lifted_words == "Établi."


def test_days_are_those_of_paris(world):
    today = clock.today()
    first, last = today + timedelta(days=3), today + timedelta(days=5)
    block = begin(world, first_day=first, last_day=last)
    assert (block.period.lower, block.period.upper) == (day_start(first), day_after(last))
    moment = timedelta(microseconds=1)
    assert world.decide(at=day_start(first) - moment)
    assert world.codes(at=day_start(first)) == ["blocked"]
    assert world.codes(at=day_after(last) - moment) == ["blocked"]
    assert world.decide(at=day_after(last))
    standings = [block_standing(block, at) for at in (clock.now(), day_start(first), day_after(last))]
    assert standings == ["scheduled", "running", "over"]


def test_a_block_of_today_leaves_this_morning_as_it_was(world):
    before = clock.now()
    block = begin(world, first_day=clock.today())
    assert block.period.lower >= before
    assert block.period.upper is None


def test_one_licence_or_all(world):
    other = allowed_world()
    begin(world, licence=other.licence)
    assert world.decide()
    begin(world, licence=world.licence)
    assert world.codes() == ["blocked"]


@pytest.mark.parametrize("kind", BlockSubject.values)
def test_the_effect_is_counted_and_nothing_is_changed(world, kind):
    CollectionFactory(licence=world.licence)
    CollectionFactory(licence=world.licence)
    actor = ModeratorFactory()
    effect = impact_of_block(wanted=wanted(world, kind), actor=actor)
    assert (effect.people, effect.collections, effect.people_before) == (1, 2, 1)
    assert not Block.objects.exists()
    assert mails() == []
    assert world.decide()
    begin(world, kind)
    assert impact_of_block(wanted=wanted(world, kind), actor=actor).people == 0


def test_the_effect_under_another_licence_is_nothing(world):
    effect = impact_of_block(wanted=wanted(world, licence=allowed_world().licence), actor=ModeratorFactory())
    assert (effect.people, effect.collections, effect.people_before) == (0, 0, 1)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"words": " "}, "words"),
        ({"subject": "personne@example.org"}, "subject"),
        ({"kind": "organisation", "subject": "Nulle part"}, "subject"),
        ({"kind": "organisation", "subject": ""}, "subject"),
        ({"kind": "document", "subject": "cd" * 32}, "subject"),
        ({"kind": "document", "subject": ""}, "subject"),
        ({"first_day": clock.today() - timedelta(days=1)}, "first_day"),
        ({"first_day": clock.today() + timedelta(days=2), "last_day": clock.today()}, "last_day"),
    ],
)
def test_what_cannot_be_changes_nothing(world, fields, pointer):
    for verb in (
        lambda one: create_block(wanted=one, actor=ModeratorFactory(), key=uuid4()),
        lambda one: impact_of_block(wanted=one, actor=ModeratorFactory()),
    ):
        with pytest.raises(Invalid) as caught:
            verb(wanted(world, **fields))
        assert caught.value.pointer == pointer
    assert not Block.objects.exists()
    assert mails() == []


def test_two_organisations_of_one_name_need_a_number(world):
    other = allowed_world()
    home = world.adhesion.organisation
    type(home).objects.filter(pk=other.adhesion.organisation_id).update(name=home.name)
    with pytest.raises(Invalid, match="SIRET"):
        begin(world, BlockSubject.ORGANISATION, subject=home.name.upper())
    assert begin(world, BlockSubject.ORGANISATION).organisation == home


def test_a_double_click_is_one_block(world):
    key, actor = uuid4(), ModeratorFactory()
    first = create_block(wanted=wanted(world), actor=actor, key=key)
    again = create_block(wanted=wanted(world), actor=actor, key=key)
    assert first == again
    assert Block.objects.count() == 1
    assert len(mails()) == 1


def test_only_a_moderator_blocks_or_lifts(world):
    block = begin(world)
    for actor in (UserFactory(), UserFactory(office_role="administrator"), world.person):
        with pytest.raises(NotPermitted):
            begin(world, actor=actor)
        with pytest.raises(NotPermitted):
            lift_block(block=block, words="Non.", actor=actor)
    block.refresh_from_db()
    assert block.lifted_at is None
    assert Block.objects.count() == 1


@pytest.mark.parametrize("kind", BlockSubject.values)
def test_nobody_on_their_own_organisation(world, kind):
    block = begin(world, kind)
    mine = ModeratorFactory()
    active_membership(mine, world.adhesion.organisation)
    with pytest.raises(NotPermitted):
        begin(world, kind, actor=mine)
    with pytest.raises(NotPermitted):
        lift_block(block=block, words="Non.", actor=mine)
    assert Block.objects.get().lifted_at is None


def test_nobody_on_themselves(world):
    moderator = ModeratorFactory()
    with pytest.raises(NotPermitted):
        begin(world, subject=moderator.email, actor=moderator)
    assert not Block.objects.exists()


def test_a_block_is_lifted_once_and_not_after_its_end(world):
    block = begin(world)
    with pytest.raises(Invalid):
        lift_block(block=block, words=" ", actor=ModeratorFactory())
    lift_block(block=block, words="Établi.", actor=ModeratorFactory())
    with pytest.raises(IllegalTransition):
        lift_block(block=block, words="Encore.", actor=ModeratorFactory())
    short = begin(world, last_day=clock.today())
    with clock.at(clock.now() + timedelta(days=2)), pytest.raises(IllegalTransition):
        lift_block(block=short, words="Trop tard.", actor=ModeratorFactory())
    short.refresh_from_db()
    assert short.lifted_at is None


def test_the_person_is_told_with_the_reason_and_the_recourse(world):
    world.person.language = "en"
    world.person.save()
    block = begin(world, last_day=clock.today() + timedelta(days=9))
    lift_block(block=block, words="Établi.", actor=ModeratorFactory())
    (begun, to, told), (lifted, _to, also) = mails()
    assert (begun, lifted, to) == ("blocked", "block_lifted", world.person.email)
    assert told["words"] == "Fuite présumée."
    assert told["recourse"].startswith("You may contest")
    assert told["ends"]
    assert also["words"] == "Établi."


@pytest.mark.parametrize("kind", [BlockSubject.ORGANISATION, BlockSubject.DOCUMENT])
def test_the_referents_of_an_organisation_are_told(world, kind):
    lead = UserFactory()
    active_membership(lead, world.adhesion.organisation, MemberRole.REFERENT)
    begin(world, kind)
    ((template, to, context),) = mails()
    assert (template, to) == ("blocked", lead.email)
    assert context["organisation"] == world.adhesion.organisation.name


def test_the_page_of_rights_says_the_words_to_whom_they_are_meant(world):
    lead = UserFactory()
    membership = active_membership(lead, world.adhesion.organisation, MemberRole.REFERENT)
    for kind in BlockSubject.values:
        begin(world, kind)
    at = clock.now()
    assert [told.words for told in blocks_on(world.person, at)] == ["", "", "Fuite présumée."]
    assert [told.words for told in blocks_on(lead, at)] == ["Fuite présumée.", "Fuite présumée."]
    assert blocks_on(UserFactory(), at) == []
    active_membership(UserFactory(), world.adhesion.organisation, MemberRole.REFERENT)
    leave(membership=membership, actor=lead)
    assert blocks_on(lead, at) == []


def test_many_documents_cost_no_more_queries_than_one(world, django_assert_num_queries):
    lead = UserFactory()
    active_membership(lead, world.adhesion.organisation, MemberRole.REFERENT)
    at = clock.now() + timedelta(minutes=1)
    for number in range(3):
        begin(world, BlockSubject.DOCUMENT, subject=sent(world.adhesion, f"{number}" * 64).sha256)
        with django_assert_num_queries(3):
            assert len(blocks_on(lead, at)) == number + 1


def test_an_act_leaves_an_event_and_the_evidence_verifies(world):
    actor = ModeratorFactory()
    block = begin(world, actor=actor)
    lift_block(block=block, words="Établi.", actor=actor)
    events = Event.objects.filter(table_name="licensing_block", object_id=block.pk).order_by("pk")
    assert [event.action for event in events] == ["licensing.block.create", "licensing.block.lift"]
    assert {event.actor_id for event in events} == {actor.pk}
    assert "Fuite" not in str([event.after for event in events])
    assert [str(one) for one in verify_evidence().findings if one.table == "licensing_block"] == []
