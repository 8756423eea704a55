# SPDX-License-Identifier: AGPL-3.0-or-later
"""The invariants I1 to I16 of the entitlement model (reference: entitlement model, section 5.4), by their names.

Each has at least one direct test here. What proves one better over all its cases stands elsewhere: I2 and I7 in
tests/property, I9 in tests/dinamis/core/test_verify_evidence.py, I10 in tests/concurrency,
I11 in tests/architecture/test_routes.py and tests/walk, I12 in tests/architecture/test_api_keys.py.
"""

import ast
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from dinamis.accounts.enums import ApiScope
from dinamis.accounts.services.membership import activate_membership, leave, remove_member
from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.evidence.sealing import link_events, seal_days
from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.exceptions import IllegalTransition, Invalid, NotEntitled, NotPermitted, QuotaExceeded, StaleVersion
from dinamis.core.models import Event, OutboxMessage, StateChange, StatefulModel
from dinamis.core.transitions import apply_transition
from licensing.enums import Acceptors, Action, Purpose
from licensing.models import Acceptance, Decision, EvidenceFile, LicenceVersion, Suspension
from licensing.reasons import ADVERSE
from licensing.selectors.decision import ResourceFacts, decide, permitted
from licensing.services import adhesion as verbs
from licensing.services.entitlement import suspend_entitlement
from licensing.services.evidence import add_evidence
from licensing.services.licence import accept_for_self
from licensing.services.load_licences import load_licences
from licensing.services.opinion import give_opinion
from licensing.services.representative_change import refuse_change
from licensing.services.retention import minimise_signature
from orders.models import DownloadTicket
from orders.selectors.money.envelope import balance
from orders.services.downloads.ticket import issue_ticket
from orders.services.money import ledger
from tests.cast import admit, declare_representative, foreign_adhesion, gather, opinions_given, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.api import caller_of
from tests.factories.licensing import AdhesionFactory, ProjectFactory, person_signs, published_version
from tests.factories.orders import KM2, AssetFactory, SceneFactory, drafted, held_file, world
from tests.licensing.worlds import allowed_world
from tests.walk.table import ALL, METHODS, cells_of, row_of

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)
PDF = b"%PDF-1.7\nhello\n%%EOF\n"


def refused(change):
    """Run a write that the database must refuse, and leave the transaction usable."""
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_I1_the_row_of_a_ticket_is_committed_before_its_link_exists():
    """A link is only ever told once its row stands in the database, where any other connection sees it."""
    w, seen = world(), []
    _ticket, token, _paths = issue_ticket(person=w.researcher, assets=[held_file(w)], project=None, at=clock.now())

    def look():
        try:
            seen.append(list(DownloadTicket.objects.values_list("person_id", "objects_named__entitlement_id")))
        finally:
            connection.close()

    other = threading.Thread(target=look)
    other.start()
    other.join(30)
    assert token
    assert seen == [[(w.researcher.pk, w.entitlement.pk)]]


def test_I1_nothing_is_signed_without_a_right_of_this_moment_person_licence_and_project():
    """Signing asks for a right that is active now, for this very person, licence and purpose."""
    w = world()
    w.entitlement.refresh_from_db()
    file, other_licence = held_file(w), AssetFactory(item=SceneFactory(held=True))
    research = ProjectFactory(organisation=w.organisation, owner=w.researcher, purpose=Purpose.OWN_RESEARCH)
    stranger = UserFactory()

    def signed(person=w.researcher, asset=file, project=None, at=None):
        with pytest.raises(NotEntitled):
            issue_ticket(person=person, assets=[asset], project=project, at=at or clock.now())

    signed(person=stranger)
    signed(asset=other_licence)
    signed(project=research.pk)
    signed(at=w.entitlement.period.upper)
    signed(at=w.entitlement.period.lower - timedelta(microseconds=1))
    suspend_entitlement(entitlement=w.entitlement, cause="inquiry", words="essai", actor=w.moderator)
    signed()
    assert not DownloadTicket.objects.exists()


def test_I2_the_set_holds_exactly_what_decide_allows():
    """An image is in the allowed set exactly when the decision about it alone is yes."""
    w = world()
    soon, late = clock.now() + DAY, clock.now() - DAY
    for changes in ({}, {"embargo_until": soon}, {"embargo_until": late}, {"withdrawn_at": late}):
        SceneFactory(collection=w.collection, held=True, **changes)
    SceneFactory(held=True)
    for person, count in ((w.researcher, 3), (UserFactory(), 0)):
        right = permitted(person, Action.DOWNLOAD, project=None, at=clock.now())
        decided = {
            item.pk
            for item in Item.objects.select_related("collection")
            if decide(person, Action.DOWNLOAD, item.facts, project=None, at=right.at)
        }
        assert set(Item.objects.allowed(right).values_list("pk", flat=True)) == decided
        assert len(decided) == count


def test_I3_an_acceptance_carries_the_fingerprint_of_the_text_shown_and_neither_changes():
    """A signature holds the SHA-256 of the text in the language shown; neither row nor text can change afterwards."""
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
    """Each right that depends on a text rests once a later material version is out of grace, until it is signed."""
    world = allowed_world(licence={"acceptors": Acceptors.PERSON})
    active_membership(UserFactory(), world.adhesion.organisation, role="referent")
    version = published_version(world.licence, grace_days=30)
    end = version.published_at + 30 * DAY
    assert world.codes(at=end - timedelta(microseconds=1)) == []
    assert world.codes(at=end) == ["person_acceptance_missing"]
    person_signs(world.person, version)
    assert world.codes(at=end) == []


def test_I4_an_editorial_version_asks_nobody_to_sign_again():
    """Only a material version does so."""
    world = allowed_world(licence={"acceptors": Acceptors.PERSON})
    version = published_version(world.licence, material=False, grace_days=0)
    assert world.codes(at=version.published_at + DAY) == []


def test_I5_nobody_activates_themselves_and_superusers_are_nobody_special():
    """Nobody activates, decides, opines or lifts where they are concerned themselves."""
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
    """A moderator has no say on an organisation they belong to."""
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
    """Nor on what they filed."""
    moderator = ModeratorFactory()
    adhesion = AdhesionFactory(referent=moderator)
    apply_transition(adhesion, "send_for_signature", actor=Actor.person(moderator))
    apply_transition(adhesion, "sign", actor=Actor.signatory("Hélène Martin"))
    with pytest.raises(NotPermitted):
        verbs.claim_adhesion(adhesion=adhesion, actor=moderator)


def test_I5_nobody_gives_an_opinion_on_their_own_organisation():
    """An opinion giver of the organisation concerned has none to give."""
    load_licences()
    adhesion = foreign_adhesion(UserFactory())
    verbs.claim_adhesion(adhesion=adhesion, actor=ModeratorFactory())
    opinion = adhesion.opinions.first()
    giver = UserFactory(office_role=f"opinion_{opinion.body}")
    active_membership(giver, adhesion.organisation)
    with pytest.raises(NotPermitted):
        give_opinion(opinion=opinion, actor=giver, verdict="yes", words="essai")
    opinion.refresh_from_db()
    assert (opinion.state, opinion.verdict) == ("asked", "")


def test_I6_two_rights_of_one_key_never_overlap_and_their_content_never_changes():
    """One key has one active right at most at any moment; what a right says never changes once written."""
    world = allowed_world()
    right = world.right
    names = ("organisation", "licence", "purpose", "project", "eligibility_class", "actions", "adhesion", "decision")
    copy = {name: getattr(right, name) for name in (*names, "basis")}
    now = clock.now()
    refused(lambda: type(right).objects.create(**copy, period=(now, now + DAY)))
    rows = type(right).objects.filter(pk=right.pk)
    refused(lambda: rows.update(period=(now, now + 9999 * DAY)))
    refused(lambda: rows.update(actions=["download"]))
    refused(lambda: rows.update(basis={}))
    refused(lambda: rows.update(licence_id=right.licence_id + 1))
    past = world.adhesion.period.lower
    assert type(right).objects.create(**copy, period=(past - 2 * DAY, past - DAY)).pk


@pytest.mark.parametrize("link", ["membership", "adhesion", "right", "account"])
def test_I7_ending_any_link_ends_access_at_the_next_question(link):
    """The end of any link of the chain says no at the next question: no job has to run in between."""
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


def test_I8_a_revocation_is_in_the_feed_at_once_and_waits_visibly_for_who_is_told():
    """Whoever follows rights reads the end of one without delay; a mail about it is sent or stands in the outbox."""
    cast = gather()
    api = caller_of(cast.admin, organisation=cast.university, scopes=[ApiScope.ENTITLEMENTS.value])
    last = api.get("/api/v1/entitlement-changes").json()["last"]
    waiting = OutboxMessage.objects.count()
    adhesion, breach = cast.company.adhesions.get(), Reason("breach", "essai")
    notice = verbs.give_notice(adhesion=adhesion, actor=cast.dora, reason=breach, expected_version=adhesion.version)
    verbs.answer_notice(revocation=notice, actor=adhesion.referent, words="Nous contestons.")
    adhesion.refresh_from_db()
    verbs.confirm_revocation(revocation=notice, actor=cast.dora, reason=breach, expected_version=adhesion.version)
    told = api.get("/api/v1/entitlement-changes", {"after": last}).json()["results"]
    assert [one["kind"] for one in told] == ["revoked"] * adhesion.entitlements.count()
    assert told
    assert OutboxMessage.objects.filter(done_at=None, dead_at=None).count() > waiting
    assert not OutboxMessage.objects.exclude(dead_at=None).exists()


def test_I9_the_last_line_of_every_history_tells_the_state_of_its_row():
    """Each row is in the state its last recorded change tells, and that record cannot be rewritten."""
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


def test_I9_the_chain_of_events_verifies_and_a_row_changed_behind_it_is_named():
    """Events linked and sealed verify; a fact changed by the owner of the database does not, nor does a lost seal."""
    yesterday = clock.now() - 2 * DAY
    with clock.at(yesterday):
        world = allowed_world()
        link_events()
    assert ["seal" in finding.what for finding in verify_evidence().findings] == [True]
    seal_days()
    assert verify_evidence().findings == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE licensing_entitlement DISABLE TRIGGER USER")
        cursor.execute("UPDATE licensing_entitlement SET actions = '{}' WHERE id = %s", [world.right.pk])
        cursor.execute("ALTER TABLE licensing_entitlement ENABLE TRIGGER USER")
    found = [(finding.table, finding.object_id) for finding in verify_evidence().findings]
    assert found == [("licensing_entitlement", world.right.pk)]


def test_I10_held_and_committed_never_exceed_the_budget():
    """What is reserved and what is spent together stay within the envelope; one that does not fit changes nothing."""
    w = world(budget_km2=200)
    for number in range(4):
        line = drafted(w, title=f"Commande {number}").items.get()
        line.billed_area_m2 = 60 * KM2
        line.save(update_fields=["billed_area_m2"])
        if number < 3:
            ledger.hold(purses=[w.envelope], items=[line], actor=Actor.person(w.moderator))
        if number == 1:
            ledger.commit(line, actor=Actor.person(w.moderator))
        state = balance(w.envelope)
        assert state.held + state.committed <= state.granted
    with pytest.raises(QuotaExceeded):
        ledger.hold(purses=[w.envelope], items=[line], actor=Actor.person(w.moderator))
    assert balance(w.envelope) == state
    assert (state.held, state.committed, state.available) == (120 * KM2, 60 * KM2, 20 * KM2)


def test_I11_each_route_has_a_declared_answer_for_each_role_and_a_new_one_has_none():
    """What every role gets at every address is written down; an address nobody wrote down is found."""
    undeclared = [
        (name, method, cell)
        for name in ALL
        for cell in cells_of(name)
        for method in METHODS
        if row_of(name, method, cell) is None
    ]
    assert undeclared == []
    assert row_of("licensing:made_up_tomorrow", "POST", "") is None


def test_I12_only_the_two_signing_verbs_write_acceptances():
    """The person’s own verb writes acceptances, and the act of a legal representative: one room, with two callers.

    The second caller binds an organisation by what its new representative signed, once the office has confirmed them.
    """
    names = [
        (str(path.relative_to(ROOT)), ast.unparse(node))
        for package in ("licensing", "orders", "dinamis")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Name)
    ]
    writers = {path for path, name in names if re.match(r"Acceptance\.objects\..*create", name)}
    assert writers == {"licensing/services/licence.py", "licensing/services/acceptance.py"}
    callers = {path for path, name in names if name.endswith("accept_for_organisation")}
    assert callers == {"licensing/services/signature.py", "licensing/services/representative_change.py"}


def test_I12_a_moderator_signs_only_for_themselves():
    """Nobody of the office signs in the place of somebody else."""
    world = allowed_world()
    moderator = ModeratorFactory()
    person_signs(moderator, world.version)
    assert Acceptance.objects.filter(person=world.person).count() == 1
    assert Acceptance.objects.get(person=moderator).email == moderator.email


def test_I12_no_api_key_signs_even_for_its_owner():
    """A program never accepts a licence, whoever it acts for."""
    world = allowed_world()
    version = published_version(world.licence)
    before = Acceptance.objects.count()
    form = {"typed_name": world.person.name, "version": version.pk, "language": "fr", "sha256": version.sha256_fr}
    answer = caller_of(world.person).post(reverse("licensing:sign", args=[world.licence.pk]), form)
    assert answer.status_code in {302, 401, 403}
    assert Acceptance.objects.count() == before


def test_I13_a_proof_of_acceptance_stays_minimised_when_the_person_is_erased():
    """Name and address leave the signature and every event of it; what was signed and when stays, and verifies."""
    load_licences()
    signed_adhesion(UserFactory(), "Institut des rivages", 1, "french_institutional")
    acceptance = Acceptance.objects.first()
    name, email = acceptance.typed_name, acceptance.email
    kept = ("licence_version_id", "sha256", "language", "accepted_at", "capacity", "organisation_id")
    before = Acceptance.objects.filter(pk=acceptance.pk).values(*kept).get()
    minimise_signature(acceptance)
    assert Acceptance.objects.filter(pk=acceptance.pk).values(*kept).get() == before
    events = Event.objects.filter(table_name="licensing_acceptance", object_id=acceptance.pk)
    told = [str(row) for row in (*events.values(), Acceptance.objects.filter(pk=acceptance.pk).values().get())]
    assert len(told) == 3
    assert not [row for row in told if name in row or email in row]
    link_events()
    assert verify_evidence().findings == []


def test_I14_no_refusal_goes_without_a_reason():
    """Whatever takes something away or withholds it says why."""
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


def test_I14_every_adverse_decision_carries_its_recourse(settings, tmp_path):
    """Each refusal, request for changes, suspension and revocation says how it is contested."""
    settings.FILES_ROOT = tmp_path
    load_licences()
    dora = ModeratorFactory()
    verdicts = ((verbs.request_changes, "unclear_use"), (verbs.refuse_adhesion, "unproved"))
    for number, (decided, code) in enumerate(verdicts):
        filed = signed_adhesion(UserFactory(), f"Institut {number}", 70 + number, "french_institutional")
        verbs.claim_adhesion(adhesion=filed, actor=dora)
        decided(adhesion=filed, actor=dora, reason=Reason(code, "essai"), expected_version=filed.version)
    approved = admit(signed_adhesion(UserFactory(), "Institut 9", 79, "french_institutional"), dora)
    change = declare_representative(approved.organisation, approved.referent)
    unproved, breach = Reason("unproved", "essai"), Reason("breach", "essai")
    refuse_change(change=change, actor=dora, reason=unproved, expected_version=change.version)
    verbs.suspend_adhesion(adhesion=approved, actor=dora, reason=breach, expected_version=approved.version)
    approved.refresh_from_db()
    notice = verbs.give_notice(adhesion=approved, actor=dora, reason=breach, expected_version=approved.version)
    verbs.answer_notice(revocation=notice, actor=approved.referent, words="Nous contestons.")
    approved.refresh_from_db()
    verbs.confirm_revocation(revocation=notice, actor=dora, reason=breach, expected_version=approved.version)
    told = {row.verdict: row for row in Decision.objects.all()}
    assert set(ADVERSE) <= set(told)
    for verdict in ADVERSE:
        assert told[verdict].words
        assert set(told[verdict].recourse) == {"fr", "en"}
    assert told["approve"].recourse == {}


@pytest.mark.parametrize("acceptors", list(Acceptors))
def test_I15_what_is_not_known_never_allows(acceptors):
    """What nobody knows is never taken for a yes."""
    world = allowed_world(licence={"acceptors": acceptors})
    stranger = UserFactory()
    assert not decide(stranger, Action.DOWNLOAD, _facts(world), project=None, at=clock.now())
    active_membership(stranger, AdhesionFactory().organisation)
    assert not decide(stranger, Action.DOWNLOAD, _facts(world), project=None, at=clock.now())
    unknown = type(_facts(world))(licence_id=0)
    assert not decide(world.person, Action.DOWNLOAD, unknown, project=None, at=clock.now())


def _facts(world):
    return ResourceFacts(world.licence.pk)


def test_I15_an_approval_waits_for_an_opinion_and_for_the_nationality():
    """A needed opinion that is missing is no favourable one, and a nationality unknown is none that is met."""
    load_licences()
    adhesion = foreign_adhesion(UserFactory(), nationality_condition="unknown")
    dora, complete = ModeratorFactory(), Reason("complete", "essai")
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    adhesion.refresh_from_db()
    approval = {"adhesion": adhesion, "actor": dora, "reason": complete, "expected_version": adhesion.version}
    with pytest.raises(IllegalTransition):
        verbs.approve_adhesion(**approval)
    opinions_given(adhesion)
    with pytest.raises(Invalid):
        verbs.approve_adhesion(**approval)
    assert not adhesion.entitlements.exists()


@pytest.mark.parametrize("scan", [scan for scan in EvidenceFile.Scan if scan != EvidenceFile.Scan.CLEAN])
def test_I16_a_document_that_is_not_known_to_be_clean_is_never_handed_out(client, settings, tmp_path, scan):
    """Infected, waiting, failed: whatever is not clean stays inside."""
    settings.FILES_ROOT = tmp_path
    settings.DINAMIS = {**settings.DINAMIS, "OPEN_UNSCANNED_EVIDENCE": False}
    adhesion = AdhesionFactory()
    upload = SimpleUploadedFile("statuts.pdf", PDF)
    evidence = add_evidence(adhesion=adhesion, actor=adhesion.referent, title="Statuts", upload=upload)
    client.force_login(adhesion.referent)
    for state, handed_over in ((EvidenceFile.Scan.CLEAN, True), (scan, False)):
        EvidenceFile.objects.filter(pk=evidence.pk).update(scan=state)
        answer = client.get(f"/documents/{evidence.pk}/")
        assert ("X-Accel-Redirect" in answer) == handed_over, answer.status_code
