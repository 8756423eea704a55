# SPDX-License-Identifier: AGPL-3.0-or-later
"""The copy of a person's data: JSON and the files they sent, in one archive, for that person alone, for some days."""

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from dinamis.accounts import notifications
from dinamis.accounts.models import DataExport, User
from dinamis.core import clock, outbox
from dinamis.core.dossier import Encoder, Section, dossier
from dinamis.core.exceptions import Invalid
from dinamis.core.keys import refuse_keys
from dinamis.core.personal import register

TOPIC = "accounts.make_export"
FOLDER = "private/exports"


def request_export(*, person: User) -> DataExport:
    """Have a copy made by a worker, who mails when it is ready.

    Raises Invalid while one is being made or may still be fetched, KeyForbidden while an API key acts.
    """
    refuse_keys()
    try:
        with transaction.atomic():
            for former in DataExport.objects.filter(person=person, expires_at__lte=clock.now()):
                remove_export(former)
            export = DataExport.objects.create(person=person)
            outbox.put(TOPIC, {"export_id": export.pk}, key=f"{TOPIC}:{export.pk}")
    except IntegrityError as error:
        raise Invalid(
            _("A copy of your data is being made, or is ready."),
            repair=_("You can ask for another when it has expired."),
        ) from error
    return export


def make_export(export_id: int) -> None:
    """Write the archive and mail its address; called twice, or for a copy that is gone, it changes nothing."""
    export = DataExport.objects.filter(pk=export_id, ready_at__isnull=True).select_related("person").first()
    if export is None:
        return
    key = f"{FOLDER}/{uuid4()}.zip"
    path = settings.FILES_ROOT / key
    with translation.override(export.person.language):
        _write(path, export.person)
    ready = clock.now()
    with transaction.atomic():
        stored = DataExport.objects.filter(pk=export_id, ready_at__isnull=True).update(
            storage_key=key,
            size=path.stat().st_size,
            sha256=_fingerprint(path),
            ready_at=ready,
            expires_at=ready + timedelta(days=settings.DINAMIS["EXPORT_DAYS"]),
        )
        if stored:
            export.refresh_from_db()
            notifications.export_ready(export)
    if not stored:
        path.unlink()


def remove_export(export: DataExport) -> None:
    """Delete a copy and its archive."""
    key = export.storage_key
    export.delete()
    if key:
        transaction.on_commit(lambda: (settings.FILES_ROOT / key).unlink(missing_ok=True))


def _write(path: Path, person: User) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            sections = [_said(section) for section in dossier(person)]
            content = {"person": str(person), "made_at": clock.now(), "data": sections}
            archive.writestr("data.json", json.dumps(content, cls=Encoder, ensure_ascii=False, indent=1))
            for name, source in register.files_of(person):
                if (settings.FILES_ROOT / source).exists():
                    archive.write(settings.FILES_ROOT / source, f"files/{name}")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _said(section: Section) -> dict[str, Any]:
    why = [
        {
            "what": rule.holding.what,
            "why": rule.holding.why,
            "legal_basis": rule.holding.basis.value,
            "fields": rule.fields,
            "until": str(rule.until),
            "then": rule.end.value,
        }
        for rule in section.rules
    ]
    return {"table": section.model, "held_because": why, "rows": section.rows}


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
