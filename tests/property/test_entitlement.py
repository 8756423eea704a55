# SPDX-License-Identifier: AGPL-3.0-or-later
"""The invariants of the entitlement model (reference: entitlement model, section 5.4), each under its own name.

I1 and I10 are tested with the gateway and the ledger; I8, I11 and I13 speak of the partner feed, of routes and of
erasure.
"""

import ast
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings

from dinamis.accounts.services.membership import activate_membership, leave, remove_member
from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import Invalid, NotPermitted, StaleVersion
from dinamis.core.models import StateChange, StatefulModel
from dinamis.core.transitions import apply_transition
from licensing.enums import Acceptors, Action
from licensing.models import Acceptance, EvidenceFile, LicenceVersion, Suspension
from licensing.selectors.decision import decide, permitted
from licensing.services import adhesion as verbs
from licensing.services.entitlement import suspend_entitlement
from licensing.services.licence import accept_for_self
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import AdhesionFactory, person_signs, published_version
from tests.licensing.worlds import allowed_world
from tests.property.worlds import build, worlds

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = int(os.environ.get("DINAMIS_EXAMPLES", "25"))
DAY = timedelta(days=1)


def refused(change):
    """Run a write that the database must refuse, and leave the transaction usable."""
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=worlds)
def test_I2_the_set_holds_exactly_what_decide_allows(drawn):
    with transaction.atomic():
        world = build(drawn)
        at = clock.now()
        items = list(Item.objects.filter(pk__in=[item.pk for item in world.items]).select_related("collection"))
        for action in Action:
            for project in [None, *(project.pk for project in world.projects), 0]:
                answer = permitted(world.person, action, project=project, at=at)
                listed = set(Item.objects.allowed(answer).values_list("pk", flat=True))
                decided = {
                    item.pk for item in items if decide(world.person, action, item.facts, project=project, at=at)
                }
                assert listed == decided, (action, project)
        transaction.set_rollback(True)


def test_I3_an_acceptance_carries_the_fingerprint_of_the_text_shown_and_neither_changes():
    world = allowed_world()
    signed = Acceptance.objects.get(person=world.person)
    assert signed.sha256 == world.version.sha256_in(signed.language)
    refused(lambda: Acceptance.objects.filter(pk=signed.pk).update(sha256="0" * 64))
    refused(lambda: Acceptance.objects.filter(pk=signed.pk).delete())
    versions = LicenceVersion.objects.filter(pk=world.version.pk)
    refused(lambda: versions.update(text_fr="autre"))
    refused(lambda: versions.update(sha256_en="0" * 64))
    other = published_version(world.licence)
    for version, sha256 in ((other, world.version.sha256_fr), (world.version, world.version.sha256_fr)):
        with pytest.raises(StaleVersion):
            accept_for_self(
                person=world.person,
                version=version,
                typed_name=world.person.name,
                language="fr",
                sha256=sha256,
                ip=None,
                user_agent="",
            )
    assert Acceptance.objects.filter(person=world.person).count() == 1


def test_I4_a_material_version_ends_rights_when_its_grace_is_over_unless_signed_again():
    world = allowed_world(licence={"acceptors": Acceptors.PERSON})
    active_membership(UserFactory(), world.adhesion.organisation, role="referent")
    version = published_version(world.licence, grace_days=30)
    end = version.published_at + 30 * DAY
    assert world.codes(at=end - timedelta(microseconds=1)) == []
    assert world.codes(at=end) == ["person_acceptance_missing"]
    person_signs(world.person, version)
    assert world.codes(at=end) == []


def test_I4_an_editorial_version_asks_nobody_to_sign_again():
    world = allowed_world(licence={"acceptors": Acceptors.PERSON})
    version = published_version(world.licence, material=False, grace_days=0)
    assert world.codes(at=version.published_at + DAY) == []


def test_I5_nobody_activates_themselves_and_superusers_are_nobody_special():
    world = allowed_world()
    home = world.adhesion.organisation
    referent = UserFactory(is_superuser=True, is_staff=True)
    own = home.memberships.create(user=referent, role="referent", motivation="essai")
    with pytest.raises(NotPermitted):
        activate_membership(membership=own, actor=referent)
    own.refresh_from_db()
    assert own.state == "requested"
    stranger = UserFactory(is_superuser=True)
    with pytest.raises(NotPermitted):
        activate_membership(membership=own, actor=stranger)


def test_I5_a_moderator_decides_nothing_about_their_own_organisation():
    world = allowed_world()
    moderator = ModeratorFactory()
    active_membership(moderator, world.adhesion.organisation)
    with pytest.raises(NotPermitted):
        suspend_entitlement(entitlement=world.right, cause="inquiry", words="essai", actor=moderator)
    with pytest.raises(NotPermitted):
        verbs.suspend_adhesion(
            adhesion=world.adhesion,
            actor=moderator,
            reason=Reason("inquiry", "essai"),
            expected_version=world.adhesion.version,
        )
    assert not Suspension.objects.exists()
    assert world.codes() == []


def test_I5_the_one_who_filed_an_adhesion_never_decides_it():
    moderator = ModeratorFactory()
    adhesion = AdhesionFactory(referent=moderator)
    apply_transition(adhesion, "send_for_signature", actor=Actor.person(moderator))
    apply_transition(adhesion, "sign", actor=Actor.signatory("Hélène Martin"))
    with pytest.raises(NotPermitted):
        verbs.claim_adhesion(adhesion=adhesion, actor=moderator)


def test_I6_two_rights_of_one_key_never_overlap_and_their_content_never_changes():
    world = allowed_world()
    right = world.right
    copy = {
        field: getattr(right, field)
        for field in (
            "organisation",
            "licence",
            "purpose",
            "project",
            "eligibility_class",
            "actions",
            "adhesion",
            "decision",
        )
    }
    now = clock.now()
    refused(lambda: type(right).objects.create(**copy, period=(now, now + DAY)))
    rows = type(right).objects.filter(pk=right.pk)
    refused(lambda: rows.update(period=(now, now + 9999 * DAY)))
    refused(lambda: rows.update(actions=["download"]))
    refused(lambda: rows.update(licence_id=right.licence_id + 1))
    past = world.adhesion.period.lower
    assert type(right).objects.create(**copy, period=(past - 2 * DAY, past - DAY)).pk


@pytest.mark.parametrize("link", ["membership", "adhesion", "right", "account"])
def test_I7_ending_any_link_ends_access_at_the_next_question(link):
    world = allowed_world()
    assert world.codes() == []
    if link == "membership":
        leave(membership=world.membership, actor=world.person)
    elif link == "adhesion":
        verbs.terminate_adhesion(adhesion=world.adhesion, actor=world.adhesion.referent)
    elif link == "right":
        suspend_entitlement(entitlement=world.right, cause="inquiry", words="essai", actor=ModeratorFactory())
    else:
        world.person.is_active = False
        world.person.save()
    assert world.codes() != []
    answer = permitted(world.person, Action.DOWNLOAD, project=None, at=clock.now())
    assert answer.licence_ids == ()


def test_I9_the_last_line_of_every_history_tells_the_state_of_its_row():
    from tests.cast import gather

    gather()
    checked = 0
    for model in (m for m in apps.get_models() if issubclass(m, StatefulModel)):
        for row in model._base_manager.all():
            last = StateChange.objects.filter(aggregate=model.machine.aggregate, object_id=row.pk).last()
            assert last is not None, row
            assert last.to_state == row.state
            checked += 1
    assert checked > 20
    refused(lambda: StateChange.objects.update(words="autre"))
    refused(lambda: StateChange.objects.all().delete())


def test_I12_only_the_two_signing_verbs_write_acceptances():
    writers = set()
    for package in ("licensing", "orders", "dinamis"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                writes = isinstance(node, ast.Attribute) and node.attr in {"create", "get_or_create", "bulk_create"}
                if writes and ast.unparse(node).startswith("Acceptance.objects."):
                    writers.add(str(path.relative_to(ROOT)))
    assert writers == {"licensing/services/licence.py", "licensing/services/signature.py"}


def test_I12_a_moderator_signs_only_for_themselves():
    world = allowed_world()
    moderator = ModeratorFactory()
    person_signs(moderator, world.version)
    assert Acceptance.objects.filter(person=world.person).count() == 1
    assert Acceptance.objects.get(person=moderator).email == moderator.email


def test_I14_no_refusal_goes_without_a_reason():
    world = allowed_world()
    moderator = ModeratorFactory()
    for words in ("", "   "):
        with pytest.raises(Invalid):
            verbs.suspend_adhesion(
                adhesion=world.adhesion,
                actor=moderator,
                reason=Reason("inquiry", words),
                expected_version=world.adhesion.version,
            )
        with pytest.raises(Invalid):
            suspend_entitlement(entitlement=world.right, cause="inquiry", words=words, actor=moderator)
        referent = UserFactory()
        active_membership(referent, world.adhesion.organisation, role="referent")
        with pytest.raises(Invalid):
            remove_member(membership=world.membership, actor=referent, words=words)
    assert world.codes() == []
    arrows = {"decline_signature", "request_changes", "refuse", "suspend", "revoke"}
    assert all(world.adhesion.machine.find(name).reason for name in arrows)


@pytest.mark.parametrize("acceptors", list(Acceptors))
def test_I15_what_is_not_known_never_allows(acceptors):
    world = allowed_world(licence={"acceptors": acceptors})
    stranger = UserFactory()
    assert not decide(stranger, Action.DOWNLOAD, _facts(world), project=None, at=clock.now())
    active_membership(stranger, AdhesionFactory().organisation)
    assert not decide(stranger, Action.DOWNLOAD, _facts(world), project=None, at=clock.now())
    unknown = type(_facts(world))(licence_id=0)
    assert not decide(world.person, Action.DOWNLOAD, unknown, project=None, at=clock.now())


def _facts(world):
    from licensing.selectors.decision import ResourceFacts

    return ResourceFacts(world.licence.pk)


def test_I16_a_document_in_which_a_scan_found_something_is_never_handed_out(client):
    adhesion = AdhesionFactory()
    evidence = EvidenceFile.objects.create(
        adhesion=adhesion,
        title="Statuts",
        file_name="statuts.pdf",
        storage_key="private/evidence/x",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        scan=EvidenceFile.Scan.INFECTED,
        uploaded_by=adhesion.referent,
    )
    assert not evidence.openable
    client.force_login(adhesion.referent)
    answer = client.get(f"/documents/{evidence.pk}/")
    assert answer.status_code == 400
    assert "X-Accel-Redirect" not in answer
