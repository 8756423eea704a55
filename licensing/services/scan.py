# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans documents and keeps the verdict. An infected document loses its bytes; its fingerprint stays."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from dinamis.core import clock, outbox
from dinamis.core.scanner import CHUNK, ScanFailed, ScanResult, Verdict, scanner
from licensing import notifications
from licensing.models import EvidenceFile
from licensing.services.evidence import SCAN_TOPIC

S = EvidenceFile.Scan
# What is scanned: the topic that has a row judged, and the name of its id in the message.
_documents: dict[type[Any], tuple[str, str]] = {EvidenceFile: (SCAN_TOPIC, "evidence_id")}


def scanned_too(model: type[Any], *, topic: str, id_name: str) -> None:
    """Have `queue_scans` ask for the documents of another model, with the fields of `EvidenceFile` about its scan."""
    _documents[model] = topic, id_name


def scan_evidence(evidence: EvidenceFile) -> EvidenceFile:
    """Scan one document that has no verdict yet and keep what the scanner says.

    Raises ScanFailed when it says nothing; the document is marked as failed then, and is not served.
    """
    judge(evidence, infected=lambda signature: notifications.evidence_infected(evidence, signature))
    return evidence


def judge(document: Any, *, infected: Callable[[str], None] | None = None) -> None:
    """Scan a row with the fields of `EvidenceFile` about its scan, unless it has a verdict; keep what the scanner says.

    `infected` is called with the signature when something was found. Raises ScanFailed, the row marked as failed.
    """
    if document.scan in {S.CLEAN, S.INFECTED}:
        return
    try:
        result = scanner().scan(_pieces(settings.FILES_ROOT / document.storage_key))
    except ScanFailed as error:
        _unjudged(document).update(scan=S.FAILED, scan_detail=str(error)[:300], scanned_at=clock.now())
        raise
    _keep(document, result, infected)
    document.refresh_from_db()


def _unjudged(document: Any) -> QuerySet[Any]:
    return type(document)._default_manager.filter(pk=document.pk).exclude(scan__in=[S.CLEAN, S.INFECTED])


def _keep(document: Any, result: ScanResult, infected: Callable[[str], None] | None) -> None:
    verdicts = {Verdict.CLEAN: S.CLEAN, Verdict.INFECTED: S.INFECTED, Verdict.UNSCANNED: S.UNSCANNED}
    with transaction.atomic():
        judged = _unjudged(document).update(
            scan=verdicts[result.verdict], scan_detail=result.signature[:300], scanned_at=clock.now()
        )
        if judged and result.verdict is Verdict.INFECTED:
            if infected is not None:
                infected(result.signature)
            path = settings.FILES_ROOT / document.storage_key
            transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def queue_scans() -> int:
    """Have every document without a verdict scanned, as after a scanner was installed; returns how many."""
    return sum(_queued(model, topic, id_name) for model, (topic, id_name) in _documents.items())


def _queued(model: type[Any], topic: str, id_name: str) -> int:
    waiting = model._default_manager.exclude(scan__in=[S.CLEAN, S.INFECTED])
    ids = list(waiting.values_list("pk", flat=True))
    with transaction.atomic():
        for pk in ids:
            outbox.put(topic, {id_name: pk})
        waiting.filter(pk__in=ids).update(scan=S.PENDING)
    return len(ids)
