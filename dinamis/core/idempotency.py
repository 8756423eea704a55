# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same request twice is done once. What is kept is sealed with the caller's own key (docs/adr/0013).

The row is inserted in the transaction that does the thing: a second request with the same key waits on the unique index
until the first commits, then reads its answer; when the first fails, nothing is left and the second does the work.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.exceptions import Busy, DomainError, Invalid
from dinamis.core.models import IdempotencyRecord
from dinamis.core.transitions import LOCK_NOT_AVAILABLE

LONGEST_KEY = 200


class KeyReused(DomainError):
    """An Idempotency-Key came back with another body."""

    status = 409
    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Request:
    """A creating request: who calls which address with which key and body."""

    caller: str
    address: str
    key: str
    body: bytes

    @property
    def token(self) -> str:
        """What the request is found by; it does not tell the key."""
        return hashlib.sha256(self._words("find")).hexdigest()

    @property
    def seal(self) -> Fernet:
        """Opens the kept answer; made of the key, which we do not keep, and of the site's secret."""
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(self._words(settings.SECRET_KEY)).digest()))

    def _words(self, purpose: str) -> bytes:
        return json.dumps([purpose, self.caller, self.address, self.key]).encode()


def once(request: Request, execute: Callable[[], tuple[int, Any]]) -> tuple[int, Any, bool]:
    """Return (status, data, replayed): what `execute` gives, or what it gave for the same key and body before.

    `data` must be JSON. `execute` runs inside the transaction of the record and raises to undo both. Raises Invalid
    (key empty or too long), KeyReused (same key, other body), Busy (the first request is still running).
    """
    if not 0 < len(request.key) <= LONGEST_KEY:
        raise Invalid(_("An Idempotency-Key has 1 to %(n)d characters.") % {"n": LONGEST_KEY}, code="idempotency_key")
    body = hashlib.sha256(request.body).hexdigest()
    with transaction.atomic():
        if not _first(request.token, body):
            return _kept(request, body)
        status, data = execute()
        answer = request.seal.encrypt(json.dumps([status, data]).encode())
        IdempotencyRecord.objects.filter(token=request.token).update(answer=answer)
    return status, data, False


def _first(token: str, body: str) -> bool:
    """Write the record unless there is one in force; waits for a request of the same key that is still running."""
    now = clock.now()
    until = now + timedelta(hours=settings.DINAMIS["IDEMPOTENCY_HOURS"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [settings.DINAMIS["LOCK_TIMEOUT"]])
        try:
            cursor.execute(
                "INSERT INTO core_idempotencyrecord AS kept (token, body_sha256, answer, expires_at)"
                " VALUES (%s, %s, '', %s) ON CONFLICT (token) DO UPDATE"
                " SET body_sha256 = excluded.body_sha256, answer = '', expires_at = excluded.expires_at"
                " WHERE kept.expires_at <= %s RETURNING id",
                [token, body, until, now],
            )
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
                raise Busy(_("The first request with this Idempotency-Key is still running.")) from error
            raise
        return cursor.fetchone() is not None


def _kept(request: Request, body: str) -> tuple[int, Any, bool]:
    record = IdempotencyRecord.objects.get(token=request.token)
    if record.body_sha256 != body:
        raise KeyReused(_("This Idempotency-Key was used for another request."))
    status, data = json.loads(request.seal.decrypt(bytes(record.answer)))
    return status, data, True


def forget() -> int:
    """Delete the answers whose time is over; returns how many."""
    return IdempotencyRecord.objects.filter(expires_at__lte=clock.now()).delete()[0]
