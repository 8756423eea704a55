# SPDX-License-Identifier: AGPL-3.0-or-later
"""`Idempotency-Key` on what creates something."""

import json
from collections.abc import Callable
from typing import Any

from rest_framework.response import Response

from dinamis.accounts.api.views import client_of
from dinamis.core.idempotency import Request, once


def idempotent(request: Any, execute: Callable[[], tuple[int, Any]], **headers: str) -> Response:
    """Answer with what `execute` gives; under an `Idempotency-Key` it runs once, and a repetition gets the same answer.

    Keys of different callers and addresses are different keys.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None:
        status, data = execute()
        return Response(data, status=status, headers=headers)
    client = client_of(request)
    caller = f"key:{client.pk}" if client else f"person:{request.user.pk}"
    asked = Request(caller, f"{request.method} {request.path}", given, _body(request))
    status, data, replayed = once(asked, execute)
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(data, status=status, headers=headers)


def _body(request: Any) -> bytes:
    """The body as it was understood, with what the address says beside its path: the order of the members and their
    spaces do not make it another one."""
    query = sorted(request.query_params.lists())
    return json.dumps([request.data, query] if query else request.data, sort_keys=True).encode()
