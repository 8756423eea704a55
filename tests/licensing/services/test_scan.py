# SPDX-License-Identifier: AGPL-3.0-or-later
"""I16: an infected, pending or failed document is never served; what no scanner saw only where the setting says so."""

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dinamis.core import outbox
from dinamis.core.models import OutboxMessage
from licensing.models import EvidenceFile
from licensing.selectors.adhesion import review_warnings
from licensing.services.evidence import SCAN_TOPIC, add_evidence, remove_evidence
from tests.clamd import EICAR, clamd
from tests.factories.licensing import AdhesionFactory

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\nhello\n%%EOF\n"
INFECTED = b"%PDF-1.7\n" + EICAR + b"\n%%EOF\n"


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def scanner(settings):
    with clamd() as server:
        settings.CLAMD_URL = server.url
        yield server


def added(content=PDF):
    adhesion = AdhesionFactory()
    return add_evidence(
        adhesion=adhesion, actor=adhesion.referent, title="Statuts", upload=SimpleUploadedFile("a.pdf", content)
    )


def drive():
    for pk in outbox.due_ids():
        outbox.drive(pk)


def status(evidence):
    client = Client()
    client.force_login(evidence.adhesion.referent)
    return client.get(reverse("licensing:evidence_file", args=[evidence.pk])).status_code


def stored(root):
    return [path for path in root.rglob("*") if path.is_file()]


def test_i16_pending_until_a_worker_scanned_it(scanner, root):
    evidence = added()
    assert (evidence.scan, status(evidence)) == ("pending", 400)
    drive()
    evidence.refresh_from_db()
    assert (evidence.scan, status(evidence)) == ("clean", 200)
    assert scanner.contents == [PDF]
    assert evidence.scanned_at is not None


def test_i16_infected_is_deleted_told_and_never_served(scanner, root, django_capture_on_commit_callbacks):
    evidence = added(INFECTED)
    with django_capture_on_commit_callbacks(execute=True):
        drive()
    evidence.refresh_from_db()
    assert (evidence.scan, evidence.scan_detail, status(evidence)) == ("infected", "Eicar-Signature", 400)
    assert stored(root) == []
    drive()
    told = [message for message in mail.outbox if "Eicar-Signature" in message.body]
    assert [message.to for message in told] == [[evidence.uploaded_by.email]]
    # A document that cannot be read proves nothing.
    assert len(review_warnings(evidence.adhesion)) == 2


def test_i16_a_scanner_that_fails_is_asked_again(settings, root):
    with clamd("closes") as broken:
        settings.CLAMD_URL = broken.url
        evidence = added()
        drive()
    evidence.refresh_from_db()
    assert (evidence.scan, status(evidence)) == ("failed", 400)
    message = OutboxMessage.objects.get(topic=SCAN_TOPIC)
    assert message.done_at is None
    with clamd() as repaired:
        settings.CLAMD_URL = repaired.url
        OutboxMessage.objects.filter(pk=message.pk).update(available_at=message.created_at)
        drive()
    evidence.refresh_from_db()
    assert (evidence.scan, status(evidence)) == ("clean", 200)


@pytest.mark.parametrize("opens", [True, False])
def test_i16_unscanned_is_a_matter_of_policy(settings, opens):
    settings.DINAMIS = {**settings.DINAMIS, "OPEN_UNSCANNED_EVIDENCE": opens}
    evidence = added()
    assert evidence.scan == "unscanned"
    assert OutboxMessage.objects.filter(topic=SCAN_TOPIC).count() == 0
    assert status(evidence) == (200 if opens else 400)
    assert evidence.openable is opens


def test_a_scanner_installed_later_sees_the_old_documents(settings):
    with pytest.raises(CommandError):
        call_command("scan_evidence")
    evidence = added()
    with clamd() as server:
        settings.CLAMD_URL = server.url
        call_command("scan_evidence")
        evidence.refresh_from_db()
        assert evidence.scan == "pending"
        drive()
    evidence.refresh_from_db()
    assert evidence.scan == "clean"


def test_a_verdict_is_not_given_twice_and_a_document_taken_back_is_nobodys(scanner):
    evidence = added()
    remove_evidence(evidence=evidence, actor=evidence.adhesion.referent)
    drive()
    assert scanner.contents == []
    second = added()
    drive()
    outbox.put(SCAN_TOPIC, {"evidence_id": second.pk})
    drive()
    assert len(scanner.contents) == 1


def test_the_fingerprint_does_not_change():
    evidence = added()
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceFile.objects.filter(pk=evidence.pk).update(sha256="0" * 64)
