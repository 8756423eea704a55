# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the office changes of a licence, and the dry runs that say whom it would close out."""

from datetime import timedelta

import pytest
from django.core import mail

from dinamis.core import clock, outbox
from dinamis.core.actors import Actor
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage
from licensing.enums import Acceptors, EligibilityClass
from licensing.models import LicenceChange, LicenceVersion
from licensing.services.licence import create_version, edit_draft, publish_version
from licensing.services.licence_settings import change_licence, impact_of_change, impact_of_version
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import person_signs
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


def given(world, **values):
    """What the verbs take."""
    return {
        "licence": world.licence,
        "values": values,
        "actor": ModeratorFactory(),
        "expected_revision": world.licence.revision,
    }


def test_a_change_acts_at_the_next_request_and_is_kept_with_its_reason():
    world = allowed_world()
    change = change_licence(**given(world, classes=["private"], embargo_days=3), words=" Demande de l’éditeur. ")
    assert world.codes() == ["class_not_admitted"]
    assert change.before == {"classes": list(EligibilityClass.values), "embargo_days": 0}
    assert change.after == {"classes": ["private"], "embargo_days": 3}
    assert change.words == "Demande de l’éditeur."
    world.licence.refresh_from_db()
    assert world.licence.revision == 1


@pytest.mark.parametrize(
    ("values", "words", "pointer"),
    [
        ({"classes": ["private"]}, " ", "words"),
        ({}, "Sans effet.", ""),
        ({"code": "autre"}, "Non.", "code"),
        ({"credit_line": "© {user}"}, "Non.", "credit_line"),
        ({"credit_line": "© {year"}, "Non.", "credit_line"),
        ({"countries_denied": ["France"]}, "Non.", "countries_denied"),
        ({"acceptors": Acceptors.NOBODY, "signed_per_project": True}, "Non.", ""),
    ],
)
def test_what_cannot_be_changes_nothing(values, words, pointer):
    world = allowed_world()
    with pytest.raises(Invalid) as caught:
        change_licence(**given(world, **values), words=words)
    assert caught.value.pointer == pointer
    world.licence.refresh_from_db()
    assert (world.licence.revision, LicenceChange.objects.count()) == (0, 0)
    assert world.codes() == []


def test_only_the_office_and_only_what_it_saw():
    world = allowed_world()
    asked = given(world, classes=[])
    with pytest.raises(NotPermitted):
        change_licence(**{**asked, "actor": UserFactory()}, words="Non.")
    change_licence(**asked, words="Première.")
    with pytest.raises(StaleVersion):
        change_licence(**{**asked, "values": {"classes": ["private"]}}, words="Seconde.")
    assert LicenceChange.objects.count() == 1


def test_a_dry_run_counts_and_leaves_everything_as_it_was():
    world = allowed_world()
    second = UserFactory()
    active_membership(second, world.adhesion.organisation, active_from=clock.now() - timedelta(days=1))
    at = clock.now() + timedelta(seconds=5)
    impact = impact_of_change(**given(world, classes=["private"]), at=at)
    assert (impact.people, impact.organisations, impact.people_before) == (1, 1, 1)
    person_signs(second, world.version)
    impact = impact_of_change(**given(world, actions=["download"]), at=at)
    assert (impact.people, impact.organisations, impact.people_before) == (2, 1, 2)
    assert impact_of_change(**given(world, embargo_days=2), at=at).people == 0
    world.licence.refresh_from_db()
    assert (world.licence.revision, LicenceChange.objects.count()) == (0, 0)
    assert world.codes() == []


def test_a_dry_run_of_a_version_looks_at_the_end_of_the_grace():
    world = allowed_world()
    office = Actor.person(ModeratorFactory())
    draft = create_version(licence=world.licence, text_fr="a", text_en="b", actor=office, grace_days=10)
    messages = OutboxMessage.objects.count()
    impact = impact_of_version(version=draft, actor=office)
    assert (impact.people, impact.organisations) == (1, 1)
    assert impact.at - clock.now() > timedelta(days=9)
    correction = edit_draft(
        version=draft, text_fr="a", text_en="b", material=False, grace_days=10, actor=office, expected_version=0
    )
    assert impact_of_version(version=correction, actor=office).people == 0
    draft.refresh_from_db()
    assert (draft.state, LicenceVersion.objects.count()) == ("draft", 2)
    assert OutboxMessage.objects.count() == messages
    assert world.codes(at=impact.at) == []


def test_a_draft_is_saved_over_what_was_seen_and_never_once_published():
    world = allowed_world()
    office = Actor.person(ModeratorFactory())
    draft = create_version(licence=world.licence, text_fr="a", text_en="b", actor=office)
    values = {"text_fr": "c", "text_en": "d", "material": True, "grace_days": 5, "actor": office}
    assert edit_draft(version=draft, **values, expected_version=0).version == 1
    with pytest.raises(StaleVersion):
        edit_draft(version=draft, **{**values, "text_fr": "perdu"}, expected_version=0)
    with pytest.raises(StaleVersion):
        publish_version(version=draft, actor=office, expected_version=0)
    with pytest.raises(Invalid) as caught:
        edit_draft(version=draft, **{**values, "text_en": " "}, expected_version=1)
    assert caught.value.pointer == "text_en"
    with pytest.raises(NotPermitted):
        edit_draft(version=draft, **{**values, "actor": Actor.person(UserFactory())}, expected_version=1)
    publish_version(version=draft, actor=office, expected_version=1)
    with pytest.raises(IllegalTransition):
        edit_draft(version=draft, **values, expected_version=2)
    draft.refresh_from_db()
    assert (draft.text_fr, draft.state) == ("c", "published")


def test_I4_a_material_version_is_told_counts_through_its_grace_and_then_closes_until_signed():
    world = allowed_world(licence={"acceptors": Acceptors.PERSON})
    office = Actor.person(ModeratorFactory())
    draft = create_version(licence=world.licence, text_fr="Nouveau", text_en="New", actor=office, grace_days=10)
    published = publish_version(version=draft, actor=office)
    drive()
    drive()
    (message,) = [m for m in mail.outbox if "Nouvelle version" in m.subject]
    assert message.to == [world.person.email]
    assert "Votre ancienne signature compte jusqu’au" in message.body
    end = published.published_at + timedelta(days=10)
    assert world.codes(at=end - timedelta(microseconds=1)) == []
    assert world.codes(at=end) == ["person_acceptance_missing"]
    with clock.at(end + timedelta(hours=1)):
        person_signs(world.person, published)
        assert world.codes() == []


def drive():
    """What the workers do."""
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
