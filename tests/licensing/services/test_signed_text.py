# SPDX-License-Identifier: AGPL-3.0-or-later
"""The copy of a signed text: a tagged PDF that carries the exact bytes that were signed."""

import hashlib
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from dinamis.accounts.enums import MemberRole
from dinamis.core.triggers import ERASED
from licensing.models import Acceptance
from licensing.services.licence import withdraw_signature
from licensing.services.retention import minimise_signature
from licensing.services.signed_text import signed_text_pdf
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return allowed_world()


@pytest.fixture
def own(world):
    return Acceptance.objects.get(person=world.person)


def opened(acceptance):
    return PdfReader(BytesIO(signed_text_pdf(acceptance)))


def words(pdf):
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def test_the_attached_bytes_hash_to_what_was_signed(world, own):
    for acceptance in (own, Acceptance.objects.get(organisation=world.adhesion.organisation)):
        ((name, contents),) = opened(acceptance).attachments.items()
        assert name.endswith(f"-v1.{acceptance.language}.md")
        (content,) = contents
        assert hashlib.sha256(content).hexdigest() == acceptance.sha256
        assert content.decode() == world.version.text_in(acceptance.language)


def test_it_says_who_what_when_and_how_to_verify(world, own):
    said = words(opened(own))
    assert own.typed_name in said
    assert own.sha256 in said.replace(" ", "")
    assert "Comment vérifier" in said
    assert reverse("licensing:text", args=[world.version.pk]) in said.replace(" ", "")


def test_it_is_tagged_titled_and_in_the_language_of_the_signature(own):
    pdf = opened(own)
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == own.language == "fr"
    assert own.licence_version.licence.name_fr in pdf.metadata.title


def test_a_signature_taken_back_says_so(world, own):
    withdraw_signature(acceptance=own, person=world.person)
    assert "Reprise le" in words(opened(Acceptance.objects.get(pk=own.pk)))


def test_an_erased_name_is_not_printed(own):
    name = own.typed_name
    minimise_signature(own)
    said = words(opened(own))
    assert name not in said
    assert ERASED in said


def test_who_may_have_it(client, world, own):
    lead, stranger, colleague = UserFactory(), UserFactory(), UserFactory()
    active_membership(lead, world.adhesion.organisation, MemberRole.REFERENT)
    active_membership(colleague, world.adhesion.organisation)
    representative = Acceptance.objects.get(organisation=world.adhesion.organisation)
    answers = {}
    for name, person in (
        ("signatory", world.person),
        ("referent", lead),
        ("office", ModeratorFactory()),
        ("colleague", colleague),
        ("stranger", stranger),
    ):
        client.force_login(person)
        rows = (own, representative)
        answers[name] = [client.get(reverse("licensing:signature_pdf", args=[row.pk])).status_code for row in rows]
    assert answers == {
        "signatory": [200, 404],
        "referent": [404, 200],
        "office": [200, 200],
        "colleague": [404, 404],
        "stranger": [404, 404],
    }
    client.force_login(world.person)
    answer = client.get(reverse("licensing:signature_pdf", args=[own.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    assert (
        reverse("licensing:signature_pdf", args=[own.pk])
        in client.get(reverse("licensing:signatures")).content.decode()
    )
