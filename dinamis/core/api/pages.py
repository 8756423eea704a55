# SPDX-License-Identifier: AGPL-3.0-or-later
"""The description of the API: for programs (OpenAPI 3.1) and for people, from the same document."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

CACHED_SECONDS = 300


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, in English; it changes with the code only."""
    with translation.override("en"):
        schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return {**schema, "servers": [{"url": settings.SITE_URL}]}


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """Return the OpenAPI document."""
    return JsonResponse(document(), headers={"Cache-Control": f"public, max-age={CACHED_SECONDS}"})


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show every operation to people; to programs, say where the description is."""
    if not request.accepts("text/html"):
        return JsonResponse({"openapi": f"{settings.SITE_URL}/api/v1/openapi.json"})
    return render(request, "core/pages/api.html", {"operations": operations(), "site_url": settings.SITE_URL})


def operations() -> list[dict[str, Any]]:
    """Return the operations in the order of their addresses: method, path, words, parameters, answers."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "parameters": [one for one in operation.get("parameters", []) if one["in"] != "path"],
            "answers": [(status, answer["description"]) for status, answer in operation["responses"].items()],
        }
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]
