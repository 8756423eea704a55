# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a right rests on is frozen at its decision, by numbers and fingerprints, and never names anybody."""

import hashlib
import json
import os

import psycopg
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from dinamis.core.evidence.verification import verify_evidence
from dinamis.core.exceptions import Invalid
from licensing.models import Acceptance, Entitlement, EvidenceFile, Project
from licensing.selectors.basis import fingerprint, grounds_of, licence_names, titles_of
from licensing.selectors.evidence import grounds as unfounded
from licensing.services.load_licences import load_licences
from tests.cast import admit, foreign_adhesion, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory

pytestmark = pytest.mark.django_db

WORDS = "Attestation de Hélène Martin"


def document(adhesion, **fields):
    return EvidenceFile.objects.create(
        adhesion=adhesion,
        title=WORDS,
        file_name="attestation.pdf",
        storage_key=f"private/evidence/{adhesion.pk}.pdf",
        media_type="application/pdf",
        size=12,
        sha256="ab" * 32,
        scan="clean",
        uploaded_by=adhesion.referent,
        **fields,
    )


@pytest.fixture
def abroad():
    """A foreign institute on the desk, with one document."""
    load_licences()
    adhesion = foreign_adhesion(UserFactory(name="Rémi Référent"))
    document(adhesion)
    return adhesion


@pytest.fixture
def right(abroad):
    return admit(abroad, ModeratorFactory(name="Dora Office")).entitlements.get(licence__code="pleiades-uia")


def test_everything_the_decision_rested_on_is_kept(abroad, right):
    basis, decision = right.basis, right.decision
    assert basis["adhesion"] == {"id": abroad.pk, "class": "foreign_scientific", "renews": None}
    submission = abroad.submissions.get()
    assert basis["form"]["revision"] == abroad.form_revision.number == 1
    assert basis["form"]["submission"] == submission.number == 1
    assert basis["documents"] == [{"id": abroad.evidence.get().pk, "sha256": "ab" * 32, "scan": "clean"}]
    assert basis["decision"] == {
        "id": decision.pk,
        "number": f"{abroad.pk}-{decision.pk}",
        "verdict": "approve",
        "reason": "complete",
        "at": decision.decided_at.isoformat(),
    }
    (opinion,) = basis["opinions"]
    assert (opinion["body"], opinion["required"], opinion["verdict"]) == ("cnes", True, "yes")
    assert basis["project"]["sponsor"] == "CNRS"
    assert basis["project"]["purpose"] == "scientific_cooperation"


def test_the_fingerprints_are_those_of_the_rows(abroad, right):
    submission = abroad.submissions.get()
    text = json.dumps(submission.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert right.basis["form"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert right.basis["form"]["answers_sha256"] == fingerprint(abroad.answers)
    signed = Acceptance.objects.filter(organisation=abroad.organisation)
    rows = {row["id"]: row for row in right.basis["acceptances"]}
    assert {row["licence"] for row in rows.values()} == {"charter", "pleiades-uia"}
    for acceptance in signed.filter(pk__in=rows):
        kept = rows[acceptance.pk]
        version = acceptance.licence_version
        assert kept["sha256"] == version.sha256_in(acceptance.language) == acceptance.sha256
        assert (kept["version"], kept["language"]) == (version.number, acceptance.language)
        assert (kept["by"], kept["at"]) == ("legal_representative", acceptance.accepted_at.isoformat())


def test_no_name_address_or_title_is_frozen(right):
    kept = json.dumps(right.basis, ensure_ascii=False)
    for personal in ("Rémi", "Dora", "Awa", "awa@", WORDS, "attestation.pdf", "Mangroves", "Coopération établie"):
        assert personal not in kept


def test_a_contract_and_who_awards_it(db):
    load_licences()
    answers = {
        "project_title": "Digues",
        "project_purpose": "public_order",
        "project_ends_on": "2099-12-31",
        "contract": "2026-AO-1",
        "partner": "Agence des digues",
    }
    adhesion = admit(signed_adhesion(UserFactory(), "Géomètres", 31, "private", **answers), ModeratorFactory())
    for right in adhesion.entitlements.all():
        assert right.basis["project"]["contract"] == "2026-AO-1"
        assert right.basis["project"]["awarding_body"] == "Agence des digues"
    project = Project.objects.get()
    assert (project.contract, project.awarding_body, project.sponsor) == ("2026-AO-1", "Agence des digues", "")


def test_a_project_of_another_partner_is_not_taken_up(abroad):
    Project.objects.create(
        organisation=abroad.organisation,
        owner=abroad.referent,
        title="Mangroves",
        purpose="scientific_cooperation",
        sponsor="Ailleurs",
    )
    with pytest.raises(Invalid) as caught:
        admit(abroad, ModeratorFactory())
    assert (caught.value.pointer, caught.value.code) == ("project_title", "project_differs")
    abroad.refresh_from_db()
    assert abroad.state == "in_review"
    assert not Entitlement.objects.exists()


def test_a_french_institution_rests_on_no_project_and_no_opinion(db):
    load_licences()
    adhesion = admit(signed_adhesion(UserFactory(), "Institut", 32, "french_institutional"), ModeratorFactory())
    right = adhesion.entitlements.get(licence__code="pleiades-uia")
    assert right.basis["project"] is None
    assert right.basis["opinions"] == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_in_words_in_both_languages(right, language):
    with translation.override(language):
        found = grounds_of(right, licences=licence_names())
        titled = grounds_of(right, licences=licence_names(), titles=titles_of(right))
    kinds = [ground.kind for ground in found]
    wanted = {
        "fr": ["Adhésion", "Document", "Signature", "Signature", "Avis", "Projet", "Décision"],
        "en": ["Adhesion", "Document", "Signature", "Signature", "Opinion", "Project", "Decision"],
    }
    assert kinds == wanted[language]
    assert WORDS not in found[1].words
    assert WORDS in titled[1].words
    partner = {"fr": "partenaire français CNRS", "en": "French partner CNRS"}
    assert partner[language] in found[5].words


def test_a_document_that_retention_deleted_leaves_its_number(right):
    EvidenceFile.objects.all().delete()
    found = grounds_of(right, licences=licence_names(), titles=titles_of(right))
    assert str(right.basis["documents"][0]["id"]) in found[1].words
    assert list(unfounded()) == []


def test_a_right_older_than_the_record_says_nothing(right):
    right.basis = {}
    assert grounds_of(right, licences={}) == []


def test_the_database_refuses_a_right_without_its_grounds(right):
    row = {field.name: getattr(right, field.name) for field in Entitlement._meta.concrete_fields if field.name != "id"}
    before = Entitlement.objects.count()
    # An id that neither a decision nor an adhesion has, whatever ran before.
    other = {"id": 10**9}
    for basis in ({}, right.basis | {"decision": other}, right.basis | {"adhesion": other}, right.basis | {"form": {}}):
        with pytest.raises(IntegrityError, match="does not name"), transaction.atomic():
            Entitlement.objects.create(**row | {"basis": basis})
    with pytest.raises(IntegrityError, match="cannot change any more"), transaction.atomic():
        Entitlement.objects.filter(pk=right.pk).update(basis={**right.basis, "documents": []})
    assert Entitlement.objects.count() == before


def test_what_was_sent_in_later_is_not_what_the_right_rests_on(right):
    """A second document of the same number of bytes changes nothing; a right names its own."""
    document(right.adhesion)
    right.refresh_from_db()
    assert len(right.basis["documents"]) == 1


@pytest.fixture
def owner():
    address = os.environ.get("DATABASE_OWNER_URL")
    if not address:
        pytest.skip("DATABASE_OWNER_URL is not set")
    call_command("grant_web_role", verbosity=0)
    with psycopg.connect(address, dbname=connection.settings_dict["NAME"], autocommit=True) as opened:
        yield opened


@pytest.mark.django_db(transaction=True)
def test_verification_finds_grounds_that_were_changed(owner, right):
    assert [str(one) for one in verify_evidence().findings] == []
    acceptance = right.basis["acceptances"][1]["id"]
    for table, change in (
        ("licensing_evidencefile", "UPDATE licensing_evidencefile SET sha256 = repeat('c', 64)"),
        ("licensing_acceptance", f"UPDATE licensing_acceptance SET sha256 = repeat('d', 64) WHERE id = {acceptance}"),
        ("licensing_submission", 'UPDATE licensing_submission SET content = content || \'{"city": "Ailleurs"}\''),
    ):
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(change)
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    said = {finding.what for finding in unfounded() if finding.object_id == right.pk}
    document_id = right.basis["documents"][0]["id"]
    assert said == {
        f"document {document_id} is not the one it rests on",
        f"acceptance {acceptance} is not the one it rests on",
        f"submission {right.adhesion.submissions.get().pk} is not the one it rests on",
    }
