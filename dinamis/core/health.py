# SPDX-License-Identifier: AGPL-3.0-or-later
"""Liveness and readiness for supervisors and load balancers."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether database and cache answer; 503 names the one that does not."""
    state = {"database": _database(), "cache": _cache()}
    return JsonResponse(state, status=200 if all(value == "ok" for value in state.values()) else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__
    return "ok"


def _cache() -> str:
    try:
        cache.set("readyz", "ok", 5)
        return "ok" if cache.get("readyz") == "ok" else "silent"
    except OSError as error:
        return type(error).__name__
