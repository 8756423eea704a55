# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents: judged by their content, stored under our name, seen by those who may see the adhesion."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from licensing.models import Adhesion, EvidenceFile
from licensing.services import evidence as module
from licensing.services.evidence import add_evidence, remove_evidence
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.licensing import AdhesionFactory, approved_adhesion

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\nhello\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\x0aIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71"
    b"\0\0\0\0IEND\xaeB`\x82"
)


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return tmp_path


def stored(root):
    return [path for path in root.rglob("*") if path.is_file()]


def add(adhesion, content=PDF, name="statuts.pdf", **changes):
    given = {"adhesion": adhesion, "actor": adhesion.referent, "title": "Statuts", **changes}
    return add_evidence(upload=SimpleUploadedFile(name, content), **given)


@pytest.mark.parametrize(
    ("content", "media_type", "shown"),
    [
        (PDF, "application/pdf", "passwd.pdf"),
        (PNG, "image/png", "passwd.png"),
        (b"\xff\xd8\xff\xe0rest\xff\xd9", "image/jpeg", "passwd.jpg"),
    ],
)
def test_the_content_decides_the_kind(root, content, media_type, shown):
    adhesion = AdhesionFactory()
    before = adhesion.version
    kept = add(adhesion, content, name="../../etc/passwd.exe")
    assert (kept.media_type, kept.file_name, kept.size) == (media_type, shown, len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert (root / kept.storage_key).read_bytes() == content
    assert kept.storage_key.startswith("private/evidence/")
    assert "passwd" not in kept.storage_key
    assert adhesion.version == before + 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\x00", "wrong_type"),
        (b"<!doctype html><title>x</title>", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "wrong_type"),
        (b"PK\x03\x04", "wrong_type"),
        (b" %PDF-1.7", "wrong_type"),
        (b"%PDF-1.7\n<html><script>alert(1)</script></html>\n%%EOF\n", "polyglot"),
        (PDF + b"PK\x05\x06" + bytes(18), "polyglot"),
        (b"%PDF-1.7\nhello", "cut"),
        (b"", "empty"),
    ],
)
def test_another_kind_leaves_nothing(root, content, code):
    adhesion = AdhesionFactory()
    with pytest.raises(Invalid) as caught:
        add(adhesion, content)
    assert (caught.value.code, caught.value.pointer) == (code, "file")
    assert caught.value.repair
    assert stored(root) == []
    assert EvidenceFile.objects.count() == 0


def test_too_large_leaves_nothing(root, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 12)
    with pytest.raises(Invalid) as caught:
        add(AdhesionFactory())
    assert caught.value.code == "too_large"
    assert stored(root) == []


def test_a_stranger_adds_nothing_and_a_decided_file_is_closed(root):
    with pytest.raises(NotPermitted):
        add(AdhesionFactory(), actor=UserFactory())
    with pytest.raises(IllegalTransition):
        add(approved_adhesion())
    assert stored(root) == []


def test_who_may_open_a_document():
    adhesion = AdhesionFactory()
    kept = add(adhesion)
    url = reverse("licensing:evidence_file", args=[kept.pk])

    def status(user):
        client = Client()
        client.force_login(user)
        return client.get(url).status_code

    moderator = ModeratorFactory()
    assert status(adhesion.referent) == 200
    assert status(UserFactory()) == 404
    assert status(moderator) == 404, "a draft is nobody's business"
    Adhesion.objects.filter(pk=adhesion.pk).update(state="awaiting_signature")
    Adhesion.objects.filter(pk=adhesion.pk).update(state="submitted")
    assert status(moderator) == 200
    assert Client().get(url).status_code == 302


def test_it_is_handed_over_disarmed():
    adhesion = AdhesionFactory()
    kept = add(adhesion, name='a\u202efdp.\u0000\r\nx"é.pdf')
    client = Client()
    client.force_login(adhesion.referent)
    answer = client.get(reverse("licensing:evidence_file", args=[kept.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert "\u202e" not in kept.file_name
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"


def test_a_cut_upload_is_told_beside_the_field(settings, root):
    settings.DINAMIS = {**settings.DINAMIS, "UPLOAD_MAX_BYTES": 1000}
    adhesion = AdhesionFactory()
    client = Client()
    client.force_login(adhesion.referent)
    upload = SimpleUploadedFile("statuts.pdf", b"%PDF-1.7" + b"x" * 5000)
    answer = client.post(reverse("licensing:evidence_add", args=[adhesion.pk]), {"title": "Statuts", "file": upload})
    assert answer.status_code == 422
    assert "10" in answer.context["evidence_form"].errors["file"][0]
    assert EvidenceFile.objects.count() == 0
    assert stored(root) == []


def test_taking_a_document_back(root, django_capture_on_commit_callbacks):
    adhesion = AdhesionFactory()
    kept = add(adhesion)
    with django_capture_on_commit_callbacks(execute=True):
        remove_evidence(evidence=kept, actor=adhesion.referent)
    assert EvidenceFile.objects.count() == 0
    assert stored(root) == []
