# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who binds an organisation changes with a document, their own signature and the office's word, or not at all."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from dinamis.accounts.services.membership import end_membership
from dinamis.core import clock, keys, outbox
from dinamis.core.actors import SYSTEM, Reason
from dinamis.core.evidence.sealing import link_events
from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.keys import KeyForbidden
from dinamis.core.models import Event, OutboxMessage
from dinamis.core.periods import day_start
from licensing.documents import certificate_facts
from licensing.models import (
    Acceptance,
    AcceptanceTrace,
    Adhesion,
    Certificate,
    Decision,
    EvidenceFile,
    RepresentativeChange,
)
from licensing.selectors.adhesion import texts_due
from licensing.selectors.desk import change_rows
from licensing.services import adhesion as verbs
from licensing.services import representative_change as module
from licensing.services.decision_letter import LETTER_TOPIC
from licensing.services.ending import Ending, declare_end
from licensing.services.filing import LegalRepresentative
from licensing.services.licence import create_version, publish_version
from licensing.services.load_licences import load_licences
from licensing.services.reminders import remind_signatories
from licensing.services.representative import correct_entity, name_other_person
from licensing.services.signing_link import issue_link
from licensing.services.tokens import code_of
from tests.cast import admit, sign, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.api import key_of

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\nnomination\n%%EOF\n"
PROVED = Reason("proved", "L’arrêté la nomme.")
UNPROVED = Reason("unproved", "L’arrêté ne nomme personne.")


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def place():
    """An admitted institute, its référent, and two of the office."""
    load_licences()
    dora = ModeratorFactory(name="Dora Office")
    adhesion = admit(signed_adhesion(UserFactory(), "Institut", 61, "french_institutional"), dora)
    OutboxMessage.objects.all().delete()
    return SimpleNamespace(
        dora=dora,
        karim=ModeratorFactory(name="Karim Bureau"),
        adhesion=adhesion,
        home=adhesion.organisation,
        remi=adhesion.referent,
    )


def declare(place, *, name="Awa Ndiaye", email="awa@example.org", days=0, reason="departure", content=PDF, **changes):
    person = LegalRepresentative(name, email, "Présidente")
    said = module.Declared(person, reason, clock.today() + timedelta(days=days), "en")
    given = {"organisation": place.home, "actor": place.remi, "declared": said, **changes}
    return module.declare_change(upload=SimpleUploadedFile("arrete.pdf", content), **given)


def texts_of(change, language="en"):
    return [verbs.TextAccepted(one.pk, language, one.sha256_in(language)) for one in texts_due(change)]


def signed(change, **changes):
    """The new representative asks for the code and signs all of it."""
    link = change.signing_links.get(used_at=None, revoked_at=None)
    verbs.request_signing_code(link=link)
    link.refresh_from_db()
    given = {"code": code_of(link), "typed_name": "Awa Ndiaye", "acceptances": texts_of(change), **changes}
    return verbs.sign_adhesion(link=link, ip="192.0.2.9", user_agent="tests", **given)


def confirm(place, change, **changes):
    change.refresh_from_db()
    given = {"actor": place.karim, "reason": PROVED, "expected_version": change.version, **changes}
    return module.confirm_change(change=change, **given)


def refuse(place, change, **changes):
    change.refresh_from_db()
    given = {"actor": place.karim, "reason": UNPROVED, "expected_version": change.version, **changes}
    return module.refuse_change(change=change, **given)


def sent():
    """Drive what the outbox holds; returns the mails by address."""
    mail.outbox.clear()
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    return {(message.to[0], message.subject) for message in mail.outbox}


def representative(place):
    place.adhesion.refresh_from_db()
    return place.adhesion.legal_representative_name


def nothing_changed(place, before):
    assert representative(place) == "Hélène Martin"
    assert Acceptance.objects.count() == before
    assert Certificate.objects.get(adhesion=place.adhesion).version == 1


@pytest.mark.usefixtures("in_no_language")
def test_declared_signed_confirmed_in_effect(place, root):
    rights = set(place.adhesion.entitlements.values_list("pk", "state"))
    before = Acceptance.objects.count()
    change = declare(place)
    assert (change.state, change.former_name) == ("awaiting_signature", "Hélène Martin")
    assert change.evidence.adhesion == place.adhesion
    assert (root / change.evidence.storage_key).read_bytes() == PDF
    assert {to for to, _subject in sent()} == {"awa@example.org", place.remi.email}
    nothing_changed(place, before)
    signed(change)
    change.refresh_from_db()
    assert (change.state, change.typed_name, change.ip) == ("signed", "Awa Ndiaye", "192.0.2.9")
    assert len(change.signed) == len(texts_due(change)) > 1
    nothing_changed(place, before)
    assert [row.change for row in change_rows(place.karim, clock.now())] == [change]
    done = confirm(place, change)
    assert (done.state, done.ip, done.user_agent) == ("in_effect", None, "")
    assert representative(place) == "Awa Ndiaye"
    assert place.adhesion.legal_representative_email == "awa@example.org"
    assert set(place.adhesion.entitlements.values_list("pk", "state")) == rights
    mine = Acceptance.objects.filter(email="awa@example.org")
    assert mine.count() == len(change.signed)
    assert {row.authenticated_by for row in mine} == {module.CONFIRMED_BY_OFFICE}
    assert AcceptanceTrace.objects.filter(acceptance__in=mine, ip="192.0.2.9").count() == len(change.signed)
    assert Acceptance.objects.filter(typed_name="Hélène Martin").count() == before
    assert not change_rows(place.karim, clock.now())
    assert texts_due(place.adhesion) == []
    told = {to for to, _subject in sent()}
    assert told == {"awa@example.org", "direction61@example.org", place.remi.email}


def test_the_certificate_names_the_new_one_in_a_new_version(place):
    former = place.adhesion.certificate
    change = declare(place)
    signed(change)
    confirm(place, change)
    certificate = Adhesion.objects.get(pk=place.adhesion.pk).certificate
    facts = certificate_facts(certificate, at=clock.now())
    assert (certificate.number, certificate.version, certificate.sha256) == (former.number, 2, "")
    assert (facts.signatory, facts.version) == ("Awa Ndiaye", 2)
    sent()
    certificate.refresh_from_db()
    assert certificate.sha256


def test_confirmed_for_a_day_to_come_it_waits_and_the_former_one_loses_the_capacity_at_its_first_instant(place):
    change = declare(place, days=30)
    signed(change)
    done = confirm(place, change)
    assert done.state == "confirmed"
    assert representative(place) == "Hélène Martin"
    with transaction.atomic():
        link = issue_link(matter=place.adhesion, language="fr")
    verbs.request_signing_code(link=link)
    with clock.at(day_start(done.effective_on)):
        with pytest.raises(IllegalTransition) as caught:
            verbs.request_signing_code(link=link)
        assert caught.value.code in {"link_succeeded", "link_expired"}
        module.take_effect(RepresentativeChange.objects.get())
        module.take_effect(RepresentativeChange.objects.get())
    assert representative(place) == "Awa Ndiaye"
    assert Acceptance.objects.filter(email="awa@example.org").count() == len(done.signed)
    assert OutboxMessage.objects.filter(topic=module.TOPIC).count() == 1


def test_the_link_of_the_former_one_is_dead_once_the_day_has_come(place, settings):
    settings.DINAMIS = {**settings.DINAMIS, "SIGNING_LINK_DAYS": 90}
    change = declare(place, days=30)
    signed(change)
    confirm(place, change)
    with transaction.atomic():
        link = issue_link(matter=place.adhesion, language="fr")
    with clock.at(day_start(change.effective_on)), pytest.raises(IllegalTransition) as caught:
        verbs.request_signing_code(link=link)
    assert caught.value.code == "link_succeeded"


def test_what_was_addressed_to_the_former_one_goes_to_the_new_one(place):
    """A link for a new text is replaced; the open form of another class is sent to the new one, a draft names them."""
    waiting = verbs.open_adhesion(
        referent=place.remi,
        organisation=place.home,
        eligibility_class="private",
        legal_representative=LegalRepresentative("Hélène Martin", "direction61@example.org"),
        mission="Digues.",
        answers={
            "project_title": "Digues",
            "project_purpose": "public_order",
            "contract": "2026-AO-1",
            "partner": "Agence",
            "project_ends_on": "2099-12-31",
        },
    )
    verbs.send_for_signature(adhesion=waiting, actor=place.remi)
    with transaction.atomic():
        again = issue_link(matter=place.adhesion, language="fr")
    former = waiting.signing_links.get()
    change = declare(place)
    signed(change)
    confirm(place, change)
    for link in (again, former):
        link.refresh_from_db()
        assert link.revoked_at is not None
    link = waiting.signing_links.get(revoked_at=None)
    assert (link.email, link.language) == ("awa@example.org", "en")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.legal_representative_name) == ("awaiting_signature", "Awa Ndiaye")
    sign(waiting)


def test_a_text_published_between_signature_and_confirmation_is_asked_for_again(place):
    change = declare(place)
    signed(change)
    licence = place.adhesion.entitlements.first().licence
    version = create_version(licence=licence, text_fr="Neuf", text_en="New", actor=SYSTEM)
    publish_version(version=version, actor=SYSTEM)
    confirm(place, change)
    assert texts_due(Adhesion.objects.get(pk=place.adhesion.pk)) == [version]
    assert place.adhesion.signing_links.get(used_at=None, revoked_at=None).email == "awa@example.org"


@pytest.mark.parametrize("end", ["decline", "other_person", "withdraw", "lapse", "refuse"])
def test_nothing_is_lost_when_nothing_comes_of_it(place, end, settings):
    before = Acceptance.objects.count()
    change = declare(place)
    link = change.signing_links.get()
    if end == "decline":
        verbs.decline_signature(link=link, reason="Je ne suis pas nommée.")
    elif end == "other_person":
        name_other_person(link=link, name="Jean Dupont", email="jean@example.org")
    elif end == "withdraw":
        module.withdraw_change(change=change, actor=place.remi)
    elif end == "lapse":
        with clock.at(clock.now() + timedelta(days=settings.DINAMIS["SIGNING_LINK_DAYS"], hours=1)):
            remind_signatories()
    else:
        signed(change)
        refuse(place, change)
    change.refresh_from_db()
    states = {"decline": "declined", "other_person": "declined", "withdraw": "withdrawn", "lapse": "lapsed"}
    assert (change.state, change.ip) == (states.get(end, "refused"), None)
    nothing_changed(place, before)
    assert not change.signing_links.filter(used_at=None, revoked_at=None).exists()
    assert place.remi.email in {to for to, _subject in sent()}
    assert declare(place).state == "awaiting_signature"


def test_a_refusal_is_coded_and_says_how_to_contest_it(place):
    change = declare(place)
    signed(change)
    for reason in (Reason("", "Non."), Reason("unproved", " ")):
        with pytest.raises(Invalid):
            refuse(place, change, reason=reason)
    assert not Decision.objects.filter(verdict="keep_representative").exists()
    refused = refuse(place, change)
    assert (refused.decision.reason_code, refused.decision.recourse != {}) == ("unproved", True)
    assert OutboxMessage.objects.filter(topic=LETTER_TOPIC, payload__decision_id=refused.decision.pk).exists()


def test_what_is_declared_wrongly_is_refused_and_leaves_nothing(place, root):
    for pointer, changes in (
        ("name", {"name": " "}),
        ("email", {"email": "nobody"}),
        ("reason", {"reason": "whim"}),
        ("effective_on", {"days": 400}),
        ("name", {"name": "Martin Hélène", "email": "direction61@example.org"}),
        ("file", {"content": b"<html>"}),
    ):
        with pytest.raises(Invalid) as caught:
            declare(place, **changes)
        assert caught.value.pointer == pointer
    assert not RepresentativeChange.objects.exists()
    assert not EvidenceFile.objects.exists()
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_one_change_at_a_time(place):
    declare(place)
    with pytest.raises(Invalid) as caught:
        declare(place, name="Jean Dupont", email="jean@example.org")
    assert caught.value.code == "one_open"
    assert RepresentativeChange.objects.count() == 1
    assert EvidenceFile.objects.count() == 1


def test_who_declares_and_who_decides(place):
    mine = ModeratorFactory()
    active_membership(mine, place.home)
    for person in (UserFactory(), place.dora, mine):
        with pytest.raises(NotPermitted):
            declare(place, actor=person)
    assert not RepresentativeChange.objects.exists()
    change = declare(place)
    for person in (UserFactory(), place.dora):
        with pytest.raises(NotPermitted):
            module.withdraw_change(change=change, actor=person)
        with pytest.raises(NotPermitted):
            module.reissue_change_link(change=change, actor=person)
    signed(change)
    for person in (UserFactory(), place.remi, mine):
        with pytest.raises(NotPermitted):
            confirm(place, change, actor=person)
        with pytest.raises(NotPermitted):
            refuse(place, change, actor=person)
    change.refresh_from_db()
    assert change.state == "signed"
    assert not Decision.objects.filter(verdict__endswith="representative").exists()


def left(place):
    """The référent is gone, and whoever hears of it has heard."""
    end_membership(membership=place.remi.memberships.get(organisation=place.home), actor=place.dora, words="décès")
    sent()


def test_nobody_but_the_office_declares_for_an_organisation_without_a_referent(place):
    left(place)
    mine = ModeratorFactory()
    active_membership(mine, place.home)
    for person in (UserFactory(), place.remi, mine):
        with pytest.raises(NotPermitted):
            declare(place, actor=person)
    assert not RepresentativeChange.objects.exists()
    assert sent() == set()


def test_a_key_declares_nothing_and_its_document_is_not_looked_at(place):
    key, _ = key_of(place.remi)
    with keys.window():
        keys.act_as(key)
        with pytest.raises(KeyForbidden):
            declare(place, content=b"<html>")
    assert not RepresentativeChange.objects.exists()


def test_a_referent_who_left_hears_no_more_of_what_they_declared(place):
    change = declare(place)
    rosa = UserFactory()
    active_membership(rosa, place.home, role="referent")
    left(place)
    module.withdraw_change(change=change, actor=rosa)
    assert {to for to, _subject in sent()} == {rosa.email, "awa@example.org"}


def test_the_office_declares_where_nobody_else_can_and_another_confirms(place):
    left(place)
    change = declare(place, actor=place.dora)
    signed(change)
    with pytest.raises(NotPermitted):
        confirm(place, change, actor=place.dora)
    assert confirm(place, change).state == "in_effect"


def test_the_database_refuses_a_decider_who_declared_it_or_has_a_part(place):
    left(place)
    change = declare(place, actor=place.dora)
    signed(change)
    by_dora = Decision.objects.create(
        adhesion=place.adhesion, verdict="new_representative", words="oui", decided_by=place.dora, version_seen=1
    )
    rows = RepresentativeChange.objects.filter(pk=change.pk)
    with pytest.raises(IntegrityError, match="not decided by somebody else"), transaction.atomic():
        rows.update(state="confirmed", decision=by_dora)
    with pytest.raises(IntegrityError, match="licensing_representative_decided"), transaction.atomic():
        rows.update(state="confirmed")
    of_another_kind = place.adhesion.decisions.get(verdict="approve")
    with pytest.raises(IntegrityError, match="not decided by somebody else"), transaction.atomic():
        rows.update(state="confirmed", decision=of_another_kind)
    mine = ModeratorFactory()
    active_membership(mine, place.home)
    with pytest.raises(IntegrityError, match="belongs to the organisation"), transaction.atomic():
        Decision.objects.create(
            adhesion=place.adhesion, verdict="new_representative", words="oui", decided_by=mine, version_seen=1
        )
    for frozen in ({"legal_representative_email": "x@example.org"}, {"typed_name": "X"}, {"signed": []}):
        with pytest.raises(IntegrityError, match="cannot change any more"), transaction.atomic():
            rows.update(**frozen)
    change.refresh_from_db()
    assert change.state == "signed"


def test_a_decision_on_an_older_page_names_who_acted(place):
    change = declare(place)
    signed(change)
    change.refresh_from_db()
    read = change.version
    confirm(place, change)
    with pytest.raises(StaleVersion) as caught:
        module.refuse_change(change=change, actor=place.dora, reason=UNPROVED, expected_version=read)
    assert "acted_by" in caught.value.extra
    assert representative(place) == "Awa Ndiaye"
    assert Decision.objects.filter(verdict__endswith="representative").count() == 1


def test_an_organisation_that_ends_takes_its_changes_with_it(place):
    change = declare(place, days=20)
    signed(change)
    confirm(place, change)
    declare_end(organisation=place.home, actor=place.dora, ending=Ending("ended", clock.today(), "Décret."))
    change.refresh_from_db()
    assert (change.state, change.ip) == ("withdrawn", None)
    with clock.at(day_start(change.effective_on)):
        module.take_effect(change)
    assert representative(place) == "Hélène Martin"
    with pytest.raises((Invalid, IllegalTransition, NotPermitted)):
        declare(place)


def test_a_suspended_adhesion_gets_its_representative_too(place):
    change = declare(place)
    signed(change)
    place.adhesion.refresh_from_db()
    verbs.suspend_adhesion(
        adhesion=place.adhesion,
        actor=place.dora,
        reason=Reason("inquiry", "essai"),
        expected_version=place.adhesion.version,
    )
    confirm(place, change)
    assert (representative(place), place.adhesion.state) == ("Awa Ndiaye", "suspended")


def test_the_new_one_corrects_their_function_and_nothing_of_the_organisation(place):
    change = declare(place)
    link = change.signing_links.get()
    with pytest.raises(NotPermitted):
        correct_entity(link=link, values={"name": "Autre"})
    correct_entity(link=link, values={"legal_representative_title": "Directrice par intérim"})
    change.refresh_from_db()
    assert change.legal_representative_title == "Directrice par intérim"
    place.home.refresh_from_db()
    assert place.home.name == "Institut"


def test_the_charter_is_due_and_an_unticked_licence_stays_as_it_was_accepted(place):
    change = declare(place)
    charter, *others = texts_of(change)
    with pytest.raises(Invalid) as caught:
        signed(change, acceptances=others)
    assert caught.value.code == "charter_missing"
    signed(change, acceptances=[charter])
    confirm(place, change)
    assert Acceptance.objects.filter(email="awa@example.org").count() == 1
    assert texts_due(Adhesion.objects.get(pk=place.adhesion.pk)) == []


def test_the_link_is_sent_again_and_recalled_before_it_expires(place, settings):
    change = declare(place)
    first = change.signing_links.get()
    module.reissue_change_link(change=change, actor=place.remi)
    first.refresh_from_db()
    assert first.revoked_at is not None
    sent()
    days = settings.DINAMIS["SIGNING_LINK_DAYS"] - settings.DINAMIS["SIGNING_REMINDER_DAYS"]
    with clock.at(clock.now() + timedelta(days=days, hours=1)):
        remind_signatories()
        remind_signatories()
        assert [to for to, _subject in sent()] == ["awa@example.org"]
    signed(change)
    with pytest.raises(IllegalTransition):
        module.reissue_change_link(change=change, actor=place.remi)


def test_every_step_is_an_event_without_a_name_and_the_evidence_holds(place):
    change = declare(place)
    signed(change)
    confirm(place, change)
    events = Event.objects.filter(table_name="licensing_representativechange", object_id=change.pk)
    assert events.count() >= 4
    assert "Ndiaye" not in str(list(events.values()))
    assert "192.0.2.9" not in str(list(events.values()))
    link_events()
    assert [found for found in verify_evidence().findings if found.table.startswith("licensing_")] == []
