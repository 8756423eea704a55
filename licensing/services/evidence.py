# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents that support an adhesion: checked by content, stored under a name of ours, fingerprinted, scanned."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock, filekind, outbox
from dinamis.core.exceptions import DomainError, Invalid
from dinamis.core.scanner import scanner
from licensing.models import Adhesion, EvidenceFile
from licensing.services.filing import lock_editable, touch

FOLDER = "private/evidence"
SCAN_TOPIC = "licensing.scan_evidence"
MAX_BYTES = 10 * 2**20
MAX_FILES = 20


class Upload(Protocol):
    """What an uploaded file offers."""

    name: str | None

    def chunks(self) -> Iterable[bytes]:
        """Yield the content piece by piece."""


def add_evidence(*, adhesion: Adhesion, actor: User, title: str, upload: Upload) -> EvidenceFile:
    """Keep a PDF, PNG or JPEG of at most 10 MiB with an adhesion that is not under review, and have it scanned.

    Raises Invalid (kind, size, number, title), NotPermitted, IllegalTransition; nothing is left on disk then.
    """
    if not title.strip():
        raise Invalid(_("Say what this document is."), pointer="title")
    with stored(upload) as file, transaction.atomic():
        held = lock_editable(adhesion, actor)
        _check_number(held)
        evidence = record_evidence(held, file, title=title, actor=actor)
        touch(held)
    adhesion.refresh_from_db()
    return evidence


@dataclass(frozen=True)
class StoredFile:
    """A checked upload on disk: its key, the name to show, what its content is."""

    key: str
    file_name: str
    media_type: str
    size: int
    sha256: str


@contextmanager
def stored(upload: Upload, *, folder: str = FOLDER) -> Iterator[StoredFile]:
    """Keep an upload on disk for the block, and for good when the block ends well. Raises Invalid (kind, size)."""
    key = f"{folder}/{uuid4()}"
    path = settings.FILES_ROOT / key
    try:
        media_type, size, digest = _store(upload, path)
        yield StoredFile(key, _shown_name(upload.name, media_type), media_type, size, digest)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def record_evidence(adhesion: Adhesion, file: StoredFile, *, title: str, actor: User) -> EvidenceFile:
    """Write the row of a stored file and have it scanned. Must be called inside the transaction of the act."""
    evidence = EvidenceFile.objects.create(
        adhesion=adhesion,
        title=title.strip()[:200],
        file_name=file.file_name,
        storage_key=file.key,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        scan=EvidenceFile.Scan.PENDING if scanner().active else EvidenceFile.Scan.UNSCANNED,
        uploaded_by=actor,
        uploaded_at=clock.now(),
    )
    if evidence.scan == EvidenceFile.Scan.PENDING:
        outbox.put(SCAN_TOPIC, {"evidence_id": evidence.pk}, key=f"{SCAN_TOPIC}:{evidence.pk}")
    return evidence


def remove_evidence(*, evidence: EvidenceFile, actor: User) -> None:
    """Take a document back while the form is open. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        held = lock_editable(evidence.adhesion, actor)
        key = evidence.storage_key
        evidence.delete()
        touch(held)
        transaction.on_commit(lambda: (settings.FILES_ROOT / key).unlink(missing_ok=True))


def _check_number(adhesion: Adhesion) -> None:
    if adhesion.evidence.count() >= MAX_FILES:
        raise Invalid(_("An adhesion holds at most %(n)d documents.") % {"n": MAX_FILES}, pointer="file")


def _store(upload: Upload, path: Path) -> tuple[str, int, str]:
    """Stream an upload to `path`; returns media type, size in bytes, SHA-256 in hex."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size, media_type = hashlib.sha256(), 0, ""
    with path.open("xb") as file:
        for chunk in upload.chunks():
            if chunk and not size:
                media_type = filekind.kind_of(chunk)
                _check_kind(media_type)
            size += len(chunk)
            if size > MAX_BYTES:
                raise too_large()
            digest.update(chunk)
            file.write(chunk)
    if not size:
        raise Invalid(_("The document is empty."), pointer="file", repair=_("Choose another file."), code="empty")
    _check_whole(path, media_type)
    return media_type, size, digest.hexdigest()


def too_large() -> Invalid:
    """Return the refusal of a document that is too large."""
    return Invalid(
        _("The document is larger than 10 MB."),
        pointer="file",
        repair=_("Send it in parts, or with fewer pictures."),
        code="too_large",
    )


def _check_kind(media_type: str) -> None:
    if not media_type:
        raise Invalid(
            _("This is not a PDF, PNG or JPEG document."),
            pointer="file",
            repair=_("What counts is the content, not the name of the file."),
            code="wrong_type",
        )


def _check_whole(path: Path, media_type: str) -> None:
    problem = filekind.whole_problem(path, media_type)
    if problem == "cut":
        raise Invalid(
            _("The end of this document is missing."), pointer="file", repair=_("Send the whole file."), code="cut"
        )
    if problem:
        raise Invalid(
            _("This document is two kinds of file at once."),
            pointer="file",
            repair=_("Print it to a new PDF and send that one."),
            code="polyglot",
        )


def _shown_name(given: str | None, media_type: str) -> str:
    """Return the name offered at download: the letters of the given one, the extension of the content."""
    stem = Path(given or "").stem
    safe = "".join(c if c.isalnum() or c in "-_ " else "_" for c in stem).strip()[:80] or "document"
    return f"{safe}.{filekind.EXTENSIONS[media_type]}"


class Scanned(Protocol):
    """What is known of a document that was scanned."""

    scan: str

    @property
    def openable(self) -> bool:
        """Whether it may be handed out."""


def check_downloadable(evidence: Scanned) -> None:
    """Raise DomainError saying why a file is not handed out (I16)."""
    if evidence.openable:
        return
    scan = EvidenceFile.Scan
    words = {
        scan.PENDING: _("This document is being scanned: try again in a minute."),
        scan.INFECTED: _("The scan found something in this document: it cannot be opened."),
        scan.FAILED: _("The scan of this document failed and is tried again: it cannot be opened until then."),
        scan.UNSCANNED: _("This document was not scanned: it cannot be opened here."),
    }
    raise DomainError(words[scan(evidence.scan)], code=str(evidence.scan))
