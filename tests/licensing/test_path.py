# SPDX-License-Identifier: AGPL-3.0-or-later
"""The path of an adhesion through the pages: form, one-time link, code, review, certificate, rights."""

import re
import zlib

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dinamis.accounts.models import Membership
from dinamis.core import outbox
from licensing.enums import DenyCode
from licensing.models import Acceptance, Adhesion, Certificate, Entitlement, EvidenceFile, SigningLink
from licensing.selectors.adhesion import texts_to_sign
from licensing.selectors.desk import desk_rows
from licensing.services.load_licences import load_licences
from tests.factories.accounts import ModeratorFactory, UserFactory, siret

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n%stub\n%%EOF\n"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path


def drive_outbox():
    """What the workers do."""
    for message_id in outbox.due_ids():
        assert outbox.drive(message_id)


def plain(pdf: bytes) -> bytes:
    """The bytes of a PDF with its compressed streams opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    opened = []
    for stream in streams:
        try:
            opened.append(zlib.decompress(stream))
        except zlib.error:
            opened.append(stream)
    return pdf + b"".join(opened)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def open_and_send(referent) -> Adhesion:
    client = signed_in(referent)
    answer = client.post(
        reverse("licensing:adhesion_new"),
        {
            "eligibility_class": "french_institutional",
            "name": "Institut des rivages",
            "country": "FR",
            "siret": siret(42),
            "city": "Sète",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    adhesion = Adhesion.objects.get()
    assert answer.url == reverse("licensing:adhesion_edit", args=[adhesion.pk])
    assert client.get(answer.url).status_code == 200
    answer = client.post(
        answer.url,
        {
            "name": "Institut des rivages",
            "country": "FR",
            "siret": siret(42),
            "city": "Sète",
            "sector": "recherche",
            "mission": "Suivi du trait de côte.",
            "legal_representative_name": "Hélène Martin",
            "legal_representative_title": "Directrice",
            "legal_representative_email": "direction@example.org",
            "preview": "1",
        },
    )
    assert answer.url == reverse("licensing:adhesion_preview", args=[adhesion.pk])
    upload = SimpleUploadedFile("../../statuts.exe", PDF, content_type="application/x-msdownload")
    assert (
        client.post(
            reverse("licensing:evidence_add", args=[adhesion.pk]), {"title": "Statuts", "file": upload}
        ).status_code
        == 302
    )
    assert "Envoyer" in client.get(answer.url).content.decode() or client.get(answer.url).status_code == 200
    assert client.post(reverse("licensing:adhesion_send", args=[adhesion.pk]), {"language": "fr"}).status_code == 302
    adhesion.refresh_from_db()
    assert adhesion.state == "awaiting_signature"
    return adhesion


def link_in_mail() -> str:
    drive_outbox()
    body = mail.outbox[-1].body
    return re.search(r"/signature/[\w-]+/", body)[0]


def test_the_whole_path_through_the_pages(tmp_path):
    load_licences()
    remi, dora = UserFactory(name="Rémi Référent"), ModeratorFactory(name="Dora")
    adhesion = open_and_send(remi)
    url = link_in_mail()
    browser = Client()
    page = browser.get(url)
    assert page.status_code == 200
    html = page.content.decode()
    versions = texts_to_sign(adhesion.eligibility_class)
    assert [version.licence.code for version in versions] == [
        "charter",
        "pleiades-uia",
        "pleiades-neo-uia",
        "spot-6-7-uia",
    ]
    assert "checked" not in html
    for version in versions:
        assert version.sha256_fr in html
    form = {"language": "fr", "typed_name": "helene MARTIN"}
    for version in versions:
        form |= {f"text-{version.pk}": "on", f"sha256-{version.pk}": version.sha256_fr}
    answer = browser.post(url, form)
    assert answer.status_code == 302, answer.content.decode()
    drive_outbox()
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    assert browser.get(answer.url).status_code == 200
    answer = browser.post(answer.url, {"code": code}, HTTP_X_FORWARDED_FOR="192.0.2.9", HTTP_USER_AGENT="Firefox")
    assert answer.status_code == 302, answer.content.decode()
    assert browser.get(answer.url).status_code == 200
    adhesion.refresh_from_db()
    assert adhesion.state == "submitted"
    assert Acceptance.objects.count() == 4
    acceptance = Acceptance.objects.first()
    assert (acceptance.typed_name, acceptance.language, acceptance.capacity) == (
        "helene MARTIN",
        "fr",
        "legal_representative",
    )
    assert acceptance.trace.ip == "192.0.2.9"
    # Opened again, the link changes nothing and says so.
    again = browser.get(url)
    assert again.status_code == 410
    assert Acceptance.objects.count() == 4

    (row,) = desk_rows(dora, adhesion.submitted_at)
    assert (row.who, row.age_days, row.late, row.holder, row.blocking) == ("Institut des rivages", 0, False, "", "")
    office = signed_in(dora)
    assert office.get(row.url).status_code == 200
    evidence = EvidenceFile.objects.get()
    handed = office.get(reverse("licensing:evidence_file", args=[evidence.pk]))
    assert handed["X-Accel-Redirect"] == f"/_files/{evidence.storage_key}"
    assert handed["Content-Disposition"] == 'attachment; filename="statuts.pdf"'
    assert (tmp_path / evidence.storage_key).read_bytes() == PDF
    office.post(reverse("licensing:review_claim", args=[adhesion.pk]))
    adhesion.refresh_from_db()
    assert office.get(row.url).status_code == 200
    answer = office.post(
        reverse("licensing:review_approve", args=[adhesion.pk]),
        {"code": "complete", "words": "Dossier complet.", "version": adhesion.version},
    )
    assert answer.status_code == 302, answer.content.decode()
    adhesion.refresh_from_db()
    assert adhesion.state == "approved"
    assert Entitlement.objects.count() == 5  # the three signed, and the two that ask nobody
    assert Membership.objects.get(user=remi).state == "active"
    drive_outbox()
    certificate = Certificate.objects.get()
    pdf = (tmp_path / certificate.storage_key).read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b'pdfuaid:part="1"' in plain(pdf)
    assert b"/StructTreeRoot" in plain(pdf)
    assert any(certificate.secret in message.body for message in mail.outbox)
    public = Client().get(reverse("licensing:certificate", args=[certificate.number])).content.decode()
    assert "Institut des rivages" in public
    assert "Hélène Martin" not in public
    pdf_url = reverse("licensing:certificate_pdf", args=[certificate.number])
    assert Client().get(pdf_url).status_code == 404
    assert Client().get(pdf_url, {"key": certificate.secret})["X-Accel-Redirect"].endswith(".pdf")
    assert office.get(row.url).status_code == 200


def test_a_researcher_joins_is_activated_and_signs():
    from tests.cast import gather

    cast = gather()
    newcomer = UserFactory(name="Nora Nouvelle")
    client = signed_in(newcomer)
    assert client.get(reverse("accounts:organisation")).url == reverse("accounts:join")
    assert "Institut des rivages" in client.get(reverse("accounts:join"), {"q": "rivages"}).content.decode()
    answer = client.post(
        reverse("accounts:join") + "?q=rivages", {"organisation": cast.institute.pk, "motivation": "Thèse."}
    )
    assert answer.status_code == 302, answer.content.decode()
    membership = Membership.objects.get(user=newcomer)
    assert client.get(reverse("accounts:organisation")).status_code == 200
    referent = signed_in(cast.remi)
    assert "Nora Nouvelle" in referent.get(reverse("accounts:organisation")).content.decode()
    assert referent.post(reverse("accounts:member_activate", args=[membership.pk])).status_code == 302
    membership.refresh_from_db()
    assert membership.state == "active"
    rights = client.get(reverse("licensing:rights"))
    assert rights.status_code == 200
    licence = cast.licences["pleiades-uia"]
    version = licence.versions.get()
    url = reverse("licensing:sign", args=[licence.pk])
    html = rights.content.decode()
    assert url in html
    assert html.count(str(DenyCode.PERSON_ACCEPTANCE_MISSING.label)) == 6, "two licences, three actions"
    answer = client.get(url)
    page, mark = answer.content.decode(), answer.context["form"]["mark"].value()
    assert version.sha256_fr in page
    assert "checked" not in page
    unticked = client.post(url, {"language": "fr", "typed_name": "Nora Nouvelle", "mark": mark})
    assert unticked.status_code == 422
    assert not Acceptance.objects.filter(person=newcomer).exists()
    signed = client.post(
        url,
        {"language": "fr", "typed_name": "Nora Nouvelle", "accept": "on", "mark": mark},
    )
    assert signed.status_code == 302, signed.content.decode()
    assert Acceptance.objects.get(person=newcomer).sha256 == version.sha256_fr
    assert client.get(reverse("licensing:rights")).status_code == 200
    assert client.get(reverse("licensing:signatures")).status_code == 200
    assert client.get(reverse("licensing:text", args=[version.pk])).status_code == 200
    assert (
        client.get(reverse("licensing:text", args=[version.pk]), {"raw": 1, "language": "en"}).content.decode()
        == version.text_en
    )
    answer = client.post(
        reverse("licensing:project_new"),
        {"organisation": cast.institute.pk, "title": "Dunes", "purpose": "public_service"},
    )
    assert answer.status_code == 302, answer.content.decode()
    assert SigningLink.objects.filter(used_at=None).count() == 0
