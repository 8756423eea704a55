# SPDX-License-Identifier: AGPL-3.0-or-later
"""I5 by raw SQL: the role of the site writes no decision of somebody who belongs to the organisation."""

import os

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg.types.json import Jsonb

from dinamis.core.actors import Reason
from licensing.models import (
    AdhesionSuspension,
    Block,
    Decision,
    Entitlement,
    EvidenceFile,
    Licence,
    Opinion,
    Remark,
    Revocation,
    Suspension,
)
from licensing.services import adhesion as verbs
from licensing.services.entitlement import suspend_entitlement
from licensing.services.load_licences import load_licences
from tests.cast import admit, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def web():
    """A connection of the role the site uses, which owns nothing."""
    address = os.environ.get("DATABASE_WEB_URL")
    if not address:
        pytest.skip("DATABASE_WEB_URL is not set")
    call_command("grant_web_role", verbosity=0)
    with psycopg.connect(address, dbname=connection.settings_dict["NAME"], autocommit=True) as opened:
        yield opened


@pytest.fixture
def adhesion():
    load_licences()
    return admit(signed_adhesion(UserFactory(), "Institut des rivages", 64, "french_institutional"), ModeratorFactory())


@pytest.fixture(params=["member", "asked to join", "filed it"])
def partial(request, adhesion):
    """Somebody who may not judge this organisation, moderator or not."""
    if request.param == "filed it":
        return adhesion.referent
    person = ModeratorFactory()
    membership = active_membership(person, adhesion.organisation)
    if request.param == "asked to join":
        other = ModeratorFactory()
        from dinamis.accounts.services.membership import request_membership

        membership = request_membership(user=other, organisation=adhesion.organisation, motivation="Essai.")
    return membership.user


def refused(web, sql, *values):
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        web.execute(sql, values)
    assert "belongs to the organisation" in str(caught.value)


DECIDE = (
    "INSERT INTO licensing_decision (adhesion_id, verdict, reason_code, words, decided_by_id, decided_at,"
    " version_seen, recourse) VALUES (%s, %s, 'other', 'mots', %s, now(), 1, %s)"
)
CAUSE = (
    "INSERT INTO licensing_adhesionsuspension (adhesion_id, cause, words, began_at, began_by_id, lifted_words)"
    " VALUES (%s, 'other', 'mots', now(), %s, '')"
)


def test_no_decision_on_ones_own_organisation(web, adhesion, partial):
    before = Decision.objects.count()
    for verdict in Decision.Verdict.values:
        refused(web, DECIDE, adhesion.pk, verdict, partial.pk, Jsonb({"fr": "recours"}))
    assert Decision.objects.count() == before
    web.execute(DECIDE, [adhesion.pk, "suspend", ModeratorFactory().pk, Jsonb({"fr": "recours"})])
    assert Decision.objects.count() == before + 1


def test_no_suspension_begun_or_lifted_on_ones_own_organisation(web, adhesion, partial):
    refused(web, CAUSE, adhesion.pk, partial.pk)
    verbs.suspend_adhesion(
        adhesion=adhesion, actor=ModeratorFactory(), reason=Reason("inquiry", "x"), expected_version=adhesion.version
    )
    lift = "UPDATE licensing_adhesionsuspension SET lifted_at = now(), lifted_by_id = %s, lifted_words = 'x'"
    refused(web, lift, partial.pk)
    assert AdhesionSuspension.objects.get().lifted_at is None
    right = Entitlement.objects.first()
    suspend_entitlement(entitlement=right, cause="inquiry", words="x", actor=ModeratorFactory())
    refused(web, "UPDATE licensing_suspension SET lifted_at = now(), lifted_by_id = %s", partial.pk)
    assert Suspension.objects.get().lifted_at is None


def test_no_notice_to_ones_own_organisation(web, adhesion, partial):
    refused(
        web,
        "INSERT INTO licensing_revocation (adhesion_id, state, version, reason_code, words, noticed_by_id, noticed_at,"
        " due_at, answer) VALUES (%s, 'noticed', 0, 'breach', 'mots', %s, now(), now(), '')",
        adhesion.pk,
        partial.pk,
    )
    assert not Revocation.objects.exists()


def test_no_claim_of_ones_own_organisation(web, adhesion, partial):
    refused(
        web,
        "UPDATE licensing_adhesion SET claimed_by_id = %s, claimed_until = now() WHERE id = %s",
        partial.pk,
        adhesion.pk,
    )


def test_what_was_decided_stays_when_the_moderator_joins_later(web, adhesion):
    moderator = ModeratorFactory()
    verbs.suspend_adhesion(
        adhesion=adhesion, actor=moderator, reason=Reason("inquiry", "x"), expected_version=adhesion.version
    )
    active_membership(moderator, adhesion.organisation)
    other = ModeratorFactory()
    web.execute(
        "UPDATE licensing_adhesionsuspension SET lifted_at = now(), lifted_by_id = %s, lifted_words = 'x'", [other.pk]
    )
    assert AdhesionSuspension.objects.get().lifted_by == other


BLOCK = (
    "INSERT INTO licensing_block (person_id, organisation_id, document_sha256, words, period, created_by_id,"
    " created_at, lifted_words) VALUES (%s, %s, %s, 'mots', tstzrange(now(), NULL), %s, now(), '') RETURNING id"
)


def test_no_block_and_no_lift_on_ones_own_organisation(web, adhesion, partial):
    """Nor on a member of it, nor on one of its documents, nor on oneself."""
    sha256 = "ab" * 32
    EvidenceFile.objects.create(
        adhesion=adhesion,
        title="Statuts",
        file_name="statuts.pdf",
        storage_key="x",
        media_type="application/pdf",
        size=1,
        sha256=sha256,
        uploaded_by=adhesion.referent,
    )
    subjects = [(None, adhesion.organisation_id, ""), (None, None, sha256), (partial.pk, None, "")]
    colleague = active_membership(UserFactory(), adhesion.organisation).user
    if partial.memberships.exclude(state="ended").exists():
        subjects.append((colleague.pk, None, ""))
    lift = "UPDATE licensing_block SET lifted_at = now(), lifted_by_id = %s, lifted_words = 'x' WHERE id = %s"
    for subject in subjects:
        refused_block(web, BLOCK, *subject, partial.pk)
        (pk,) = web.execute(BLOCK, [*subject, ModeratorFactory().pk]).fetchone()
        refused_block(web, lift, partial.pk, pk)
        assert Block.objects.get(pk=pk).lifted_at is None
    assert Block.objects.count() == len(subjects)


def refused_block(web, sql, *values):
    with pytest.raises(psycopg.errors.CheckViolation, match="has a part in what is blocked"):
        web.execute(sql, values)


def test_what_a_block_says_is_frozen(web, adhesion):
    (pk,) = web.execute(BLOCK, [None, adhesion.organisation_id, "", ModeratorFactory().pk]).fetchone()
    for change in ("words = 'autre'", "period = tstzrange(now(), now())", "created_by_id = created_by_id + 1"):
        with pytest.raises(psycopg.errors.CheckViolation, match="cannot change any more"):
            web.execute(f"UPDATE licensing_block SET {change} WHERE id = {pk}")
    with pytest.raises(psycopg.errors.CheckViolation, match="licensing_block_lifted"):
        web.execute(f"UPDATE licensing_block SET lifted_at = now() WHERE id = {pk}")


def test_no_remark_on_ones_own_organisation(web, adhesion, partial):
    write = (
        "INSERT INTO licensing_remark (adhesion_id, author_id, words, written_at, key)"
        " VALUES (%s, %s, 'mots', now(), gen_random_uuid())"
    )
    refused(web, write, adhesion.pk, partial.pk)
    assert not Remark.objects.exists()
    web.execute(write, [adhesion.pk, ModeratorFactory().pk])
    assert Remark.objects.count() == 1


def test_no_opinion_asked_or_given_on_ones_own_organisation(web, adhesion, partial):
    ask = (
        "INSERT INTO licensing_opinion (version, adhesion_id, licence_id, body, required, question, state, asked_by_id,"
        " asked_at, due_at, verdict, words) VALUES (0, %s, %s, 'cnes', true, '', 'asked', %s, now(), now(), '', '')"
    )
    licence = Licence.objects.filter(kind="product").first()
    refused(web, ask, adhesion.pk, licence.pk, partial.pk)
    web.execute(ask, [adhesion.pk, licence.pk, ModeratorFactory().pk])
    give = "UPDATE licensing_opinion SET given_by_id = %s, given_at = now(), verdict = 'favourable', words = 'mots'"
    refused(web, give, partial.pk)
    assert Opinion.objects.get().given_by is None
