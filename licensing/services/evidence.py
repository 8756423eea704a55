# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents that support an adhesion: checked by content, stored under a name of ours, fingerprinted."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from licensing.models import Adhesion, EvidenceFile
from licensing.services.filing import lock_editable, touch

FOLDER = "private/evidence"
MAX_BYTES = 10 * 2**20
MAX_FILES = 20
# The first bytes of each kind accepted (PDF 32000-1 § 7.5.2, PNG § 5.2, JPEG JFIF).
SIGNATURES = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


class Upload(Protocol):
    """What an uploaded file offers."""

    name: str | None

    def chunks(self) -> Iterable[bytes]:
        """Yield the content piece by piece."""


def add_evidence(*, adhesion: Adhesion, actor: User, title: str, upload: Upload) -> EvidenceFile:
    """Keep a PDF, PNG or JPEG of at most 10 MiB with an adhesion that is not under review.

    Raises Invalid (kind, size, number, title), NotPermitted, IllegalTransition; nothing is left on disk then.
    """
    if not title.strip():
        raise Invalid(_("Say what this document is."), pointer="title")
    key = f"{FOLDER}/{uuid4()}"
    path = settings.FILES_ROOT / key
    try:
        media_type, size, digest = _store(upload, path)
        with transaction.atomic():
            held = lock_editable(adhesion, actor)
            _check_number(held)
            evidence = EvidenceFile.objects.create(
                adhesion=held,
                title=title.strip()[:200],
                file_name=_shown_name(upload.name, media_type),
                storage_key=key,
                media_type=media_type,
                size=size,
                sha256=digest,
                uploaded_by=actor,
                uploaded_at=clock.now(),
            )
            touch(held)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    adhesion.refresh_from_db()
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
            if not size:
                media_type = _media_type(chunk)
            size += len(chunk)
            if size > MAX_BYTES:
                raise Invalid(_("The document is larger than 10 MB."), pointer="file", code="too_large")
            digest.update(chunk)
            file.write(chunk)
    if not size:
        raise Invalid(_("The document is empty."), pointer="file", code="empty")
    return media_type, size, digest.hexdigest()


def _media_type(head: bytes) -> str:
    for signature, media_type in SIGNATURES:
        if head.startswith(signature):
            return media_type
    raise Invalid(
        _("This is not a PDF, PNG or JPEG document."),
        pointer="file",
        repair=_("What counts is the content, not the name of the file."),
        code="wrong_type",
    )


def _shown_name(given: str | None, media_type: str) -> str:
    """Return the name offered at download: the letters of the given one, the extension of the content."""
    stem = Path(given or "").stem
    safe = "".join(c if c.isalnum() or c in "-_ " else "_" for c in stem).strip()[:80] or "document"
    return f"{safe}.{EXTENSIONS[media_type]}"


def downloadable(evidence: EvidenceFile) -> bool:
    """Tell whether the file may be handed out: never when a scan found something (I16)."""
    return evidence.scan != EvidenceFile.Scan.INFECTED
